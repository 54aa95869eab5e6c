"""What can be wrong with two clocks: one jumped, one runs faster, the frames' times wander.

A jump is sought as the one moment that splits the material into two parts, each with a delay of its
own (the best split of all, by sums along the frames); drift and wandering by what each second pulls at
the delay.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import MIN_FRAMES, Fit
from openset.stage.tracking.delay_model import Drift, Jump
from openset.stage.tracking.delay_refine import Refined, refined

JUMP_REACH_S = 2.0
"""A clock's jump is sought up to this much beyond the delays that are sought."""
MIN_JUMP_S = 0.006
_JUMP_STEP_S = 0.008
_PART_S = 1.5
_BLOCK_S = 1.0
_CAP = 9.0
_BETTER, _BETTER_BY = 0.08, 12.0
_AGREEING = 0.7


def find_change(fit: Fit, delay_s: float, search_s: tuple[float, float]) -> Jump | Drift | None:
    """The one moment at which the delay changes, and the delays on either side; a drift where a delay
    that changes all the time explains as much; None where one delay does. `delay_s` is the best
    single one."""
    delays = np.arange(search_s[0] - JUMP_REACH_S, search_s[1] + JUMP_REACH_S, _JUMP_STEP_S)
    plain, gains = _anchored(fit, delay_s, delays)
    cost = np.array([_cost(plain, gains, float(delay)) for delay in delays])
    times = fit.begin - fit.begin[0]
    first, last = np.searchsorted(times, [_PART_S, times[-1] - _PART_S]).tolist()
    if last <= first:
        return None
    before = np.cumsum(cost, axis=1)
    after = before[:, -1:] - before
    split = (before.min(axis=0) + after.min(axis=0))[first:last]
    at = first + int(np.argmin(split))
    if before[:, -1].min() - split.min() < max(_BETTER * before[:, -1].min(), _BETTER_BY):
        return None
    early = _side(plain.part(slice(None, at + 1)), float(delays[int(np.argmin(before[:, at]))]))
    late = _side(plain.part(slice(at + 1, None)), float(delays[int(np.argmin(after[:, at]))]))
    if early is None or late is None:
        return None
    sure = 4.0 * float(np.hypot(early[1], late[1]))
    if abs(late[0] - early[0]) < max(MIN_JUMP_S, sure):
        return None
    stepped = np.where(np.arange(len(times)) <= at, early[0], late[0])
    line, rising = _line(plain, gains, times, (early[0], late[0]), float(times[at]))
    if line < _cost(plain, gains, stepped).sum():
        return _drifting(plain, times, rising)
    return Jump(float(times[at + 1]), early[0], late[0], _whose(fit, at, late[0] - early[0]))


def _line(
    fit: Fit, gains: F64, times: F64, sides: tuple[float, float], at_s: float
) -> tuple[float, tuple[float, float]]:
    """The least that a delay rising evenly leaves unexplained, and that delay: (in the middle, by the
    second)."""
    middle = float(times[-1]) / 2
    steepest = 3.0 * (sides[1] - sides[0]) / max(float(times[-1]), 1e-6)
    level = sides[0] * at_s / (2 * middle) + sides[1] * (1 - at_s / (2 * middle))
    best = (float("inf"), (level, 0.0))
    reach = max(0.25 * abs(sides[1] - sides[0]), 0.01)
    for steep in np.linspace(0.0, steepest, 31):
        for base in np.linspace(level - reach, level + reach, 21):
            cost = float(_cost(fit, gains, base + steep * (times - middle)).sum())
            best = min(best, (cost, (float(base), float(steep))))
    return best


def _drifting(fit: Fit, times: F64, rising: tuple[float, float]) -> Drift | None:
    """The drift near a delay that rises evenly: the frames set right by it, then what is left."""
    base, steep = rising
    moved = steep * (times - float(times[-1]) / 2)
    straight = replace(fit, begin=fit.begin - moved, end=fit.end - moved)
    for _ in range(2):
        base = straight.refine(base)
        straight = straight.reweighted(base)
    exact = refined(straight, base)
    rest = None if exact is None else drift_of(straight, exact)
    return None if rest is None else replace(rest, ppm=rest.ppm + 1e6 * steep)


def _whose(fit: Fit, at: int, by_s: float) -> str:
    """Whose clock jumped: the one whose times leave a hole as wide as the jump there."""
    near, slack = float(fit.begin[at + 1]), max(0.05, 0.1 * abs(by_s))
    holes = fit.path.gaps
    delayed = [abs(right - left + by_s) < slack and abs(left - near) < 1.0 for left, right in holes]
    if any(delayed):
        return "tracker"
    return "picture" if abs(float(fit.begin[at + 1] - fit.end[at]) - by_s) < slack < by_s else ""


def _anchored(fit: Fit, delay_s: float, delays: F64) -> tuple[Fit, F64]:
    """The fit with all frames weighted alike, and gains that hold: those of the whole where it fits,
    else of the third that fits best, at whatever delay."""
    best, best_s = fit, delay_s
    solved = fit.solve(delay_s)
    if solved.agreement < 0.9:
        plain = replace(fit, weight=(fit.weight > 0).astype(np.float64))
        thirds = np.array_split(np.arange(len(fit.begin)), 3)
        parts = [plain.part(slice(int(rows[0]), int(rows[-1]) + 1)) for rows in thirds]
        scans = [part.scan(delays) for part in parts]
        which = int(np.argmax([heights.max() for _, heights in scans]))
        best, best_s = parts[which], scans[which][0]
    for _ in range(2):
        best = best.reweighted(best_s)
        best_s = best.refine(best_s)
    # The largest weight of each signal is one over the square of its spread.
    evenly = best.weight.max(axis=1, keepdims=True) * (fit.weight > 0)
    return replace(fit, weight=evenly), best.solve(best_s).gains


def _side(part: Fit, near_s: float) -> tuple[float, float] | None:
    """The delay of one part and its deviation; None where it has none."""
    for _ in range(2):
        near_s = part.refine(near_s)
        part = part.reweighted(near_s)
    solved = part.solve(near_s)
    if solved.covered.sum() < MIN_FRAMES or solved.agreement < _AGREEING:
        return None
    exact = refined(part, near_s)
    return None if exact is None else (exact.delay_s, exact.sd_s)


def _cost(fit: Fit, gains: F64, delay_s: float | F64) -> F64:
    """What each frame (n,) leaves unexplained at a delay, in variances, no more than the cap: frames
    the track does not cover cost as much as one spoiled."""
    off = fit.seen - np.einsum("i,icn->cn", gains, fit.design(delay_s))
    squared = (off * off * fit.weight).sum(axis=0)
    covered = fit.path.covers(fit.begin - delay_s, fit.end - delay_s)
    return np.where(covered, np.minimum(squared, 3 * _CAP), 3 * _CAP)


def drift_of(fit: Fit, exact: Refined) -> Drift | None:
    """How the delay changes along the material; None where that is too short to tell."""
    pull, hold, sd_s = exact.pull, exact.hold, exact.sd_s
    times = fit.begin
    blocks = np.floor((times - times[0]) / _BLOCK_S).astype(np.intp)
    count = int(blocks.max()) + 1
    pulled, held = np.bincount(blocks, pull, count), np.bincount(blocks, hold, count)
    middle = np.bincount(blocks, times * hold, count)
    firm = held > 0.02 * held.max()
    if firm.sum() < 4:
        return None
    pulled, held, middle = pulled[firm], held[firm], middle[firm] / held[firm]
    local = pulled / held
    noise = sd_s * sd_s * float(held.sum())  # the variance of a block that holds 1
    centre = float((middle * held).sum() / held.sum())
    lever = float((held * (middle - centre) ** 2).sum())
    if lever <= 0:
        return None
    slope = float((held * (middle - centre) * local).sum()) / lever
    rest = local - float((held * local).sum() / held.sum()) - slope * (middle - centre)
    alone = exact.frames_sd_s**2 * float(held.sum())
    chi = float((held * rest * rest).sum()) / alone / max(1, len(rest) - 2)
    excess = float((held * rest * rest).sum() - alone * (len(rest) - 2)) / float(held.sum())
    return Drift(
        1e6 * slope,
        1e6 * float(np.sqrt(noise / lever)),
        float(times[-1] - times[0]),
        float(np.sqrt(max(0.0, excess))),
        chi > 4.0,
    )
