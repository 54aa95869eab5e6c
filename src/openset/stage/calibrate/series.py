"""A lens over its rings: the numbers between the settings that were measured.

Along the zoom at each measured focus, then along the focus, by monotone cubics (Fritsch and Carlson
1980): a number that only grows from setting to setting only grows between them, and none overshoots.
Focal lengths are blended as logarithms, distances as their inverse. Outside what was measured the
nearest setting stands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.lens.derivatives import parameters_of, with_parameters
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

SHORTEST_MM, LONGEST_MM = 4.0, 2000.0
NEAREST_M, FARTHEST_M = 0.001, 1e6
_SAME_PLACE = 1e-3
_FOCUS_LESS = 0.1
"""How much less than the zoom the focus changes a lens: for which setting is the nearest."""


def zoom_of_focal(focal_mm: float) -> float:
    """A place of the zoom ring (0..1) for a focal length, where no encoder says it: evenly in stops
    from 4 to 2000 mm."""
    if not SHORTEST_MM <= focal_mm <= LONGEST_MM:
        raise BadInput(
            f"a focal length of {focal_mm:g} mm",
            where="--focal-mm",
            todo=f"Give {SHORTEST_MM:g} to {LONGEST_MM:g} mm",
        )
    return math.log(focal_mm / SHORTEST_MM) / math.log(LONGEST_MM / SHORTEST_MM)


def focus_of_distance(distance_m: float) -> float:
    """A place of the focus ring (0..1) for a distance: half at one metre, one at infinity."""
    if not (NEAREST_M <= distance_m <= FARTHEST_M or (math.isinf(distance_m) and distance_m > 0.0)):
        raise BadInput(
            f"a focus distance of {distance_m:g} m",
            where="--focus-m",
            todo=f"Give metres, {NEAREST_M:g} to {FARTHEST_M:g}, or inf",
        )
    return 1.0 if math.isinf(distance_m) else distance_m / (1.0 + distance_m)


def at_setting(file: LensFile, focus: float, zoom: float) -> Lens:
    """The lens with its rings at these places (0..1). Raises BadInput where a fisheye setting would be
    blended with one that is none."""
    if len({each.lens.fisheye is None for each in file.settings}) > 1:
        raise _two_models()
    if len(file.settings) == 1:
        return file.settings[0].lens
    numbers = np.array([_numbers(each.lens) for each in file.settings])
    return _lens(file.settings[0].lens, _blended(_places(file.settings), numbers, focus, zoom))


def mount_at(file: LensFile, focus: float, zoom: float) -> Pose | None:
    """Where the camera sits on the tracker with its rings at these places: between the settings at
    which that was measured; the file's one mount where none has its own, None where there is none."""
    known = [(each, each.mount) for each in file.settings if each.mount is not None]
    if not known:
        return file.tracker_from_camera
    first = known[0][1].tracker_from_camera
    steps = [first.inverse().after(mount.tracker_from_camera).matrix for _, mount in known]
    numbers = np.array([[*step[:3, 3], *vector_from_matrix(step[:3, :3])] for step in steps])
    found = _blended(_places([each for each, _ in known]), numbers, focus, zoom)
    step = np.eye(4)
    step[:3, 3], step[:3, :3] = found[:3], matrix_from_vector(found[3:])
    return first.after(pose_from_matrix(step))


def nearest_setting(file: LensFile, focus: float, zoom: float) -> MeasuredLens:
    """The setting measured nearest to these places of the rings."""
    return min(
        file.settings, key=lambda each: math.hypot(each.zoom - zoom, (each.focus - focus) * _FOCUS_LESS)
    )


def _places(settings: Sequence[MeasuredLens]) -> list[tuple[float, float]]:
    return [(each.focus, each.zoom) for each in settings]


def _blended(places: Sequence[tuple[float, float]], numbers: F64, focus: float, zoom: float) -> F64:
    """Numbers (n, k) measured at n places (focus, zoom), at another place: along the zoom on each line
    of one focus that reaches it, then along the focus. Where no line does, all are taken as one."""
    lines: dict[float, list[int]] = {}
    for index, (at_focus, _) in enumerate(places):
        line = next((known for known in lines if abs(known - at_focus) < _SAME_PLACE), at_focus)
        lines.setdefault(line, []).append(index)
    zooms = [place[1] for place in places]
    zoom = min(max(zoom, min(zooms)), max(zooms))
    reaching = {
        line: members
        for line, members in lines.items()
        if min(zooms[index] for index in members) - _SAME_PLACE
        <= zoom
        <= max(zooms[index] for index in members) + _SAME_PLACE
    }
    if not reaching:
        everyone = sorted(range(len(places)), key=lambda index: abs(places[index][0] - focus))
        return _along([zooms[index] for index in everyone], numbers[everyone], zoom)
    at = sorted(reaching)
    found = [_along([zooms[i] for i in reaching[line]], numbers[reaching[line]], zoom) for line in at]
    return _along(at, np.array(found), focus)


def _along(places: Sequence[float], numbers: F64, place: float) -> F64:
    """Numbers (n, k) at n places of one ring, at another; of two at one place the first counts."""
    kept: list[int] = []
    for index in sorted(range(len(places)), key=lambda index: places[index]):
        if not kept or places[index] - places[kept[-1]] > _SAME_PLACE:
            kept.append(index)
    if len(kept) == 1:
        return np.asarray(numbers[kept[0]], np.float64)
    x = np.array([places[index] for index in kept])
    found = PchipInterpolator(x, numbers[kept])(min(max(place, x[0]), x[-1]))
    return np.asarray(found, np.float64)


def _two_models() -> BadInput:
    return BadInput(
        "one setting of this lens is a fisheye and another is not",
        todo="Calibrate both with the same --model",
    )


def _numbers(lens: Lens) -> F64:
    values = parameters_of(lens)
    values[:2] = np.log(values[:2])
    nearness = 0.0 if lens.focus_distance_m is None else 1.0 / lens.focus_distance_m
    return np.concatenate([values, [lens.entrance_pupil_offset_m, nearness]])


def _lens(like: Lens, numbers: F64) -> Lens:
    values = numbers[:9].copy()
    values[:2] = np.exp(values[:2])
    nearness = float(numbers[10])
    return replace(
        with_parameters(like, values),
        entrance_pupil_offset_m=float(numbers[9]),
        focus_distance_m=1.0 / nearness if nearness > 1e-9 else None,
    )


def with_setting(file: LensFile, measured: MeasuredLens) -> LensFile:
    """The file with one more setting, in place of one measured there before, in order of the rings."""
    others = [
        each
        for each in file.settings
        if abs(each.focus - measured.focus) > _SAME_PLACE
        or abs(each.zoom - measured.zoom) > _SAME_PLACE
    ]
    first = others[0].lens if others else measured.lens
    if (first.width_px, first.height_px) != (measured.lens.width_px, measured.lens.height_px):
        raise BadInput(
            f"the file's settings are for pictures of {first.width_px} x {first.height_px}, this one "
            f"for {measured.lens.width_px} x {measured.lens.height_px}",
            where="--add",
            todo="Calibrate all settings with pictures of one size",
        )
    if (first.fisheye is None) != (measured.lens.fisheye is None):
        raise _two_models()
    before = [each.mount for each in file.settings if each not in others]
    if measured.mount is None and before:
        measured = replace(measured, mount=before[0])
    settings = sorted([*others, measured], key=lambda each: (each.zoom, each.focus))
    return replace(file, settings=tuple(settings))
