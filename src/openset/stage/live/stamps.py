"""Which timecode each picture gets: jammed to LTC where it is heard, else counted from the first.

The timecode is that of the moment the picture was exposed. A take keeps the stretch of timecode it
began on: its numbers follow LTC and the clock, never repeat, and do not jump when the LTC does.
"""

from __future__ import annotations

from openset.primitives.time import Timecode, ns_from_s
from openset.stage.live.ltc_input import LtcInput
from openset.stage.tracking.jam import Anchor, Jam, JamState, anchored

DOUBT_FRAMES = 0.5


class Stamper:
    """One picture after the other gets its timecode. `state` is "" where there is no LTC to follow,
    `note` says why it cannot be used.

    `steps` is how many numbers the picture in hand is after the first of its take, `slips` how many of
    them were left out though no picture was lost, since the camera runs slower than the LTC.
    """

    def __init__(self, start: Timecode, ltc: LtcInput | None = None) -> None:
        self._start, self._ltc = start, ltc
        self.timecode = start
        self.state: JamState | str = "none" if ltc else ""
        self.steps = self.slips = 0
        self._index = 0
        self._anchor: Anchor | None = None
        self._first: Timecode | None = None
        self._news: list[str] = []
        self.note = ""
        self._doubted = False

    def stamp(self, index: int, time_ns: int, delay_s: float) -> Timecode:
        """The timecode of source frame `index`, which came at `time_ns` and was exposed `delay_s`
        before."""
        jam, moment_ns = self._jam_of(time_ns, delay_s)
        if self._first is not None:
            self._step(jam, moment_ns, index - self._index)
            self.timecode = self._first.plus(self.steps)
        elif jam is not None and self._ltc is not None:
            self.timecode = jam.timecode_at(moment_ns, self._ltc.times)
        else:
            self.timecode = self._start.plus(index)
        self._index = index
        self._watch(jam, moment_ns)
        return self.timecode

    def roll(self, time_ns: int, delay_s: float) -> Timecode:
        """A take begins with the picture just stamped: its first timecode."""
        jam, moment_ns = self._jam_of(time_ns, delay_s)
        self.steps = self.slips = 0
        self._first = self.timecode
        self._anchor = None
        if jam is not None and self._ltc is not None:
            self._anchor = anchored(jam, moment_ns, self._ltc.times)
            self._first = self._anchor.start
        elif self._ltc is not None:
            why = f" ({self._ltc.note})" if self._ltc.note else ""
            self._news.append(f"no LTC when the take began: counted from {self._first}{why}")
        return self._first

    def cut(self) -> None:
        """The take has ended."""
        self._first = self._anchor = None

    def lost(self, index: int) -> Timecode:
        """The timecode source frame `index`, which never came, would have had."""
        return self.timecode.plus(index - self._index)

    def news(self) -> list[str]:
        """What has changed since this was last asked, in sentences."""
        said, self._news = self._news, []
        return said

    def _jam_of(self, time_ns: int, delay_s: float) -> tuple[Jam | None, int]:
        """The line of LTC for a picture, and its moment there; the sound of the picture's own clip runs
        with the picture."""
        if self._ltc is None:
            return None, time_ns
        moment_ns = time_ns if self._ltc.with_picture else time_ns - ns_from_s(delay_s)
        self._ltc.advance(moment_ns)
        return self._ltc.jam_at(moment_ns), moment_ns

    def _step(self, jam: Jam | None, moment_ns: int, passed: int) -> None:
        """Go on to the picture in hand, `passed` source frames after the one before."""
        steps = None
        if self._anchor is not None:
            steps = self._anchor.steps(jam, moment_ns)
            if steps is None:
                self._anchor = None
                self._news.append("the LTC jumped: this take keeps the timecode it began with")
        forward = passed if steps is None else max(1, steps - self.steps)
        self.slips += max(0, forward - passed)
        self.steps += forward

    def _watch(self, jam: Jam | None, moment_ns: int) -> None:
        """Note how it stands with the LTC."""
        if self._ltc is None:
            return
        before, self.state = self.state, self._ltc.state_at(moment_ns)
        if before == "locked" and self.state == "free":
            self._news.append("the LTC stopped: the timecode runs free")
        elif before != "locked" and self.state == "locked":
            took_part = self._first is None or self._anchor is not None
            self._news.append(
                f"LTC is heard: {self.timecode}"
                if took_part
                else "LTC is heard: this take keeps the timecode it began with"
            )
            self._doubted = False
        if jam is not None and not self._doubted and jam.doubt_frames(moment_ns) > DOUBT_FRAMES:
            self._doubted = True
            self._news.append(
                f"without LTC for {jam.age_s(moment_ns):.0f} s: the timecode may be a frame off"
            )
        if self._ltc.note != self.note:
            self.note = self._ltc.note
            if self.note:
                self._news.append(self.note)
