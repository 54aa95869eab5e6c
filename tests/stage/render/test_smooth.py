"""Gathered light is smoothed within a surface and kept apart across an edge."""

from __future__ import annotations

import numpy as np

from openset.stage.render.smooth import smooth


def plane(size: int, normal: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    normals = np.tile(np.array(normal, np.float32), (size, size, 1))
    return normals, np.stack([x, y, np.full_like(x, 2.0)], axis=-1)


def test_noise_on_one_surface_goes_and_its_mean_stays() -> None:
    normals, position = plane(48, (0, 0, 1))
    noisy = np.random.default_rng(1).uniform(0, 2, (48, 48, 3)).astype(np.float32)
    calm = smooth(noisy, normals, position, wrap=True)
    assert calm[8:-8, 8:-8].std() < 0.2 * noisy.std()
    np.testing.assert_allclose(calm.mean(), noisy.mean(), rtol=0.02)


def test_light_does_not_run_over_an_edge() -> None:
    normals, position = plane(32, (0, 0, 1))
    normals[:, 16:] = (1, 0, 0)
    light = np.zeros((32, 32, 3), np.float32)
    light[:, 16:] = 1.0
    np.testing.assert_allclose(smooth(light, normals, position, wrap=False), light, atol=1e-6)


def test_two_parallel_walls_at_other_distances_keep_their_own_light() -> None:
    normals, position = plane(32, (0, 0, 1))
    position[:, 16:, 2] = 4.0
    light = np.zeros((32, 32, 3), np.float32)
    light[:, 16:] = 1.0
    assert np.abs(smooth(light, normals, position, wrap=False) - light).max() < 1e-3


def test_where_nothing_was_hit_light_is_left_alone() -> None:
    normals, position = plane(16, (0, 0, 1))
    normals[4:8] = 0.0
    light = np.random.default_rng(2).uniform(0, 1, (16, 16, 3)).astype(np.float32)
    kept = smooth(light, normals, position, wrap=False)
    np.testing.assert_array_equal(kept[4:8], light[4:8])
