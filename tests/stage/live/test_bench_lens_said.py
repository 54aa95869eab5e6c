"""A solved lens in figures and as a picture."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.lens.model import Lens
from openset.stage.live.bench_lens_said import across_deg, bent_grid, spread_map

PLAIN = Lens(1000, 500, 500.0, 500.0, 500.0, 250.0)


def test_the_field_of_view_is_from_edge_to_edge() -> None:
    # Half of 1000 pixels at a focal length of 500: 45 degrees to each side.
    assert across_deg(PLAIN) == pytest.approx(90.0)


def test_a_lens_without_distortion_draws_straight_lines_to_the_edge() -> None:
    lines = bent_grid(PLAIN)
    assert len(lines) == 18
    for line in lines:
        assert min(np.ptp(line[:, 0]), np.ptp(line[:, 1])) < 1e-6
    assert max(line[:, 0].max() for line in lines) == pytest.approx(1000.0)


def test_an_unsure_k1_shows_in_the_corners_and_not_in_the_middle() -> None:
    covariance = np.zeros((9, 9))
    covariance[4, 4] = 0.01**2
    spread = spread_map(PLAIN, covariance)
    assert spread.shape == (9, 16)
    # In the corner cell r2 is (469 / 500)^2 + (222 / 500)^2 = 1.077, r 1.038: 0.01 * 500 * r^3 = 5.6.
    assert spread[0, 0] == pytest.approx(5.6, abs=0.1)
    assert spread[4, 8] < 0.01


def test_an_unsure_centre_is_taken_up_by_the_cameras_pose() -> None:
    covariance = np.zeros((9, 9))
    covariance[2, 2] = 1.0
    assert spread_map(Lens(1000, 500, 5000.0, 5000.0, 500.0, 250.0), covariance).max() < 0.02
