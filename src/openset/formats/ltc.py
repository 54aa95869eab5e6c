"""Linear timecode (LTC): SMPTE timecode as sound. Frames as 80-bit words, and words as samples.

Each frame's 80 bits last exactly one frame, in biphase mark: the level changes at every bit's start,
and in the middle of a 1. Bits 0 to 63 hold the time in BCD digits, least significant bit first, with
four user bits after each digit; 64 to 79 are the sync word, which also tells the direction. Bits 27,
43, 58 and 59 are flags whose places differ at 25 frames a second. Source: SMPTE ST 12-1:2014, clause
9. Reading it back from sound is `ltc_decode` and `ltc_follow`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openset.formats.faults import FormatError
from openset.primitives.time import Timecode, timecode_from_fields

F32 = NDArray[np.float32]

BITS = 80
SYNC = 0b1011111111111100
"""Bits 64 to 79, bit 64 lowest; sent in that order they read 0011 1111 1111 1101."""
RISE_S = 40e-6
"""ST 12-1: an edge takes 40 ± 10 microseconds from 10 to 90 %."""
LEVEL = 0.5
MOST_FRAMES = 24 * 3600 * 30
"""A day of timecode: what one `TimecodeTrack` may hold."""
_FULL_EDGE = 1.0 / 0.5903
"""Length of a raised-cosine edge in its 10 to 90 % rise: 1 / (1 - 2 acos(0.8) / pi)."""
_USER_BIT_PLACES = (4, 12, 20, 28, 36, 44, 52, 60)
_FLAG_PLACES = (27, 43, 58, 59)
_BLOCK_FRAMES = 50


class LtcError(FormatError):
    """Bits that are no timecode, or sound that cannot be made or read."""


@dataclass(frozen=True)
class LtcFrame:
    """One word as found in sound.

    `user_bits` is 32 bits, the group after the frames' units lowest. `flags` holds bits 27, 43, 58, 59
    in its bits 0 to 3. `start` and `end` are where the word lies, in samples (with fractions) from the
    first one heard; in a word played backwards the time it names begins at its `end`. `level` is its
    mean amplitude, 1.0 being full scale.
    """

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop_frame: bool = False
    colour_frame: bool = False
    user_bits: int = 0
    flags: int = 0
    reverse: bool = False
    start: float = 0.0
    end: float = 0.0
    level: float = 0.0

    def timecode(self, rate: Fraction) -> Timecode:
        """The timecode at `rate`; LtcError for a number which that rate does not have."""
        try:
            return timecode_from_fields(
                self.hours, self.minutes, self.seconds, self.frames, rate, self.drop_frame
            )
        except ValueError as error:
            raise LtcError(str(error)) from error

    def __str__(self) -> str:
        mark = ";" if self.drop_frame else ":"
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frames:02d}"


@dataclass(frozen=True)
class TimecodeTrack:
    """Timecode against time: each frame's timecode, and when it begins in seconds from the start of the
    file. At least one frame."""

    rate: Fraction
    drop_frame: bool
    frames: tuple[tuple[Timecode, float], ...]


def word_of(timecode: Timecode, user_bits: int = 0, flags: int = 0) -> int:
    """The 80 bits of a frame, bit 0 lowest. The polarity bit (27, at 25 frames a second 59) is set so
    that the zeros are even and every frame begins alike; it overrides `flags`."""
    hours, minutes, seconds, frames = timecode.fields()
    if not 23 < timecode.nominal_rate <= 30:
        raise LtcError(f"LTC counts 24 to 30 frames a second, not {timecode.rate}")
    word = SYNC << 64 | int(timecode.drop_frame) << 10
    for place, number in ((0, frames), (16, seconds), (32, minutes), (48, hours)):
        word |= number % 10 << place | number // 10 << (place + 8)
    for group, place in enumerate(_USER_BIT_PLACES):
        word |= (user_bits >> 4 * group & 0xF) << place
    polarity = 59 if timecode.nominal_rate == 25 else 27
    for index, place in enumerate(_FLAG_PLACES):
        if place != polarity:
            word |= (flags >> index & 1) << place
    return word | (word.bit_count() & 1) << polarity


def frame_of(word: int, **found: Any) -> LtcFrame:
    """The frame of 80 bits, bit 0 lowest; `found` are LtcFrame's fields on where it was found. LtcError
    where the sync word or a digit is wrong, or drop-frame has no such number."""
    if word < 0 or word >> 64 != SYNC:
        raise LtcError("no sync word where it should be", at="bit 64")
    numbers = []
    for place, tens_bits, most in ((48, 3, 23), (32, 7, 59), (16, 7, 59), (0, 3, 29)):
        units, tens = word >> place & 0xF, word >> (place + 8) & tens_bits
        if units > 9 or 10 * tens + units > most:
            raise LtcError(f"{tens} and {units} are no digits of a time", at=f"bit {place}")
        numbers.append(10 * tens + units)
    hours, minutes, seconds, frames = numbers
    dropping = bool(word >> 10 & 1)
    if dropping and seconds == 0 and frames < 2 and minutes % 10:
        raise LtcError(
            f"drop-frame has no {hours:02d}:{minutes:02d}:{seconds:02d};{frames:02d}", at="bit 0"
        )
    user_bits = sum((word >> p & 0xF) << 4 * group for group, p in enumerate(_USER_BIT_PLACES))
    flags = sum((word >> p & 1) << index for index, p in enumerate(_FLAG_PLACES))
    return LtcFrame(
        hours, minutes, seconds, frames, dropping, bool(word >> 11 & 1), user_bits, flags, **found
    )


def encode_blocks(
    timecodes: Iterable[Timecode],
    sample_rate: int,
    *,
    level: float = LEVEL,
    user_bits: int = 0,
    flags: int = 0,
    rise_s: float = RISE_S,
) -> Iterator[F32]:
    """The sound of frames that follow each other, a few at a time: mono, float32, ±`level`.

    Frame n begins exactly n / rate seconds after the first sample, which falls between two samples
    where the rates do not divide. LtcError for a sample rate outside 8000 to 768000.
    """
    if not 8000 <= sample_rate <= 768_000:
        raise LtcError(f"a sample rate of {sample_rate} is not one for LTC", at="sample rate")
    left = iter(timecodes)
    done = 0
    while block := list(islice(left, _BLOCK_FRAMES)):
        words = [word_of(each, user_bits, flags) for each in block]
        length = sample_rate / block[0].rate
        sound = sound_of_words(words, length, begin=length * done, rise_samples=rise_s * sample_rate)
        yield sound * np.float32(level)
        done += len(block)


def encode(timecodes: Iterable[Timecode], sample_rate: int, **how: Any) -> F32:
    """All of `encode_blocks` in one array."""
    blocks = list(encode_blocks(timecodes, sample_rate, **how))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def sound_of_words(
    words: Sequence[int],
    samples_per_frame: Fraction,
    *,
    begin: Fraction = Fraction(0),
    rise_samples: float = 0.0,
) -> F32:
    """±1 for words of `samples_per_frame` each, the first of which begins at sample `begin`, which may
    lie between two: the samples from there to where the last one ends. Edges take `rise_samples` from
    10 to 90 %. Words of an even number of zeros all begin by rising, and so any stretch can be made by
    itself."""
    first, end = math.ceil(begin), math.ceil(begin + samples_per_frame * len(words))
    bits = np.array([word >> place & 1 for word in words for place in range(BITS)], np.int64)
    # Half-bits from the first frame: an edge at each bit's start, and in the middle of a one.
    starts = 2 * np.arange(len(bits) + 1, dtype=np.int64)
    edges = np.sort(np.concatenate([starts, starts[:-1][bits == 1] + 1]))
    half = float(samples_per_frame) / (2 * BITS)
    times = edges * half + float(begin - first)
    signs = np.where(np.arange(len(edges)) % 2 == 0, 1.0, -1.0)
    at = np.arange(end - first)
    nearest = np.searchsorted((times[:-1] + times[1:]) / 2, at)
    width = max(1e-9, min(rise_samples * _FULL_EDGE, half))
    phase = np.clip((at - times[nearest]) / width, -0.5, 0.5)
    return (signs[nearest] * np.sin(np.pi * phase)).astype(np.float32)


def samples_from_pcm(data: bytes, bits: int) -> NDArray[Any]:
    """Raw PCM of 8 (unsigned), 16, 24 or 32 bits (signed, little-endian) as an array that
    `ltc_decode.Decoder` takes; a piece of a sample at the end is left out."""
    if bits == 24:
        whole = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).reshape(-1, 3)
        wide = np.zeros((len(whole), 4), np.uint8)
        wide[:, 1:] = whole
        return np.asarray(wide.view("<i4")[:, 0])
    kinds = {8: "u1", 16: "<i2", 32: "<i4"}
    if bits not in kinds:
        raise LtcError(f"PCM of {bits} bits is not known", at="bits")
    return np.frombuffer(data[: len(data) // (bits // 8) * (bits // 8)], kinds[bits])
