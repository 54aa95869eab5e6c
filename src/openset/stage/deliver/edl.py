"""CMX 3600 edit lists: one video event per take, written and read with exact timecodes.

Own code, since the OpenTimelineIO adapter starts the record side at 00:00:00:00 whatever the timeline
says, writes every 29.97 list as drop-frame, never says FCM, and cuts reel names to "composit".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from openset.primitives.time import Timecode, parse_timecode

_EVENT = re.compile(r"(?P<number>[0-9]{3,})\s+(?P<reel>\S+)\s+V\s+C\s+(?P<times>\S+ +\S+ +\S+ +\S+)\s*")
_REEL_LENGTH = 8
_LAST_EVENT = 999


@dataclass(frozen=True)
class Event:
    """One cut: source and record in and out points (out is the frame after the last), the clip's name
    and file, and remarks at record timecodes."""

    reel: str
    source_in: Timecode
    source_out: Timecode
    record_in: Timecode
    record_out: Timecode
    clip: str = ""
    file: str = ""
    remarks: tuple[tuple[Timecode, str], ...] = ()


def write_edl(title: str, events: Sequence[Event]) -> str:
    """The edit list as text. Record and source each say drop-frame by their ';'; FCM is the record's.

    Raises ValueError for more events than three digits count.
    """
    if len(events) > _LAST_EVENT:
        raise ValueError(f"an edit list holds at most {_LAST_EVENT} events, not {len(events)}")
    lines = [f"TITLE: {_line(title)}"]
    if events:
        drop = events[0].record_in.drop_frame
        lines.append(f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}")
    for number, event in enumerate(events, 1):
        times = (event.source_in, event.source_out, event.record_in, event.record_out)
        lines += [
            "",
            f"{number:03d}  {event.reel:<8} V     C        {' '.join(map(str, times))}",
            f"* FROM CLIP NAME: {_line(event.clip)}",
            f"* SOURCE FILE: {_line(event.file)}",
            *(f"* LOC: {at} RED     {_line(text)}" for at, text in event.remarks),
        ]
    return "\n".join([*lines, ""])


def read_edl(text: str, rate: Fraction) -> list[Event]:
    """The events of a list such as `write_edl` writes; remarks are left out. Raises ValueError naming
    the line that cannot be read."""
    events: list[Event] = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := _EVENT.fullmatch(line):
            try:
                source_in, source_out, record_in, record_out = (
                    parse_timecode(part, rate) for part in match["times"].split()
                )
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
            events.append(Event(match["reel"], source_in, source_out, record_in, record_out))
        elif line[:1].isdigit():
            raise ValueError(f"line {number} is no cut on a video track")
        elif events and line.startswith("* FROM CLIP NAME: "):
            events[-1] = replace(events[-1], clip=line.removeprefix("* FROM CLIP NAME: "))
        elif events and line.startswith("* SOURCE FILE: "):
            events[-1] = replace(events[-1], file=line.removeprefix("* SOURCE FILE: "))
    return events


def reel_names(names: Sequence[str]) -> list[str]:
    """A reel for each name, at most eight letters and digits (CMX 3600), each different."""
    reels: list[str] = []
    for number, name in enumerate(names, 1):
        plain = re.sub(r"[^A-Z0-9]", "", name.upper())
        numbered = (f"R{count:05d}" for count in range(number, 100_000))
        wanted = [plain] if 0 < len(plain) <= _REEL_LENGTH else []
        reels.append(next(reel for reel in chain(wanted, numbered) if reel not in reels))
    return reels


def _line(text: str) -> str:
    return " ".join(text.split())
