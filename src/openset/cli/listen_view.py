"""What `listen` heard, as a table for a terminal, as lines for a file, and as figures for programs."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from openset.stage.live.ltc import LtcReport
from openset.stage.tracking.census import Census
from openset.stage.tracking.station import Station, Stranger, Trouble

if TYPE_CHECKING:
    from rich.console import Group

MOST_TROUBLES = 12
MOST_STRANGERS = 6
WIDE = 110
"""Characters that a source on one line needs."""
COLUMNS = 80
NOTHING = "Nothing on the wire yet"


def picture(
    census: Census, now_ns: int, timecodes: Sequence[LtcReport], notes: Sequence[str], width: int
) -> Group:
    """The table of sources, and under it what is wrong and what helps.

    `width` is the terminal's, in characters: in a narrow one a source takes two lines.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    stations = census.stations(now_ns)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    columns, cells = (_COLUMNS, _cells) if width >= WIDE else (_NARROW, _narrow_cells)
    for name, justify in columns:
        source = name == "source"
        table.add_column(
            name, justify=justify, no_wrap=not source, overflow="fold", min_width=16 if source else None
        )
    for station in stations:
        table.add_row(*map(Text, cells(station)))
    parts: list[Any] = [table] if stations else ([] if timecodes else [Text(NOTHING)])
    parts += [Text(timecode_line(each)) for each in timecodes]
    told = [
        *_remark_lines(stations),
        *map(trouble_line, census.troubles()[:MOST_TROUBLES]),
        *map(stranger_line, census.strangers()[:MOST_STRANGERS]),
        *notes,
    ]
    parts += [
        Padding(Text(f"- {text}"), (1 if at == 0 else 0, 0, 0, 0)) for at, text in enumerate(told)
    ]
    return Group(*parts)


def _remark_lines(stations: Sequence[Station]) -> list[str]:
    """Each remark once, with the sources it is about."""
    about: dict[str, list[str]] = {}
    for station in stations:
        for remark in station.remarks:
            about.setdefault(remark, []).append(_name(station))
    return [f"{', '.join(names)}: {remark}" for remark, names in about.items()]


def _name(station: Station) -> str:
    """A source as it stands in the table: less the sender's address, its long id cut short."""
    return _LONG_ID.sub(r"\1…", station.source.removesuffix(f" from {station.sender}"))


_LONG_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("source", "left"),
    ("from", "left"),
    ("on", "left"),
    ("a second", "right"),
    ("jitter\n99 % ms", "right"),
    ("lost", "right"),
    ("x y z m", "right"),
    ("pan tilt roll °", "right"),
    ("", "left"),
)


_NARROW: tuple[tuple[str, Any], ...] = (
    ("source", "left"),
    ("a second", "right"),
    ("jitter\n99 % ms", "right"),
    ("lost", "right"),
    ("x y z m\npan tilt roll °", "right"),
    ("", "left"),
)


def _cells(station: Station) -> list[str]:
    return [
        f"{_name(station)} {station.version}".strip(),
        station.sender,
        station.heard_on,
        f"{station.rate_hz:.1f}",
        f"{station.jitter.most_ms:.1f}" if station.jitter else "-",
        str(station.lost),
        _numbers(station.position_m, 2, " "),
        _numbers(station.pan_tilt_roll_deg, 1, " "),
        station.state,
    ]


def _narrow_cells(station: Station) -> list[str]:
    """The same on two lines: from whom and where under the source, the angles under the place."""
    source, sender, place, *figures, position, angles, state = _cells(station)
    return [f"{source}\n{sender} on {place}", *figures, f"{position}\n{angles}", state]


def _numbers(values: Sequence[float] | None, places: int, between: str) -> str:
    """Rounded, without a minus before nothing."""
    if values is None:
        return "-"
    return between.join(f"{round(each, places) + 0.0:.{places}f}" for each in values)


def lines(
    census: Census, now_ns: int, timecodes: Sequence[LtcReport], notes: Sequence[str]
) -> list[str]:
    """Everything as plain lines, some for each source."""
    found: list[str] = []
    for station in census.stations(now_ns):
        found += _station_lines(station)
    found += [timecode_line(each) for each in timecodes]
    found += [trouble_line(each) for each in census.troubles()]
    found += [stranger_line(each) for each in census.strangers()]
    return [*found, *notes] or [NOTHING]


def _station_lines(station: Station) -> list[str]:
    name = station.source.removesuffix(f" from {station.sender}")
    version = f" {station.version}" if station.version else ""
    jitter = f", jitter {station.jitter.most_text}" if station.jitter else ""
    late = f", lateness varies by {station.lateness}" if station.lateness else ""
    found = [
        f"{name} from {station.sender} on {station.heard_on}: {station.protocol}{version}",
        f"  {station.rate_hz:.1f} a second{jitter}{late}; {station.lost} lost, {station.late} out of "
        f"order, {station.repeated} came twice",
    ]
    if station.position_m is None:
        found.append(f"  {station.state}")
    else:
        turned = _numbers(station.pan_tilt_roll_deg, 2, ", ")
        found.append(
            f"  x, y, z {_numbers(station.position_m, 3, ', ')} m; pan, tilt, roll {turned} degrees; "
            f"{station.state}"
        )
    if station.timecode or station.status:
        said = [each for each in (station.timecode, station.status) if each]
        found.append(f"  says {', '.join(said)}")
    if station.fields:
        found.append(f"  carries {', '.join(station.fields)}")
    found += [f"  note: {remark}" for remark in station.remarks]
    return [line for each in found for line in _wrapped(each)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, COLUMNS, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def trouble_line(trouble: Trouble) -> str:
    """One kind of fault, what it means and what helps."""
    head = f"{trouble.count} times {trouble.fault} from {trouble.sender} on {trouble.heard_on}"
    example = f" ({trouble.example})" if trouble.example else ""
    return f"{head}{example}: {trouble.meaning}" if trouble.meaning else f"{head}{example}"


def stranger_line(stranger: Stranger) -> str:
    """Datagrams of no known protocol, and how they begin."""
    begins = stranger.begins.hex(" ")
    words = "".join(chr(each) if 32 <= each < 127 else "·" for each in stranger.begins)
    return (
        f"{stranger.datagrams} datagrams of no known protocol from {stranger.sender} on "
        f"{stranger.heard_on}, beginning {begins} ({words})"
    )


def timecode_line(report: LtcReport) -> str:
    """What is heard of a source of timecode."""
    if report.trouble:
        return f"{report.source}: {report.trouble.removeprefix(f'{report.source}: ')}"
    if not report.timecode:
        return f"{report.source}: no timecode heard in {report.heard_s:.1f} s of sound"
    sure = "" if report.certain else " (not certain yet)"
    back = ", running backwards" if report.reverse else ""
    return (
        f"{report.source}: {report.timecode} at {report.rate}{sure}{back}, channel {report.channel}, "
        f"{report.level_db:.0f} dB, {report.frames} frames, {report.missing} missing, "
        f"{report.jumps} jumps"
    )


def as_json(census: Census, now_ns: int) -> dict[str, Any]:
    """Sources, faults and strangers for programs."""
    return {
        "sources": [_station_json(each) for each in census.stations(now_ns)],
        "faults": [asdict(each) for each in census.troubles()],
        "strangers": [{**asdict(each), "begins": each.begins.hex()} for each in census.strangers()],
    }


def _station_json(station: Station) -> dict[str, Any]:
    figures = asdict(station)
    figures.pop("jitter")
    figures.pop("lateness")
    lens = station.lens
    return {
        **figures,
        "rate_hz": round(station.rate_hz, 2),
        "silent_s": round(station.silent_s, 3),
        "jitter_ms": station.jitter and station.jitter.as_json(),
        "lateness_ms": station.lateness and station.lateness.as_json(),
        "lens": None if lens is None else _said(asdict(lens)),
    }


def _said(lens: dict[str, Any]) -> dict[str, Any]:
    """What a lens report says; JSON has no infinity, where focus may lie."""
    return {
        name: value
        for name, value in lens.items()
        if value not in (None, ()) and not (isinstance(value, float) and not math.isfinite(value))
    }
