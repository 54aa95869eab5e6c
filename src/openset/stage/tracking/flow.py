"""How reports of one source flow: how many a second, how evenly, how late, and which never came.

Jitter is how far the gap between two arrivals is from the usual gap. Lateness is arrival less the
sender's own stamp, above the least of the same window: two clocks differ by an unknown amount, so only
its variation means something. Memory is bounded by the window.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from openset.primitives.time import NS_PER_S
from openset.stage.tracking.sequence import SequenceCount

WINDOW = 1024
"""Arrivals looked back on."""
LEAST_GAPS = 20
"""Fewer say nothing about evenness."""
RECENT_NS = 2 * NS_PER_S


@dataclass(frozen=True)
class Spread:
    """A figure in milliseconds: the middle one, and the one that 99 of 100 stay under."""

    median_ms: float
    most_ms: float

    def __str__(self) -> str:
        return f"{self.median_ms:.1f} ms (99 % under {self.most_ms:.1f})"

    @property
    def most_text(self) -> str:
        """What 99 of 100 stay under, as it is told of jitter everywhere."""
        return f"99 % {self.most_ms:.1f} ms"

    def as_json(self) -> dict[str, float]:
        """For programs."""
        return {"median": round(self.median_ms, 3), "p99": round(self.most_ms, 3)}


class Flow:
    """The reports of one source; `note` each as it arrives."""

    def __init__(self) -> None:
        self.total = 0
        self.first_ns = self.last_ns = 0
        self._numbers = SequenceCount()
        self._repeated = 0
        self._arrivals: deque[int] = deque(maxlen=WINDOW)
        self._behind: deque[int] = deque(maxlen=WINDOW)
        self._stamp_ns: int | None = None
        self._content: object = None

    @property
    def lost(self) -> int:
        """Reports that the sequence numbers say never came."""
        return self._numbers.lost

    @property
    def late(self) -> int:
        """Reports that came after a later one."""
        return self._numbers.out_of_order

    @property
    def repeated(self) -> int:
        """Reports that came again as they were."""
        return self._repeated + self._numbers.duplicates

    def note(
        self,
        arrival_ns: int,
        stamp_ns: int | None = None,
        sequence: int | None = None,
        sequence_bits: int = 16,
        content: object = None,
    ) -> None:
        """One report arrived at `arrival_ns`; `stamp_ns` and `sequence` are the sender's.

        `content` is compared with that of the report before: the same number twice with other content
        comes from a sender that does not count.
        """
        if not self.total:
            self.first_ns = arrival_ns
        self.total += 1
        self.last_ns = arrival_ns
        same = content == self._content
        again = same and stamp_ns is not None and stamp_ns == self._stamp_ns
        self._content, self._stamp_ns = content, stamp_ns
        if sequence is not None:
            before = self._numbers.duplicates
            self._numbers.note(sequence, sequence_bits, same)
            again = self._numbers.duplicates > before
        elif again:
            self._repeated += 1
        if again:
            return
        self._arrivals.append(arrival_ns)
        if stamp_ns is not None:
            self._behind.append(arrival_ns - stamp_ns)

    def rate_hz(self, now_ns: int) -> float:
        """Reports a second over the last two seconds; 0 after as long a silence."""
        recent = self._recent(now_ns)
        if len(recent) < 2 or recent[-1] <= recent[0]:
            return 0.0
        return (len(recent) - 1) * NS_PER_S / (recent[-1] - recent[0])

    def burstiness(self, now_ns: int) -> float:
        """The share of the last two seconds' gaps that are off the average by more than half of it.

        Near 1 where reports come in heaps, near 0 where they come evenly, some missing or not.
        """
        recent = self._recent(now_ns)
        if len(recent) < LEAST_GAPS:
            return 0.0
        average = (recent[-1] - recent[0]) / (len(recent) - 1)
        off = sum(abs(later - earlier - average) > average / 2 for earlier, later in pairwise(recent))
        return off / (len(recent) - 1)

    def _recent(self, now_ns: int) -> list[int]:
        return [each for each in self._arrivals if each > now_ns - RECENT_NS]

    def jitter(self) -> Spread | None:
        """How uneven the gaps are; None under three arrivals."""
        gaps = sorted(later - earlier for earlier, later in pairwise(self._arrivals))
        if len(gaps) < 2:
            return None
        usual = gaps[len(gaps) // 2]
        return spread([abs(gap - usual) for gap in gaps])

    def lateness(self) -> Spread | None:
        """How much later than the quickest the reports come; None where the sender stamps nothing."""
        if len(self._behind) < 2:
            return None
        least = min(self._behind)
        return spread([each - least for each in self._behind])


def spread(nanoseconds: Sequence[int]) -> Spread | None:
    """The median and the 99th percentile (nearest rank) in milliseconds; None of nothing."""
    if not nanoseconds:
        return None
    ordered = sorted(nanoseconds)
    most = ordered[max(0, math.ceil(0.99 * len(ordered)) - 1)]
    return Spread(ordered[len(ordered) // 2] / 1e6, most / 1e6)
