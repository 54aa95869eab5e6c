"""The normal equations of a path: blocks of frames tied to their neighbours, and shared numbers.

    [ A   B ] [path  ]   [g]        A: symmetric, block-tridiagonal, six numbers a frame
    [ B'  C ] [shared] = [h]        B, C: dense

A is factored block by block (Golub and Van Loan 1996, 4.5), the shared numbers by what is then left of
C, and the covariance of each frame by the same recursion backwards (Takahashi 1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, cholesky, solve_triangular

from openset.primitives.space import F64

__all__ = ["Arrow", "LinAlgError", "Solved", "empty_arrow", "solve_arrow"]


@dataclass(frozen=True, eq=False)
class Arrow:
    """The equations of `frames` frames, `block` to a block. `diagonal` (b, 6 block, 6 block) and
    `below` (b - 1, 6 block, 6 block), block k + 1 against k, hold A; `side` (6 frames, s) is B and
    `corner` (s, s) is C; `path` and `shared` are the right-hand sides. Of A only lower triangles
    count."""

    block: int
    diagonal: F64
    below: F64
    side: F64
    corner: F64
    path: F64
    shared: F64


@dataclass(frozen=True, eq=False)
class Solved:
    """The step of the path (6 frames,) and of the shared numbers (s,), and what covariances need."""

    path: F64
    shared: F64
    factors: tuple[F64, F64, F64, F64]

    def shared_covariance(self) -> F64:
        """The covariance (s, s) of the shared numbers."""
        corner = self.factors[3]
        return np.asarray(cho_solve((corner, True), np.eye(len(corner))))

    def path_covariance(self) -> F64:
        """The covariance of each frame's six numbers, (frames, 6, 6)."""
        lower, below, side, corner = self.factors
        size = lower.shape[1]
        frames = len(side) // 6
        out = np.empty((len(lower) * size // 6, 6, 6))
        after = np.zeros((size, size))
        for k in range(len(lower) - 1, -1, -1):
            own = cho_solve((lower[k], True), np.eye(size))
            if k < len(lower) - 1:
                tie = solve_triangular(lower[k], below[k].T, lower=True, trans="T")
                own = own + tie @ after @ tie.T
            after = own
            for i in range(size // 6):
                out[k * size // 6 + i] = own[6 * i : 6 * i + 6, 6 * i : 6 * i + 6]
        spread = solve_triangular(corner, side.T, lower=True).T.reshape(frames, 6, -1)
        return np.asarray(out[:frames] + spread @ np.swapaxes(spread, 1, 2))


def empty_arrow(frames: int, block: int, shared: int) -> Arrow:
    """Equations that say nothing yet; frames beyond the last of a block are held still."""
    blocks, size = -(-frames // block), 6 * block
    diagonal = np.zeros((blocks, size, size))
    used = 6 * (frames - (blocks - 1) * block)
    rest = np.arange(used, size)
    diagonal[-1, rest, rest] = 1.0
    return Arrow(
        block,
        diagonal,
        np.zeros((max(0, blocks - 1), size, size)),
        np.zeros((6 * frames, shared)),
        np.zeros((shared, shared)),
        np.zeros(6 * frames),
        np.zeros(shared),
    )


def solve_arrow(arrow: Arrow, damping: float = 0.0) -> Solved:
    """The step that solves the equations, their diagonal raised by `damping` parts (Marquardt 1963).

    Raises LinAlgError where they have no single answer.
    """
    size = arrow.diagonal.shape[1]
    blocks, rows = len(arrow.diagonal), len(arrow.path)
    right = np.zeros((blocks * size, arrow.side.shape[1] + 1))
    right[:rows, :-1], right[:rows, -1] = arrow.side, arrow.path
    right = right.reshape(blocks, size, -1)
    lower, below = np.empty_like(arrow.diagonal), np.empty_like(arrow.below)
    for k in range(blocks):
        own = arrow.diagonal[k].copy()
        own[np.diag_indices(size)] *= 1.0 + damping
        if k:
            own -= below[k - 1] @ below[k - 1].T
            right[k] -= below[k - 1] @ right[k - 1]
        lower[k] = cholesky(own, lower=True, check_finite=False)
        right[k] = solve_triangular(lower[k], right[k], lower=True, check_finite=False)
        if k < blocks - 1:
            below[k] = solve_triangular(lower[k], arrow.below[k].T, lower=True, check_finite=False).T
    flat = right.reshape(blocks * size, -1)
    corner = arrow.corner - flat[:, :-1].T @ flat[:, :-1]
    corner[np.diag_indices(len(corner))] += damping * np.diag(arrow.corner)
    factor = cho_factor(corner, lower=True)[0] if len(corner) else corner
    shared = (
        cho_solve((factor, True), arrow.shared - flat[:, :-1].T @ flat[:, -1])
        if len(corner)
        else arrow.shared
    )
    for k in range(blocks - 1, -1, -1):
        if k < blocks - 1:
            right[k] -= below[k].T @ right[k + 1]
        right[k] = solve_triangular(lower[k], right[k], lower=True, trans="T", check_finite=False)
    flat = right.reshape(blocks * size, -1)[:rows]
    path = flat[:, -1] - flat[:, :-1] @ shared
    return Solved(path, shared, (lower, below, flat[:, :-1], np.tril(factor)))
