"""Cube LUTs, 1D and 3D, in the dialects of Adobe and of DaVinci Resolve.

Source: Adobe, Cube LUT Specification 1.0; the Resolve dialect has LUT_1D_INPUT_RANGE and
LUT_3D_INPUT_RANGE for the domain, and may hold a 1D table (a shaper) before the 3D one. A line is a
keyword with its values, or three numbers; red runs fastest. Tables are float32.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openset.formats.cdl import Triple
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded

SIZES_3D = range(2, 130)
SIZES_1D = range(2, 65537)
MOST_VALUE = 1e6
"""A number beyond this is damage, not a colour."""

_LINE_BYTES = 4096
_TITLE = re.compile(r'"?(.*?)"?')
_SIZES = {"LUT_1D_SIZE": SIZES_1D, "LUT_3D_SIZE": SIZES_3D}
_RANGES = ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")
_DOMAINS = ("DOMAIN_MIN", "DOMAIN_MAX")

Table = NDArray[np.float32]


class CubeError(FormatError):
    """Text that is no cube LUT."""


@dataclass(frozen=True)
class Cube:
    """A LUT. `table` is (n, n, n, 3), indexed [blue, green, red] since red runs fastest in the file, or
    None. `curve` is (n, 3): the LUT itself where there is no `table`, else the shaper before it. Inputs
    from `low` to `high` span the table, and `curve_low` to `curve_high` the curve."""

    table: Table | None = None
    curve: Table | None = None
    title: str = ""
    low: Triple = (0.0, 0.0, 0.0)
    high: Triple = (1.0, 1.0, 1.0)
    curve_low: Triple = (0.0, 0.0, 0.0)
    curve_high: Triple = (1.0, 1.0, 1.0)
    comments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.table is None and self.curve is None:
            raise CubeError("there is neither a 1D nor a 3D table")
        for table, sizes, dimensions in ((self.curve, SIZES_1D, 1), (self.table, SIZES_3D, 3)):
            if table is None:
                continue
            size = table.shape[0]
            if size not in sizes or table.shape != (*[size] * dimensions, 3):
                raise CubeError(f"a {dimensions}D table is not of shape {table.shape}")
            if not bool(np.all(np.abs(table) <= MOST_VALUE)):  # false for nan, too
                raise CubeError("the table holds numbers that are no colours")
        for low, high in ((self.low, self.high), (self.curve_low, self.curve_high)):
            if not all(-MOST_VALUE <= a < b <= MOST_VALUE for a, b in zip(low, high, strict=True)):
                raise CubeError(f"the domain runs from {low} to {high}")


@dataclass
class _Header:
    """The keywords met so far."""

    title: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[float, ...]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    def rows(self) -> int:
        """How many lines of numbers the sizes ask for."""
        return self.sizes.get("LUT_1D_SIZE", 0) + self.sizes.get("LUT_3D_SIZE", 0) ** 3


def read(data: bytes) -> Cube:
    """The LUT. Raises FormatError with the line."""
    header, values, rows = _Header(), np.empty((0, 3), np.float32), 0
    for number, line in enumerate(_lines(data), 1):
        at = f"line {number}"
        if len(line) > _LINE_BYTES:
            raise CubeError("this line is too long for a cube LUT", at)
        if not line or line.startswith("#"):
            if line[1:].strip():
                header.comments.append(line[1:].strip())
        elif line[0].isalpha() or line[0] == "_":
            _keyword(header, line, at, begun=rows > 0)
        else:
            if not rows:
                if not header.sizes:
                    raise CubeError("numbers before LUT_1D_SIZE or LUT_3D_SIZE", at)
                values = np.empty((header.rows(), 3), np.float32)
            if rows == len(values):
                raise CubeError(f"more than the {len(values)} lines of numbers the size asks for", at)
            values[rows] = _numbers(line.split(), 3, at)
            rows += 1
    if not header.sizes:
        raise CubeError("there is no LUT_1D_SIZE and no LUT_3D_SIZE")
    if rows != header.rows():
        raise CubeError(f"{rows} lines of numbers where the size asks for {header.rows()}")
    return _cube(header, values)


def write(cube: Cube, *, resolve: bool = False) -> bytes:
    """The file, by default in Adobe's dialect, which holds one table. A shaper before a 3D table, or
    `resolve`, gives Resolve's, whose domain is the same for all three channels: CubeError else."""
    both = cube.table is not None and cube.curve is not None
    lines = [f'TITLE "{_one_line(cube.title)}"'] if cube.title else []
    lines += [f"# {_one_line(each)}" for each in cube.comments]
    tables = [
        ("1D", cube.curve, cube.curve_low, cube.curve_high),
        ("3D", cube.table, cube.low, cube.high),
    ]
    for name, table, low, high in tables:
        if table is None:
            continue
        lines.append(f"LUT_{name}_SIZE {table.shape[0]}")
        if both or resolve:
            if len(set(low)) > 1 or len(set(high)) > 1:
                raise CubeError("this dialect has one domain for all three channels")
            lines.append(f"LUT_{name}_INPUT_RANGE {low[0]!r} {high[0]!r}")
        else:
            lines.append(f"DOMAIN_MIN {' '.join(map(repr, low))}")
            lines.append(f"DOMAIN_MAX {' '.join(map(repr, high))}")
    for _, table, _, _ in tables:
        if table is not None:
            lines += [" ".join(map(_shortest, row)) for row in table.reshape(-1, 3)]
    return ("\n".join(lines) + "\n").encode()


def _lines(data: bytes) -> Iterator[str]:
    return (line.strip() for line in decoded(data, "latin-1").split("\n"))


def _keyword(header: _Header, line: str, at: str, *, begun: bool) -> None:
    word, _, rest = line.partition(" ") if "\t" not in line else line.replace("\t", " ").partition(" ")
    if begun:
        raise CubeError(f"{word[:40]!r} among the numbers", at)
    if word == "TITLE":
        match = _TITLE.fullmatch(rest.strip())
        header.title = match[1] if match else rest.strip()
    elif word in _SIZES:
        if word in header.sizes:
            raise CubeError(f"a second {word}", at)
        header.sizes[word] = _size(rest, _SIZES[word], at)
    elif word in _RANGES:
        header.ranges[word] = _numbers(rest.split(), 2, at)
    elif word in _DOMAINS:
        header.ranges[word] = _numbers(rest.split(), 3, at)
    elif word != "LUT_IN_VIDEO_RANGE" and word != "LUT_OUT_VIDEO_RANGE":
        raise CubeError(f"{word[:40]!r} is no keyword of a cube LUT", at)
    else:
        header.comments.append(word)


def _size(text: str, sizes: range, at: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and len(word) < 9 and int(word) in sizes):
        raise CubeError(f"a size is {sizes[0]} to {sizes[-1]}, not {word[:40]!r}", at)
    return int(word)


def _numbers(words: list[str], count: int, at: str) -> tuple[float, ...]:
    try:
        values = tuple(map(float, words))
    except ValueError as error:
        raise CubeError(f"{' '.join(words)[:60]!r} is not {count} numbers", at) from error
    credible = all(abs(value) <= MOST_VALUE for value in values) and not any(
        "_" in each for each in words
    )
    if len(values) != count or not credible:
        raise CubeError(f"{' '.join(words)[:60]!r} is not {count} credible numbers", at)
    return values


def _cube(header: _Header, values: Table) -> Cube:
    low, high = _domain(header, "LUT_3D_INPUT_RANGE")
    curve_low, curve_high = _domain(header, "LUT_1D_INPUT_RANGE")
    before, size = header.sizes.get("LUT_1D_SIZE", 0), header.sizes.get("LUT_3D_SIZE", 0)
    return Cube(
        values[before:].reshape(size, size, size, 3) if size else None,
        values[:before] if before else None,
        header.title,
        low if size else (0.0, 0.0, 0.0),
        high if size else (1.0, 1.0, 1.0),
        curve_low if before else (0.0, 0.0, 0.0),
        curve_high if before else (1.0, 1.0, 1.0),
        tuple(header.comments),
    )


def _domain(header: _Header, own: str) -> tuple[Triple, Triple]:
    """The domain by the table's own range (Resolve), else by DOMAIN_MIN and DOMAIN_MAX (Adobe)."""
    if own in header.ranges:
        low, high = header.ranges[own]
        return (low, low, low), (high, high, high)
    red, green, blue = header.ranges.get("DOMAIN_MIN", (0.0, 0.0, 0.0))
    red_high, green_high, blue_high = header.ranges.get("DOMAIN_MAX", (1.0, 1.0, 1.0))
    return (red, green, blue), (red_high, green_high, blue_high)


def _shortest(value: np.float32) -> str:
    """The shortest decimals that read back as the same float32."""
    text = np.format_float_positional(value, unique=True, trim="0")
    return text if math.copysign(1.0, float(value)) > 0 or float(value) else "0.0"


def _one_line(text: str) -> str:
    return " ".join(text.replace('"', "'").split())
