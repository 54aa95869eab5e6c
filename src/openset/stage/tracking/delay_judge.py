"""Whether a delay may be used: the first reason against it that would explain the rest.

Too little motion, a tracker that stopped, a clock that jumped, another camera's track, a move that
repeats itself, clocks that run at different rates, frames whose times wander.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import COARSE_S, Fit
from openset.stage.tracking.delay_model import (
    MIN_MOTION_PX,
    MIN_TURN_DEG_S,
    DelayEstimate,
    Drift,
    Jump,
    clock,
)
from openset.stage.tracking.delay_trouble import find_change

MIN_CORRELATION = 0.6
MOST_SD_S = 0.01
MOST_DRIFT_S = 0.004
MOST_WANDER_S = 0.004
RIVAL_S = 0.06
"""Peaks of the curve nearer than this are one peak."""
SHAKE = "Pan and tilt by hand for ten seconds, quickly and unevenly"
_ALIKE = 0.97
_HALF_APART_S = 0.05
_ASIDE = 0.1

Reason = tuple[str, str]


def judged(found: DelayEstimate, fit: Fit, search_s: tuple[float, float]) -> DelayEstimate:
    """The estimate with its notes, and with `refused` and `remedy` where it must not be used."""
    frozen = fit.path.frozen.tolist()
    notes = [
        f"the tracker {'held one pose' if gap in frozen else 'stopped'} from "
        f"{clock(gap[0])} to {clock(gap[1])}"
        for gap in map(list, found.gaps_s)
    ]
    change = find_change(fit, found.delay_s, search_s) if _doubtful(found, fit) else None
    jump = change if isinstance(change, Jump) else None
    drift = change if isinstance(change, Drift) else found.drift
    found = replace(found, notes=tuple(notes), jump=jump, drift=drift)
    reason = (
        (_of_jump(jump) if jump else None)
        or (_of_clocks(drift) if isinstance(change, Drift) and drift else None)
        or _of_motion(found, fit)
        or _of_cover(found, fit)
        or _of_fit(found, fit, search_s)
        or (_of_clocks(found.drift) if found.drift else None)
        or _of_spread(found)
    )
    return found if reason is None else replace(found, refused=reason[0], remedy=reason[1])


def _doubtful(found: DelayEstimate, fit: Fit) -> bool:
    """Whether one delay may not be all there is to it: it fits badly, it changes, or many frames in a
    row were set aside."""
    drift = found.drift
    unsteady = drift is not None and (drift.wander_sure or abs(drift.ppm) > 3 * drift.sd_ppm)
    trust = fit.weight[0] / max(float(fit.weight[0].max()), 1e-12)
    aside = float(np.mean(trust < 0.5)) if len(trust) else 0.0
    return found.confidence < 0.9 or unsteady or aside > _ASIDE


def _of_jump(jump: Jump) -> Reason:
    whose = f"the {jump.whose}'s clock" if jump.whose else "a clock"
    return (
        f"{whose} jumped by {abs(jump.by_s):.2f} s at {clock(jump.at_s)}: the delay is "
        f"{1000 * jump.before_s:.0f} ms before and {1000 * jump.after_s:.0f} ms after",
        "Look for lost frames or a tracker that was set again, and record once more",
    )


def _of_motion(found: DelayEstimate, fit: Fit) -> Reason | None:
    if found.moved_px >= MIN_MOTION_PX:
        return None
    flowed_px = float(np.hypot(*_spread(fit.seen[:2, fit.weight[0] > 0])))
    moved, turned = flowed_px > 2 * MIN_MOTION_PX, found.turned_deg_s > 2 * MIN_TURN_DEG_S
    if moved and not turned:
        return "the picture moved and the track stood still", "Check that the tracker sees its marks"
    if turned and not moved:
        return (
            "the track moved and the picture stood still",
            "Check that this is the camera the tracker is on, and that its picture has detail",
        )
    if moved:
        return None  # both moved, and nothing of one is in the other: they do not agree
    return (
        f"the camera hardly moved ({found.moved_px:.2f} pixels a frame; {MIN_MOTION_PX:g} are needed, "
        f"about {MIN_TURN_DEG_S:g} degrees a second)",
        SHAKE,
    )


def _spread(values: F64) -> F64:
    """Standard deviations of signals (c, n) by the median: an actor's frames do not count."""
    if not values.shape[1]:
        return np.zeros(len(values))
    middle = np.median(values, axis=1, keepdims=True)
    return np.asarray(1.4826 * np.median(np.abs(values - middle), axis=1))


def _of_cover(found: DelayEstimate, fit: Fit) -> Reason | None:
    """Most frames are without a track: it stopped, or ends early."""
    if found.frames >= 0.5 * len(fit.begin):
        return None
    span = float(fit.end[-1])
    ends = [
        *([f"begins at {clock(fit.path.first_s)}"] if fit.path.first_s > 0.5 else []),
        *([f"ends at {clock(fit.path.last_s)}"] if fit.path.last_s < span - 0.5 else []),
        *(note.removeprefix("the tracker ") for note in found.notes),
    ]
    said = f": it {', '.join(ends)}" if ends else ""
    return (
        f"the track covers only {found.frames} of {len(fit.begin)} frames{said}",
        "Let the tracker see its marks all the time, and record once more",
    )


def _of_fit(found: DelayEstimate, fit: Fit, search_s: tuple[float, float]) -> Reason | None:
    doubt = (
        f"picture and track do not agree (correlation {found.confidence:.2f}, {MIN_CORRELATION:g} "
        "is needed): is it this camera's track?",
        "Check which camera the track is of, how the tracker sits on it (--mount), and that both ran "
        "at the same time",
    )
    if found.confidence < MIN_CORRELATION:
        return doubt
    if found.delay_s - search_s[0] < COARSE_S or search_s[1] - found.delay_s < COARSE_S:
        return (
            f"the delay lies outside {search_s[0]:g} to {search_s[1]:g} s",
            "Search further (--search), or check that both clocks are the same",
        )
    if found.curve is not None and rival(found.curve, found.delay_s) > _ALIKE * found.confidence:
        return "the move repeats itself: several delays fit as well", "Move unevenly"
    if found.confidence < 0.9 and not _halves_agree(fit, found.delay_s, search_s):
        return doubt
    return None


def _halves_agree(fit: Fit, delay_s: float, search_s: tuple[float, float]) -> bool:
    """Whether each half of the material, asked over the whole range, gives this delay."""
    middle = len(fit.begin) // 2
    delays = np.arange(search_s[0], search_s[1] + 1e-9, 2 * COARSE_S)
    for rows in (slice(None, middle), slice(middle, None)):
        part = fit.part(rows)
        best_s, _ = part.scan(delays)
        if abs(best_s - delay_s) > _HALF_APART_S and part.solve(best_s).covered.any():
            return False
    return True


def rival(curve: tuple[F64, F64], delay_s: float) -> float:
    """The highest other peak of the curve, away from the found one."""
    delays, heights = curve
    inner = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])) + 1
    away = inner[np.abs(delays[inner] - delay_s) > RIVAL_S]
    return float(heights[away].max(initial=0.0))


def _of_clocks(drift: Drift) -> Reason | None:
    moved_s = abs(drift.ppm) * 1e-6 * drift.over_s
    if moved_s > MOST_DRIFT_S and abs(drift.ppm) > 4 * drift.sd_ppm:
        return (
            f"the clocks run apart: the delay drifts by {drift.ppm:.0f} ppm, {1000 * moved_s:.1f} ms "
            f"in these {drift.over_s:.0f} s",
            "Time the track by its arrival or by timecode, or check the clip's frame rate",
        )
    if drift.wander_sure and drift.wander_s > MOST_WANDER_S:
        return (
            f"the times of the frames or of the track wander by {1000 * drift.wander_s:.0f} ms",
            "Record at a constant frame rate, and time the track by its own stamps",
        )
    return None


def _of_spread(found: DelayEstimate) -> Reason | None:
    if found.sd_s is not None and found.sd_s <= MOST_SD_S:
        return None
    known = "not at all" if found.sd_s is None else f"only to {1000 * found.sd_s:.0f} ms"
    return f"the delay is known {known}", SHAKE
