"""Unreal's lens files as lens tables, both ways.

Kept: focal length, image centre, distortion and focus distance at each setting, the sensor, names, and
the entrance pupil as a nodal offset straight ahead. Unreal has one sensor and OpenCV's five
coefficients for a lens; other distortion models are fitted to them over the whole picture. A nodal
offset to the side or with a rotation is where the tracker sits on the camera, which is no part of a
lens.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openset.formats import ulens
from openset.formats.ulens import Rows, UlensFile
from openset.primitives.errors import BadInput
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.lens.model import Lens
from openset.stage.lens.report import fit_report
from openset.stage.lens.table import LensSetting, LensTable
from openset.stage.tracking.samples import MODEL_UD, LensReport, implausible

_MAKE = "make"
"""Unreal has no field for the maker: it goes into the user's own entries under this name."""

_NARROW_MM = 0.01
_USUAL_SIZE = (1920, 1080)


def read(path: Path, options: Options) -> Read:
    """The lens as a `LensTable`. Raises FormatError naming the table and row, or the field."""
    found = ulens.read(path.read_bytes())
    table, faults, unheld = table_of(found.file, path.stem)
    told = (*found.faults, *faults)
    return Read(table, found.skipped + len(faults), told[:MOST_FAULTS], (*found.unheld, *unheld))


def write(value: LensTable, path: Path, options: Options) -> None:
    """Write a `LensTable`; BadInput where a setting has no focal length or an impossible one."""
    path.write_bytes(ulens.write(file_of(value, options)))


def table_of(file: UlensFile, otherwise: str = "") -> tuple[LensTable, list[str], list[str]]:
    """The table in a lens file, settings that are no lens's in words, and what has no place in it.

    Settings stand where a focal length or a distortion was measured; the other tables are blended there
    as Unreal does. A file without a name is called `otherwise`.
    """
    places = sorted({row[:2] for row in (*file.focal, *file.distortion)}, key=lambda p: (p[1], p[0]))
    ahead, unheld = _pupils(file.nodal)
    grids = _Grids(
        _Grid(file.focal),
        _Grid(file.centre),
        _Grid(file.distortion),
        _Grid(ahead),
        _Grid(tuple((row[0], 0.0, row[1]) for row in file.focus_marks)),
    )
    settings, faults = [], []
    for focus, zoom in places:
        report = _optics(grids, file.sensor_mm[0], focus, zoom)
        if trouble := implausible(report):
            faults.append(f"the setting at focus {focus:g}, zoom {zoom:g} is no lens: {trouble}")
        else:
            settings.append(LensSetting(focus, zoom, report))
    if not settings:
        raise BadInput(f"no setting in this lens file can be used: {faults[0]}")
    make = next((value for name, value in file.user_metadata if name == _MAKE), "")
    table = LensTable(
        name=file.name or otherwise,
        settings=tuple(settings),
        make=make,
        model=file.model,
        serial=file.serial,
        size_px=file.size_px,
        focus_marks=tuple((row[0], row[1] / 100.0) for row in file.focus_marks),
        iris_marks=tuple((row[0], row[1]) for row in file.iris_marks),
        notes=tuple(entry for entry in file.user_metadata if entry[0] != _MAKE),
    )
    return table, faults, unheld


@dataclass(frozen=True)
class _Grids:
    focal: _Grid
    centre: _Grid
    distortion: _Grid
    ahead: _Grid
    marks: _Grid


def _optics(grids: _Grids, width: float, focus: float, zoom: float) -> LensReport:
    """One setting in OpenLensIO's millimetres: a coefficient of r^2m is OpenCV's over F^2m."""
    fx, fy = grids.focal.at(focus, zoom) or (1.0, 1.0)
    focal = fx * width
    height = focal / fy
    cx, cy = grids.centre.at(focus, zoom) or (0.5, 0.5)
    k1, k2, k3, p1, p2 = grids.distortion.at(focus, zoom) or (0.0,) * 5
    pupil = grids.ahead.at(focus, zoom)
    mark = grids.marks.at(focus, 0.0)
    bent = any((k1, k2, k3, p1, p2))
    return LensReport(
        focal_length_mm=focal,
        focus_distance_m=mark[0] / 100.0 if mark else None,
        entrance_pupil_offset_m=pupil[0] / 100.0 if pupil else None,
        sensor_width_mm=width,
        sensor_height_mm=height,
        projection_offset_mm=((cx - 0.5) * width, (cy - 0.5) * height),
        distortion_model=MODEL_UD if bent else None,
        radial=(k1 / focal**2, 0.0, k2 / focal**4, 0.0, k3 / focal**6) if bent else (),
        tangential=(p1 / focal, p2 / focal) if bent else (),
    )


def _pupils(nodal: Rows) -> tuple[Rows, list[str]]:
    """Nodal offsets as (focus, zoom, centimetres ahead), and what else they say."""
    for _, _, qx, qy, qz, _, tx, ty, _ in nodal:
        turned = math.hypot(qx, qy, qz) > 1e-4
        if turned or math.hypot(tx, ty) * 10.0 > _NARROW_MM:
            return (), ["NodalOffsetTable"]
    return tuple((*row[:2], row[8]) for row in nodal), []


class _Grid:
    """A table's values between the places where they were measured: linear along zoom, then along
    focus, the nearest row outside."""

    def __init__(self, rows: Rows) -> None:
        lines: dict[float, list[tuple[float, ...]]] = {}
        for row in sorted(rows):
            lines.setdefault(row[0], []).append(row[1:])
        self._lines = [(focus, [row[0] for row in line], line) for focus, line in lines.items()]
        self._places = [focus for focus, _, _ in self._lines]

    def at(self, focus: float, zoom: float) -> tuple[float, ...] | None:
        """The values with the rings at these places; None for an empty table."""
        after = bisect_right(self._places, focus)
        near = self._lines[max(after - 1, 0) : after + 1]
        across = [(place, *_along(line, zoom, places)) for place, places, line in near]
        return _along(across, focus) if across else None


def _along(
    points: Sequence[tuple[float, ...]], place: float, places: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Points (place, values ...) in order, linearly at `place`; `places` are theirs, where at hand."""
    after = bisect_right(places or [point[0] for point in points], place)
    if after == 0 or after == len(points):
        return points[min(after, len(points) - 1)][1:]
    low, high = points[after - 1], points[after]
    part = (place - low[0]) / (high[0] - low[0])
    return tuple(a + part * (b - a) for a, b in zip(low[1:], high[1:], strict=True))


def file_of(table: LensTable, options: Options) -> UlensFile:
    """The lens file of a table, for a picture of `options.size_px`, else of the table's own size."""
    size = options.size_px or table.size_px or _likely_size(table)
    lenses = [_lens(setting, size, options) for setting in table.settings]
    width = lenses[0].sensor_width_mm
    keys = [(setting.focus, setting.zoom) for setting in table.settings]
    both = list(zip(keys, lenses, strict=True))
    make = ((_MAKE, table.make),) if table.make else ()
    return UlensFile(
        name=options.name or table.name,
        model=table.model,
        serial=table.serial,
        sensor_mm=(width, width * lenses[0].fx_px / lenses[0].fy_px * size[1] / size[0]),
        size_px=size,
        focal=tuple((*key, lens.fx_px / size[0], lens.fy_px / size[1]) for key, lens in both),
        centre=tuple((*key, lens.cx_px / size[0], lens.cy_px / size[1]) for key, lens in both),
        nodal=tuple(
            (*key, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, setting.optics.entrance_pupil_offset_m * 100.0)
            for key, setting in zip(keys, table.settings, strict=True)
            if setting.optics.entrance_pupil_offset_m is not None
        ),
        distortion=tuple((*key, o.k1, o.k2, o.k3, o.p1, o.p2) for key, o in both),
        focus_marks=tuple(_focus_marks(table)),
        iris_marks=tuple(mark for mark in table.iris_marks if all(map(math.isfinite, mark))),
        user_metadata=(*make, *table.notes),
    )


def _likely_size(table: LensTable) -> tuple[int, int]:
    sensor = table.sensor_mm
    if sensor is None:
        return _USUAL_SIZE
    return _USUAL_SIZE[0], max(2, round(_USUAL_SIZE[0] * sensor[1] / sensor[0]))


def _lens(setting: LensSetting, size: tuple[int, int], options: Options) -> Lens:
    optics = setting.optics
    if not optics.sensor_width_mm:
        optics = replace(optics, sensor_width_mm=options.sensor_width_mm)
    return fit_report(optics, *size).lens


def _focus_marks(table: LensTable) -> Iterator[tuple[float, float]]:
    """Marks in centimetres; those of the settings where the table has none. Infinity has no number."""
    marks = table.focus_marks or sorted(
        {
            setting.focus: setting.optics.focus_distance_m
            for setting in table.settings
            if setting.optics.focus_distance_m is not None
        }.items()
    )
    return ((place, metres * 100.0) for place, metres in marks if math.isfinite(metres))
