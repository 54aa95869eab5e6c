"""A set laid out for casting: mip levels, mean colours, and look-ups that agree with plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.colour import srgb_decode
from openset.stage.render.surfaces import dome_at, lay_out, sky_on, texture_at
from openset.stage.scene.dome import directions_of, irradiance, irradiance_terms
from openset.stage.scene.model import Material, Mesh, Scene

TEXTURE = np.random.default_rng(1).integers(0, 255, (8, 16, 3)).astype(np.uint8)


def scene() -> Scene:
    points = np.array([[0, 0, 0], [2, 0, 0], [0, 0, 2]], np.float32)
    uvs = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    mesh = Mesh("m", points, points * 0 + 1, uvs, np.array([[0, 1, 2]], np.int32), 0)
    dome = np.random.default_rng(2).uniform(0, 3, (32, 64, 3)).astype(np.float32)
    plain = Material("plain", (0.2, 0.3, 0.4))
    materials = (Material("a", (0.5, 1.0, 1.0), base_texture=TEXTURE), plain)
    return Scene("s", (mesh,), materials, dome=dome)


def test_a_texel_s_middle_gives_the_texel_with_v_upwards_and_repeating() -> None:
    laid = lay_out(scene())
    for row, column in ((0, 0), (7, 15), (3, 9)):
        u, v = (column + 0.5) / 16, 1 - (row + 0.5) / 8
        for shift in (0, -1, 2):
            found = texture_at(laid, 0, np.float32(0), np.float32(u + shift), np.float32(v + shift))
            np.testing.assert_allclose(found, srgb_decode(TEXTURE[row, column] / 255.0), atol=2e-3)


def test_the_last_mip_level_and_the_mean_agree_with_linear_light() -> None:
    laid = lay_out(scene())
    mean = srgb_decode(TEXTURE / 255.0).mean(axis=(0, 1))
    np.testing.assert_allclose(laid.mean[0], mean * [0.5, 1.0, 1.0], atol=0.01)
    np.testing.assert_allclose(laid.mean[1], (0.2, 0.3, 0.4), rtol=1e-6)
    assert laid.level_size[0].tolist() == [8, 16, 4]
    assert texture_at(laid, 1, np.float32(0), np.float32(0.3), np.float32(0.3)) == (1.0, 1.0, 1.0)


def test_texel_density_counts_texels_along_a_metre() -> None:
    laid = lay_out(scene())  # 16 x 8 texels over 2 m x 2 m: 5.66 texels a metre in the mean
    assert 2.0 ** laid.texel[0] == pytest.approx(np.sqrt(16 * 8) / 2.0, rel=1e-5)


def test_the_dome_is_looked_up_where_the_conventions_put_it() -> None:
    set_up = scene()
    laid = lay_out(set_up)
    assert set_up.dome is not None
    for row, column in ((0, 5), (16, 0), (20, 63), (31, 31)):
        x, y, z = directions_of(np.array([column + 0.5, row + 0.5]), 64, 32)
        found = dome_at(laid, np.float32(x), np.float32(y), np.float32(z))
        np.testing.assert_allclose(found, set_up.dome[row, column], atol=2e-3)


def test_the_kernel_s_sky_light_is_the_same_as_the_plain_one() -> None:
    set_up = scene()
    laid = lay_out(set_up)
    assert set_up.dome is not None
    terms = irradiance_terms(set_up.dome)
    for normal in np.array([[0, 0, 1.0], [0.6, 0, 0.8], [0, -1.0, 0], [0.48, -0.6, -0.64]]):
        found = sky_on(laid, *normal.astype(np.float32))
        np.testing.assert_allclose(found, irradiance(terms, normal) / np.pi, rtol=1e-4)


def test_a_set_of_nothing_can_be_laid_out() -> None:
    laid = lay_out(Scene("empty"))
    assert len(laid.corners) == 0
    assert laid.suns.shape == (0, 6)
