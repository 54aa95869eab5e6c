"""Between a tracker's lens report (OpenTrackIO, millimetres) and Openset's lens (pixels, OpenCV's
form).

OpenLensIO 1.0.1 measures on the sensor: e = (x, y) in mm from the middle, x right, y down; F is the
pinhole focal length in mm. With r the distance from the middle of distortion its Brown-Conrady
function is

    B(e) = e (1 + k1 r^2 + k3 r^4 + k5 r^6) / (1 + k2 r^2 + k4 r^4 + k6 r^6)
           + (2 q1 x y + q2 (r^2 + 2 x^2),  q1 (r^2 + 2 y^2) + 2 q2 x y)

(§4.1, eq. 16 and 17): odd coefficients above the line, even below. OpenCV works on n = e / F
instead, so a coefficient of r^2m is OpenCV's divided by F^2m, and the tangential q is OpenCV's p /
F: F times p (x/F) (y/F) is (p / F) x y. (The published conversion note prints p / F^2, which is 2.5
px wrong on a plausible 35 mm lens.) "U-D" takes undistorted to distorted as Openset does; "D-U",
the default where a report names no model, goes the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.lens.model import Lens, distort
from openset.stage.tracking.samples import MODEL_UD, LensReport, implausible

DEFAULT_SENSOR_WIDTH_MM = 36.0
_NEARLY_SQUARE = 0.02


@dataclass(frozen=True)
class Fitted:
    """A lens and how far, at most, its picture strays from the report's own model, in pixels."""

    lens: Lens
    residual_px: float


def report_from_lens(lens: Lens) -> LensReport:
    """A lens as OpenTrackIO says it; exact. Pixels that are not square go into the sensor's height.

    OpenTrackIO has no fisheye model: one is told as the Brown-Conrady lens nearest to it, BadInput
    where it is too wide for any.
    """
    if lens.fisheye is not None:
        lens = _as_brown_conrady(lens)
    focal_mm = lens.focal_length_mm
    sensor_height_mm = lens.height_px * focal_mm / lens.fy_px
    above = [k / focal_mm ** (2 * n) for n, k in enumerate((lens.k1, lens.k2, lens.k3), start=1)]
    distorted = any((*above, lens.p1, lens.p2))
    return LensReport(
        focal_length_mm=focal_mm,
        focus_distance_m=lens.focus_distance_m,
        f_stop=lens.f_stop,
        entrance_pupil_offset_m=lens.entrance_pupil_offset_m,
        sensor_width_mm=lens.sensor_width_mm,
        sensor_height_mm=sensor_height_mm,
        projection_offset_mm=(
            (lens.cx_px - lens.width_px / 2) * focal_mm / lens.fx_px,
            (lens.cy_px - lens.height_px / 2) * focal_mm / lens.fy_px,
        ),
        distortion_model=MODEL_UD if distorted else None,
        radial=(above[0], 0.0, above[1], 0.0, above[2]) if distorted else (),
        tangential=(lens.p1 / focal_mm, lens.p2 / focal_mm) if distorted else (),
    )


@lru_cache(maxsize=16)
def _as_brown_conrady(lens: Lens) -> Lens:
    """Fitted once, not for every frame of a take."""
    from openset.stage.lens.fisheye import lens_from_fisheye

    assert lens.fisheye is not None
    return lens_from_fisheye(lens, lens.fisheye).lens


def lens_from_report(report: LensReport, width_px: int, height_px: int) -> Lens:
    """A report as a lens for a picture of that size.

    Without a sensor size 36 mm is taken for its width. Raises BadInput if the report holds no focal
    length, or a distortion model that is unknown.
    """
    return fit_report(report, width_px, height_px).lens


def fit_report(report: LensReport, width_px: int, height_px: int) -> Fitted:
    """As lens_from_report, with the residual of the fit: 0 for U-D with three radial terms about the
    projection's own middle, else what a least-squares fit over the whole picture leaves."""
    bare = _pinhole(report, width_px, height_px)
    if not any(report.radial) and not any(report.tangential):
        return Fitted(bare, 0.0)
    focal_mm = bare.focal_length_mm
    above, below = _normalised_radial(report, focal_mm)
    p1, p2 = (q * focal_mm for q in (*report.tangential, 0.0, 0.0)[:2])
    plain = replace(bare, k1=above[0], k2=above[1], k3=above[2], p1=p1, p2=p2)
    centre = np.array(report.distortion_offset_mm or (0.0, 0.0)) / focal_mm
    forward = report.distortion_model == MODEL_UD
    if forward and not any(below) and not centre.any():
        return Fitted(plain, 0.0)
    skewed = bool(p1 or p2 or centre.any())

    def function(points: F64) -> F64:
        return _brown(plain, below, points - centre) + centre

    return fit(bare, function, forward=forward, skewed=skewed)


def _pinhole(report: LensReport, width_px: int, height_px: int) -> Lens:
    focal_mm = report.focal_length_mm
    if trouble := implausible(report):
        raise BadInput(
            f"the lens report cannot be right: {trouble}", todo="Check the tracker's lens settings"
        )
    if not focal_mm:
        raise BadInput(
            "the tracker reports no focal length", todo="Calibrate the lens, or name its focal length"
        )
    pitch_x, pitch_y = _pixel_pitch_mm(report, width_px, height_px)
    offset_x, offset_y = report.projection_offset_mm or (0.0, 0.0)
    return Lens(
        width_px,
        height_px,
        fx_px=focal_mm / pitch_x,
        fy_px=focal_mm / pitch_y,
        cx_px=width_px / 2 + offset_x / pitch_x,
        cy_px=height_px / 2 + offset_y / pitch_y,
        sensor_width_mm=pitch_x * width_px,
        entrance_pupil_offset_m=report.entrance_pupil_offset_m or 0.0,
        focus_distance_m=report.focus_distance_m,
        f_stop=report.f_stop,
    )


def _pixel_pitch_mm(report: LensReport, width_px: int, height_px: int) -> tuple[float, float]:
    """Size of a pixel, from whatever the report says of the sensor.

    A calibrated height a little off square is believed. One far off is the sensor's full height of
    which the picture is a crop (3:2 under a 16:9 picture), so the pixels are square.
    """
    width_mm, height_mm = report.sensor_width_mm, report.sensor_height_mm
    if not width_mm:
        width_mm = height_mm * width_px / height_px if height_mm else DEFAULT_SENSOR_WIDTH_MM
    pitch_x = width_mm / width_px
    pitch_y = (height_mm or pitch_x * height_px) / height_px
    return pitch_x, pitch_y if abs(pitch_y / pitch_x - 1) < _NEARLY_SQUARE else pitch_x


def _normalised_radial(report: LensReport, focal_mm: float) -> tuple[list[float], list[float]]:
    """Numerator and denominator coefficients on n = e / F: three each."""
    six = (*report.radial, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)[:6]
    powers = [focal_mm ** (2 * (index // 2 + 1)) for index in range(6)]
    scaled = [k * power for k, power in zip(six, powers, strict=True)]
    return scaled[0::2], scaled[1::2]


def _brown(plain: Lens, below: list[float], points: F64) -> F64:
    """The report's own function on normalised points (..., 2), denominator included."""
    r2 = (points**2).sum(axis=-1)
    under = 1.0 + r2 * (below[0] + r2 * (below[1] + r2 * below[2]))
    straight = distort(replace(plain, p1=0.0, p2=0.0), points)
    tangential = distort(plain, points) - straight
    return np.asarray(straight / under[..., None] + tangential)


def fit(bare: Lens, function: Callable[[F64], F64], *, forward: bool, skewed: bool) -> Fitted:
    """The lens whose five coefficients (the tangential two only if `skewed`) come nearest to another
    model over the picture, by linear least squares; `bare` has its focal lengths and centre.

    `function` takes normalised points (n, 2): undistorted to distorted if `forward`, else back.
    Given pairs of undistorted u and distorted d, d - u is linear in k1, k2, k3, p1, p2. The pairs
    lie on a grid over the picture; a model that goes forward is inverted there by fixed-point
    steps, and where they do not settle (beyond its fold) the pair still obeys the model, only off
    the grid.
    """
    distorted = _grid(bare)
    undistorted = distorted
    if forward:
        for _ in range(60):
            undistorted = undistorted - np.clip(function(undistorted) - distorted, -0.1, 0.1)
        distorted = function(undistorted)
    else:
        undistorted = function(distorted)
    x, y = undistorted[:, 0], undistorted[:, 1]
    r2 = x * x + y * y
    in_x = np.stack([x * r2, x * r2**2, x * r2**3, 2 * x * y, r2 + 2 * x * x], axis=1)
    in_y = np.stack([y * r2, y * r2**2, y * r2**3, r2 + 2 * y * y, 2 * x * y], axis=1)
    rows = np.concatenate([in_x, in_y])
    wanted = np.concatenate([distorted[:, 0] - x, distorted[:, 1] - y])
    found, *_ = np.linalg.lstsq(rows[:, : 5 if skewed else 3], wanted, rcond=None)
    k1, k2, k3, p1, p2 = (*found.tolist(), 0.0, 0.0)[:5]
    lens = replace(bare, k1=k1, k2=k2, k3=k3, p1=p1, p2=p2)
    off = (distort(lens, undistorted) - distorted) * [lens.fx_px, lens.fy_px]
    return Fitted(lens, float(np.hypot(off[:, 0], off[:, 1]).max()))


def _grid(lens: Lens) -> F64:
    """Normalised points (n, 2) over the picture, edges included."""
    x, y = np.meshgrid(np.linspace(0, lens.width_px, 33), np.linspace(0, lens.height_px, 21))
    return np.stack(
        [((x - lens.cx_px) / lens.fx_px).ravel(), ((y - lens.cy_px) / lens.fy_px).ravel()], axis=-1
    )
