"""The delay to a fraction of a millisecond, and how sure it is.

A tracker's noise is in what the track says moved, at every delay anew: least squares is then drawn to
delays where the noise happens to look like motion (measured: by 2 ms on a quiet shoulder rig), and
finds the lens too short. The picture's flow has noise of its own, so the flow and its change from
frame to frame are used as instruments (Wright 1928): the delay is where what is left unexplained has
nothing to do with them. The uncertainty is that of the frames' pulls, which may hang together in time
(Newey and West 1987), and of what parallax and the lens leave of error in any material.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import MIN_FRAMES, Fit, centred

FLOOR_S = 0.0002
"""What is not known of a delay however much there is of material: measured on simulated stages."""
_REACH_S = 0.02
_GRID_S = 0.002
_SLOPE_S = 0.004
_TOGETHER_S = 0.4
_NEXT_S = 0.1
_SINGULAR = 1e-9


@dataclass(frozen=True, eq=False)
class Refined:
    """The delay, its standard deviation and the gains. `pull` (n,) is how hard each frame still pulls
    at the delay, `hold` (n,) how firmly it holds it: their ratio is a correction in seconds.
    `frames_sd_s` is what the deviation were if no error lasted longer than a frame."""

    delay_s: float
    sd_s: float
    frames_sd_s: float
    gains: F64
    pull: F64
    hold: F64


@dataclass(frozen=True, eq=False)
class _Moment:
    """The equations at one delay."""

    gains: F64
    pull: F64
    through: F64


def refined(fit: Fit, near_s: float) -> Refined | None:
    """The delay near the peak of a robust fit; None where the material does not fix it there."""
    even = fit.evened(near_s)
    change = _change(even)
    delays = near_s + np.arange(-_REACH_S, _REACH_S + _GRID_S / 2, _GRID_S)
    moments = [_at(even, change, float(delay)) for delay in delays]
    if any(moment is None for moment in moments):
        return None
    pulls = np.array([moment.pull.sum() for moment in moments if moment is not None])
    falls = np.flatnonzero((pulls[:-1] > 0) & (pulls[1:] <= 0))
    if not len(falls):
        return None
    here = int(falls[np.argmin(np.abs(delays[falls] - near_s))])
    delay_s = _crossing(even, change, float(delays[here]), float(delays[here + 1]))
    return _with_doubt(even, change, delay_s)


def _change(fit: Fit) -> F64:
    """How each signal (3, n) would change by the second of delay, by the frames before and after; 0
    where those are missing."""
    spans, middle = fit.end - fit.begin, (fit.begin + fit.end) / 2
    rate = fit.seen / spans
    near = np.abs(fit.begin[1:] - fit.end[:-1]) < _NEXT_S
    known = fit.weight > 0
    both = known[:, 2:] & known[:, :-2] & near[1:] & near[:-1]
    out = np.zeros_like(fit.seen)
    slope = (rate[:, :-2] - rate[:, 2:]) / (middle[2:] - middle[:-2]) * spans[1:-1]
    out[:, 1:-1] = np.where(both, slope, 0.0)
    return out


def _at(fit: Fit, change: F64, delay_s: float) -> _Moment | None:
    """The gains by their instruments (the flow for the focal length, the travel itself, the roll), and
    what pulls at the delay through what they cannot explain."""
    covered = fit.path.covers(fit.begin - delay_s, fit.end - delay_s) & (change != 0).any(axis=0)
    if covered.sum() < MIN_FRAMES:
        return None
    weight = fit.weight * covered
    seen, design = centred(fit.seen, weight), centred(fit.design(delay_s), weight)
    through = centred(change, weight)
    flow, roll = seen.copy(), np.zeros_like(seen)
    flow[2], roll[2] = 0.0, seen[2]
    instruments = np.stack([flow, design[1], roll])
    used = [each for each in range(3) if (instruments[each] * design[each]).any()]
    design, instruments = design[used], instruments[used]
    normal = np.einsum("icn,jcn->ij", instruments, design)
    size = np.sqrt(np.abs(np.diag(normal)))
    if not used or not size.all() or abs(np.linalg.det(normal / np.outer(size, size))) < _SINGULAR:
        return None
    gains = np.zeros(3)
    gains[used] = np.linalg.solve(normal, np.einsum("icn,cn->i", instruments, seen))
    rest = seen - np.einsum("i,icn->cn", gains[used], design)
    along = np.linalg.solve(normal.T, np.einsum("icn,cn->i", design, through))
    through = through - np.einsum("i,icn->cn", along, instruments)
    return _Moment(gains, (through * rest).sum(axis=0), through)


def _crossing(fit: Fit, change: F64, low: float, high: float) -> float:
    """Where the pull vanishes between two delays, by halving."""
    for _ in range(12):
        middle = (low + high) / 2
        moment = _at(fit, change, middle)
        if moment is None:
            break
        low, high = (middle, high) if moment.pull.sum() > 0 else (low, middle)
    return (low + high) / 2


def _with_doubt(fit: Fit, change: F64, delay_s: float) -> Refined | None:
    moment = _at(fit, change, delay_s)
    if moment is None:
        return None
    ahead, behind = fit.design(delay_s + _SLOPE_S), fit.design(delay_s - _SLOPE_S)
    steeper = np.einsum("i,icn->cn", moment.gains, (ahead - behind) / (2 * _SLOPE_S))
    weight = fit.weight * (moment.through != 0).any(axis=0)
    hold = (moment.through * centred(steeper, weight)).sum(axis=0)
    firmness = float(hold.sum())
    pulls = moment.pull[(moment.through != 0).any(axis=0)]
    if firmness <= 0 or len(pulls) < MIN_FRAMES:
        return None
    sd_s = _spread(pulls, float(np.median(fit.end - fit.begin))) / firmness
    alone_s = float(np.sqrt(pulls @ pulls)) / firmness
    return Refined(delay_s, float(np.hypot(sd_s, FLOOR_S)), alone_s, moment.gains, moment.pull, hold)


def _spread(pulls: F64, interval_s: float) -> float:
    """The standard deviation of a sum of pulls that may hang together."""
    reach = int(min(len(pulls) // 6, max(2, round(_TOGETHER_S / max(interval_s, 1e-6)))))
    pulls = pulls - pulls.mean()
    alone = float(pulls @ pulls)
    power = alone
    for lag in range(1, reach + 1):
        power += 2.0 * (1.0 - lag / (reach + 1)) * float(pulls[lag:] @ pulls[:-lag])
    # Few independent stretches: their spread is itself uncertain, and a mean and four numbers are gone.
    stretches = max(4.0, len(pulls) / (reach + 1))
    power *= stretches / (stretches - 1.0)
    # That neighbours seem to cancel is chance as often as not. Believed whole, it made one interval in
    # six miss on a shoulder rig; not at all, one in twenty-five.
    power = max(power, 0.5 * (power + alone))
    return float(np.sqrt(power * len(pulls) / max(1.0, len(pulls) - 5.0)))
