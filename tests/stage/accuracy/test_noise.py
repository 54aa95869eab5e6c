"""A tracker's noise from its own reports."""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import Pose, pose_from_matrix
from openset.stage.accuracy.noise import QUIETEST, noise_of
from openset.stage.tracking.samples import TrackSample


def _reports(count: int, sd_m: float, sd_rad: float) -> list[TrackSample]:
    random = np.random.default_rng(3)
    out = []
    for index in range(count):
        t = index / 100
        matrix = np.eye(4)
        matrix[:3, 3] = [0.4 * np.sin(t), 0.2 * t, 1.5]
        matrix[:3, 3] += random.normal(0, sd_m, 3)
        turn = np.array([0.1 * np.sin(2 * t), 0.3 * t, 0.0])
        matrix[:3, :3] = matrix_from_vector(turn) @ matrix_from_vector(random.normal(0, sd_rad, 3))
        out.append(TrackSample(round(t * 1e9), pose_from_matrix(matrix)))
    return out


def test_noise_is_found_under_a_move() -> None:
    found = noise_of(_reports(400, 1e-3, 2e-4))
    assert found is not None
    np.testing.assert_allclose(np.sqrt(np.diag(found))[:3], 1e-3, rtol=0.2)
    np.testing.assert_allclose(np.sqrt(np.diag(found))[3:], 2e-4, rtol=0.25)


def test_one_jump_counts_for_nothing() -> None:
    reports = _reports(200, 1e-3, 2e-4)
    jumped = Pose((5.0, 5.0, 5.0), reports[90].stage_from_camera.rotation_wxyz)
    reports[90] = TrackSample(reports[90].time_ns, jumped)
    found = noise_of(reports)
    assert found is not None
    np.testing.assert_allclose(np.sqrt(np.diag(found))[:3], 1e-3, rtol=0.3)


def test_a_tracker_that_repeats_itself_tells_nothing_of_its_noise() -> None:
    still = [TrackSample(i, Pose((0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0))) for i in range(50)]
    assert noise_of(still) is None


def test_no_tracker_is_without_noise() -> None:
    found = noise_of(_reports(400, 1e-7, 1e-9))
    assert found is not None
    np.testing.assert_allclose(np.sqrt(np.diag(found)), QUIETEST)


def test_too_few_reports_say_nothing() -> None:
    assert noise_of(_reports(10, 1e-3, 1e-4)) is None
