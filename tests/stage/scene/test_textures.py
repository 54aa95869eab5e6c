"""Painted surfaces: repeatable, tiling, and neither black nor burnt out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from openset.stage.scene import textures

CLOTH = ((0.6, 0.1, 0.05), (0.7, 0.6, 0.5))
PAINTERS: dict[str, Callable[[np.random.Generator], textures.Texture]] = {
    "plaster": lambda rng: textures.plaster(rng, 128),
    "paving": lambda rng: textures.paving(rng, 256),
    "flagstones": lambda rng: textures.flagstones(rng, 128),
    "brick": lambda rng: textures.brick(rng, 128),
    "planks": lambda rng: textures.planks(rng, 128),
    "stripes": lambda rng: textures.stripes(rng, CLOTH, 128),
    "burlap": lambda rng: textures.burlap(rng, 128),
    "basketry": lambda rng: textures.basketry(rng, 128),
    "rug": lambda rng: textures.rug(rng, (0.3, 0.05, 0.04), 128),
    "tiles": lambda rng: textures.tiles(rng, 128),
    "leaves": lambda rng: textures.leaves(rng, 128),
}


@pytest.mark.parametrize("name", PAINTERS)
def test_a_texture_is_a_square_picture_with_some_life_in_it(name: str) -> None:
    picture = PAINTERS[name](np.random.default_rng(5))
    assert picture.dtype == np.uint8
    assert picture.shape[0] == picture.shape[1]
    assert picture.std() > 4
    assert 25 < picture.mean() < 245


@pytest.mark.parametrize("name", PAINTERS)
def test_the_same_seed_paints_the_same_texture(name: str) -> None:
    first, second = (PAINTERS[name](np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_noise_has_no_seam_and_stretching_draws_it_out_downwards() -> None:
    plain = textures.noise(np.random.default_rng(1), 128, 1.5)
    assert abs(plain.mean()) < 1e-9
    assert plain.std() == pytest.approx(1.0)
    seam = np.abs(plain[:, 0] - plain[:, -1]).mean()
    assert seam < 1.5 * np.abs(np.diff(plain, axis=1)).mean()
    drawn = textures.noise(np.random.default_rng(1), 128, 1.5, stretch=8.0)
    assert np.abs(np.diff(drawn, axis=0)).mean() < 0.5 * np.abs(np.diff(drawn, axis=1)).mean()
