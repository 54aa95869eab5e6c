"""The loops behind the simulated plate."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim.gather import draw_hair, expose


def _drawn(points: list[tuple[float, float]], half: float, opacity: float) -> np.ndarray:
    out = np.zeros((1, 40, 40, 5), np.float32)
    strand = np.array(points, np.float64)[None, None]
    colour = np.array([[0.5, 0.25, 0.125]], np.float32)
    draw_hair(strand, np.array([half]), colour, np.array([opacity]), np.float32(0.13), out)
    return out[0]


def test_a_hair_covers_its_length_times_its_width_and_tapers() -> None:
    drawn = _drawn([(5.0, 20.3), (15.0, 20.3), (25.0, 20.3)], 0.4, 1.0)
    near, far = drawn[:, 7:13, 3].sum() / 6, drawn[:, 17:23, 3].sum() / 6
    assert near == pytest.approx(2 * 0.4 * (1 - 0.75 * 0.25), rel=0.35)
    assert far < 0.7 * near


def test_a_hair_is_premultiplied_and_carries_spill() -> None:
    drawn = _drawn([(5.0, 5.0), (30.0, 30.0)], 0.8, 0.7)
    cover = drawn[..., 3]
    assert cover.max() <= 0.7 + 1e-6
    assert np.allclose(drawn[..., 0], 0.5 * cover, atol=1e-6)
    assert np.allclose(drawn[..., 4], 0.13 * cover, atol=1e-6)


def test_a_hair_that_leaves_the_box_is_cut_at_its_edge() -> None:
    assert _drawn([(-30.0, 10.0), (70.0, 10.0)], 1.0, 1.0)[10, :, 3].min() > 0.0
    assert _drawn([(60.0, 60.0), (70.0, 70.0)], 1.0, 1.0).max() == 0.0


def test_the_sensor_adds_noise_of_the_stated_size_and_clips() -> None:
    curve = (np.arange(1 << 14) * (255.0 / ((1 << 14) - 1)) + 0.5).astype(np.uint8)
    light = np.full((3, 64, 512), 0.5, np.float32)
    light[2] = 7.0
    noise = np.random.default_rng(3).standard_normal(1 << 16, dtype=np.float32)
    starts = np.random.default_rng(4).integers(0, (1 << 16) - 512, (3, 64))
    out = np.empty((3, 64, 512), np.uint8)
    expose(light, noise, starts, np.float32(8e-4), np.float32(2e-3), curve, out)
    assert out[0].mean() == pytest.approx(127.5, abs=0.2)
    assert out[0].std() == pytest.approx(255 * np.sqrt(8e-4 * 0.5 + 4e-6), rel=0.03)
    assert (out[2] == 255).all()
