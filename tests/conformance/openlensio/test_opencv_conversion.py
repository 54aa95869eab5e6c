"""OpenCV's lens to OpenTrackIO's, held against a projection written here from OpenLensIO 1.0.1 alone.

The published conversion note divides the tangential coefficients by F squared. By the document's own
equations they go with F (a point's two coordinates are each divided by F, the result multiplied by it
once), and OpenCV's projection agrees with that to a billionth of a pixel.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.lens.model import Lens, project
from openset.stage.lens.report import fit_report, report_from_lens
from openset.stage.tracking.samples import MODEL_DU, MODEL_UD, LensReport

WIDTH, HEIGHT = 1920, 1080
SENSOR_MM = (24.89, 24.89 * 1080 / 1920)
FOCAL_MM = 35.0


def openlensio_pixels(report: LensReport, points: np.ndarray) -> np.ndarray:
    """Pixels (corner at 0, 0) of points (n, 3), x right, y down, z ahead: OpenLensIO's projection.

    On the sensor, in mm from its middle, a pinhole sees e_u = F (X / Z, Y / Z). With U-D the lens
    moves it to B(e_u - dP) + dP about the middle of projection dP (dC is zero here); in pinhole
    coordinates from dP the two are e and B(e).
    """
    assert report.focal_length_mm
    assert report.projection_offset_mm
    e = report.focal_length_mm * points[:, :2] / points[:, 2:]
    e = brown_conrady(report, e) + np.array(report.projection_offset_mm)
    pitch = np.array([SENSOR_MM[0] / WIDTH, SENSOR_MM[1] / HEIGHT])
    return e / pitch + [WIDTH / 2, HEIGHT / 2]


def brown_conrady(report: LensReport, e: np.ndarray) -> np.ndarray:
    """Equations 16 and 17: k1 k3 k5 above the line, k2 k4 k6 below, q1 and q2 beside it."""
    k1, k2, k3, k4, k5, k6 = (*report.radial, *[0.0] * 6)[:6]
    q1, q2 = (*report.tangential, 0.0, 0.0)[:2]
    x, y = e[:, 0], e[:, 1]
    r = np.sqrt(x * x + y * y)
    ratio = (1 + k1 * r**2 + k3 * r**4 + k5 * r**6) / (1 + k2 * r**2 + k4 * r**4 + k6 * r**6)
    return np.stack(
        [
            x * ratio + 2 * q1 * x * y + q2 * (r**2 + 2 * x**2),
            y * ratio + q1 * (r**2 + 2 * y**2) + 2 * q2 * x * y,
        ],
        axis=1,
    )


def opencv_pixels(lens: Lens, points: np.ndarray, rational: tuple[float, ...] = ()) -> np.ndarray:
    """OpenCV's own projection; it counts from the middle of the first pixel."""
    matrix = np.array(
        [[lens.fx_px, 0, lens.cx_px - 0.5], [0, lens.fy_px, lens.cy_px - 0.5], [0, 0, 1.0]]
    )
    coefficients = np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3, *rational])
    found, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, coefficients)
    return found[:, 0, :] + 0.5


def picture_points() -> np.ndarray:
    """Points in front of the camera that a 35 mm lens sees all over the picture."""
    x, y = np.meshgrid(np.linspace(-0.36, 0.36, 25), np.linspace(-0.2, 0.2, 15))
    z = np.linspace(1.0, 9.0, x.size)
    return np.stack([x.ravel() * z, y.ravel() * z, z], axis=1)


def opencv_lens(**optics: float) -> Lens:
    f_px = FOCAL_MM / SENSOR_MM[0] * WIDTH
    plain = Lens(WIDTH, HEIGHT, f_px, f_px, 968.0, 531.5, sensor_width_mm=SENSOR_MM[0])
    return replace(plain, **optics)


HERO = opencv_lens(k1=-0.12, k2=0.05, p1=0.0012, p2=-0.0008, k3=-0.004)


def worst_px(report: LensReport, lens: Lens, rational: tuple[float, ...] = ()) -> float:
    points = picture_points()
    off = openlensio_pixels(report, points) - opencv_pixels(lens, points, rational)
    return float(np.hypot(off[:, 0], off[:, 1]).max())


def test_all_five_coefficients_draw_what_opencv_draws() -> None:
    assert worst_px(report_from_lens(HERO), HERO) < 1e-9


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        opencv_lens,
        k1=st.floats(-0.3, 0.3),
        k2=st.floats(-0.3, 0.3),
        p1=st.floats(-0.005, 0.005),
        p2=st.floats(-0.005, 0.005),
        k3=st.floats(-0.3, 0.3),
    )
)
def test_any_coefficients_draw_what_opencv_draws(lens: Lens) -> None:
    report = report_from_lens(lens)
    if report.distortion_model is not None:
        assert report.distortion_model == MODEL_UD
    assert worst_px(report, lens) < 1e-9


def test_the_published_tangential_formula_is_pixels_wrong() -> None:
    """q = p / F^2 is F = 35 times too small: nearly the whole tangential part is missing."""
    right = report_from_lens(HERO)
    wrong = replace(right, tangential=(0.0012 / FOCAL_MM**2, -0.0008 / FOCAL_MM**2))
    assert right.tangential == pytest.approx((0.0012 / FOCAL_MM, -0.0008 / FOCAL_MM))
    missing = worst_px(report_from_lens(replace(HERO, p1=0.0, p2=0.0)), HERO)
    assert worst_px(wrong, HERO) > 1.0
    assert worst_px(wrong, HERO) == pytest.approx(missing * (1 - 1 / FOCAL_MM), rel=1e-6)


def rational_report(lens: Lens, k4: float, k5: float, k6: float) -> LensReport:
    """OpenCV's k4 k5 k6 go below the line, each in turn with k1 k2 k3 above it, over F^2, F^4, F^6."""
    pairs = zip((lens.k1, lens.k2, lens.k3), (k4, k5, k6), strict=True)
    radial = tuple(k / FOCAL_MM ** (2 * m) for m, pair in enumerate(pairs, start=1) for k in pair)
    return replace(report_from_lens(lens), radial=radial)


RATIONAL = (0.31, 0.05, -0.02)


def test_the_rational_model_alternates_above_and_below_the_line() -> None:
    assert worst_px(rational_report(HERO, *RATIONAL), HERO, RATIONAL) < 1e-9
    three_by_three = rational_report(HERO, *RATIONAL)
    k = three_by_three.radial
    wrong = replace(three_by_three, radial=(k[0], k[2], k[4], k[1], k[3], k[5]))
    assert worst_px(wrong, HERO, RATIONAL) > 10.0


def test_the_rational_model_is_read_as_opencv_draws_it() -> None:
    fitted = fit_report(rational_report(HERO, *RATIONAL), WIDTH, HEIGHT)
    points = picture_points()
    seen = project(fitted.lens, points * [1.0, -1.0, -1.0])
    off = seen - opencv_pixels(HERO, points, RATIONAL)
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) < 0.05


def test_the_other_direction_is_the_inverse_of_what_opencv_draws() -> None:
    """With D-U the same function takes what the lens drew back to the pinhole's picture: pictures of
    points that B moves to where a pinhole sees them."""
    report = replace(report_from_lens(HERO), distortion_model=MODEL_DU)
    fitted = fit_report(report, WIDTH, HEIGHT)
    pitch = SENSOR_MM[0] / WIDTH
    drawn = np.stack(np.meshgrid(np.linspace(-12, 12, 25), np.linspace(-6.8, 6.8, 15)), axis=-1)
    drawn = drawn.reshape(-1, 2)
    ideal = brown_conrady(report, drawn) / FOCAL_MM
    points = np.concatenate([ideal, np.ones((len(ideal), 1))], axis=1)
    assert report.projection_offset_mm
    offset = np.array(report.projection_offset_mm)
    wanted = (drawn + offset) / pitch + [WIDTH / 2, HEIGHT / 2]
    off = opencv_pixels(fitted.lens, points) - wanted
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) < 0.1
    assert 0.0 < fitted.residual_px < 0.1


def test_the_default_direction_is_not_the_one_opencv_works_in() -> None:
    """A converter that leaves the model's name out has its lens read the wrong way round."""
    silent = replace(report_from_lens(HERO), distortion_model=None)
    fitted = fit_report(silent, WIDTH, HEIGHT)
    points = picture_points()
    off = project(fitted.lens, points * [1.0, -1.0, -1.0]) - opencv_pixels(HERO, points)
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) > 10.0
