"""Time as whole counts: nanoseconds on a named clock, frames at a rational rate, SMPTE timecode.

A time stamp is an int of nanoseconds on some clock (`time_ns`); an interval in seconds is a float
(`delay_s`). A frame rate is a Fraction: 25, 30000/1001.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

NS_PER_S = 1_000_000_000
_TIMECODE = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})([:;])([0-9]{2,3})")


def ns_from_s(seconds: float) -> int:
    """Seconds to whole nanoseconds."""
    return round(seconds * NS_PER_S)


def s_from_ns(nanoseconds: int) -> float:
    """Nanoseconds to seconds."""
    return nanoseconds / NS_PER_S


def frame_time_ns(index: int, rate: Fraction) -> int:
    """When frame `index` starts, in nanoseconds after frame 0."""
    return int(Fraction(index * NS_PER_S) / rate)


FASTEST = 1_000_000
"""Frames a second above which a rate is a mistake."""

_RATE_TEXT = 40


def parse_rate(text: str | int | float) -> Fraction:
    """'25', '24000/1001', '29.97' to the exact rate; 23.976, 29.97, 59.94 mean n*1000/1001.

    Raises ValueError for what is no rate, or one above `FASTEST`.
    """
    if len(str(text)) > _RATE_TEXT or "e" in str(text).lower():
        raise ValueError(f"not a frame rate: {str(text)[:_RATE_TEXT]!r}; write 25, 29.97 or 30000/1001")
    try:
        value = Fraction(str(text))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"not a frame rate: {text!r}; write 25, 29.97 or 30000/1001") from error
    if abs(value) > FASTEST:
        raise ValueError(f"no camera runs at {text} frames a second")
    whole = round(float(value) * 1.001)
    ntsc = Fraction(whole * 1000, 1001)
    if value.denominator != 1 and abs(float(value - ntsc)) < 0.005:
        return ntsc
    if value <= 0:
        raise ValueError(f"a frame rate is above zero, not {text}")
    return value


@dataclass(frozen=True)
class Timecode:
    """SMPTE ST 12-1 timecode as a count of frames since midnight at a rate.

    Drop-frame skips the first two (four at 60) frame numbers of each minute but every tenth.
    """

    frame_count: int
    rate: Fraction
    drop_frame: bool = False

    @property
    def nominal_rate(self) -> int:
        """Frames numbered in one timecode second: 30 for 29.97."""
        return -(-self.rate.numerator // self.rate.denominator)

    def plus(self, frames: int) -> Timecode:
        """The timecode `frames` later, wrapping at 24 hours."""
        return Timecode((self.frame_count + frames) % self.frames_per_day, self.rate, self.drop_frame)

    def _dropped(self) -> int:
        return self.nominal_rate // 15 if self.drop_frame else 0

    @property
    def frames_per_day(self) -> int:
        """How many frames 24 hours of timecode count."""
        return 24 * (3600 * self.nominal_rate - 54 * self._dropped())

    def fields(self) -> tuple[int, int, int, int]:
        """Hours, minutes, seconds, frames as they are displayed."""
        nominal, dropped = self.nominal_rate, self._dropped()
        count = self.frame_count % self.frames_per_day
        if dropped:
            per_minute = nominal * 60 - dropped
            per_ten = per_minute * 10 + dropped
            tens, rest = divmod(count, per_ten)
            count += dropped * 9 * tens
            if rest >= nominal * 60:
                count += dropped * (1 + (rest - nominal * 60) // per_minute)
        seconds, frames = divmod(count, nominal)
        minutes, seconds = divmod(seconds, 60)
        return minutes // 60, minutes % 60, seconds, frames

    def __str__(self) -> str:
        hours, minutes, seconds, frames = self.fields()
        mark = ";" if self.drop_frame else ":"
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:02d}"


def timecode_from_fields(
    hours: int,
    minutes: int,
    seconds: int,
    frames: int,
    rate: Fraction,
    drop_frame: bool = False,
) -> Timecode:
    """The displayed fields to a timecode; raises ValueError for a number that does not exist."""
    probe = Timecode(0, rate, drop_frame)
    nominal = probe.nominal_rate
    dropped = nominal // 15 if drop_frame else 0
    if drop_frame and nominal % 30:
        raise ValueError(f"drop-frame timecode exists at 29.97 and 59.94, not at {rate}")
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60 and 0 <= frames < nominal):
        raise ValueError(f"no such timecode: {hours}:{minutes}:{seconds}:{frames} at {rate}")
    if dropped and seconds == 0 and frames < dropped and minutes % 10:
        raise ValueError(f"drop-frame skips {hours}:{minutes}:{seconds};{frames}")
    total_minutes = hours * 60 + minutes
    count = (total_minutes * 60 + seconds) * nominal + frames
    return Timecode(count - dropped * (total_minutes - total_minutes // 10), rate, drop_frame)


def parse_timecode(text: str, rate: Fraction) -> Timecode:
    """'01:00:00:00' (or ';' before the frames for drop-frame) to a timecode."""
    match = _TIMECODE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a timecode: {text!r}; write HH:MM:SS:FF")
    hours, minutes, seconds, mark, frames = match.groups()
    return timecode_from_fields(
        int(hours), int(minutes), int(seconds), int(frames), rate, drop_frame=mark == ";"
    )
