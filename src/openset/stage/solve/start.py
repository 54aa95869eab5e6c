"""Where the joint solve begins: the delay, and where natural marks may hang.

How the camera turned between two frames is read from the picture alone, by the rotation that carries
the sight lines of one frame into those of the next (Arun, Huang and Blostein 1987); the delay where the
tracker turned the same way is where the solve starts.
"""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64
from openset.stage.solve.model import I64, Path, RawTrack, Sightings
from openset.stage.solve.path import LONGEST_GAP_S, hermite

SEARCH_S = 0.4
_STEP_S = 0.004
_LEAST_TURN_RAD = 2e-4
"""A camera that turns less from frame to frame tells no delay by turning."""
_FEWEST = 6
_USUAL_NEARNESS, _NEARNESS_SD = 0.25, 0.5
_LOOSE_RAD = 1e-3


def first_delay_s(times_s: F64, sightings: Sightings, directions: F64, raw: RawTrack) -> float:
    """The delay correction within SEARCH_S at which the tracker's turning is most like the picture's;
    0 where the camera hardly turns. `directions` (k, 3) are the sightings' sight lines in camera
    coordinates, of unit length."""
    frames, turns = picture_turns(times_s, sightings, directions)
    if len(frames) < 20 or float(np.median(np.linalg.norm(turns, axis=1))) < _LEAST_TURN_RAD:
        return 0.0
    steps = vector_from_matrix(np.swapaxes(raw.rotations[:-1], 1, 2) @ raw.rotations[1:])
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    delays = np.arange(-SEARCH_S, SEARCH_S + 1e-9, _STEP_S)
    misfits = np.array([_misfit(times_s, frames, turns, raw.times_s, sums, d) for d in delays])
    best = int(np.argmin(misfits))
    if best in (0, len(delays) - 1):
        return 0.0
    low, high = misfits[best - 1] - misfits[best], misfits[best + 1] - misfits[best]
    shift = 0.5 * (low - high) / (low + high) if low + high > 0 else 0.0
    return float(delays[best] + shift * _STEP_S)


def picture_turns(times_s: F64, sightings: Sightings, directions: F64) -> tuple[I64, F64]:
    """The frames (f,) whose turn until the next is known, and the turns (f, 3): rotation vectors in the
    camera's own axes."""
    order = np.lexsort((sightings.mark, sightings.frame))
    frame, mark, rays = sightings.frame[order], sightings.mark[order], directions[order]
    starts = np.searchsorted(frame, np.arange(len(times_s) + 1))
    frames, turns = [], []
    for here in range(len(times_s) - 1):
        if times_s[here + 1] - times_s[here] > LONGEST_GAP_S:
            continue
        one, two = slice(starts[here], starts[here + 1]), slice(starts[here + 1], starts[here + 2])
        _, first, second = np.intersect1d(mark[one], mark[two], return_indices=True)
        if len(first) >= _FEWEST:
            frames.append(here)
            turns.append(turn_between(rays[one][first], rays[two][second]))
    return np.array(frames, np.int64), np.array(turns).reshape(-1, 3)


def turn_between(before: F64, after: F64) -> F64:
    """The rotation vector of a camera that saw still things first along `before` and then along
    `after`, both (k, 3), from the better half of them."""
    chosen = np.arange(len(before))
    for _ in range(3):
        left, _, right = np.linalg.svd(before[chosen].T @ after[chosen])
        flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
        turn = left @ flip @ right
        off = np.linalg.norm(before - after @ turn.T, axis=1)
        chosen = np.argsort(off)[: max(_FEWEST, len(off) // 2)]
    return vector_from_matrix(turn)


def places(path: Path, sightings: Sightings, directions: F64, count: int) -> tuple[F64, F64, F64]:
    """Where natural marks stand, seen from where each was seen first: those places (p, 3), unit
    directions on the stage (p, 3) and nearness, one over the distance (p,), drawn a little to the usual
    one where a mark was seen from one place only. `count` is p; marks never seen stay at nought."""
    order = np.lexsort((sightings.frame, sightings.mark))
    frame, mark = sightings.frame[order], sightings.mark[order]
    rays = np.einsum("kij,kj->ki", path.rotations[frame], directions[order])
    seen, first = np.unique(mark, return_index=True)
    origin, direction = np.zeros((count, 3)), np.zeros((count, 3))
    origin[seen], direction[seen] = path.positions_m[frame[first]], rays[first]
    apart = np.cross(rays, origin[mark] - path.positions_m[frame])
    off = np.cross(rays, direction[mark])
    hold = (_LOOSE_RAD / _NEARNESS_SD) ** 2
    above = np.bincount(mark, -(apart * off).sum(axis=1), count) + hold * _USUAL_NEARNESS
    below = np.bincount(mark, (apart**2).sum(axis=1), count) + hold
    return origin, direction, np.clip(above / below, 0.0, 5.0)


def _misfit(times_s: F64, frames: I64, turns: F64, raw_s: F64, sums: F64, delay_s: float) -> float:
    """How differently tracker and picture turn at a delay, by the median of the turns' differences."""
    ends = []
    for moments in (times_s[frames] - delay_s, times_s[frames + 1] - delay_s):
        near, weights, _ = hermite(raw_s, moments)
        ends.append(np.einsum("ka,kai->ki", weights, sums[near]))
    inside = (times_s[frames] - delay_s >= raw_s[0]) & (times_s[frames + 1] - delay_s <= raw_s[-1])
    off = np.linalg.norm(ends[1] - ends[0] - turns, axis=1)[inside]
    if len(off) < len(frames) // 2 or len(off) < 10:
        return float("inf")
    return float(np.mean(np.minimum(off, 4.0 * np.median(off))))
