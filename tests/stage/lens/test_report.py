from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.lens.model import Lens, project, rays
from openset.stage.lens.report import MODEL_UD, fit_report, lens_from_report, report_from_lens
from openset.stage.tracking.samples import MODEL_DU, LensReport

HERO = Lens(
    1920,
    1080,
    fx_px=1866.7,
    fy_px=1868.1,
    cx_px=968.0,
    cy_px=531.5,
    k1=-0.12,
    k2=0.05,
    p1=0.0012,
    p2=-0.0008,
    k3=-0.004,
    sensor_width_mm=24.9,
    entrance_pupil_offset_m=0.07,
    focus_distance_m=2.4,
    f_stop=2.8,
)


def _lens(fx_px: float, squareness: float, **optics: float) -> Lens:
    return replace(HERO, fx_px=fx_px, fy_px=fx_px * squareness, **optics)


LENSES = st.builds(
    _lens,
    fx_px=st.floats(1200, 4000),
    squareness=st.floats(0.985, 1.015),
    cx_px=st.floats(900, 1020),
    k1=st.floats(-0.2, 0.2),
    k2=st.floats(-0.1, 0.1),
    p1=st.floats(-0.003, 0.003),
    p2=st.floats(-0.003, 0.003),
    sensor_width_mm=st.floats(5, 55),
)


def brown_mm(report: LensReport, e: np.ndarray) -> np.ndarray:
    """OpenLensIO's function as its paper writes it, in mm on the sensor; this test's own derivation."""
    k = [*report.radial, *[0.0] * 6][:6]
    q1, q2 = [*report.tangential, 0.0, 0.0][:2]
    x, y = e[..., 0], e[..., 1]
    r = np.hypot(x, y)
    ratio = (1 + k[0] * r**2 + k[2] * r**4 + k[4] * r**6) / (
        1 + k[1] * r**2 + k[3] * r**4 + k[5] * r**6
    )
    return np.stack(
        [
            x * ratio + 2 * q1 * x * y + q2 * (r**2 + 2 * x**2),
            y * ratio + q1 * (r**2 + 2 * y**2) + 2 * q2 * x * y,
        ],
        axis=-1,
    )


def pixels_from_mm(report: LensReport, e: np.ndarray, width: int, height: int) -> np.ndarray:
    assert report.sensor_width_mm
    assert report.sensor_height_mm
    assert report.projection_offset_mm
    centre = np.array(report.projection_offset_mm)
    pitch = np.array([report.sensor_width_mm / width, report.sensor_height_mm / height])
    return (e + centre) / pitch + [width / 2, height / 2]


@given(LENSES)
def test_a_lens_survives_its_report(lens: Lens) -> None:
    again = lens_from_report(report_from_lens(lens), lens.width_px, lens.height_px)
    for name in ("fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "k3", "p1", "p2", "sensor_width_mm"):
        assert getattr(again, name) == pytest.approx(getattr(lens, name), rel=1e-9, abs=1e-12)
    assert (again.focus_distance_m, again.f_stop) == (2.4, 2.8)
    assert again.entrance_pupil_offset_m == 0.07


@given(LENSES, st.floats(-0.9, 0.9), st.floats(-0.5, 0.5))
def test_the_report_says_in_millimetres_what_the_lens_does_in_pixels(
    lens: Lens, right: float, up: float
) -> None:
    report = report_from_lens(lens)
    point = np.array([right / 2, up / 2, -1.0])
    assert report.focal_length_mm
    ideal_mm = report.focal_length_mm * np.array([point[0], -point[1]])
    seen = brown_mm(report, ideal_mm) if report.radial else ideal_mm
    expected = pixels_from_mm(report, seen, lens.width_px, lens.height_px)
    assert project(lens, point).tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_the_tangential_coefficient_is_p_over_f_not_over_f_squared() -> None:
    report = report_from_lens(HERO)
    assert report.focal_length_mm
    assert report.tangential[0] == pytest.approx(0.0012 / report.focal_length_mm)
    wrong = replace(report, tangential=tuple(q / report.focal_length_mm for q in report.tangential))
    corner = np.array([1919.0, 1079.0])
    off = project(lens_from_report(wrong, 1920, 1080), rays(HERO, corner)) - corner
    assert float(np.hypot(*off)) > 0.9


def test_a_model_that_undistorts_is_inverted_within_a_tenth_of_a_pixel() -> None:
    report = LensReport(
        focal_length_mm=24.9,
        sensor_width_mm=24.9,
        sensor_height_mm=14.0,
        projection_offset_mm=(0.05, -0.03),
        distortion_model=MODEL_DU,
        radial=(2e-4, 0.0, -1e-7),
        tangential=(3e-5, -2e-5),
    )
    fitted = fit_report(report, 1920, 1080)
    assert fitted.residual_px < 0.1
    seen_mm = np.stack(np.meshgrid(np.linspace(-12, 12, 9), np.linspace(-6.8, 6.8, 7)), axis=-1)
    ideal = brown_mm(report, seen_mm) / 24.9
    points = np.stack([ideal[..., 0], -ideal[..., 1], -np.ones_like(ideal[..., 0])], axis=-1)
    off = project(fitted.lens, points) - pixels_from_mm(report, seen_mm, 1920, 1080)
    assert float(np.abs(off).max()) < 0.1


def test_a_report_without_a_model_is_taken_as_the_schemas_default() -> None:
    undistorting = LensReport(focal_length_mm=24.9, distortion_model=MODEL_DU, radial=(2e-4,))
    silent = replace(undistorting, distortion_model=None)
    assert lens_from_report(silent, 1920, 1080) == lens_from_report(undistorting, 1920, 1080)


@pytest.mark.parametrize("model", [MODEL_DU, MODEL_UD])
def test_a_rational_model_is_fitted_and_its_residual_stated(model: str) -> None:
    report = LensReport(
        focal_length_mm=24.9,
        sensor_width_mm=24.9,
        sensor_height_mm=14.006,
        projection_offset_mm=(0.0, 0.0),
        distortion_model=model,
        radial=(1e-4, 3e-4, 1e-7, 2e-7),
    )
    fitted = fit_report(report, 1920, 1080)
    assert 0.0 < fitted.residual_px < 0.2
    e = np.array([6.0, 4.0])
    ideal, seen = (e, brown_mm(report, e)) if model == MODEL_UD else (brown_mm(report, e), e)
    found = project(fitted.lens, np.array([ideal[0] / 24.9, -ideal[1] / 24.9, -1.0]))
    assert found.tolist() == pytest.approx(pixels_from_mm(report, seen, 1920, 1080).tolist(), abs=0.2)


COEFFICIENTS = st.tuples(
    st.floats(-2e-4, 2e-4), st.floats(-2e-4, 2e-4), st.floats(-2e-7, 2e-7), st.floats(-2e-7, 2e-7)
)


@settings(max_examples=40, deadline=None)
@given(
    COEFFICIENTS,
    st.sampled_from([MODEL_DU, MODEL_UD]),
    st.floats(-11.0, 11.0),
    st.floats(-6.0, 6.0),
)
def test_no_place_of_the_picture_strays_further_than_the_residual(
    radial: tuple[float, ...], model: str, right: float, down: float
) -> None:
    """Between the places of the fit's grid the error may be a little larger: a tenth of it."""
    report = LensReport(
        focal_length_mm=24.9,
        sensor_width_mm=24.9,
        sensor_height_mm=14.006,
        projection_offset_mm=(0.0, 0.0),
        distortion_model=model,
        radial=radial,
    )
    fitted = fit_report(report, 1920, 1080)
    e = np.array([right, down])
    ideal, seen = (e, brown_mm(report, e)) if model == MODEL_UD else (brown_mm(report, e), e)
    if (np.abs(seen) > [12.4, 7.0]).any():
        return
    found = project(fitted.lens, np.array([ideal[0] / 24.9, -ideal[1] / 24.9, -1.0]))
    off = float(np.hypot(*(found - pixels_from_mm(report, seen, 1920, 1080))))
    assert off <= 1.1 * fitted.residual_px + 1e-4


def test_an_offset_middle_of_distortion_is_fitted() -> None:
    report = LensReport(
        focal_length_mm=24.9,
        sensor_width_mm=24.9,
        sensor_height_mm=14.006,
        projection_offset_mm=(0.0, 0.0),
        distortion_offset_mm=(0.1, -0.06),
        distortion_model=MODEL_UD,
        radial=(-2e-4,),
    )
    fitted = fit_report(report, 1920, 1080)
    assert fitted.residual_px < 0.5
    e = np.array([9.0, -5.0])
    centre = np.array([0.1, -0.06])
    seen = brown_mm(report, e - centre) + centre
    found = project(fitted.lens, np.array([e[0] / 24.9, -e[1] / 24.9, -1.0]))
    assert found.tolist() == pytest.approx(pixels_from_mm(report, seen, 1920, 1080).tolist(), abs=0.5)


def test_a_taller_sensor_than_the_picture_means_a_crop_not_oblong_pixels() -> None:
    lens = lens_from_report(LensReport(35.0, sensor_width_mm=36.0, sensor_height_mm=24.0), 1920, 1080)
    assert lens.fx_px == pytest.approx(lens.fy_px)


def test_what_is_not_said_of_the_sensor_is_assumed_in_order() -> None:
    known_height = lens_from_report(LensReport(35.0, sensor_height_mm=14.0), 1920, 1080)
    assert known_height.fy_px == pytest.approx(35.0 / 14.0 * 1080)
    assert known_height.fx_px == pytest.approx(known_height.fy_px)
    assert lens_from_report(LensReport(35.0), 1920, 1080).sensor_width_mm == pytest.approx(36.0)


def test_a_report_without_focal_length_is_one_clear_line() -> None:
    with pytest.raises(BadInput, match="no focal length"):
        lens_from_report(LensReport(sensor_width_mm=36.0), 1920, 1080)


def test_a_long_lenss_coefficients_are_judged_over_its_sensor() -> None:
    """0.02 of the radius at the edge of a 22.2 x 14.8 mm sensor: k5 = 0.02 / 7.4^6 = 1.218e-7. Over its
    own sensor's width that is 14.6; over 300 mm, which the lens never sees, 88.8 million."""
    report = LensReport(
        focal_length_mm=300.0,
        sensor_width_mm=22.2,
        sensor_height_mm=14.8,
        distortion_model=MODEL_UD,
        radial=(0.0, 0.0, 0.0, 0.0, 0.02 / 7.4**6),
    )
    lens = lens_from_report(report, 1920, 1280)
    edge = project(lens, np.array([0.0, -7.4 / 300.0, -1.0]))
    assert edge[1] == pytest.approx(640 + 640 * 1.02)


NUMBER = st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.builds(
        LensReport,
        focal_length_mm=NUMBER,
        sensor_width_mm=NUMBER,
        sensor_height_mm=NUMBER,
        projection_offset_mm=st.tuples(NUMBER, NUMBER),
        distortion_offset_mm=st.tuples(NUMBER, NUMBER),
        distortion_model=st.sampled_from([MODEL_DU, MODEL_UD, None, "other"]),
        radial=st.lists(NUMBER, max_size=8).map(tuple),
        tangential=st.lists(NUMBER, max_size=3).map(tuple),
    )
)
def test_no_numbers_do_worse_than_be_refused(report: LensReport) -> None:
    try:
        lens = lens_from_report(report, 64, 36)
    except BadInput:
        return
    assert np.isfinite([lens.fx_px, lens.fy_px, lens.cx_px, lens.k1, lens.k2, lens.k3]).all()
