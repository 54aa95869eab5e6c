"""What a camera wrote down of a clip and of each of its frames, whoever made the camera; SI units.

The readers (`arri_csv`, `sony_metadata`, `red_csv`, `canon_csv`, `blackmagic_text`) fill these values;
what they share in reading clocks, distances and stops stands here too. Stops: an aperture ring is
marked in the rounded powers of the square root of two (ISO 517), so 5.6 stands for 5.657.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from openset.formats.faults import FormatError
from openset.formats.tables import Row
from openset.primitives.time import Timecode, parse_rate, timecode_from_fields

MOST_FAULTS = 20
"""Faults told in words; the rest are only counted."""

FOOT_M = 0.3048

_FARTHEST_M = 10_000.0
_LEAST_SQUEEZE = 0.1
_MOST_FRAMES = 119
"""The highest frame number of a timecode (SMPTE ST 12-3, 120 frames a second)."""

_INFINITE = frozenset(("inf", "infinity", "infinite", "\u221e", "+inf", "1.#inf"))
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})([:;.,])([0-9]{2,3})", re.ASCII)


class Clock(NamedTuple):
    """A timecode as it was printed, before its rate is known; `drop` where its mark says drop-frame."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop: bool = False

    def at(self, rate: Fraction, drop: bool | None = None) -> Timecode | None:
        """The timecode at a rate, None where it has no such number; `drop` overrides the mark."""
        wanted = self.drop if drop is None else drop
        if self.frames > _MOST_FRAMES:
            return None
        for each in dict.fromkeys((wanted, False)):
            try:
                return timecode_from_fields(*self[:4], rate, drop_frame=each)
            except ValueError:
                continue
        return None


@dataclass(frozen=True)
class ClipMetadata:
    """What holds for the whole clip; None or empty where the camera does not say.

    `rate` is that at which the clip plays, `capture_rate` that at which it was shot, `timecode_rate`
    that of its timecode where it is another. `size_px` is the recorded picture, `photosites_px` what of
    the sensor it was read from, `sensor_mm` how large that is.
    """

    name: str = ""
    camera_make: str = ""
    camera_model: str = ""
    camera_serial: str = ""
    camera_firmware: str = ""
    camera_label: str = ""
    lens_make: str = ""
    lens_model: str = ""
    lens_serial: str = ""
    lens_firmware: str = ""
    sensor_mm: tuple[float, float] | None = None
    photosites_px: tuple[int, int] | None = None
    size_px: tuple[int, int] | None = None
    squeeze: Fraction | None = None
    iso: int | None = None
    shutter_angle_rad: float | None = None
    rate: Fraction | None = None
    capture_rate: Fraction | None = None
    timecode_rate: Fraction | None = None
    drop_frame: bool | None = None
    frame_count: int | None = None


@dataclass(frozen=True, slots=True)
class FrameMetadata:
    """One frame. `number` is the camera's own count. Focus is infinite at infinity, None where unknown.

    Tilt and roll are the camera's own level's, as it prints them. Encoders are focus, iris and zoom, as
    the lens counts; `encoders` within its limits, 0 to 1.
    """

    number: int | None = None
    clock: Clock | None = None
    focal_length_mm: float | None = None
    focus_distance_m: float | None = None
    t_stop: float | None = None
    f_stop: float | None = None
    entrance_pupil_offset_m: float | None = None
    tilt_rad: float | None = None
    roll_rad: float | None = None
    raw_encoders: tuple[int | None, int | None, int | None] = (None, None, None)
    encoders: tuple[float | None, float | None, float | None] = (None, None, None)


@dataclass(frozen=True)
class Metadata:
    """All that a file says: `frames` in order, rows `skipped` and why (`faults`, the first of them),
    and the names of what was said but has no place here (`unheld`). `of_clip_only` where the file says
    nothing of single frames: then the one frame is the first."""

    clip: ClipMetadata
    frames: tuple[FrameMetadata, ...]
    skipped: int = 0
    faults: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()
    of_clip_only: bool = False


def gathered(
    rows: Iterable[Row | FormatError],
    clip_of: Callable[[Row], ClipMetadata],
    frame_of: Callable[[Row], FrameMetadata],
    held: Iterable[str],
) -> Metadata:
    """Rows as metadata, the clip's facts and `unheld` columns from the first usable row.

    A row that is none, or holds a value no camera has, is skipped and counted. Raises FormatError where
    no row can be used.
    """
    clip: ClipMetadata | None = None
    unheld: tuple[str, ...] = ()
    frames: list[FrameMetadata] = []
    skipped = 0
    faults: list[str] = []
    for row in rows:
        try:
            if isinstance(row, FormatError):
                raise row
            frame = frame_of(row)
            if clip is None:
                clip = clip_of(row)
                known = set(held)
                unheld = tuple(name for name in row.cells if name not in known and row.text(name))
            frames.append(frame)
        except FormatError as trouble:
            skipped += 1
            if len(faults) < MOST_FAULTS:
                at = trouble.at or (row.at if isinstance(row, Row) else "")
                faults.append(str(FormatError(trouble.trouble, at)))
    if clip is None:
        first = f" ({faults[0]})" if faults else ""
        raise FormatError(f"the table holds no row of a frame that can be used{first}")
    return Metadata(clip, tuple(frames), skipped, tuple(faults), unheld)


def with_clip(frames: Metadata, clip: Metadata) -> Metadata:
    """The frames of one file with the clip's facts of another; what both say is the clip file's."""
    own = frames.clip
    said = {name: value for name, value in vars(clip.clip).items() if value not in (None, "")}
    return Metadata(
        replace(own, **said),
        frames.frames,
        frames.skipped + clip.skipped,
        (*frames.faults, *clip.faults)[:MOST_FAULTS],
        tuple(dict.fromkeys((*frames.unheld, *clip.unheld))),
    )


def clock_of(text: str, at: str = "") -> Clock | None:
    """A printed timecode, None for no text; FormatError for anything else."""
    if not text:
        return None
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise FormatError(f"{text[:40]!r} is no timecode", at)
    hours, minutes, seconds, mark, frames = match.groups()
    clock = Clock(int(hours), int(minutes), int(seconds), int(frames), mark != ":")
    if not (clock.hours < 24 and clock.minutes < 60 and clock.seconds < 60):
        raise FormatError(f"there is no timecode {text}", at)
    return clock


def distance_m(row: Row, column: str, unit_m: float) -> float | None:
    """A focus distance in a column's own unit: infinite where it says so or lies beyond any mark on a
    lens, None for none and for zero."""
    if row.text(column).lower() in _INFINITE:
        return math.inf
    metres = row.number(column, 0.0, 1e12)
    if not metres:
        return None
    return metres * unit_m if metres * unit_m < _FARTHEST_M else math.inf


def above_zero(row: Row, column: str, high: float) -> float | None:
    """A number up to `high`, None for none and for zero, which cameras print for "not known"."""
    return row.number(column, 0.0, high) or None


def whole(row: Row, column: str, high: float = 2**31 - 1) -> int | None:
    """A count, None for none and for zero; FormatError where it is not whole."""
    value = above_zero(row, column, high)
    if value is not None and value != int(value):
        raise FormatError(f"{column}: {value:g} is not whole", row.at)
    return None if value is None else int(value)


def rate_of(row: Row, column: str) -> Fraction | None:
    """A frame rate, NTSC's taken for exact; None for none and for zero."""
    value = above_zero(row, column, 10_000.0)
    return None if value is None else exact_rate(value)


def exact_rate(value: float) -> Fraction | None:
    """The rate that a decimal stands for: 23.976 is 24000/1001; None for what is slower than any."""
    return parse_rate(f"{value:.4f}") if value >= 0.1 else None


def ratio(value: float | None) -> Fraction | None:
    """A squeeze factor as a fraction: 1.33 stays 133/100; None for one that no lens has."""
    if value is None or not _LEAST_SQUEEZE <= value <= 1 / _LEAST_SQUEEZE:
        return None
    return Fraction(value).limit_denominator(1000)


def radians(degrees: float | None) -> float | None:
    """Degrees to radians, None for None."""
    return None if degrees is None else math.radians(degrees)


def stop(mark: float, tenths: float = 0.0) -> float:
    """An aperture mark and tenths of a stop beyond it: 5.6 and 3 is 2**(5/2) x 2**(0.3/2) = 6.28.

    A mark of the standard row stands for its power of the square root of two, any other for itself.
    """
    steps = round(2 * math.log2(mark))
    exact: float = 2.0 ** (steps / 2)
    base = exact if abs(mark / exact - 1) < 0.03 else mark
    return float(base * 2 ** (tenths / 20))
