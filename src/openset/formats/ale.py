"""Avid log exchange: a bin's clips as rows under named columns, tab-separated.

Source: Avid, Avid Log Specifications: the words Heading, Column and Data stand on lines of their own;
the heading holds pairs, the column line the names, each data line a clip. Written by programs in UTF-8
and in older code pages. A line ends with any of LF, CR LF and CR.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from openset.formats.cdl import CdlError, Correction, number, numbers, triple
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.time import parse_rate

MOST_COLUMNS = 1024
MOST_CELLS = 8_000_000
MOST_FAULTS = 20
"""Rows told in words; the rest are only counted."""

_SOP = re.compile(r"\s*\(([^()]*)\)\s*\(([^()]*)\)\s*\(([^()]*)\)\s*")
_RATE = Fraction(24)


class AleError(FormatError):
    """Text that is no Avid log."""


@dataclass(frozen=True)
class Log:
    """A bin. `rows` hold a value for each column, "" where the file has none; `lines` where each stood.
    `skipped` counts the rows that could not be used; `faults` says of the first ones why not."""

    heading: Mapping[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()
    skipped: int = 0
    faults: tuple[str, ...] = ()

    def rate(self, default: Fraction | None = None) -> Fraction:
        """The heading's frame rate, else `default`, else 24. Raises AleError for one that is none."""
        said = self.heading.get("FPS", "").strip()
        if not said:
            return default or _RATE
        try:
            rate = parse_rate(said)
        except ValueError as error:
            raise AleError(str(error), "FPS") from error
        if not 1 <= rate <= 1000:
            raise AleError(f"{said[:40]} frames a second is no rate", "FPS")
        return rate


@dataclass
class _Parsed:
    """What the lines so far have said."""

    section: str = ""
    heading: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    skipped: int = 0
    faults: list[str] = field(default_factory=list)

    def row(self, line: str, at: int) -> None:
        """Take a line of the data section."""
        if not self.columns:
            raise AleError("data before the columns", f"line {at}")
        row = [each.strip() for each in line.split("\t")]
        while len(row) > len(self.columns) and not row[-1]:
            row.pop()
        if len(row) > len(self.columns):
            self.skipped += 1
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(f"line {at}: {len(row)} values under {len(self.columns)} columns")
            return
        if len(self.rows) * len(self.columns) > MOST_CELLS:
            raise AleError(f"this log has more than {MOST_CELLS} values", f"line {at}")
        self.rows.append((*row, *[""] * (len(self.columns) - len(row))))
        self.lines.append(at)


def read(data: bytes) -> Log:
    """The log. Raises FormatError with the line, and where there is no row to use."""
    parsed = _Parsed()
    text = decoded(data, "latin-1").replace("\r\n", "\n").replace("\r", "\n")
    for at, line in enumerate(text.split("\n"), 1):
        if line.strip() in ("Heading", "Column", "Data"):
            parsed.section = line.strip()
        elif not line.strip():
            continue
        elif parsed.section == "Heading":
            key, _, value = line.partition("\t")
            parsed.heading[key.strip()] = value.strip()
        elif parsed.section == "Column":
            parsed.columns = _columns(line, at)
        elif parsed.section == "Data":
            parsed.row(line, at)
        else:
            raise AleError("an Avid log begins with the line Heading", f"line {at}")
    if not parsed.rows:
        raise AleError(parsed.faults[0] if parsed.faults else "there is no clip")
    return Log(
        parsed.heading,
        parsed.columns,
        tuple(parsed.rows),
        tuple(parsed.lines),
        parsed.skipped,
        tuple(parsed.faults),
    )


def write(log: Log) -> bytes:
    """The log as UTF-8 with CR LF, as Avid's own. Tabs and line breaks in a value become a space."""
    heading = {**log.heading, "FIELD_DELIM": "TABS"}
    lines = ["Heading", *(f"{_cell(key)}\t{_cell(value)}" for key, value in heading.items())]
    lines += ["", "Column", "\t".join(map(_cell, log.columns))]
    lines += ["", "Data", *("\t".join(map(_cell, row)) for row in log.rows), ""]
    return "\r\n".join(lines).encode("utf-8", "replace")


def video_format(width: int, height: int) -> str:
    """What VIDEO_FORMAT calls a picture of this size in pixels; CUSTOM where it has no name."""
    named = {(720, 480): "NTSC", (720, 486): "NTSC", (720, 576): "PAL", (1280, 720): "720"}
    return named.get((width, height), "1080" if height == 1080 and width <= 1920 else "CUSTOM")


def sop_text(correction: Correction) -> str:
    """Slope, offset and power the way logs and edit lists write them: (r g b)(r g b)(r g b)."""
    triples = (correction.slope, correction.offset, correction.power)
    return "".join(f"({' '.join(map(_decimal, each))})" for each in triples)


def sat_text(correction: Correction) -> str:
    """The saturation the way logs and edit lists write it."""
    return _decimal(correction.saturation)


def grade_of(sop: str, sat: str, name: str = "") -> Correction | None:
    """The correction that ASC_SOP and ASC_SAT texts give, None for two empty ones. Raises CdlError."""
    if not sop.strip() and not sat.strip():
        return None
    found = Correction(name)
    if sop.strip():
        match = _SOP.fullmatch(sop)
        if match is None:
            raise CdlError(f"{sop.strip()[:60]!r} is not slope, offset and power in brackets")
        slope, offset, power = (triple(part) for part in match.groups())
        found = Correction(name, slope, offset, power)
    if not sat.strip():
        return found
    return Correction(name, found.slope, found.offset, found.power, numbers(sat, 1)[0])


def _columns(line: str, at: int) -> tuple[str, ...]:
    names = [each.strip() for each in line.rstrip("\t").split("\t")]
    if len(names) > MOST_COLUMNS:
        raise AleError(f"{len(names)} columns are more than {MOST_COLUMNS}", f"line {at}")
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise AleError(f"the column {twice[:40]!r} stands there twice", f"line {at}")
    return tuple(names)


def _cell(value: object) -> str:
    return " ".join(str(value).split())


def _decimal(value: float) -> str:
    """With a point, since readers of the field look for one."""
    text = number(value)
    return text if "." in text else f"{text}.0"


def table(
    rows: Sequence[Mapping[str, str]], first: Sequence[str]
) -> tuple[tuple[str, ...], list[list[str]]]:
    """The columns of rows given as mappings, those of `first` in front, and the rows under them."""
    columns = list(first)
    for row in rows:
        columns += [each for each in row if each not in columns]
    return tuple(columns), [[row.get(each, "") for each in columns] for row in rows]
