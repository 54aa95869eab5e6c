"""Delays from patches on a screen, seen by the camera: the whole loop, the way through the host, and
what of the loop is the screen's and what the camera's.

A picture that arrived at `a` and shows the tag that was put up at `t` and replaced at `u` says that the
loop, from putting up a tag to the arrival of its picture, took between `a - u` and `a - t`. Many such
intervals, at random against each other, leave little room. Arrivals jitter by a few milliseconds,
which does not change what a picture shows: they are first laid on the even beat of the camera. An
exposure takes time, so the edges are soft: loop and softness are found together, as the likelihood of
all pictures has it (a probit with known edges). Where camera and screen keep step (30 and 60 a second)
the edges all fall on each other, nothing between two of them can be told, and the uncertainty says so.

What can be told apart. The loop is screen + camera, always as one sum: no pictures of this screen alone
split it. It splits once one part is known from elsewhere: the camera's delay as `calibrate delay`
measures it against a tracker that stamps the moment it measured (or whose age is known), or a light of
known delay. The host's part is known by itself: the echo's loop less the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S
from openset.stage.calibrate.screen_codes import FIRST_ID, IDS, Sight

LONGEST_S = 0.6
MIN_SIGHTS = 20
MOST_STRAYS = 0.2
_STEP_S, _COARSE_S, _AROUND_S = 0.0002, 0.002, 0.04
_SOFT_S = np.array([0.00005, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.009])
_STRAY = 0.01
_UNEVEN = 0.2
_NEAR = 0.1

Shown = tuple[int, int]
"""When a patch was put up (nanoseconds on the host's clock), and its tag."""


@dataclass(frozen=True)
class LoopEstimate:
    """From putting up a patch to the arrival of its picture: seconds and their standard deviation.
    `soft_s` is how uncertain the moment of one picture is; `sights` how many pictures spoke, `strays`
    how many of them contradict. `refused` says why the figure must not be used."""

    delay_s: float
    sd_s: float | None
    soft_s: float = 0.0
    sights: int = 0
    strays: int = 0
    refused: str | None = None
    remedy: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the way, seconds, and its standard deviation."""

    delay_s: float
    sd_s: float


@dataclass(frozen=True)
class Parts:
    """The parts that could be told: `loop` is screen and camera together, `processing` the host's, from
    a picture's arrival to the echo's being put up; `capture` and `display` only where one was known
    from elsewhere. `said` names what is not known, and what would tell."""

    loop: Part
    processing: Part | None
    capture: Part | None
    display: Part | None
    said: tuple[str, ...]


def estimate_loop(shown: Sequence[Shown], sights: Sequence[Shown]) -> LoopEstimate:
    """The loop from what was put up and what arrived, (time, tag) each, both on the host's clock.
    Never raises: what is wrong is in `refused`."""
    sights = sorted(sights)
    beat = evened(np.array([at for at, _ in sights], np.int64))
    edges = _edges(sorted(shown), [id for _, id in sights], beat)
    if len(edges) < MIN_SIGHTS:
        return LoopEstimate(
            0.0,
            None,
            sights=len(edges),
            refused=f"the camera read the patches in {len(edges)} pictures, {MIN_SIGHTS} are needed",
            remedy="Fill the frame with the screen, in focus, neither too bright nor too dark",
        )
    coarse = np.arange(0.0, LONGEST_S, _COARSE_S)
    near_s = float(coarse[int(np.argmax(_log_likelihood(edges, coarse).max(axis=1)))])
    delays = np.arange(max(0.0, near_s - _AROUND_S), min(LONGEST_S, near_s + _AROUND_S), _STEP_S)
    likely = _log_likelihood(edges, delays)
    # Each delay with the softness that suits it best: where the edges leave room, all of it counts.
    over_delay = np.exp(likely.max(axis=1) - likely.max())
    over_delay /= over_delay.sum()
    delay_s = float(over_delay @ delays)
    sd_s = float(np.sqrt(over_delay @ (delays - delay_s) ** 2) + 0.5 * _STEP_S)
    if not beat.even:
        # Jitter scatters edges that in truth fall on each other: they tell less than they seem to.
        sd_s = float(np.hypot(sd_s, beat.doubt_s.max()))
    soft_s = float(_SOFT_S[int(np.argmax(likely.max(axis=0)))])
    strays = int(np.sum((edges[:, 0] - 4 * soft_s > delay_s) | (edges[:, 1] + 4 * soft_s < delay_s)))
    found = LoopEstimate(delay_s, sd_s, soft_s, len(edges), strays)
    if strays > MOST_STRAYS * len(edges):
        return LoopEstimate(
            delay_s,
            sd_s,
            soft_s,
            len(edges),
            strays,
            f"{strays} of {len(edges)} pictures contradict each other: the times or the delay jump",
            "Close what else keeps the machine busy, lock the camera's frame rate, and try again",
        )
    if delay_s > LONGEST_S - 0.02:
        return LoopEstimate(
            delay_s, sd_s, soft_s, len(edges), strays, "the loop is longer than can be told apart",
            "Look for a buffer in the camera's stream (network cameras: the player's latency)",
        )  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class Beat:
    """Arrivals (n,) as the camera's even beat has them; `doubt_s` (n,) is the standard deviation of
    each. Where they keep no beat (`even` False) they are as they came, `doubt_s` their spread."""

    arrivals_ns: npt.NDArray[np.int64]
    doubt_s: F64
    even: bool


def evened(arrivals_ns: npt.NDArray[np.int64]) -> Beat:
    """Arrivals (n,), in order, laid on the camera's even beat through their middle."""
    plain = Beat(arrivals_ns, np.zeros(len(arrivals_ns)), False)
    if len(arrivals_ns) < MIN_SIGHTS:
        return plain
    seconds = (arrivals_ns - arrivals_ns[0]) / NS_PER_S
    usual_s = float(np.median(np.diff(seconds)))
    if usual_s <= 0:
        return plain
    period, start = _beat(seconds, usual_s)
    for _ in range(3):
        count = np.round((seconds - start) / period)
        period, start = np.polyfit(count, seconds, 1).tolist()
    off = seconds - (start + period * count)
    spread_s = float(np.std(off))
    if spread_s > _UNEVEN * period:
        return Beat(arrivals_ns, np.full(len(seconds), spread_s), False)
    aside = count - count.mean()
    doubt_s = spread_s * np.sqrt(1 / len(count) + aside**2 / float(aside @ aside))
    even = np.round((start + period * count) * NS_PER_S).astype(np.int64)
    return Beat(arrivals_ns[0] + even, doubt_s, True)


def _beat(seconds: F64, usual_s: float) -> tuple[float, float]:
    """The period near `usual_s` that moments (n,) agree on best, and when the beat begins (Rayleigh's
    periodogram): counted from neighbour to neighbour, one late arrival at 60 a second would shift all
    that follow."""
    step_hz = 0.2 / max(float(seconds[-1]), usual_s)
    rates = np.arange((1 - _NEAR) / usual_s, (1 + _NEAR) / usual_s, step_hz)
    sums = np.array([np.exp(2j * np.pi * rate * seconds).sum() for rate in rates])
    best = int(np.argmax(np.abs(sums)))
    period = 1 / float(rates[best])
    return period, float(np.angle(sums[best])) / (2 * np.pi) * period


def _edges(shown: list[Shown], seen: list[int], beat: Beat) -> F64:
    """For each picture, between which delays it lies, (n, 2): tags come again, so the shortest delay
    that is none below zero is meant; both bounds finite. What the beat leaves in doubt widens them."""
    ids = np.array([id for _, id in shown])
    times = np.array([at for at, _ in shown], np.int64)
    rows = []
    doubts = beat.doubt_s if beat.even else np.zeros(len(seen))
    for arrival, id, doubt in zip(beat.arrivals_ns.tolist(), seen, doubts.tolist(), strict=True):
        before = np.flatnonzero((ids[:-1] == id) & (times[:-1] < arrival))
        if not len(before):
            continue
        here = int(before[-1])
        low, high = (arrival - times[here + 1]) / NS_PER_S, (arrival - times[here]) / NS_PER_S
        if low < LONGEST_S:
            rows.append((low - doubt, high + doubt))
    return np.array(rows, np.float64).reshape(-1, 2)


def _log_likelihood(edges: F64, delays: F64) -> F64:
    """Of every delay with every softness, (delays, softnesses)."""
    out = np.empty((len(delays), len(_SOFT_S)))
    for column, soft in enumerate(_SOFT_S):
        # A picture counts for the tag that was up at its moment, which is uncertain by `soft`.
        inside = ndtr((edges[:, 1] - delays[:, None]) / soft) - ndtr(
            (edges[:, 0] - delays[:, None]) / soft
        )
        out[:, column] = np.log(_STRAY / IDS + (1 - _STRAY) * np.maximum(inside, 0.0)).sum(axis=1)
    return out


def echo_shown(sights: Sequence[Sight]) -> list[Shown]:
    """When the echo of each left tag could first be put up: as the first picture of it arrived. The
    echo's loop counted from there is the host's way and the loop."""
    out: list[Shown] = []
    for sight in sights:
        if sight.shown is not None and (not out or out[-1][1] != sight.shown + IDS):
            out.append((sight.arrival_ns, sight.shown + IDS))
    return out


def left_sights(sights: Sequence[Sight]) -> list[Shown]:
    """The left patch as the camera saw it."""
    return [(each.arrival_ns, each.shown) for each in sights if each.shown is not None]


def echo_sights(sights: Sequence[Sight]) -> list[Shown]:
    """The echo as the camera saw it."""
    return [(each.arrival_ns, each.echo) for each in sights if each.echo is not None]


def parts_of(
    loop: LoopEstimate, echo: LoopEstimate | None = None, capture: Part | None = None
) -> Parts:
    """What the loops tell of each part. `capture` is the camera's own delay, light to arrival, where it
    is known: `calibrate delay` gives it against a tracker that stamps the moment of measuring."""
    whole = Part(loop.delay_s, loop.sd_s or 0.0)
    said: list[str] = []
    processing = None
    if echo is not None and echo.refused is None and echo.sd_s is not None:
        spread = float(np.hypot(echo.sd_s, whole.sd_s))
        processing = Part(echo.delay_s - whole.delay_s, spread)
    else:
        said.append("processing: the echo was not read, so the host's own time is not known")
    display = None
    if capture is not None:
        display = Part(whole.delay_s - capture.delay_s, float(np.hypot(whole.sd_s, capture.sd_s)))
        if display.delay_s < -2 * display.sd_s:
            said.append(
                "capture: the delay given is longer than the whole loop, so the tracker it was "
                "measured with is not stamped at the moment of measuring"
            )
    else:
        said.append(
            "display and capture: the screen shows only their sum; --capture-ms with the camera's "
            "own delay, measured against a tracker that stamps its measurements, tells them apart"
        )
    return Parts(whole, processing, capture, display, tuple(said))


def is_screen_tag(id: int) -> bool:
    """Whether a tag belongs to the patches."""
    return FIRST_ID <= id < FIRST_ID + 2 * IDS
