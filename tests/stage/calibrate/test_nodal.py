"""Where the lens sits on the tracker."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.stage.calibrate.nodal import solve_mount

MOUNT = np.eye(4)
MOUNT[:3, :3] = matrix_from_vector(np.array([0.1, -0.4, 0.05]))
MOUNT[:3, 3] = [0.08, -0.12, 0.21]


def material(
    seed: int, count: int = 20, turn: float = 0.6, noise: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Tracker and camera poses with the tracker's 0.5 mm and 10 mdeg, the camera's 0.3 mm, 8 mdeg."""
    random = np.random.default_rng(seed)
    board = np.eye(4)
    board[:3, :3] = matrix_from_vector(random.normal(size=3))
    board[:3, 3] = [1.0, 2.0, 1.2]
    tracker, camera = np.tile(np.eye(4), (2, count, 1, 1))
    for place in range(count):
        tracker[place, :3, :3] = matrix_from_vector(random.uniform(-turn, turn, 3))
        tracker[place, :3, 3] = random.uniform(-0.8, 0.8, 3)
        camera[place] = np.linalg.inv(tracker[place] @ MOUNT) @ board
        for pose, metres, radians in ((tracker[place], 5e-4, 1.7e-4), (camera[place], 3e-4, 1.4e-4)):
            pose[:3, 3] += random.normal(0, metres * noise, 3)
            pose[:3, :3] = pose[:3, :3] @ matrix_from_vector(random.normal(0, radians * noise, 3))
    return tracker, camera


def test_without_noise_the_mount_is_exact() -> None:
    found = solve_mount(*material(1, noise=0.0))
    np.testing.assert_allclose(found.tracker_from_camera.matrix, MOUNT, atol=1e-9)
    assert found.residual_m < 1e-9


def test_twenty_views_give_a_third_of_a_millimetre() -> None:
    off, turned = [], []
    for seed in range(15):
        found = solve_mount(*material(seed)).tracker_from_camera.matrix
        off.append(np.linalg.norm(found[:3, 3] - MOUNT[:3, 3]))
        turned.append(np.linalg.norm(vector_from_matrix(found[:3, :3] @ MOUNT[:3, :3].T)))
    assert np.median(off) < 5e-4
    assert np.degrees(np.median(turned)) < 0.012


def test_the_stated_spread_is_the_true_one() -> None:
    ratios = []
    for seed in range(30):
        found = solve_mount(*material(100 + seed))
        error = found.tracker_from_camera.matrix[:3, 3] - MOUNT[:3, 3]
        ratios += (error / found.sd_m).tolist()
    assert 0.7 < float(np.sqrt(np.mean(np.square(ratios)))) < 1.4


def test_a_tracker_that_jumped_is_left_out() -> None:
    tracker, camera = material(3)
    tracker[7, :3, 3] += [0.05, 0.0, 0.0]
    found = solve_mount(tracker, camera)
    assert found.views == 19
    assert np.linalg.norm(found.tracker_from_camera.matrix[:3, 3] - MOUNT[:3, 3]) < 1e-3


def test_too_little_turning_and_too_few_views_are_refused() -> None:
    with pytest.raises(BadInput, match="turned too little"):
        solve_mount(*material(4, turn=0.02))
    with pytest.raises(BadInput, match="needs 5"):
        solve_mount(*material(5, count=4))
