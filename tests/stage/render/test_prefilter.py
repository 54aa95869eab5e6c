"""Glossy reflections of the dome: rougher is softer, nothing is made brighter, nothing turns."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.render.prefilter import HIGHEST, LEVELS, LOWEST, glossy_levels
from openset.stage.scene.dome import pixel_directions


@pytest.mark.parametrize("rows", [2, 50, 300, 600])
def test_each_level_has_half_the_rows_and_columns_of_the_one_before(rows: int) -> None:
    levels = glossy_levels(np.ones((rows, 2 * rows, 3), np.float32))
    height, width = levels[0].shape[:2]
    assert LOWEST <= height <= HIGHEST
    assert len(levels) == LEVELS
    assert [level.shape[:2] for level in levels] == [(height >> k, width >> k) for k in range(LEVELS)]


def test_an_even_dome_stays_even() -> None:
    for level in glossy_levels(np.full((64, 128, 3), 0.7, np.float32)):
        np.testing.assert_allclose(level, 0.7, rtol=1e-5)


def test_a_rough_mirror_spreads_a_light_without_moving_it() -> None:
    dome = np.zeros((128, 256, 3), np.float32)
    looks = pixel_directions(256, 128)
    light = np.array([0.48, 0.6, 0.64])
    dome[looks @ light > 0.98] = 10.0
    peaks = []
    for level in glossy_levels(dome)[1:]:
        directions = pixel_directions(level.shape[1], level.shape[0])
        rows = np.sin(np.arccos(directions[..., 2]))[..., None]
        mean = (directions * level[..., :1] * rows).sum(axis=(0, 1))
        assert mean @ light / np.linalg.norm(mean) > 0.97
        peaks.append(float(level.max()))
    assert peaks == sorted(peaks, reverse=True)


def test_negative_radiance_counts_as_none() -> None:
    levels = glossy_levels(np.full((64, 128, 3), -3.0, np.float32))
    assert max(float(level.max()) for level in levels) == 0.0
