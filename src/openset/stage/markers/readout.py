"""How long a sensor takes from its first row to its last, from a shaky clip of mapped tags.

The read-out is one more unknown beside each picture's pose and velocity: rows tell the velocity times
the read-out, the poses of the pictures around tell the velocity itself. A camera that stands still
tells nothing, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.interpolate import make_interp_spline

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S
from openset.stage.lens.model import Lens
from openset.stage.markers.equations import SeenCorners, seen_corners
from openset.stage.markers.model import CameraView, SeenTag, TagMap
from openset.stage.markers.pose import solve
from openset.stage.markers.refine import Motion, refine
from openset.stage.markers.shutter import Moment

LONGEST_S = 0.1
"""No sensor takes longer."""
ROUNDS = 8
LEAST_FRAMES = 12
MOST_SD_S = 0.0007
"""What is less sure is no measurement."""
LEAST_BEND = 0.3
"""How far a read-out of 10 ms would bend the picture beyond what a pose explains, in expected errors of
a corner: less is the poses' own noise."""


@dataclass(frozen=True)
class Readout:
    """A read-out in seconds, from `frames` pictures; negative where the picture is turned upside down.
    `bend` is how far 10 ms of it bend the picture beyond what a pose explains, in expected errors.
    `trouble` says why it is not to be used, and what to do; "" where it is."""

    readout_s: float
    sd_s: float
    frames: int
    residual_px: float
    residual_without_px: float
    bend: float
    trouble: str = ""


@dataclass(frozen=True, eq=False)
class _Frame:
    """A picture on its way: its corners with their rows (n,), -0.5 to 0.5, its pose, its velocity."""

    time_ns: int
    corners: SeenCorners
    rows: F64
    moment: Moment


def measure_readout(
    pictures: Sequence[tuple[int, Sequence[SeenTag]]], lens: Lens, tags: TagMap
) -> Readout:
    """The read-out from pictures (time in ns, tags seen) of one camera, in order."""
    known = {number: tag.corners_m for number, tag in tags.tags.items()}
    readout_s, frames = 0.0, _frames(_forward(pictures), lens, known)
    if len(frames) < LEAST_FRAMES:
        return _too_few(len(frames))
    without, pushes = _push(frames, readout_s)
    residual = without
    step, sd_s = _step(pushes)
    for _ in range(ROUNDS):
        readout_s = float(np.clip(readout_s + step, -LONGEST_S, LONGEST_S))
        frames = _settled(frames, readout_s)
        if len(frames) < LEAST_FRAMES:
            return _too_few(len(frames))
        residual, pushes = _push(frames, readout_s)
        step, sd_s = _step(pushes)
        if abs(step) < 1e-6:
            break
    bend = _bend(pushes) * 0.01
    found = Readout(readout_s, sd_s, len(frames), residual, without, bend)
    return replace(found, trouble=_trouble(found))


def _too_few(count: int) -> Readout:
    trouble = "too few pictures show two tags of the map: film ten seconds with tags in the picture"
    return Readout(0.0, np.inf, count, 0.0, 0.0, 0.0, trouble)


def _forward(
    pictures: Sequence[tuple[int, Sequence[SeenTag]]],
) -> list[tuple[int, Sequence[SeenTag]]]:
    """The pictures with times that only grow: where the clock goes back a new shot begins a second
    later, and a second picture of one time is left out."""
    out: list[tuple[int, Sequence[SeenTag]]] = []
    last_ns, shift_ns = None, 0
    for time_ns, seen in pictures:
        if time_ns == last_ns:
            continue
        if last_ns is not None and time_ns < last_ns:
            shift_ns += last_ns - time_ns + NS_PER_S
        last_ns = time_ns
        out.append((time_ns + shift_ns, seen))
    return out


def _trouble(found: Readout) -> str:
    if found.bend < LEAST_BEND or found.sd_s > MOST_SD_S:
        return (
            "too little motion to tell: film the tags again, shaking the camera left and right and up "
            "and down as fast as tags stay sharp"
        )
    if abs(found.readout_s) >= LONGEST_S:
        return "no sensor is so slow: check the clip's frame rate and the map"
    if found.readout_s < -max(3 * found.sd_s, MOST_SD_S):
        return (
            "the last row is read first, so the camera turns its picture upside down: switch that off "
            "in its menu, then measure lens and read-out again"
        )
    return ""


def _frames(
    pictures: Sequence[tuple[int, Sequence[SeenTag]]], lens: Lens, known: dict[int, F64]
) -> list[_Frame]:
    """The pictures that have a pose, the first guess without a rolling shutter."""
    out: list[_Frame] = []
    for time_ns, seen in pictures:
        # A read-out of one second makes each corner's late_s its row.
        corners = seen_corners([CameraView(lens, tuple(seen), readout_s=1.0)], known)
        if not corners or len(corners[0].ids) < 8:
            continue
        rows = corners[0].late_s
        still = replace(corners[0], late_s=np.zeros_like(rows))
        start = out[-1].moment.pose if out else None
        estimate = solve([still], start).estimate
        if estimate is not None:
            moment = Moment(time_ns, estimate.stage_from_body)
            out.append(_Frame(time_ns, still, rows, moment))
    return out


def _settled(frames: list[_Frame], readout_s: float) -> list[_Frame]:
    """The poses with this read-out and the velocities of the poses before."""
    twists = _velocities([frame.moment for frame in frames])
    out = []
    for frame, twist in zip(frames, twists, strict=True):
        corners = replace(frame.corners, late_s=frame.rows * readout_s)
        estimate = solve([corners], frame.moment.pose, Motion(np.nan_to_num(twist))).estimate
        if estimate is not None:
            moment = Moment(frame.time_ns, estimate.stage_from_body)
            out.append(replace(frame, corners=corners, moment=moment))
    return out


def _velocities(moments: list[Moment]) -> F64:
    """Each pose's velocity (n, 6), nan where too few stand around it: the slope of a quintic spline,
    which follows a tremor of 8 Hz at 30 pictures a second where neighbours' difference loses half."""
    times = np.array([moment.time_ns for moment in moments]) / 1e9
    gaps = np.diff(times)
    whole = np.concatenate([[False], gaps < 1.5 * np.median(gaps), [False]])
    steps = [np.zeros(3)]
    for one, two in pairwise(moments):
        turned = one.pose.matrix[:3, :3].T @ two.pose.matrix[:3, :3]
        steps.append(vector_from_matrix(turned))
    places = np.array([moment.pose.position_m for moment in moments])
    # Rotation vectors added up turn with the body: over the six pictures of a spline that is small.
    path = np.concatenate([places, np.cumsum(steps, axis=0)], axis=1)
    slopes = np.asarray(make_interp_spline(times, path, k=5).derivative()(times))
    near = np.array([whole[max(0, at - 2) : at + 4].all() for at in range(len(times))])
    slopes[~near] = np.nan
    return slopes


def _push(frames: list[_Frame], readout_s: float) -> tuple[float, list[tuple[F64, F64]]]:
    """The residual (rms) with this read-out and, for each picture, what the read-out would do that no
    pose could: its slope and the residuals, both with the pose's part taken out."""
    moments = [frame.moment for frame in frames]
    out, squares, count = [], 0.0, 0
    for frame, twist in zip(frames, _velocities(moments), strict=True):
        if np.isnan(twist).any():
            continue
        corners = replace(frame.corners, late_s=frame.rows * readout_s)
        matrix = frame.moment.pose.matrix
        fit = refine([corners], (matrix[:3, 3], matrix[:3, :3]), Motion(twist))
        if fit is None or float(np.median(fit.distances_px)) > 5.0:
            continue
        now, squared = fit.equations, fit.distances_px.reshape(-1, 4) ** 2
        off = np.sqrt(squared.mean(axis=1))
        keep = off < max(1.0, 6 * float(np.median(off)))
        motion = now.sure(now.by_motion[:, :6])
        # The pose's own slopes times the velocity, times the row: what a second of read-out does.
        rows = np.repeat(frame.rows, 2)[:, None] * now.by_motion[:, :6]
        slope = (now.sure(rows) @ twist)[keep].reshape(-1)
        basis, _ = np.linalg.qr(motion[keep].reshape(-1, 6))
        residuals = now.sure_residuals[keep].reshape(-1)
        own = slope - basis @ (basis.T @ slope)
        out.append((own, residuals - basis @ (basis.T @ residuals)))
        squares += float(squared[keep].sum())
        count += 4 * int(keep.sum())
    return float(np.sqrt(squares / max(count, 1))), out


def _step(pushes: list[tuple[F64, F64]]) -> tuple[float, float]:
    """The read-out's best change in seconds and its standard deviation. Pictures, not corners, are what
    is independent: their spread tells the deviation."""
    weights = np.array([float(own @ own) for own, _ in pushes])
    pulls = np.array([float(own @ off) for own, off in pushes])
    if not len(weights) or weights.sum() <= 0:
        return 0.0, np.inf
    step = float(pulls.sum() / weights.sum())
    spread = float(np.sqrt(((pulls - step * weights) ** 2).sum())) / float(weights.sum())
    return step, spread


def _bend(pushes: list[tuple[F64, F64]]) -> float:
    """How far the picture bends for a second of read-out, beyond what a pose explains (rms)."""
    if not pushes:
        return 0.0
    return float(np.sqrt(np.mean(np.concatenate([own for own, _ in pushes]) ** 2)))
