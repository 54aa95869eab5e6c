"""What the tracker's reports, and a camera's weight, say of the path.

The track at a frame is the path there plus white noise and a slow error, straight between knots.
The path itself cannot change its speed at once: a camera has weight, and a hand only so much strength.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64
from openset.stage.solve.model import DELAY, I64, NODAL, Path, RawTrack
from openset.stage.solve.path import LONGEST_GAP_S, covered, read_path, twists
from openset.stage.solve.prior import knot_weights

REACH = 3.0
"""Reports further off than this many standard deviations lose weight."""
ACCELERATION_SD = np.array([3.0] * 3 + [4.0] * 3)
"""Metres and radians per second squared: a shoulder's tremor at its wildest."""
_BEYOND_S = 0.1
_GATHERED, _OFTEN = 5, 3
"""So many reports are made one where so many come to a frame; a tremor of eight a second keeps 96 %."""


@dataclass(frozen=True, eq=False)
class Ties:
    """k statements of six numbers, each divided by its standard deviation: what is off (k, 6), the
    frames (k, f) and how the statement changes with them (k, f, 6, 6), and with shared columns (k, c),
    (k, 6, c)."""

    off: F64
    frames: I64
    by_pose: F64
    columns: I64
    by_column: F64

    @property
    def weight(self) -> F64:
        """How far each is believed (k,): Cauchy's weights."""
        return np.asarray(1.0 / (1.0 + (self.off**2).mean(axis=1) / REACH**2))

    @property
    def cost(self) -> float:
        """The sum that is made small."""
        return float(3.0 * REACH**2 * np.log1p((self.off**2).mean(axis=1) / REACH**2).sum())


def report_ties(
    times_s: F64, path: Path, raw: RawTrack, shared: F64, knots_s: F64, drift: F64, first: int
) -> Ties:
    """The tracker's reports against the path; `drift` (knots, 6) is the slow error, `first` its first
    column.

    The track is read at the frames, not the path at the reports: a path read between its frames misses
    their tremor more at one delay than at another, and the delay would settle where it misses least,
    whatever the picture shows.
    """
    moments = times_s - shared[DELAY]
    beyond_s = np.maximum(0.0, np.maximum(raw.times_s[0] - moments, moments - raw.times_s[-1]))
    use = covered(raw.times_s, moments) | ((beyond_s > 0) & (beyond_s <= _BEYOND_S))
    frames = np.flatnonzero(use)
    speed = twists(path, times_s)
    read = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, moments[use])
    # The last report holds a frame just after it as far as a camera moves in between.
    strayed = 2.0 * np.sqrt((speed**2).mean(axis=0)) * beyond_s[use, None]
    sd = np.hypot(raw.sd[read.frames[:, 1]], strayed)
    place = read.positions_m + read.rotations @ shared[NODAL][:3]
    turned = read.rotations @ matrix_from_vector(shared[NODAL][3:])
    near, share = knot_weights(knots_s, times_s[use])
    slow = np.einsum("ka,kai->ki", share, drift[near])
    back = np.swapaxes(path.rotations[use], 1, 2)
    apart = place - path.positions_m[use]
    off = np.concatenate([apart, vector_from_matrix(back @ turned)], axis=1) - slow
    count = len(frames)
    by_pose = np.tile(np.eye(6), (count, 1, 1, 1))
    by_column = np.zeros((count, 6, 19))
    # The path's own speed: that of the reports is mostly their noise, and would tell of a delay too.
    by_column[:, :, 0] = speed[use]
    by_column[:, :3, 1:4], by_column[:, 3:, 4:7] = -read.rotations, -np.eye(3)
    for knot in range(2):
        rows = np.arange(6)
        by_column[:, rows, 7 + 6 * knot + rows] = share[:, knot, None]
    columns = np.empty((count, 19), np.int64)
    columns[:, 0], columns[:, 1:7] = DELAY, np.arange(NODAL.start, NODAL.stop)
    columns[:, 7:] = (first + 6 * near[:, :, None] + np.arange(6)).reshape(count, 12)
    return Ties(
        off / sd, frames[:, None], by_pose / sd[:, None, :, None], columns, by_column / sd[:, :, None]
    )


def weight_ties(times_s: F64, path: Path) -> Ties:
    """How suddenly the path changes its speed at each frame between two near ones."""
    before, after = np.diff(times_s)[:-1], np.diff(times_s)[1:]
    middle = np.flatnonzero((before <= LONGEST_GAP_S) & (after <= LONGEST_GAP_S)) + 1
    before, after = before[middle - 1], after[middle - 1]
    frames = np.stack([middle - 1, middle, middle + 1], axis=1)
    turns = vector_from_matrix(np.swapaxes(path.rotations[:-1], 1, 2) @ path.rotations[1:])
    steps = np.concatenate([np.diff(path.positions_m, axis=0), turns], axis=1)
    half = (before + after)[:, None] / 2
    sudden = (steps[middle] / after[:, None] - steps[middle - 1] / before[:, None]) / half
    share = np.stack([1 / before, -1 / before - 1 / after, 1 / after], axis=1) / half
    by_pose = share[:, :, None, None] * np.diag(1.0 / ACCELERATION_SD)
    empty = np.zeros((len(middle), 0), np.int64)
    return Ties(-sudden / ACCELERATION_SD, frames, by_pose, empty, np.zeros((len(middle), 6, 0)))


def gathered(times_s: F64, raw: RawTrack) -> RawTrack:
    """The track as frames hear it. Where the tracker speaks several times a frame, each report is made
    of the five around it (a parabola through them, Savitzky and Golay 1964), so that a frame hears them
    all; where it speaks less than once a frame, each is heard several times and counts as one."""
    count = len(raw.times_s)
    frame_s, report_s = (float(np.median(np.diff(each))) for each in (times_s, raw.times_s))
    if report_s > frame_s:
        return replace(raw, sd=raw.sd * np.sqrt(report_s / frame_s))
    if count < _GATHERED or report_s * _OFTEN > frame_s:
        return raw
    middle = np.arange(_GATHERED // 2, count - _GATHERED // 2)
    near = middle[:, None] + np.arange(_GATHERED) - _GATHERED // 2
    along = (raw.times_s[near] - raw.times_s[middle, None]) / report_s
    # Across a silence a parabola knows nothing.
    steady = np.abs(along).max(axis=1) < _GATHERED
    middle, near, along = middle[steady], near[steady], along[steady]
    weights = np.linalg.pinv(np.stack([np.ones_like(along), along, along**2], axis=2))[:, 0]
    positions, rotations, sd = raw.positions_m.copy(), raw.rotations.copy(), raw.sd.copy()
    positions[middle] = np.einsum("ka,kai->ki", weights, raw.positions_m[near])
    base = raw.rotations[middle]
    turns = vector_from_matrix(np.swapaxes(base, 1, 2)[:, None] @ raw.rotations[near])
    rotations[middle] = base @ matrix_from_vector(np.einsum("ka,kai->ki", weights, turns))
    sd[middle] = np.sqrt(np.einsum("ka,kai->ki", weights**2, raw.sd[near] ** 2))
    return replace(raw, positions_m=positions, rotations=rotations, sd=sd)


def reading_floor(raw: RawTrack) -> F64:
    """What a cubic between the tracker's reports misses of its path, one standard deviation (6,): every
    second report is read from those around it, and half the step misses a quarter at most."""
    known = slice(None, None, 2)
    inside = covered(raw.times_s[known], raw.times_s)
    inside[known] = False
    if inside.sum() < 20:
        return np.zeros(6)
    path = Path(raw.positions_m[known], raw.rotations[known])
    read = read_path(path, raw.times_s[known], raw.times_s[inside])
    turned = vector_from_matrix(np.swapaxes(read.rotations, 1, 2) @ raw.rotations[inside])
    off = np.concatenate([raw.positions_m[inside] - read.positions_m, turned], axis=1)
    spread = 1.4826 * np.median(np.abs(off), axis=0)
    noise = np.median(raw.sd, axis=0)
    return np.asarray(np.sqrt(np.maximum(spread**2 - 1.9 * noise**2, 0.0)) / 4.0)
