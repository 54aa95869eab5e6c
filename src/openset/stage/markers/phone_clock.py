"""A phone's clock on the engine's, from the round trips of small messages.

The phone says when it asked and when it heard back, the host when it answered. The answer was given
between the two, so every exchange bounds the offset of the clocks from both sides; the exchanges of the
last seconds together bound it more closely than the quickest alone. The offset is the middle of what
is left, and half its width is the doubt. Source: Marzullo 1984, intersection of intervals.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_NS = 15_000_000_000
DRIFT = 1e-4
"""How fast two clocks may part: twice a poor crystal's fault."""
SLACK_NS = 500_000
"""What browsers blur their clocks by, at the finest."""
LONGEST_TRIP_NS = 5_000_000_000


@dataclass(frozen=True)
class _Exchange:
    """One round trip: the offset, host minus phone, lies between `low_ns` and `high_ns`."""

    host_ns: int
    low_ns: int
    high_ns: int


class PhoneClock:
    """The newest offset of one phone's clock. `jumps` counts the times it was found set anew."""

    def __init__(self) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=64)
        self._low_ns = self._high_ns = 0
        self.jumps = 0

    @property
    def known(self) -> bool:
        """Whether there has been a round trip."""
        return bool(self._exchanges)

    @property
    def round_trip_s(self) -> float | None:
        """The quickest round trip of the last seconds; None before the first."""
        trips = [each.high_ns - each.low_ns for each in self._exchanges]
        return min(trips) / 1e9 if trips else None

    @property
    def doubt_s(self) -> float | None:
        """How far the offset may be off, either way; None before the first round trip."""
        return max(0, self._high_ns - self._low_ns) / 2e9 if self._exchanges else None

    def add(self, asked_ns: int, answered_host_ns: int, heard_ns: int) -> bool:
        """One exchange: asked and heard on the phone's clock, answered on the host's. False where it
        cannot be true and was left out."""
        trip_ns = heard_ns - asked_ns
        if not 0 <= trip_ns <= LONGEST_TRIP_NS:
            return False
        new = _Exchange(answered_host_ns, answered_host_ns - heard_ns, answered_host_ns - asked_ns)
        while self._exchanges and answered_host_ns - self._exchanges[0].host_ns > WINDOW_NS:
            self._exchanges.popleft()
        self._exchanges.append(new)
        self._narrow(answered_host_ns)
        if self._low_ns > self._high_ns:
            self._exchanges = deque([new], maxlen=64)
            self.jumps += 1
            self._narrow(answered_host_ns)
        return True

    def _narrow(self, now_ns: int) -> None:
        lows, highs = [], []
        for each in self._exchanges:
            slack = SLACK_NS + round(DRIFT * max(0, now_ns - each.host_ns))
            lows.append(each.low_ns - slack)
            highs.append(each.high_ns + slack)
        self._low_ns, self._high_ns = max(lows), min(highs)

    def host_ns(self, phone_ns: int) -> int:
        """The engine's time of a moment on the phone's clock; meaningless before the first exchange."""
        return phone_ns + (self._low_ns + self._high_ns) // 2
