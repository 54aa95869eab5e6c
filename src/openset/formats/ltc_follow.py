"""Which frames of linear timecode to believe, and at what rate they count.

A frame is believed when it follows the last believed one: by as many numbers as frames have passed
since. After a jump two frames that follow each other are. A single odd one is counted and not used,
since noise now and then makes a word whose digits are all possible. LTC does not say its rate: it shows
in the length of a frame, the highest frame number, and the drop-frame flag.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from openset.formats.ltc import LtcError, LtcFrame

RATES = {
    24: (Fraction(24), Fraction(24000, 1001)),
    25: (Fraction(25),),
    30: (Fraction(30), Fraction(30000, 1001)),
}
"""Rates by how many frames a second are numbered."""
DROPPING = Fraction(30000, 1001)
LONGEST_GAP_S = 2.0
_SLACK = 0.35
CLOSE = 0.0004
"""Crystals are within a few hundred millionths; 30 and 29.97 are 1000 apart."""
_REMEMBERED = 300


@dataclass(frozen=True)
class RateFound:
    """The rate of the LTC heard. `measured` is in frames a second of the sound's own clock; `others`
    are rates that it may be as well, until a second was heard (`settled`) or as the tape ran at no
    rate's speed."""

    rate: Fraction
    drop_frame: bool
    measured: float
    others: tuple[Fraction, ...] = ()
    settled: bool = True

    @property
    def certain(self) -> bool:
        """True when no other rate fits."""
        return not self.others

    @property
    def speed(self) -> float:
        """How fast the tape ran: 1.0 is as it was written."""
        return self.measured / float(self.rate)

    def __str__(self) -> str:
        kind = f"{float(self.rate):.5g}{' drop-frame' if self.drop_frame else ''}"
        return " or ".join([kind, *(f"{float(other):.5g}" for other in self.others)])


class Follower:
    """Decoded frames in, believed ones out. `odd` counts those not believed, `jumps` the places where
    the timecode went on elsewhere, `missing` the frames left out between believed ones."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self.odd = self.jumps = self.missing = self.believed = 0
        self._last: LtcFrame | None = None
        self._waiting: LtcFrame | None = None
        self._counted = 0  # frames of this run, those left out included
        self._run: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
        self._highest = 0
        self._nominal = 0

    def feed(self, frame: LtcFrame) -> tuple[LtcFrame, ...]:
        """What this frame makes believed: nothing, itself, or itself and the one before."""
        steps = self._steps(self._last, frame)
        if steps:
            self.odd += self._waiting is not None
            self._waiting = None
            self.missing += steps - 1
            self._believe(frame, steps)
            return (frame,)
        first, self._waiting = self._waiting, frame
        if first is None:
            return ()
        steps = self._steps(first, frame)
        if not steps:
            self.odd += 1
            return ()
        self._waiting = None
        self.jumps += self._last is not None
        self.missing += steps - 1
        self._begin(first)
        self._believe(frame, steps)
        return first, frame

    @property
    def rate(self) -> RateFound | None:
        """The rate of the run of frames now heard; None before two of them."""
        if len(self._run) < 2 or self._last is None:
            return None
        measured = self._measured()
        drop = self._last.drop_frame
        nominal = self._likely_nominal()
        fitting = (DROPPING,) if drop else RATES[nominal]
        best = min(fitting, key=lambda rate: abs(measured / rate - 1))
        others: tuple[Fraction, ...] = tuple(rate for rate in fitting if rate != best)
        if self._counted >= nominal and abs(measured / best - 1) < CLOSE:
            others = ()
        if not (self._nominal or drop):
            others += tuple(
                RATES[each][0] for each in RATES if each != nominal and each > self._highest
            )
        return RateFound(best, drop, measured, others, self._counted >= nominal)

    def _measured(self) -> float:
        (first, began), (last, ended) = self._run[0], self._run[-1]
        return (last - first) / (ended - began) * self._sample_rate

    def _likely_nominal(self) -> int:
        """Frames a second: as seen where a second ended, else the nearest to a frame's length."""
        if self._nominal:
            return self._nominal
        if self._last is not None and self._last.drop_frame:
            return 30
        length = self._last.end - self._last.start if self._last else self._sample_rate / 25
        heard = math.log(self._sample_rate / length)
        able = [each for each in RATES if each > self._highest]
        return min(able, key=lambda each: abs(math.log(each) - heard))

    def _begin(self, frame: LtcFrame) -> None:
        self._run.clear()
        self._highest = self._nominal = 0
        self._last = None
        self._believe(frame, 0)

    def _believe(self, frame: LtcFrame, steps: int) -> None:
        earlier, later = (frame, self._last) if frame.reverse else (self._last, frame)
        if steps == 1 and earlier and later and later.seconds != earlier.seconds:
            self._nominal = earlier.frames + 1
        self.believed += 1
        self._counted = self._counted + steps if steps else 0
        self._run.append((self._counted, frame.start))
        self._highest = max(self._highest, frame.frames)
        self._last = frame

    def _steps(self, before: LtcFrame | None, frame: LtcFrame) -> int:
        """How many frames after `before` this one is; 0 where its number and its time disagree."""
        if before is None or before.reverse != frame.reverse or before.drop_frame != frame.drop_frame:
            return 0
        length = (before.end - before.start + frame.end - frame.start) / 2
        passed = (frame.start - before.start) / length
        steps = round(passed)
        if not (1 <= steps <= LONGEST_GAP_S * 30 and abs(passed - steps) < _SLACK * math.sqrt(steps)):
            return 0
        earlier, later = (frame, before) if frame.reverse else (before, frame)
        if steps == 1:
            return int(self._adjoin(earlier, later))
        return steps if self._apart(earlier, later) == steps else 0

    def _adjoin(self, earlier: LtcFrame, later: LtcFrame) -> bool:
        seconds = (_seconds(later) - _seconds(earlier)) % 86400
        if seconds == 0:
            return later.frames == earlier.frames + 1
        skips = later.drop_frame and later.seconds == 0 and later.minutes % 10 != 0
        ends = earlier.frames + 1 in (RATES if not self._nominal else (self._nominal,))
        return seconds == 1 and ends and later.frames == (2 if skips else 0)

    def _apart(self, earlier: LtcFrame, later: LtcFrame) -> int:
        """How many numbers lie between, at the likely rate; 0 where that rate has no such number."""
        rate = DROPPING if later.drop_frame else RATES[self._likely_nominal()][0]
        try:
            first, last = earlier.timecode(rate), later.timecode(rate)
        except LtcError:
            return 0
        return (last.frame_count - first.frame_count) % first.frames_per_day


def _seconds(frame: LtcFrame) -> int:
    return (frame.hours * 60 + frame.minutes) * 60 + frame.seconds
