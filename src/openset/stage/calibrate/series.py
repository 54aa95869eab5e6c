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
from openset.primitives.space import F64
from openset.stage.lens.derivatives import parameters_of, with_parameters
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

SHORTEST_MM, LONGEST_MM = 4.0, 2000.0
NEAREST_M, FARTHEST_M = 0.001, 1e6
_SAME_PLACE = 1e-3


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
    """The lens with its rings at these places (0..1)."""
    lines: dict[float, list[MeasuredLens]] = {}
    for each in file.settings:
        place = next((known for known in lines if abs(known - each.focus) < _SAME_PLACE), each.focus)
        lines.setdefault(place, []).append(each)
    places = sorted(lines)
    along = [
        _between([each.zoom for each in lines[place]], [each.lens for each in lines[place]], zoom)
        for place in places
    ]
    return _between(places, along, focus)


def _between(places: Sequence[float], lenses: Sequence[Lens], place: float) -> Lens:
    """The lens at one place of a ring, of those measured along it."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    x = [places[index] for index in order]
    found = [lenses[index] for index in order]
    place = min(max(place, x[0]), x[-1])
    keep = [index for index in range(len(x)) if index == 0 or x[index] - x[index - 1] > 1e-9]
    if len(keep) == 1:
        return found[keep[0]]
    kinds = {lens.fisheye is None for lens in found}
    if len(kinds) > 1:
        raise _two_models()
    numbers = np.array([_numbers(found[index]) for index in keep])
    blended = PchipInterpolator(np.array([x[index] for index in keep]), numbers)(place)
    return _lens(found[keep[0]], np.asarray(blended, np.float64))


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
    settings = sorted([*others, measured], key=lambda each: (each.zoom, each.focus))
    return replace(file, settings=tuple(settings))
