"""What a rolling shutter does to a moving camera, taken out: the velocity is solved with the pose.

A picture read out over 20 ms shows a hand's tremor as a bend of several pixels. The rows' own bend
tells the velocity roughly; the poses before tell it better. Both are weighed here: a first pass with
the last velocity, then a second about the slope of the poses themselves, this one included. No pose is
made smoother by it: what is before only says how fast the camera moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.markers.equations import SeenCorners
from openset.stage.markers.pose import Solution, solve
from openset.stage.markers.refine import Motion

LONGEST_GAP_S = 0.15
"""Poses further apart say nothing of a hand's velocity."""
UNKNOWN_SD = np.array([0.5, 0.5, 0.5, 1.0, 1.0, 1.0])
"""A camera carried about: metres and radians a second."""
CHANGE_SD = np.array([4.0, 4.0, 4.0, 12.0, 12.0, 12.0])
"""How much a nervous hand changes its velocity in a second."""
BEND_SD = np.array([16.0, 16.0, 16.0, 36.0, 36.0, 36.0])
"""What the slope of three poses misses, by the square of their distance in time: a tremor of 8 Hz."""
PULL_SD = np.array([0.6, 0.6, 0.6, 2.0, 2.0, 2.0])
"""What a nervous hand's velocity changes by, in a second, while a picture is read out."""
MOST_SD = np.array([0.2, 0.2, 0.2, 0.5, 0.5, 0.5])
NERVOUS = 1.5
"""A nervous hand's turning, radians a second squared, or a little less; a shoulder rig has a fourth."""
LEAST_NERVES, MOST_NERVES = 0.1, 1.5
HISTORY = 8


@dataclass(frozen=True, eq=False)
class Moment:
    """A pose that was found before, and its velocity (6,) where it was solved."""

    time_ns: int
    pose: Pose
    twist: F64 | None = None


def solve_moving(
    seen: Sequence[SeenCorners],
    before: Sequence[Moment],
    time_ns: int,
    start: Pose | None,
    *,
    corner_sd_px: float = 0.1,
) -> Solution:
    """The pose of a rig of which a camera may have a rolling shutter. `before` are the last moments,
    the newest last: HISTORY of them tell how nervous the hand is, two are enough."""
    if not any(one.rolling for one in seen):
        return solve(seen, start, corner_sd_px=corner_sd_px)
    first = solve(seen, start, motion_before(before, time_ns), corner_sd_px=corner_sd_px)
    if first.estimate is None:
        return first
    found = Moment(time_ns, first.estimate.stage_from_body, first.estimate.twist)
    motion = motion_along(before, found)
    if motion is None:
        return first
    second = solve(seen, found.pose, motion, corner_sd_px=corner_sd_px)
    return second if second.estimate is not None else first


def motion_before(before: Sequence[Moment], time_ns: int) -> Motion:
    """The velocity to expect at a time after the last moment."""
    if not before or before[-1].twist is None:
        return Motion(np.zeros(6), UNKNOWN_SD)
    gap_s = (time_ns - before[-1].time_ns) / 1e9
    if not 0.0 < gap_s <= LONGEST_GAP_S:
        return Motion(np.zeros(6), UNKNOWN_SD)
    nerves = nervousness(before)
    sd = np.minimum(UNKNOWN_SD, nerves * CHANGE_SD * gap_s)
    return Motion(before[-1].twist, sd, nerves * PULL_SD)


def motion_along(before: Sequence[Moment], now: Moment) -> Motion | None:
    """The velocity at the newest pose by the slope of the parabola through it and the two before; None
    where they are too far apart in time."""
    if len(before) < 2:
        return None
    older, last = before[-2], before[-1]
    long_s, short_s = (last.time_ns - older.time_ns) / 1e9, (now.time_ns - last.time_ns) / 1e9
    if not (0.0 < long_s <= LONGEST_GAP_S and 0.0 < short_s <= LONGEST_GAP_S):
        return None
    late, early = velocity(last, now), velocity(older, last)
    slope = late + (late - early) * short_s / (long_s + short_s)
    nerves = nervousness([*before, now])
    sd = np.minimum(MOST_SD, nerves * BEND_SD * short_s * (short_s + long_s) / 2)
    matrix = now.pose.matrix
    per_pose = 1.0 / short_s + 1.0 / (long_s + short_s)
    return Motion(slope, sd, nerves * PULL_SD, (matrix[:3, 3], matrix[:3, :3]), per_pose)


def nervousness(moments: Sequence[Moment]) -> float:
    """How hard the hand has turned the camera lately, 1 for a nervous one: by how its turning changed
    from picture to picture, which poses tell better than how it was pulled. 0.5 where too few are
    known."""
    close = [
        (velocity(one, two)[3:], (two.time_ns - one.time_ns) / 1e9)
        for one, two in pairwise(moments[-HISTORY:])
        if 0.0 < (two.time_ns - one.time_ns) / 1e9 <= LONGEST_GAP_S
    ]
    if len(close) < 3:
        return 0.5
    changes = [(b[0] - a[0]) / (0.5 * (a[1] + b[1])) for a, b in pairwise(close)]
    turning = float(np.sqrt(np.mean(np.square(changes))))
    return min(MOST_NERVES, max(LEAST_NERVES, turning / NERVOUS))


def velocity(first: Moment, second: Moment) -> F64:
    """The mean velocity (6,) between two moments: metres a second along the stage's axes, radians a
    second in the body's own."""
    seconds = (second.time_ns - first.time_ns) / 1e9
    from_, to = first.pose.matrix, second.pose.matrix
    turned = vector_from_matrix(from_[:3, :3].T @ to[:3, :3])
    return np.concatenate([to[:3, 3] - from_[:3, 3], turned]) / seconds


def moved_on(before: Sequence[Moment], seconds: float) -> Pose:
    """Where the body will be so long after the newest moment, at the velocity of the last two."""
    last = before[-1]
    if len(before) < 2 or not 0.0 < (last.time_ns - before[-2].time_ns) / 1e9 <= LONGEST_GAP_S:
        return last.pose
    twist = velocity(before[-2], last)
    matrix = last.pose.matrix
    matrix[:3, 3] += twist[:3] * seconds
    matrix[:3, :3] = matrix[:3, :3] @ matrix_from_vector(twist[3:] * seconds)
    return pose_from_matrix(matrix)
