"""The painted sky: bright where the sun is, blue overhead, ground below, and the same every time."""

from __future__ import annotations

import numpy as np

from openset.stage.scene.dome import pixels_of
from openset.stage.scene.sky import late_afternoon

SUN = (-0.7765, 0.4316, 0.4591)


def test_the_sky_is_brightest_around_the_sun_and_blue_overhead() -> None:
    sky = late_afternoon(np.random.default_rng(1), SUN, 128)
    assert sky.shape == (128, 256, 3)
    assert sky.dtype == np.float32
    x, y = pixels_of(np.array(SUN), 256, 128)
    brightest = np.unravel_index(sky.sum(axis=2).argmax(), sky.shape[:2])
    assert np.hypot(brightest[1] - x, brightest[0] - y) < 8
    overhead = sky[2].mean(axis=0)
    assert overhead[2] > 1.5 * overhead[0]


def test_no_light_is_negative_and_the_ground_is_darker_than_the_horizon() -> None:
    sky = late_afternoon(np.random.default_rng(2), SUN, 64)
    assert sky.min() > 0.0
    assert sky[60].mean() < 0.7 * sky[20].mean()


def test_the_left_and_right_edges_meet() -> None:
    sky = late_afternoon(np.random.default_rng(3), SUN, 128)[:50]
    across_seam = np.abs(sky[:, 0] - sky[:, -1]).mean()
    assert across_seam < 2.0 * np.abs(np.diff(sky, axis=1)).mean() + 0.01
