"""Tables that cameras' tools write: rows one at a time, whatever the delimiter and the encoding.

Comma, semicolon or tab, told by the header; UTF-8, UTF-16 with its mark, else Windows-1252. Memory is
bounded by one line, so a table of any length can be handed in. Quoting is RFC 4180's, as far as tools
keep to it.
"""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from openset.formats.faults import FormatError

LONGEST_LINE = 1 << 20
MOST_LINES = 500_000
"""Five and a half hours at 25 frames a second: no clip is longer, and no machine should hold it."""

MOST_COLUMNS = 4096

_DELIMITERS = "\t;,"
_BLANK = frozenset(
    ("", "-", "--", "---", "n.a.", "n/a", "na", "none", "null", "unknown", "not available")
)
_LONGEST_NUMBER = 64


@dataclass(frozen=True)
class Row:
    """One row: `cells` by column, `line` counted from 1 as an editor shows it."""

    line: int
    cells: Mapping[str, str]
    decimal_comma: bool = False

    @property
    def at(self) -> str:
        """The row's place, as a fault names it."""
        return f"line {self.line}"

    def text(self, column: str) -> str:
        """What stands in a column; empty where there is none or the tool says that it has no value."""
        value = self.cells.get(column, "").strip()
        return "" if value.lower() in _BLANK else value

    def number(self, column: str, low: float, high: float) -> float | None:
        """A number within bounds, None where there is none; FormatError for anything else."""
        text = self.text(column)
        try:
            return number(text, low, high, decimal_comma=self.decimal_comma)
        except FormatError as trouble:
            raise FormatError(f"{column}: {trouble.trouble}", self.at) from trouble


@dataclass(frozen=True)
class Table:
    """A header and its rows, read as they are asked for; an unusable row comes as its fault."""

    columns: tuple[str, ...]
    rows: Iterator[Row | FormatError]

    def require(self, *names: str) -> None:
        """FormatError naming the first of `names` that is no column."""
        for name in names:
            if name not in self.columns:
                raise FormatError(f"the table has no column {name!r}", "line 1")


def open_table(stream: BinaryIO) -> Table:
    """The table in a stream of bytes, its header read.

    Of columns with one name the first counts. Raises FormatError where there is no header, and while
    rows are read where a line or the file is too long to be a table.
    """
    lines = text_lines(stream)
    delimiter = ""
    for line, text in lines:
        if isinstance(text, FormatError):
            raise text
        if text.lower().startswith("sep=") and len(text) == 5:
            delimiter = text[4]
        elif text.strip():
            header = _header(text, delimiter, line)
            comma = header.delimiter == ";"
            return Table(header.columns, _rows(lines, header, comma))
    raise FormatError("the file is empty")


def number(text: str, low: float, high: float, *, decimal_comma: bool = False) -> float | None:
    """Text as a number from `low` to `high`, None for no text; FormatError for anything else."""
    if not text:
        return None
    if decimal_comma and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text) if len(text) <= _LONGEST_NUMBER else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise FormatError(f"{text[:40]!r} is no number from {low:g} to {high:g}")
    return value


def text_lines(stream: BinaryIO) -> Iterator[tuple[int, str | FormatError]]:
    """The lines of a text, numbered from 1; one that cannot be decoded comes as its fault.

    Raises FormatError where a line is longer than `LONGEST_LINE` bytes or there are more than
    `MOST_LINES`.
    """
    first = stream.readline(LONGEST_LINE + 1)
    wide = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(first[:2])
    if wide:
        source: Iterator[tuple[int, str | FormatError]] = _wide_lines(first[2:], stream, wide)
    else:
        source = _narrow_lines(first.removeprefix(codecs.BOM_UTF8), stream)
    for line, text in source:
        if line > MOST_LINES:
            raise FormatError(f"more than {MOST_LINES} lines are no camera's clip", f"line {line}")
        yield line, text


def _narrow_lines(first: bytes, stream: BinaryIO) -> Iterator[tuple[int, str | FormatError]]:
    line, data = 1, first
    while data:
        if len(data) > LONGEST_LINE:
            raise FormatError(f"a line is longer than {LONGEST_LINE} bytes", f"line {line}")
        yield line, _decoded(data.rstrip(b"\r\n"), line)
        line, data = line + 1, stream.readline(LONGEST_LINE + 1)


def _decoded(data: bytes, line: int) -> str | FormatError:
    if b"\0" in data:
        return FormatError("this is no text, or UTF-16 without its mark", f"line {line}")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return FormatError("this text is neither UTF-8 nor Windows-1252", f"line {line}")


def _wide_lines(
    first: bytes, stream: BinaryIO, encoding: str
) -> Iterator[tuple[int, str | FormatError]]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, rest, chunk, ended = 1, "", first, False
    while not ended:
        ended = not chunk
        try:
            *whole, rest = (rest + decoder.decode(chunk, final=ended)).split("\n")
        except UnicodeDecodeError as error:
            raise FormatError(f"this text is not {encoding}", f"line {line}") from error
        for text in whole:
            yield line, text.rstrip("\r")
            line += 1
        if len(rest) > LONGEST_LINE:
            raise FormatError(f"a line is longer than {LONGEST_LINE} characters", f"line {line}")
        chunk = stream.read(65536)
    if rest:
        yield line, rest.rstrip("\r")


@dataclass(frozen=True)
class _Header:
    delimiter: str
    columns: tuple[str, ...]


def _header(text: str, delimiter: str, line: int) -> _Header:
    splits = {each: _split(text, each) for each in delimiter or _DELIMITERS}
    best = max(splits, key=lambda each: len(splits[each]))
    columns = tuple(name.strip() for name in splits[best])
    if len(columns) < 2:
        raise FormatError("no table: its first line names no columns", f"line {line}")
    if len(columns) > MOST_COLUMNS:
        raise FormatError(f"{len(columns)} columns are more than any camera writes", f"line {line}")
    return _Header(best, columns)


def _split(text: str, delimiter: str) -> list[str]:
    """The cells of one line; a quote that never closes is taken for a character (an inch mark)."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return text.split(delimiter)


def _rows(
    lines: Iterator[tuple[int, str | FormatError]], header: _Header, decimal_comma: bool
) -> Iterator[Row | FormatError]:
    width = len(header.columns)
    places: dict[str, int] = {}
    for place, name in enumerate(header.columns):
        places.setdefault(name, place)
    for line, text in lines:
        if isinstance(text, FormatError):
            yield text
            continue
        if not text.strip():
            continue
        cells = _split(text, header.delimiter)
        if len(cells) < width or any(cells[width:]):
            trouble = f"{len(cells)} cells under {width} columns"
            yield FormatError(trouble, f"line {line}")
            continue
        yield Row(line, {name: cells[place] for name, place in places.items()}, decimal_comma)
