"""What sequence numbers tell: which samples were lost, which came late, which came twice.

The last numbers are remembered in a window, as receivers of network sound and pictures do (RFC 3711,
3.3.2), so that a sample that came twice is not taken for one that was missing.
"""

from __future__ import annotations

MOST_LOST = 1000
"""A gap of more than this is a restart of the sender."""
MOST_LATE = 100
"""A number further behind than this is a restart, too."""
_WINDOW = (1 << (MOST_LATE + 1)) - 1


class SequenceCount:
    """Counts of one sender's numbers, which wrap; `lost` falls again when a missing one comes late.

    A sender that never counts says the same number each time: that is neither lost nor late, and
    `duplicates` only where the caller says that the content is the same, too.
    """

    __slots__ = ("_last", "_seen", "duplicates", "lost", "out_of_order")

    def __init__(self) -> None:
        self.lost = self.out_of_order = self.duplicates = 0
        self._last: int | None = None
        self._seen = 1  # bit n: the number n before the last one has come

    def note(self, sequence: int, bits: int = 16, same_content: bool = False) -> None:
        """The next sample's number, of which the lowest `bits` (at most 16) count."""
        span = 1 << min(bits, 16)
        last, number = self._last, sequence & (span - 1)
        if last is None:
            self._last = number
            return
        ahead = (number - last) & (span - 1)
        if ahead == 1:
            self._seen = (self._seen << 1 | 1) & _WINDOW
            self._last = number
        elif ahead == 0:
            self.duplicates += same_content
        elif span - ahead <= min(MOST_LATE, span // 4):
            self._note_late(span - ahead)
        else:
            if ahead <= min(MOST_LOST, span // 2):
                self.lost += ahead - 1
                self._seen = (self._seen << ahead | 1) & _WINDOW
            else:
                self._seen = 1
            self._last = number

    def _note_late(self, behind: int) -> None:
        if self._seen >> behind & 1:
            self.duplicates += 1
            return
        self._seen |= 1 << behind
        self.out_of_order += 1
        self.lost = max(0, self.lost - 1)
