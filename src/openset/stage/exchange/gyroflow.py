"""Gyroflow's lens profiles as lens tables of one setting.

Kept: the calibrated matrix and distortion, the picture's size, names and notes. A profile seldom says
how wide the sensor is: `--sensor-mm` does, else it follows from the focal length the profile names,
else 36 mm are taken; the field of view is the same with any. Openset keeps the calibrated middle, where
Gyroflow itself puts it in the picture's own unless a profile says `asymmetrical`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.formats import gyroflow
from openset.formats.gyroflow import FISHEYE, GyroflowLens
from openset.primitives.errors import BadInput
from openset.stage.exchange.model import Options, Read
from openset.stage.lens.fisheye import lens_from_fisheye
from openset.stage.lens.model import Lens
from openset.stage.lens.report import DEFAULT_SENSOR_WIDTH_MM, report_from_lens
from openset.stage.lens.table import LensSetting, LensTable
from openset.stage.tracking.samples import MODEL_UD, LensReport, implausible


def read(path: Path, options: Options) -> Read:
    """The profile as a `LensTable`. Raises FormatError with the field, BadInput for a lens too wide."""
    lens = gyroflow.read(path.read_bytes())
    table, faults = table_of(lens, options.sensor_width_mm)
    return Read(replace(table, name=table.name or path.stem), 0, tuple(faults), lens.unheld)


def table_of(
    profile: GyroflowLens, sensor_width_mm: float | None = None
) -> tuple[LensTable, list[str]]:
    """The profile as a table of one setting, and in words what had to be assumed or fitted."""
    faults: list[str] = []
    notes = list(profile.notes)
    bare = _bare(profile, sensor_width_mm, faults)
    if profile.model == FISHEYE:
        fitted = lens_from_fisheye(bare, profile.coefficients)
        words = f"{fitted.residual_px:.2f} px at {bare.width_px} across"
        faults.append(f"the fit to the fisheye model is off by up to {words}")
        notes.append(("fit", words))
        report = report_from_lens(fitted.lens)
    else:
        report = _standard(bare, profile.coefficients)
    if trouble := implausible(report):
        raise BadInput(f"this profile is no lens: {trouble}", todo="Calibrate the lens again")
    if profile.camera:
        notes.append(("camera", profile.camera))
    optics = replace(report, entrance_pupil_offset_m=None)
    table = LensTable(
        profile.name or profile.lens,
        (LensSetting(0.0, 0.0, optics),),
        model=profile.lens,
        size_px=profile.size_px,
        notes=tuple(notes),
    )
    return table, faults


def _bare(profile: GyroflowLens, sensor_width_mm: float | None, faults: list[str]) -> Lens:
    """The profile without its distortion; OpenCV's middle of the first pixel is half a pixel in."""
    width, height = profile.size_px
    if sensor_width_mm is None and profile.focal_length_mm:
        sensor_width_mm = profile.focal_length_mm * width / profile.fx_px
    if sensor_width_mm is None:
        sensor_width_mm = DEFAULT_SENSOR_WIDTH_MM
        faults.append(f"the sensor's width is not told: {sensor_width_mm:g} mm are taken (--sensor-mm)")
    return Lens(
        width,
        height,
        profile.fx_px,
        profile.fy_px,
        profile.cx_px + 0.5,
        profile.cy_px + 0.5,
        sensor_width_mm=sensor_width_mm,
    )


def _standard(bare: Lens, coefficients: tuple[float, ...]) -> LensReport:
    """OpenCV's k1 k2 p1 p2 k3 k4 k5 k6 as OpenLensIO has them: those above the line and those below in
    turn, in millimetres. Raises BadInput for thin-prism or tilt coefficients, which it has not."""
    k1, k2, p1, p2, k3, k4, k5, k6 = (*coefficients, *(0.0,) * 8)[:8]
    if any(coefficients[8:]):
        raise BadInput("thin-prism and tilt coefficients have no place in OpenTrackIO's lens")
    report = report_from_lens(replace(bare, k1=k1, k2=k2, k3=k3, p1=p1, p2=p2))
    focal = bare.focal_length_mm
    above, below = (k1, k2, k3), (k4, k5, k6)
    radial = [
        value / focal ** (2 * power)
        for power, pair in enumerate(zip(above, below, strict=True), start=1)
        for value in pair
    ]
    return replace(
        report,
        distortion_model=MODEL_UD,
        radial=tuple(radial),
        tangential=(p1 / focal, p2 / focal),
    )
