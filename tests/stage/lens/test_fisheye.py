"""OpenCV's fisheye model as Openset's lens."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.lens.fisheye import lens_from_fisheye
from openset.stage.lens.model import Lens, fisheye_radius, project


def bare(f_px: float, cx_px: float = 960.0) -> Lens:
    return Lens(1920, 1080, f_px, f_px, cx_px, 540.0)


def test_a_radius_is_the_angle_and_its_odd_powers() -> None:
    """0.5 (1 + 0.1 / 4 + 0.2 / 16 + 0.3 / 64 + 0.4 / 256) = 0.5219"""
    found = fisheye_radius(np.array([0.5]), (0.1, 0.2, 0.3, 0.4))
    assert found == pytest.approx(0.5 * (1 + 0.025 + 0.0125 + 0.0046875 + 0.0015625))


@pytest.mark.parametrize(
    ("f_px", "coefficients", "within_px"),
    [
        (2400.0, (0.2, -0.01, 1.1, -3.0), 0.1),
        (2000.0, (0.3333333, 0.1333333, 0.0539683, 0.0218695), 0.01),
        (1450.0, (-0.02, 0.004, -0.002, 0.0003), 0.8),
    ],
)
def test_the_fit_draws_what_opencv_draws(
    f_px: float, coefficients: tuple[float, ...], within_px: float
) -> None:
    """Points all over the picture by OpenCV's own fisheye projection; the second lens is a pinhole told
    in angles (tan t to the ninth power)."""
    fitted = lens_from_fisheye(bare(f_px, 955.0), coefficients)
    assert fitted.residual_px < within_px
    x, y = np.meshgrid(np.linspace(-0.3, 0.3, 13), np.linspace(-0.18, 0.18, 9))
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1) * (1920 / f_px)
    points[:, 2] = 1.0
    points[:, :2] *= 1.2
    matrix = np.array([[f_px, 0, 954.5], [0, f_px, 539.5], [0, 0, 1.0]])
    drawn, _ = cv2.fisheye.projectPoints(
        points[None], np.zeros(3), np.zeros(3), matrix, np.array(coefficients)
    )
    seen = project(fitted.lens, points * [1.0, -1.0, -1.0])
    inside = (np.abs(seen - [960, 540]) < [960, 540]).all(axis=1)
    assert inside.sum() > 80
    off = (seen - (drawn[0] + 0.5))[inside]
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) <= fitted.residual_px + 0.01


def test_a_pinhole_told_in_angles_bends_nothing() -> None:
    fitted = lens_from_fisheye(bare(4000.0), (1 / 3, 2 / 15, 17 / 315, 62 / 2835))
    assert max(map(abs, (fitted.lens.k1, fitted.lens.k2))) < 1e-4


@pytest.mark.parametrize("f_px", [600.0, 900.0, 1150.0])
def test_a_wide_fisheye_is_refused_in_degrees(f_px: float) -> None:
    with pytest.raises(BadInput, match="degrees"):
        lens_from_fisheye(bare(f_px), (0.0, 0.0, 0.0, 0.0))


def test_the_limit_is_the_pictures_diagonal() -> None:
    """Equidistant: half the diagonal is 1101.5 px and 50 degrees are 0.8727, so 1262 px of focal length
    are just 100 degrees."""
    lens_from_fisheye(bare(1265.0), (0.0, 0.0, 0.0, 0.0))
    with pytest.raises(BadInput, match=r"100|101"):
        lens_from_fisheye(bare(1258.0), (0.0, 0.0, 0.0, 0.0))


def test_a_model_that_turns_back_is_refused() -> None:
    with pytest.raises(BadInput, match="degrees"):
        lens_from_fisheye(bare(1500.0), (-5.0, 0.0, 0.0, 0.0))
