"""Timecode against time as a table: `timecode,time_s,rate`, a row a frame, for sheets and scripts.

Openset's own. `time_s` is when the frame begins, in seconds from the start of the sound it was read
from, to the microsecond; `rate` is a fraction (25, 30000/1001) and may be missing where the reader is
told it. Drop-frame shows as ";" before the frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from openset.formats.faults import FormatError
from openset.formats.ltc import MOST_FRAMES, TimecodeTrack
from openset.formats.tables import Row, open_table
from openset.primitives.time import Timecode, parse_rate, parse_timecode

COLUMNS = ("timecode", "time_s", "rate")
LONGEST_S = 1e7
MOST_FAULTS = 20
_MOST_RATE = 1000


@dataclass(frozen=True)
class TableRead:
    """What a table held; `faults` are the first of the `skipped` rows' troubles, `unheld` its other
    columns."""

    track: TimecodeTrack
    skipped: int
    faults: tuple[str, ...]
    unheld: tuple[str, ...]


def read_table(stream: BinaryIO, rate: Fraction | None = None) -> TableRead:
    """The table in a stream. `rate` is used where the table does not say it. A bad row costs itself.

    Raises FormatError without these columns, without a rate, and where no row can be used.
    """
    table = open_table(stream)
    table.require("timecode", "time_s")
    frames: list[tuple[Timecode, float]] = []
    skipped = 0
    faults: list[str] = []
    for row in table.rows:
        try:
            if isinstance(row, FormatError):
                raise row
            frames.append(_frame(row, frames, rate))
        except FormatError as trouble:
            skipped += 1
            if len(faults) < MOST_FAULTS:
                faults.append(str(trouble))
        if len(frames) > MOST_FRAMES:
            raise FormatError(f"more than a day of timecode ({MOST_FRAMES} rows)", "line 1")
    if not frames:
        raise FormatError(f"no row can be used: {faults[0]}" if faults else "there are no rows")
    first = frames[0][0]
    others = tuple(name for name in table.columns if name and name not in COLUMNS)
    return TableRead(
        TimecodeTrack(first.rate, first.drop_frame, tuple(frames)), skipped, tuple(faults), others
    )


def table_lines(track: TimecodeTrack) -> Iterator[str]:
    """The track as lines, the header first."""
    yield ",".join(COLUMNS) + "\n"
    for timecode, time_s in track.frames:
        yield f"{timecode},{time_s:.6f},{track.rate}\n"


def _frame(
    row: Row, before: list[tuple[Timecode, float]], told: Fraction | None
) -> tuple[Timecode, float]:
    own = row.text("rate")
    try:
        rate = parse_rate(own) if own else told
    except ValueError as error:
        raise FormatError(str(error), row.at) from error
    rate = before[0][0].rate if before and not own and told is None else rate
    if rate is None:
        raise FormatError("the table does not say its rate: give it (--rate 25)", row.at)
    if not 1 <= rate <= _MOST_RATE or rate.denominator > 1001:
        raise FormatError(f"{own} is no frame rate", row.at)
    try:
        timecode = parse_timecode(row.text("timecode"), rate)
    except ValueError as error:
        raise FormatError(str(error)[:120], row.at) from error
    if before and (timecode.rate, timecode.drop_frame) != (before[0][0].rate, before[0][0].drop_frame):
        raise FormatError(f"{timecode} at {rate} counts otherwise than the rows before", row.at)
    time_s = row.number("time_s", -LONGEST_S, LONGEST_S)
    if time_s is None:
        raise FormatError("time_s is missing", row.at)
    return timecode, time_s
