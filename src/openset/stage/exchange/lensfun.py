"""lensfun's database files as lens tables: one lens, a setting for each calibrated focal length.

A database holds many lenses: `--name` picks one by words of its name. `--sensor-mm` puts it on a camera
whose sensor is not the calibrated one, since OpenTrackIO's coefficients are in millimetres on the
sensor. Kept is distortion by focal length; chromatic aberration and vignetting are named as not held.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.formats import lensfun_xml
from openset.formats.lensfun_xml import Distortion, LensfunLens
from openset.primitives.errors import BadInput
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.lens.lensfun_model import lens_of, sensor_mm
from openset.stage.lens.report import report_from_lens
from openset.stage.lens.table import LensSetting, LensTable
from openset.stage.tracking.samples import LensReport, implausible

WIDTH_PX = 1920
"""The picture's width for which a fit's residual is told."""

_WORTH_TELLING_PX = 0.1


def read(path: Path, options: Options) -> Read:
    """The lens that `options.name` picks, as a `LensTable`.

    Raises FormatError with the line, BadInput naming the lenses where several fit or none does.
    """
    database = lensfun_xml.read(path.read_bytes())
    lens = choose(database.lenses, options.name)
    table, faults = table_of(lens, options.sensor_width_mm)
    told = (*database.faults, *faults)[:MOST_FAULTS]
    table = replace(table, name=options.name or table.name)
    return Read(table, database.skipped, told, lens.unheld)


def choose(lenses: tuple[LensfunLens, ...], words: str) -> LensfunLens:
    """The only lens, or the one whose name has all `words`; the exact name wins, and of one lens on
    several sensors the largest. Raises BadInput."""
    wanted = words.lower().split()
    found = [each for each in lenses if all(word in each.title.lower() for word in wanted)]
    exact = [each for each in found if words.lower() in (each.title.lower(), each.model.lower())]
    found = exact or found
    if len({each.title for each in found}) == 1:
        return max(found, key=_covered)
    if not found:
        raise BadInput(f"no lens here is called {words!r}", todo="Name one of them with --name")
    if len(found) > 1:
        some = "; ".join(each.title for each in found[:5])
        raise BadInput(
            f"{len(found)} lenses fit: {some}{' …' if len(found) > 5 else ''}",
            todo="Name one with --name",
        )
    return found[0]


def _covered(lens: LensfunLens) -> float:
    """Width of the calibrated sensor in mm, 0 where no distortion was calibrated."""
    return _calibrated(lens.distortions)[0] if lens.distortions else 0.0


def table_of(lens: LensfunLens, sensor_width_mm: float | None = None) -> tuple[LensTable, list[str]]:
    """The lens as a table, and in words what its fit left. Raises BadInput for a fisheye, or a lens
    without calibrated distortion."""
    if lens.projection != "rectilinear":
        raise BadInput(
            f"{lens.title} is a {lens.projection} lens: Openset's lens model draws straight lines "
            "straight",
            todo="Choose another lens",
        )
    by_focal: dict[float, Distortion] = {}
    for each in lens.distortions:
        by_focal.setdefault(each.focal_mm, each)
    reports: list[LensReport] = []
    notes: list[tuple[str, str]] = []
    faults: list[str] = []
    for focal, each in sorted(by_focal.items()):
        try:
            report, residual = _report(lens, each, sensor_width_mm)
        except BadInput as trouble:
            faults.append(f"at {focal:g} mm: {trouble.what}")
            continue
        reports.append(report)
        if residual >= _WORTH_TELLING_PX:
            words = f"{residual:.2f} px at {WIDTH_PX} across"
            notes.append((f"fit at {focal:g} mm", words))
            faults.append(f"at {focal:g} mm the fit to {each.model} is off by up to {words}")
    if not reports:
        raise BadInput(f"no distortion was calibrated of {lens.title}", todo="Choose another lens")
    width, height = _calibrated(lens.distortions)
    if sensor_width_mm is not None and sensor_width_mm > width * 1.01:
        faults.append(f"the calibration covers {width:.1f} mm of {sensor_width_mm:.1f}")
    notes.insert(0, ("calibrated sensor", f"{width:.2f} x {height:.2f} mm"))
    last = max(1, len(reports) - 1)
    settings = tuple(LensSetting(0.0, index / last, each) for index, each in enumerate(reports))
    table = LensTable(lens.title, settings, make=lens.maker, model=lens.model, notes=tuple(notes))
    return table, faults


def _calibrated(distortions: tuple[Distortion, ...]) -> tuple[float, float]:
    return max(sensor_mm(each.crop, each.aspect) for each in distortions)


def _report(
    lens: LensfunLens, each: Distortion, sensor_width_mm: float | None
) -> tuple[LensReport, float]:
    sensor = sensor_mm(each.crop, each.aspect)
    size = (WIDTH_PX, round(WIDTH_PX * sensor[1] / sensor[0]))
    fitted = lens_of(
        each.model, each.terms, each.focal_mm, sensor, size, real_focal_mm=each.real_focal_mm
    )
    half_mm = min(sensor) / 2
    width = sensor_width_mm or sensor[0]
    report = replace(
        report_from_lens(fitted.lens),
        entrance_pupil_offset_m=None,
        sensor_width_mm=width,
        sensor_height_mm=width * sensor[1] / sensor[0],
        projection_offset_mm=(lens.centre[0] * half_mm, lens.centre[1] * half_mm),
    )
    if trouble := implausible(report):
        raise BadInput(trouble)
    return report, fitted.residual_px
