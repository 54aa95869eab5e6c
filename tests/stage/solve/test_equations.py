"""The compiled sums against dense normal equations, marks taken out by hand."""

import numpy as np

from openset.stage.solve import equations
from openset.stage.solve.arrow import empty_arrow, solve_arrow

FRAMES, BLOCK, MARKS = 7, 4, 6


def test_marks_taken_out_at_once_leave_the_same_step_as_marks_that_stay() -> None:
    random = np.random.default_rng(3)
    frame = np.concatenate([np.arange(p % 3, p % 3 + 4) for p in range(MARKS)])
    mark = np.repeat(np.arange(MARKS), 4)
    count = len(frame)
    by_pose, by_shared, by_mark = (random.normal(size=(count, 2, n)) for n in (6, 9, 3))
    off, weight = random.normal(size=(count, 2)), random.uniform(0.5, 2, count)
    weight[5] = 0.0
    hold, pull = np.tile(0.5 * np.eye(3), (MARKS, 1, 1)), random.normal(size=(MARKS, 3))
    arrow = empty_arrow(FRAMES, BLOCK, 9)
    used = 6 * (FRAMES - BLOCK)
    arrow.diagonal[0] += np.eye(24)
    arrow.diagonal[1][np.arange(used), np.arange(used)] += 1.0
    arrow.corner[:] += np.eye(9)
    equations.add_sightings(
        frame, by_pose, by_shared, off, weight, BLOCK, arrow.diagonal, arrow.side, arrow.corner,
        arrow.path, arrow.shared,
    )  # fmt: skip
    inverses = np.zeros((MARKS, 3, 3))
    starts = np.arange(0, count + 1, 4)
    equations.eliminate(
        starts, frame, by_pose, by_shared, by_mark, off, weight, hold, pull, BLOCK, arrow.diagonal,
        arrow.below, arrow.side, arrow.corner, arrow.path, arrow.shared, inverses,
    )  # fmt: skip
    solved = solve_arrow(arrow)
    steps = equations.mark_steps(
        starts, frame, by_pose, by_shared, by_mark, off, weight, pull, inverses,
        solved.path.reshape(-1, 6), solved.shared,
    )  # fmt: skip

    columns = 6 * FRAMES + 9 + 3 * MARKS
    rows = np.zeros((2 * count, columns))
    for k in range(count):
        rows[2 * k : 2 * k + 2, 6 * frame[k] : 6 * frame[k] + 6] = by_pose[k]
        rows[2 * k : 2 * k + 2, 6 * FRAMES : 6 * FRAMES + 9] = by_shared[k]
        at = 6 * FRAMES + 9 + 3 * mark[k]
        rows[2 * k : 2 * k + 2, at : at + 3] = by_mark[k]
    scale = np.repeat(weight, 2)[:, None]
    normal = rows.T @ (scale * rows) + np.eye(columns)
    normal[6 * FRAMES + 9 :, 6 * FRAMES + 9 :] -= 0.5 * np.eye(3 * MARKS)
    right = rows.T @ (scale[:, 0] * off.ravel())
    right[6 * FRAMES + 9 :] += pull.ravel()
    wanted = np.linalg.solve(normal, right)
    np.testing.assert_allclose(solved.path, wanted[: 6 * FRAMES], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(solved.shared, wanted[6 * FRAMES : 6 * FRAMES + 9], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(steps.ravel(), wanted[6 * FRAMES + 9 :], rtol=1e-7, atol=1e-9)


def test_reports_tie_frames_across_blocks_and_may_name_one_twice() -> None:
    random = np.random.default_rng(4)
    frames = np.array([[0, 0, 1, 2], [2, 3, 4, 5], [4, 5, 6, 6]])
    by_pose, by_column = random.normal(size=(3, 4, 6, 6)), random.normal(size=(3, 6, 2))
    columns, off, weight = np.array([[0, 1], [1, 2], [0, 2]]), random.normal(size=(3, 6)), np.ones(3)
    arrow = empty_arrow(FRAMES, BLOCK, 3)
    arrow.diagonal[0] += np.eye(24)
    arrow.diagonal[1][np.arange(18), np.arange(18)] += 1.0
    arrow.corner[:] += np.eye(3)
    equations.add_ties(
        frames, by_pose, columns, by_column, off, weight, BLOCK, arrow.diagonal, arrow.below,
        arrow.side, arrow.corner, arrow.path, arrow.shared,
    )  # fmt: skip
    solved = solve_arrow(arrow)
    rows = np.zeros((18, 6 * FRAMES + 3))
    for k in range(3):
        for f in range(4):
            rows[6 * k : 6 * k + 6, 6 * frames[k, f] : 6 * frames[k, f] + 6] += by_pose[k, f]
        for c in range(2):
            rows[6 * k : 6 * k + 6, 6 * FRAMES + columns[k, c]] += by_column[k, :, c]
    wanted = np.linalg.solve(rows.T @ rows + np.eye(6 * FRAMES + 3), rows.T @ off.ravel())
    np.testing.assert_allclose(
        np.concatenate([solved.path, solved.shared]), wanted, rtol=1e-7, atol=1e-9
    )


def test_marks_that_stay_have_their_own_columns() -> None:
    random = np.random.default_rng(5)
    frame, column = np.array([0, 1]), np.array([9, 9])
    by_pose, by_shared, by_mark = (random.normal(size=(2, 2, n)) for n in (6, 9, 3))
    off, weight = random.normal(size=(2, 2)), np.array([1.0, 2.0])
    side, corner, shared = np.zeros((12, 12)), np.zeros((12, 12)), np.zeros(12)
    equations.add_lasting(frame, column, by_pose, by_shared, by_mark, off, weight, side, corner, shared)
    wanted = sum(w * m.T @ m for w, m in zip(weight, by_mark, strict=True))
    np.testing.assert_allclose(corner[9:, 9:], wanted)
    np.testing.assert_allclose(side[6:, 9:], 2.0 * by_pose[1].T @ by_mark[1])
    np.testing.assert_allclose(corner[9:, :9], corner[:9, 9:].T)
    np.testing.assert_allclose(
        shared[9:], sum(w * m.T @ o for w, m, o in zip(weight, by_mark, off, strict=True))
    )
