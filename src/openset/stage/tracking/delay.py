"""How much later the picture comes than the pose of the same moment, found from both alone.

The still part of the picture moves against the camera: its flow and roll between two frames are
compared with the rotation and the travel that the track reports between the same two moments, for
every delay in a range. The track is read at both ends of each frame interval, so dropped frames and
any pair of rates need no resampling. Taken is the delay where the two correlate best: a coarse scan, a
finer ones, a parabola. It refers to the middle of the exposure of the picture's middle row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.delay_fit import (
    COARSE_S,
    MIN_FRAMES,
    Fit,
    Solved,
    fit_of,
)
from openset.stage.tracking.delay_judge import judged
from openset.stage.tracking.delay_model import DelayEstimate
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.delay_readout import readout_of
from openset.stage.tracking.delay_refine import refined
from openset.stage.tracking.delay_trouble import drift_of
from openset.stage.tracking.motion import Motion, MotionLog
from openset.stage.tracking.samples import TrackSample

__all__ = ["DelayEstimate", "MotionLog", "estimate_delay"]

MIN_SPAN_S = 2.0


def estimate_delay(
    motion: Motion, track: Sequence[TrackSample], search_s: tuple[float, float] = (-0.3, 0.5)
) -> DelayEstimate:
    """The delay of the picture behind `track` (in order of time) that best explains `motion`.

    Flow is modelled as focal length times rotation plus a constant times travel (a background at one
    depth), both found by least squares at each delay, robustly: frames that an actor spoils lose
    weight. Never raises: what is wrong is in `refused`.
    """
    trouble = _too_little(motion, track)
    if trouble:
        return DelayEstimate(0.0, 0.0, None, trouble, remedy="Record ten seconds or more of both")
    fit, delay_s, curve = _fitted(motion, track, search_s)
    found = _figures(fit, delay_s, curve)
    exact = refined(fit, delay_s)
    if exact is not None:
        readout_s, readout_sd_s = readout_of(motion, fit, exact) or (None, None)
        found = replace(
            found,
            delay_s=exact.delay_s,
            sd_s=exact.sd_s,
            pixels_per_rad=float(exact.gains[0]) if exact.gains[0] > 0 else None,
            readout_s=readout_s,
            readout_sd_s=readout_sd_s,
            drift=drift_of(fit, exact),
        )
    return judged(found, fit, search_s)


def _too_little(motion: Motion, track: Sequence[TrackSample]) -> str | None:
    if len(motion.to_ns) < MIN_FRAMES or motion.to_ns[-1] - motion.from_ns[0] < MIN_SPAN_S * NS_PER_S:
        return f"too little picture: {MIN_SPAN_S:g} s with detail behind the actor are needed"
    if len({sample.time_ns for sample in track}) < MIN_FRAMES:
        return "too little track: the tracker sent almost nothing in this time"
    if track[-1].time_ns < motion.from_ns[0] or track[0].time_ns > motion.to_ns[-1]:
        return "track and picture are of different times"
    return None


def _fitted(
    motion: Motion, track: Sequence[TrackSample], search_s: tuple[float, float]
) -> tuple[Fit, float, tuple[F64, F64]]:
    """The fit with its robust weights, the best delay, and the curve."""
    origin = int(motion.from_ns[0])
    fit = fit_of(motion, path_of(track, origin), origin)
    delays = np.arange(search_s[0], search_s[1] + 1e-9, COARSE_S)
    delay_s, heights = fit.scan(delays)
    for _ in range(2):
        fit = fit.reweighted(delay_s)
        delay_s = fit.refine(delay_s)
    # With robust weights another place of the range may fit better.
    again_s, heights = fit.scan(delays)
    if abs(again_s - delay_s) > 4 * COARSE_S:
        fit = fit.reweighted(again_s)
        delay_s = fit.refine(again_s)
    return fit, delay_s, (delays, heights)


def _figures(fit: Fit, delay_s: float, curve: tuple[F64, F64]) -> DelayEstimate:
    """The figures of a fit, not yet judged."""
    solved = fit.solve(delay_s)
    frames = int(np.count_nonzero(solved.covered & (fit.weight[0] > 0)))
    return DelayEstimate(
        delay_s,
        solved.agreement,
        None,
        None,
        float(solved.gains[0]) or None,
        frames,
        moved_px=_moved_px(fit, solved, delay_s),
        turned_deg_s=_turned_deg_s(fit, solved, delay_s),
        gaps_s=tuple((float(a), float(b)) for a, b in sorted(fit.path.gaps.tolist())),
        curve=curve,
    )


def _moved_px(fit: Fit, solved: Solved, delay_s: float) -> float:
    """The unevenness of the camera's part of the flow, pixels a frame."""
    flow = np.einsum("i,icn->cn", solved.gains, fit.design(delay_s))[:2, solved.covered]
    return float(np.hypot(*flow.std(axis=1))) if flow.size else 0.0


def _turned_deg_s(fit: Fit, solved: Solved, delay_s: float) -> float:
    """The unevenness of pan and tilt by the track, degrees a second."""
    spans = np.maximum(fit.end - fit.begin, 1e-6)
    rates = (fit.moved(delay_s)[:2] / spans)[:, solved.covered]
    return float(np.degrees(np.hypot(*rates.std(axis=1)))) if rates.size else 0.0
