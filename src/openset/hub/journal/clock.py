"""Hybrid logical time: stamps that follow the wall clock but never run backwards on a device.

Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks and Consistent Snapshots in
Globally Distributed Databases" (2014), section 3, with whole milliseconds of UTC as the physical part.
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_WALL_MS = 2**48
LARGEST_COUNT = 2**31
TRUSTED_LEAD_MS = 24 * 3600 * 1000
"""A stamp from another device further ahead of our clock than this does not move our own."""


@dataclass(frozen=True, order=True)
class Stamp:
    """`wall_ms` of UTC since 1970, then `count` for what falls into the same millisecond."""

    wall_ms: int
    count: int


EARLIEST = Stamp(0, 0)


def tick(last: Stamp, now_ms: int) -> Stamp:
    """The stamp of a new event at `now_ms`: later than `last` even if the clock fell back."""
    if now_ms > last.wall_ms:
        return Stamp(now_ms, 0)
    return Stamp(last.wall_ms, last.count + 1)


def meet(last: Stamp, theirs: Stamp, now_ms: int) -> Stamp:
    """Our newest stamp after seeing `theirs`; a stamp from too far ahead is seen and not followed."""
    if theirs.wall_ms > now_ms + TRUSTED_LEAD_MS:
        return last
    return max(last, theirs)
