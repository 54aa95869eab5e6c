"""A recorded track played as a live tracker, with the timing it was recorded with.

Every report is due at the start plus its own time, so that waiting never adds up; stamps keep the
spacing of the recording and go on where a loop begins again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from openset.primitives.errors import BadInput
from openset.primitives.time import NS_PER_S, ns_from_s
from openset.stage.live.recorded import MOST_SOURCES, Recording, Report

STALL_NS = NS_PER_S
"""A player that was stopped for longer goes on where it was, instead of sending all at once."""

MOST_NUMERATOR, MOST_DENOMINATOR = (1 << 31) - 1, 100_000


@dataclass
class _Numbers:
    """One source's numbers: the first and the newest of the recording, and what a pass has to add."""

    first: int
    newest: int
    added: int = 0

    def begin_again(self) -> None:
        """The next pass goes on where this one ends; a number that wrapped on the way has 16 bits."""
        length = self.newest - self.first
        self.added += (length if length >= 0 else length & 0xFFFF) + 1


class Replay:
    """A recording as something that is received from, like a live input; one thread calls it.

    `speed` 2 plays twice as fast. With `loop` it begins again one usual gap after its end. `behind_ns`
    is how late the newest report was against its own time.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        speed: float = 1.0,
        loop: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
        epoch_ns: int | None = None,
    ) -> None:
        if not 0.01 <= speed <= 100:
            raise BadInput(f"no speed {speed:g}", todo="Give 0.01 to 100; 1 is the original timing")
        self.recording = recording
        self.title = str(recording.path)
        self.ended = False
        self.behind_ns = 0
        self.passes = 0
        self._speed, self._loop, self._clock = speed, loop, clock
        self._epoch_ns = time.time_ns() if epoch_ns is None else epoch_ns
        self._rest = recording.entries()
        self._next = next(self._rest, None)
        self._ended_by = threading.Event()
        self._first_ns = self._last_ns = self._next.arrival_ns if self._next else 0
        self._count = 0
        self._numbers: dict[str, _Numbers] = {}
        self._begun_ns: int | None = None
        self._offset_ns = 0

    @property
    def faults(self) -> dict[str, int]:
        """What of the recording could not be used."""
        return {"unusable entries": self.recording.skipped} if self.recording.skipped else {}

    def receive(self, timeout_s: float) -> list[Report]:
        """Everything that is due by now; waits for the next one at most `timeout_s`."""
        if self._begun_ns is None:
            self._begun_ns = self._clock()
        if self._next is None:
            self.ended = True
            return []
        wait_ns = min(self._due_ns(self._next) - self._clock(), ns_from_s(timeout_s))
        if wait_ns > 0:
            self._ended_by.wait(wait_ns / NS_PER_S)
        now_ns = self._clock()
        found = []
        while self._next is not None and (due_ns := self._due_ns(self._next)) <= now_ns:
            if now_ns - due_ns > STALL_NS:
                self._offset_ns += now_ns - due_ns
                due_ns = now_ns
            self.behind_ns = now_ns - due_ns
            found.append(self._placed(self._next, due_ns))
            self._step()
        return found

    def _since_start_ns(self, recorded_ns: int) -> int:
        return round((recorded_ns - self._first_ns) / self._speed)

    def _due_ns(self, entry: Report) -> int:
        return (self._begun_ns or 0) + self._offset_ns + self._since_start_ns(entry.arrival_ns)

    def _step(self) -> None:
        """On to the next entry; a clock that went back in the recording does not hold the player."""
        assert self._next is not None
        self._last_ns = max(self._last_ns, self._next.arrival_ns)
        self._count += 1
        self._next = next(self._rest, None)
        if self._next is None and self._loop and self._last_ns > self._first_ns:
            self._begin_again()

    def _begin_again(self) -> None:
        length_ns = self._last_ns - self._first_ns
        self._offset_ns += round((length_ns + length_ns / max(1, self._count - 1)) / self._speed)
        for each in self._numbers.values():
            each.begin_again()
        self._count = 0
        self.passes += 1
        self._rest = self.recording.entries()
        self._next = next(self._rest, None)

    def _placed(self, entry: Report, due_ns: int) -> Report:
        """The entry as if it had been sent now: its stamp as far from the first as it was."""
        relative_ns = self._offset_ns + self._since_start_ns(entry.sample.time_ns)
        stamp_ns = max(0, self._epoch_ns + relative_ns)
        sequence = self._numbered(entry.source, entry.heard.sequence)
        sample = replace(
            entry.sample,
            time_ns=(self._begun_ns or 0) + relative_ns,
            source_time_ns=stamp_ns,
            sequence=sequence,
        )
        raw = entry.heard.raw and _restamped(entry.heard.raw, stamp_ns, sequence, self._speed)
        heard = replace(entry.heard, stamp_ns=stamp_ns, sequence=sequence, raw=raw)
        return Report(entry.source, sample, heard, due_ns)

    def _numbered(self, source: str, recorded: int | None) -> int | None:
        """The number of a report: each source counts on by itself where a loop begins again."""
        if recorded is None:
            return None
        known = self._numbers.get(source)
        if known is None:
            if len(self._numbers) >= MOST_SOURCES:
                return recorded
            known = self._numbers[source] = _Numbers(recorded, recorded)
        known.newest = recorded
        return recorded + known.added

    def close(self) -> None:
        """End a wait in another thread."""
        self._ended_by.set()


def _restamped(
    raw: dict[str, Any], stamp_ns: int, sequence: int | None, speed: float
) -> dict[str, Any]:
    """The sample with a new stamp, a new number if it had one, and the rate it is played at."""
    kept = raw.get("timing")
    timing = dict(kept) if isinstance(kept, Mapping) else {}
    seconds, nanoseconds = divmod(stamp_ns, NS_PER_S)
    timing["sampleTimestamp"] = {"seconds": seconds, "nanoseconds": nanoseconds}
    timing["mode"] = "internal"
    if sequence is not None:
        timing["sequenceNumber"] = sequence & 0xFFFFFFFF
    if speed != 1.0 and "sampleRate" in timing:
        timing["sampleRate"] = _sped_up(timing["sampleRate"], speed)
        if timing["sampleRate"] is None:
            del timing["sampleRate"]
    return {**raw, "timing": timing}


def _sped_up(rate: Any, speed: float) -> dict[str, int] | None:
    """A rate at another speed; None where it is no rate, or none that a sample can say."""
    try:
        exact = Fraction(rate["num"], rate["denom"]) * Fraction(speed).limit_denominator(1000)
    except (TypeError, KeyError, ZeroDivisionError):
        return None
    plain = exact.limit_denominator(MOST_DENOMINATOR)
    usable = 0 < plain.numerator <= MOST_NUMERATOR
    return {"num": plain.numerator, "denom": plain.denominator} if usable else None
