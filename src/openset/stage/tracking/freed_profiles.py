"""How each make fills FreeD's free fields (zoom, focus, user), and calibration tables for those that
send bare encoder counts.

- Z CAM: millimetres x 100, millimetres x 10, F-number x 100 in the low 12 bits of user and a frame
  number in the upper 4 (Z CAM's FreeD notes).
- SYNCRO-LINK: millimetres x 64 for both, F-number x 10.
- Panasonic: counts from 0x555 (wide, near, closed) to 0xFFF (tele, far, open); camera id 0xFF, position
  always 0, roll 0 or 180 degrees as the head hangs (AW-UE100 and AW-UE80 operating instructions,
  "Tracking data output").
- Sony: counts; roll and position always 0 (help guides of the ILME-FR7 and BRC-AM7, "Outputting
  tracking data"). Ranges as Unreal's FreeD source takes them: zoom to 0x7AC0, focus from 0x1000 to
  0xF000, iris in 12 bits.
- vizrt and Vinten's original: counts about 0x80000 (Viz Tracking Hub guide, "Description of the FreeD
  protocol").

A calibration table is a CSV file, `field,count,value` a line: field is zoom (value in mm of focal
length), focus (metres) or iris (F-number). Between two lines zoom and iris are interpolated as they are
and focus in its reciprocal, as lens scales are cut; beyond the ends the nearest holds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput

FIELDS = ("zoom", "focus", "iris")
MOST_ROWS = 4096
_LIMITS = {"zoom": (0.5, 10_000.0), "focus": (0.001, 100_000.0), "iris": (0.1, 1000.0)}


@dataclass(frozen=True)
class Curve:
    """Encoder counts to values and back, both strictly monotone; `values` are stored as they are
    interpolated (reciprocal for focus)."""

    counts: tuple[int, ...]
    values: tuple[float, ...]
    reciprocal: bool = False

    def value(self, count: float) -> float:
        """The value at an encoder count; the end's beyond an end."""
        found = _between(count, self.counts, self.values)
        return 1.0 / found if self.reciprocal else found

    def count(self, value: float) -> int:
        """The encoder count nearest to a value above 0; the end's beyond an end."""
        wanted = 1.0 / value if self.reciprocal else value
        falling = self.values[0] > self.values[-1]
        values, counts = self.values, self.counts
        if falling:
            values, counts = values[::-1], counts[::-1]
        return round(_between(wanted, values, counts))


def _between(at: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    index = min(max(bisect_right(xs, at), 1), len(xs) - 1)
    x0, x1, y0, y1 = xs[index - 1], xs[index], ys[index - 1], ys[index]
    share = min(max((at - x0) / (x1 - x0), 0.0), 1.0)
    return y0 * (1.0 - share) + y1 * share


@dataclass(frozen=True)
class Profile:
    """How one make fills the free fields; None where the numbers are bare encoder counts.

    Zoom in steps per mm of focal length, focus in steps per mm of distance, user in steps per stop of
    aperture in its lowest `stop_bits` bits. `zero` is taken off zoom and focus. `sequence_bits` are the
    upper bits of user that count frames. `ranges` are the counts the maker publishes, by field, and
    `curves` a calibration of this one lens, which goes before the scales.
    """

    name: str
    zoom_per_mm: float | None = None
    focus_per_mm: float | None = None
    user_per_stop: float | None = None
    stop_bits: int = 16
    zero: int = 0
    sequence_bits: int = 0
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    curves: Mapping[str, Curve] = field(default_factory=dict, hash=False)
    remark: str = ""

    def calibrated(self, curves: Mapping[str, Curve]) -> Profile:
        """This profile with the curves of one lens."""
        return replace(self, curves=dict(curves))


_COUNTS = "Zoom, focus and iris are encoder counts: give a calibration table to know the lens."

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("raw", remark=_COUNTS),
        Profile(
            "z-cam",
            zoom_per_mm=100,
            focus_per_mm=10,
            user_per_stop=100,
            stop_bits=12,
            sequence_bits=4,
            remark="Sends millimetres and F-numbers.",
        ),
        Profile(
            "syncro-link",
            zoom_per_mm=64,
            focus_per_mm=64,
            user_per_stop=10,
            remark="Sends millimetres and F-numbers.",
        ),
        Profile(
            "panasonic",
            ranges={each: (0x555, 0xFFF) for each in FIELDS},
            remark=f"{_COUNTS} The head says only angles: its place must be measured.",
        ),
        Profile(
            "sony",
            stop_bits=12,
            ranges={"zoom": (0, 0x7AC0), "focus": (0x1000, 0xF000), "iris": (0, 0xFFF)},
            remark=f"{_COUNTS} The head says only angles: its place must be measured.",
        ),
        Profile("vizrt", zero=0x80000, remark=_COUNTS),
    )
}


def profile_named(name: str) -> Profile:
    """A known profile; BadInput naming those there are."""
    if name not in PROFILES:
        raise BadInput(f"no FreeD profile {name!r}", todo=f"Choose from {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


def read_calibration(text: str) -> dict[str, Curve]:
    """The curves of a calibration table, by field; FormatError naming the line that cannot be used."""
    points: dict[str, list[tuple[int, float, int]]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.split("#")[0].strip()
        if not bare or bare.replace(" ", "").lower() == "field,count,value":
            continue
        if number > MOST_ROWS:
            raise FormatError(f"a calibration table has at most {MOST_ROWS} lines", f"line {number}")
        name, count, value = _point(bare, f"line {number}")
        points.setdefault(name, []).append((count, value, number))
    if not points:
        raise FormatError("no calibration here: lines are field,count,value", "line 1")
    return {name: _curve(name, rows) for name, rows in points.items()}


def _point(line: str, at: str) -> tuple[str, int, float]:
    cells = [cell.strip() for cell in line.replace(";", ",").replace("\t", ",").split(",")]
    if len(cells) != 3 or cells[0] not in FIELDS:
        raise FormatError("a line is field,count,value, the field zoom, focus or iris", at)
    try:
        count, value = int(cells[1], 0), float(cells[2])
    except ValueError as error:
        raise FormatError(f"not a count and a value: {line[:60]!r}", at) from error
    low, high = _LIMITS[cells[0]]
    if not (-(1 << 24) < count < 1 << 24 and math.isfinite(value) and low <= value <= high):
        raise FormatError(f"{cells[0]} {cells[2][:20]} at count {cells[1][:20]} is beyond any lens", at)
    return cells[0], count, value


def _curve(name: str, rows: list[tuple[int, float, int]]) -> Curve:
    if len(rows) < 2:
        raise FormatError(f"{name} needs two lines or more", f"line {rows[0][2]}")
    rising = rows[1][1] > rows[0][1]
    for (count0, value0, _), (count1, value1, number) in pairwise(rows):
        if count1 <= count0:
            raise FormatError(f"the counts of {name} must rise from line to line", f"line {number}")
        if value1 == value0 or (value1 > value0) != rising:
            raise FormatError(f"the values of {name} must all rise or all fall", f"line {number}")
    reciprocal = name == "focus"
    values = tuple(1.0 / value if reciprocal else value for _, value, _ in rows)
    return Curve(tuple(count for count, _, _ in rows), values, reciprocal)


def write_calibration(curves: Mapping[str, Curve]) -> str:
    """A calibration table as text."""
    lines = ["field,count,value"]
    for name in FIELDS:
        if name in curves:
            curve = curves[name]
            lines += [f"{name},{count},{curve.value(count)!r}" for count in curve.counts]
    return "\n".join(lines) + "\n"
