"""Timecode for any moment on the engine's clock: jammed to linear timecode, free when that stops.

Believed frames of LTC give points, frame number against time; a straight line through the last half
minute of them gives the timecode of any moment between and after. Its slope is drawn towards the rate
as two crystals are likely to agree, so that a second of jittery stamps is no wild drift. Two frames
that agree with each other and not with the line begin a new one.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from openset.formats.ltc_follow import CLOSE, RateFound
from openset.primitives.time import NS_PER_S, Timecode, s_from_ns

JamState = Literal["none", "locked", "free"]

LOST_AFTER_S = 0.5
"""Without a frame for this long the timecode runs free."""
EARLIER_S = 2.0
"""A line holds for moments this long before its first frame: the rate is known only after a second."""
EDGE_FRAMES = 0.02
"""A moment this near to the end of a frame belongs to the next: no edge is known more finely, and a
picture that runs in step with its timecode is exposed just there."""
_REMEMBERED = 750
_LINES = 16
_JUMP_FRAMES = 0.5
_OFF_SPEED = 0.02
_CRYSTALS = 50e-6
_WANDER = 2e-6
_FINEST_S = 10e-6


@dataclass(frozen=True)
class Jam:
    """One stretch of timecode as a line: frame `count` (unwrapped: it may pass midnight) began at
    `time_ns`, and a frame lasts `pace` of its nominal time on the engine's clock. `first_ns` and
    `last_ns` are the first and the last frame heard, `epoch` counts the stretches, `doubt` is how
    uncertain `pace` is."""

    epoch: int
    rate: Fraction
    drop_frame: bool
    count: float
    time_ns: int
    pace: float
    first_ns: int
    last_ns: int
    doubt: float

    def frames_at(self, time_ns: int) -> float:
        """The frame number at `time_ns`, with its fraction: 10.5 is the middle of frame 10."""
        return self.count + s_from_ns(time_ns - self.time_ns) * float(self.rate) / self.pace

    def timecode_at(self, time_ns: int, times: int = 1) -> Timecode:
        """The timecode running at `time_ns`; at `times` the rate where pictures come in pairs."""
        return self.numbered(math.floor(self.frames_at(time_ns) * times + EDGE_FRAMES), times)

    def numbered(self, count: int, times: int = 1) -> Timecode:
        """The timecode of an unwrapped frame number at `times` the rate."""
        return Timecode(0, self.rate * times, self.drop_frame).plus(count)

    @property
    def drift_ppm(self) -> float:
        """How much slower the timecode runs than the engine's clock, in millionths."""
        return (self.pace - 1) * 1e6

    def age_s(self, time_ns: int) -> float:
        """How long before `time_ns` the last frame was heard."""
        return max(0.0, s_from_ns(time_ns - self.last_ns))

    def doubt_frames(self, time_ns: int) -> float:
        """How far off the timecode may be by now from running free, in frames."""
        return self.age_s(time_ns) * math.hypot(self.doubt, _WANDER) * float(self.rate)


@dataclass(frozen=True)
class Anchor:
    """Where a take stands on a line: its first picture's number, and its exact place there. Numbers of
    later pictures are rounded from this place, so that stamps which jitter about a frame's edge give
    neither twice the same number nor a gap."""

    epoch: int
    start: Timecode
    place: float
    times: int

    def steps(self, jam: Jam | None, time_ns: int) -> int | None:
        """How many frames after the first the picture of `time_ns` is; None on another stretch."""
        if jam is None or jam.epoch != self.epoch:
            return None
        return round(jam.frames_at(time_ns) * self.times - self.place)


def anchored(jam: Jam, time_ns: int, times: int = 1) -> Anchor:
    """The anchor of a take whose first picture is of `time_ns`."""
    start = jam.timecode_at(time_ns, times)
    return Anchor(jam.epoch, start, jam.frames_at(time_ns) * times, times)


def times_of(rate: Fraction, wanted: Fraction) -> int | None:
    """How many pictures of `wanted` a frame of LTC spans: 1, or 2 as it counts at most 30; None where
    the rates do not fit. Cameras that write 29.97 as 2997/100 mean 30000/1001."""
    return next((times for times in (1, 2) if abs(rate * times / wanted - 1) < CLOSE), None)


def usable_rate(found: RateFound | None, wanted: Fraction) -> Fraction | None:
    """The LTC's rate: as soon as it is certain, or, after a second of a tape that runs at no rate's
    speed, the one of those it may be that suits the picture; None until then."""
    if found is None or not (found.certain or found.settled):
        return None
    near = [rate for rate in found.others if abs(found.measured / rate - 1) < _OFF_SPEED]
    return next((rate for rate in (found.rate, *near) if times_of(rate, wanted)), found.rate)


class JamClock:
    """Believed frames in, the line for any moment out. One thread may feed while others read."""

    def __init__(self) -> None:
        self._points: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._odd: tuple[Timecode, int] | None = None
        self._lines: tuple[Jam, ...] = ()
        self._begun = 0

    @property
    def jumps(self) -> int:
        """How often the timecode went on elsewhere."""
        return max(0, self._begun - 1)

    def clear(self) -> None:
        """Forget what was heard: the source turned out to be another."""
        self._lines, self._odd = (), None

    def feed(self, timecode: Timecode, time_ns: int) -> None:
        """A frame of LTC that began at `time_ns` on the engine's clock, in order."""
        line = self._lines[-1] if self._lines else None
        if line is not None and self._continues(line, timecode, time_ns):
            self._odd = None
            self._add(line, self._unwrapped(line, timecode, time_ns), time_ns)
            return
        odd, self._odd = self._odd, (timecode, time_ns)
        if odd is not None and _follow(odd, self._odd):
            self._odd = None
            self._begin(odd, (timecode, time_ns))

    def at(self, time_ns: int) -> Jam | None:
        """The line that holds at `time_ns`: the latest begun by then, or one that begins soon after."""
        lines = self._lines
        for line in reversed(lines):
            if line.first_ns <= time_ns:
                return line
        if lines and lines[0].first_ns - time_ns <= EARLIER_S * NS_PER_S:
            return lines[0]
        return None

    def state(self, time_ns: int) -> JamState:
        """Whether timecode is heard ("locked"), was heard ("free"), or neither."""
        line = self.at(time_ns)
        if line is None:
            return "none"
        return "locked" if line.age_s(time_ns) <= LOST_AFTER_S else "free"

    def _continues(self, line: Jam, timecode: Timecode, time_ns: int) -> bool:
        if (timecode.rate, timecode.drop_frame) != (line.rate, line.drop_frame):
            return False
        if time_ns <= line.last_ns:
            return False
        return abs(self._unwrapped(line, timecode, time_ns) - line.frames_at(time_ns)) < _JUMP_FRAMES

    def _unwrapped(self, line: Jam, timecode: Timecode, time_ns: int) -> int:
        """The frame's number on the line's own count, which does not begin again at midnight."""
        day = timecode.frames_per_day
        expected = line.frames_at(time_ns)
        return timecode.frame_count + day * round((expected - timecode.frame_count) / day)

    def _begin(self, first: tuple[Timecode, int], second: tuple[Timecode, int]) -> None:
        (timecode, begin_ns), (_, time_ns) = first, second
        apart = round(s_from_ns(time_ns - begin_ns) * timecode.rate)
        epoch, self._begun = self._begun, self._begun + 1
        self._points.clear()
        self._points.append((timecode.frame_count, begin_ns))
        line = Jam(
            epoch, timecode.rate, timecode.drop_frame, float(timecode.frame_count), begin_ns,
            1.0, begin_ns, time_ns, _CRYSTALS,
        )  # fmt: skip
        self._lines = (*self._lines, line)[-_LINES:]
        self._add(line, timecode.frame_count + apart, time_ns)

    def _add(self, line: Jam, count: int, time_ns: int) -> None:
        self._points.append((count, time_ns))
        count_0, time_0 = self._points[-1]
        counts, times = np.array(self._points, np.int64).T
        x = (counts - count_0) / float(line.rate)
        y = (times - time_0) / NS_PER_S
        offset, pace, doubt = _fit(x, y)
        fitted = Jam(
            line.epoch, line.rate, line.drop_frame, float(count_0), time_0 + round(offset * NS_PER_S),
            pace, line.first_ns, time_ns, doubt,
        )  # fmt: skip
        self._lines = (*self._lines[:-1], fitted)


def _follow(first: tuple[Timecode, int], second: tuple[Timecode, int]) -> bool:
    """Two frames that are as far apart in number as in time, two seconds at most."""
    (before, begin_ns), (after, time_ns) = first, second
    if (before.rate, before.drop_frame) != (after.rate, after.drop_frame):
        return False
    passed = s_from_ns(time_ns - begin_ns) * float(before.rate)
    steps = (after.frame_count - before.frame_count) % before.frames_per_day
    return 0 < steps <= 2 * before.nominal_rate and abs(passed - steps) < _JUMP_FRAMES


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """(y at x = 0, slope, standard deviation of the slope) of the line through the points: least
    squares with the slope drawn to 1 ± 50 millionths, then once more without those far from it."""
    keep = np.ones(len(x), bool)
    offset, pace, doubt = 0.0, 1.0, _CRYSTALS
    for _ in range(2):
        middle_x, middle_y = float(x[keep].mean()), float(y[keep].mean())
        dx, dy = x[keep] - middle_x, y[keep] - middle_y
        rough = float(np.median(np.abs(dy - dx))) if len(dx) < 8 else _scatter(dx, dy)
        noise = max(_FINEST_S, 1.4826 * rough)
        prior = (noise / _CRYSTALS) ** 2
        pace = (float(dx @ dy) + prior) / (float(dx @ dx) + prior)
        doubt = noise / math.sqrt(float(dx @ dx) + prior)
        offset = middle_y - pace * middle_x
        rest = np.abs(y - offset - pace * x)
        keep = rest <= 3 * max(_FINEST_S, 1.4826 * float(np.median(rest)))
    return offset, pace, doubt


def _scatter(dx: np.ndarray, dy: np.ndarray) -> float:
    """The median distance of points from their own line."""
    slope = float(dx @ dy) / max(float(dx @ dx), 1e-12)
    return float(np.median(np.abs(dy - slope * dx)))
