"""The sums of the joint solve, as compiled loops: sightings and reports into normal equations.

A natural mark is seen in a short run of frames, and is taken out of the equations at once (the Schur
complement, Brown 1958); what it ties together are frames of one block or of two neighbours.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def _add(diagonal, below, block, i, j, tile, sign):  # type: ignore[no-untyped-def]
    """A tile (6, 6) of frame i (row) against frame j (column), i >= j."""
    row, column = i // block, j // block
    r, c = 6 * (i - row * block), 6 * (j - column * block)
    for a in range(6):
        for b in range(6):
            if row == column:
                diagonal[row, r + a, c + b] += sign * tile[a, b]
                if i != j:
                    diagonal[row, c + b, r + a] += sign * tile[a, b]
            else:
                below[column, r + a, c + b] += sign * tile[a, b]


@njit(cache=True)
def add_sightings(frame, by_pose, by_shared, off, weight, block, diagonal, side, corner, path, shared):  # type: ignore[no-untyped-def]
    """What k sightings say of their frames and of the first shared numbers."""
    width = by_shared.shape[2]
    for k in range(len(frame)):
        w = weight[k]
        if w == 0.0:
            continue
        i = frame[k]
        row = i // block
        r = 6 * (i - row * block)
        for e in range(2):
            for a in range(6):
                ja = w * by_pose[k, e, a]
                path[6 * i + a] += ja * off[k, e]
                for b in range(6):
                    diagonal[row, r + a, r + b] += ja * by_pose[k, e, b]
                for b in range(width):
                    side[6 * i + a, b] += ja * by_shared[k, e, b]
            for a in range(width):
                ja = w * by_shared[k, e, a]
                shared[a] += ja * off[k, e]
                for b in range(width):
                    corner[a, b] += ja * by_shared[k, e, b]


@njit(cache=True)
def add_lasting(frame, column, by_pose, by_shared, by_mark, off, weight, side, corner, shared):  # type: ignore[no-untyped-def]
    """What k sightings say of marks that stay in the equations; each has three columns from
    `column[k]`."""
    width = by_shared.shape[2]
    for k in range(len(frame)):
        w = weight[k]
        if w == 0.0:
            continue
        i, c = frame[k], column[k]
        for e in range(2):
            for a in range(3):
                ja = w * by_mark[k, e, a]
                shared[c + a] += ja * off[k, e]
                for b in range(6):
                    side[6 * i + b, c + a] += ja * by_pose[k, e, b]
                for b in range(3):
                    corner[c + a, c + b] += ja * by_mark[k, e, b]
                for b in range(width):
                    corner[c + a, b] += ja * by_shared[k, e, b]
                    corner[b, c + a] += ja * by_shared[k, e, b]


@njit(cache=True)
def eliminate(  # type: ignore[no-untyped-def]
    starts,
    frame,
    by_pose,
    by_shared,
    by_mark,
    off,
    weight,
    hold,
    pull,
    block,
    diagonal,
    below,
    side,
    corner,
    path,
    shared,
    inverses,
):
    """Take marks out of the equations. Sightings of mark p are starts[p]:starts[p + 1], their frames
    rising. `hold` (p, 3, 3) and `pull` (p, 3) are what is believed of a mark before; `inverses`
    (p, 3, 3) is filled with each mark's own covariance."""
    longest, width = 0, by_shared.shape[2]
    for p in range(len(starts) - 1):
        longest = max(longest, starts[p + 1] - starts[p])
    ties = np.zeros((longest, 6, 3))
    drawn = np.zeros((longest, 6, 3))
    tile = np.zeros((6, 6))
    for p in range(len(starts) - 1):
        own, right, common = hold[p].copy(), pull[p].copy(), np.zeros((width, 3))
        count = starts[p + 1] - starts[p]
        for n in range(count):
            k = starts[p] + n
            w = weight[k]
            ties[n] = 0.0
            for e in range(2):
                for a in range(3):
                    ja = w * by_mark[k, e, a]
                    right[a] += ja * off[k, e]
                    for b in range(3):
                        own[a, b] += ja * by_mark[k, e, b]
                    for b in range(6):
                        ties[n, b, a] += ja * by_pose[k, e, b]
                    for b in range(width):
                        common[b, a] += ja * by_shared[k, e, b]
        inverse = np.linalg.inv(own)
        inverses[p] = inverse
        common_drawn = common @ inverse
        for a in range(width):
            for c in range(3):
                shared[a] -= common_drawn[a, c] * right[c]
                for b in range(width):
                    corner[a, b] -= common_drawn[a, c] * common[b, c]
        for n in range(count):
            if weight[starts[p] + n] == 0.0:
                continue
            i = frame[starts[p] + n]
            for a in range(6):
                for c in range(3):
                    drawn[n, a, c] = (
                        ties[n, a, 0] * inverse[0, c]
                        + ties[n, a, 1] * inverse[1, c]
                        + ties[n, a, 2] * inverse[2, c]
                    )
                    path[6 * i + a] -= drawn[n, a, c] * right[c]
                for b in range(width):
                    side[6 * i + a, b] -= (
                        drawn[n, a, 0] * common[b, 0]
                        + drawn[n, a, 1] * common[b, 1]
                        + drawn[n, a, 2] * common[b, 2]
                    )
            for m in range(n + 1):
                if weight[starts[p] + m] == 0.0:
                    continue
                for a in range(6):
                    for b in range(6):
                        tile[a, b] = (
                            drawn[n, a, 0] * ties[m, b, 0]
                            + drawn[n, a, 1] * ties[m, b, 1]
                            + drawn[n, a, 2] * ties[m, b, 2]
                        )
                _add(diagonal, below, block, i, frame[starts[p] + m], tile, -1.0)


@njit(cache=True)
def add_ties(  # type: ignore[no-untyped-def]
    frames, by_pose, columns, by_column, off, weight, block, diagonal, below, side, corner, path, shared
):
    """What k reports of six numbers say of up to four frames each, `frames` (k, f), `by_pose`
    (k, f, 6, 6), and of shared numbers `columns` (k, c), `by_column` (k, 6, c). A frame may be named
    twice."""
    count, reach = frames.shape
    width = columns.shape[1]
    tile = np.zeros((6, 6))
    for k in range(count):
        w = weight[k]
        if w == 0.0:
            continue
        for f in range(reach):
            i = frames[k, f]
            for a in range(6):
                for e in range(6):
                    ja = w * by_pose[k, f, e, a]
                    if ja == 0.0:
                        continue
                    path[6 * i + a] += ja * off[k, e]
                    for c in range(width):
                        side[6 * i + a, columns[k, c]] += ja * by_column[k, e, c]
            for g in range(reach):
                j = frames[k, g]
                if i < j or (i == j and f < g):
                    continue
                for a in range(6):
                    for b in range(6):
                        total = 0.0
                        for e in range(6):
                            total += by_pose[k, f, e, a] * by_pose[k, g, e, b]
                        tile[a, b] = w * total
                _add(diagonal, below, block, i, j, tile, 1.0)
                if i == j and f != g:
                    _add(diagonal, below, block, i, j, tile.T.copy(), 1.0)
        for c in range(width):
            for e in range(6):
                jc = w * by_column[k, e, c]
                shared[columns[k, c]] += jc * off[k, e]
                for d in range(width):
                    corner[columns[k, c], columns[k, d]] += jc * by_column[k, e, d]


@njit(cache=True)
def mark_steps(starts, frame, by_pose, by_shared, by_mark, off, weight, pull, inverses, path, shared):  # type: ignore[no-untyped-def]
    """How marks that were taken out move (p, 3) when the path (n, 6) and the first shared
    numbers do."""
    width = by_shared.shape[2]
    out = np.zeros((len(starts) - 1, 3))
    for p in range(len(starts) - 1):
        right = pull[p].copy()
        for k in range(starts[p], starts[p + 1]):
            for e in range(2):
                left = off[k, e]
                for a in range(6):
                    left -= by_pose[k, e, a] * path[frame[k], a]
                for a in range(width):
                    left -= by_shared[k, e, a] * shared[a]
                for a in range(3):
                    right[a] += weight[k] * by_mark[k, e, a] * left
        for a in range(3):
            for b in range(3):
                out[p, a] += inverses[p, a, b] * right[b]
    return out
