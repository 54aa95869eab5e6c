"""The path between frames: exact where it should be, and honest about gaps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.rotation import matrix_from_vector
from openset.stage.solve.model import Path
from openset.stage.solve.path import covered, hermite, moved, read_path, twists


def turning(times: np.ndarray) -> Path:
    """1 m/s along x, falling as t squared, panning 0.5 rad/s about the camera's own Y."""
    positions = np.stack([times, np.zeros_like(times), -(times**2)], 1)
    return Path(positions, matrix_from_vector(times[:, None] * np.array([0.0, 0.5, 0.0])))


@settings(max_examples=40)
@given(st.lists(st.floats(0.01, 0.2), min_size=4, max_size=9), st.floats(0, 1))
def test_weights_sum_to_one_and_a_straight_line_is_read_exactly(
    steps: list[float], part: float
) -> None:
    times = np.cumsum([0.0, *steps])
    moments = np.array([times[0] + part * (times[-1] - times[0])])
    frames, weights, slopes = hermite(times, moments)
    assert abs(weights.sum() - 1) < 1e-12
    assert abs(slopes.sum()) < 1e-9
    inside = 1 <= frames[0, 1] <= len(times) - 3
    if inside:  # at the ends a neighbour stands in for the missing one
        assert abs((weights * times[frames]).sum() - moments[0]) < 1e-12
        assert abs((slopes * times[frames]).sum() - 1.0) < 1e-9


def test_a_steady_pan_is_read_exactly_between_frames() -> None:
    times = np.arange(10) / 25
    read = read_path(turning(times), times, np.array([0.13]))
    np.testing.assert_allclose(
        read.rotations[0], matrix_from_vector(np.array([0.0, 0.065, 0.0])), atol=1e-12
    )
    np.testing.assert_allclose(read.velocity[0, [0, 4]], [1.0, 0.5], atol=1e-9)


def test_the_velocity_of_a_fast_tremor_is_kept_at_25_frames() -> None:
    times = np.arange(100) / 25
    shake = 0.001 * np.sin(2 * np.pi * 8 * times)
    path = Path(np.stack([shake, 0 * shake, 0 * shake], 1), np.tile(np.eye(3), (100, 1, 1)))
    found = twists(path, times)[10:-10, 0]
    true = 0.001 * 2 * np.pi * 8 * np.cos(2 * np.pi * 8 * times)[10:-10]
    assert 0.93 < (found @ true) / (true @ true) < 1.0


def test_nothing_is_known_inside_a_gap_nor_beyond_the_ends() -> None:
    times = np.array([0.0, 0.04, 0.08, 1.0, 1.04])
    assert covered(times, np.array([-0.1, 0.05, 0.5, 1.02, 2.0])).tolist() == [
        False, True, False, True, False,
    ]  # fmt: skip
    path = Path(np.zeros((5, 3)), np.tile(np.eye(3), (5, 1, 1)))
    assert not twists(path, times).any()


def test_a_path_moves_as_poses_do_everywhere_in_the_stage() -> None:
    times = np.arange(3) / 25
    path = turning(times)
    step = np.array([0.1, 0, 0, 0, 0, 0.2])
    after = moved(path, np.tile(step, (3, 1)))
    np.testing.assert_allclose(after.positions_m - path.positions_m, np.tile(step[:3], (3, 1)))
    np.testing.assert_allclose(
        after.rotations[2], path.rotations[2] @ matrix_from_vector(step[3:]), atol=1e-12
    )
