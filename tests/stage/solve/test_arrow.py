"""The block solver against plain dense algebra."""

import numpy as np
import pytest

from openset.stage.solve.arrow import Arrow, LinAlgError, empty_arrow, solve_arrow


def filled(frames: int, block: int, shared: int) -> tuple[Arrow, np.ndarray]:
    """Random equations as blocks and as one matrix."""
    random = np.random.default_rng(7)
    count = 6 * frames
    rows = random.normal(size=(3 * count, count + shared))
    for row in rows:  # each row ties neighbouring blocks only
        at = random.integers(0, frames) // block
        row[: 6 * at * block] = 0.0
        row[6 * (at + 2) * block : count] = 0.0
    whole = rows.T @ rows + np.eye(count + shared)
    arrow = empty_arrow(frames, block, shared)
    size = 6 * block
    for k in range(len(arrow.diagonal)):
        own = slice(k * size, min((k + 1) * size, count))
        high = own.stop - own.start
        arrow.diagonal[k, :high, :high] = whole[own, own]
        if k + 1 < len(arrow.diagonal):
            after = slice((k + 1) * size, min((k + 2) * size, count))
            arrow.below[k, : after.stop - after.start, :high] = whole[after, own]
    arrow.side[:] = whole[:count, count:]
    arrow.corner[:] = whole[count:, count:]
    right = random.normal(size=count + shared)
    arrow.path[:], arrow.shared[:] = right[:count], right[count:]
    return arrow, whole


@pytest.mark.parametrize(("frames", "block"), [(11, 4), (8, 4), (3, 4)])
def test_step_and_covariances_are_those_of_the_dense_equations(frames: int, block: int) -> None:
    arrow, whole = filled(frames, block, 5)
    solved = solve_arrow(arrow)
    right = np.concatenate([arrow.path, arrow.shared])
    np.testing.assert_allclose(
        np.concatenate([solved.path, solved.shared]),
        np.linalg.solve(whole, right),
        rtol=1e-8,
        atol=1e-10,
    )
    inverse = np.linalg.inv(whole)
    np.testing.assert_allclose(solved.shared_covariance(), inverse[-5:, -5:], rtol=1e-7, atol=1e-12)
    for frame, found in enumerate(solved.path_covariance()):
        own = slice(6 * frame, 6 * frame + 6)
        np.testing.assert_allclose(found, inverse[own, own], rtol=1e-6, atol=1e-12)


def test_equations_without_an_answer_are_refused_and_damping_gives_them_one() -> None:
    arrow = empty_arrow(4, 2, 1)
    arrow.corner[:] = 1.0
    with pytest.raises(LinAlgError):
        solve_arrow(arrow)
