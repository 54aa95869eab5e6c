"""The panorama's layout and its light, against directions and integrals known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.scene.dome import (
    directions_of,
    irradiance,
    irradiance_terms,
    pixel_directions,
    pixels_of,
    shrink,
)


@pytest.mark.parametrize(
    ("direction", "pixel"),
    [
        ((0, 1, 0), (256, 128)),
        ((1, 0, 0), (384, 128)),
        ((-1, 0, 0), (128, 128)),
        ((0, 1, 1), (256, 64)),
        ((0, 1, -1), (256, 192)),
    ],
)
def test_known_directions_fall_on_known_pixels(
    direction: tuple[float, ...], pixel: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(pixels_of(np.array(direction, float), 512, 256), pixel, atol=1e-9)


def test_the_first_row_looks_up_and_the_last_down() -> None:
    looks = pixel_directions(64, 32)
    assert np.all(looks[0, :, 2] > 0.99)
    assert np.all(looks[-1, :, 2] < -0.99)


@given(st.floats(0.001, 511.999), st.floats(0.01, 255.99))
def test_pixels_and_directions_are_each_other_s_inverse(x: float, y: float) -> None:
    pixel = np.array([x, y])
    np.testing.assert_allclose(pixels_of(directions_of(pixel, 512, 256), 512, 256), pixel, atol=1e-7)


def test_an_even_dome_gives_pi_times_its_radiance_on_every_side() -> None:
    terms = irradiance_terms(np.full((64, 128, 3), 2.0, np.float32))
    normals = np.array([[0, 0, 1.0], [0, 0, -1], [1, 0, 0], [0.6, 0.8, 0]])
    np.testing.assert_allclose(irradiance(terms, normals), 2 * np.pi, rtol=1e-3)


def test_a_sky_above_a_black_ground_lights_a_floor_fully_and_a_wall_by_half() -> None:
    dome = np.zeros((64, 128, 3), np.float32)
    dome[:32] = 1.0
    terms = irradiance_terms(dome)
    floor, wall = irradiance(terms, np.array([[0, 0, 1.0], [1.0, 0, 0]]))
    np.testing.assert_allclose(wall, np.pi / 2, rtol=1e-3)
    np.testing.assert_allclose(floor, np.pi, rtol=0.05)  # nine terms ring by a few per cent


def test_a_bright_side_lights_what_faces_it_most() -> None:
    dome = np.zeros((32, 64, 3), np.float32)
    dome[12:20, 44:52] = 10.0  # around +X
    terms = irradiance_terms(dome)
    east, west = irradiance(terms, np.array([[1.0, 0, 0], [-1.0, 0, 0]]))
    assert np.all(east > 20 * np.maximum(west, 1e-3))


def test_shrinking_keeps_the_mean() -> None:
    picture = np.random.default_rng(1).uniform(0, 4, (32, 64, 3)).astype(np.float32)
    small = shrink(picture, 4)
    assert small.shape == (8, 16, 3)
    np.testing.assert_allclose(small.mean(), picture.mean(), rtol=1e-5)
    assert shrink(picture, 1) is picture
