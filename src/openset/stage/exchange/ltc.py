"""Linear timecode in sound files, and as a table; timecode of a camera move.

Of a recording with several channels the loudest that carries timecode is read. What is written is mono,
48 kHz, 16 bits, 6 dB under full scale, with silence where there is no timecode.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from openset.formats.faults import FormatError
from openset.formats.ltc import (
    F32,
    LEVEL,
    MOST_FRAMES,
    RISE_S,
    LtcError,
    LtcFrame,
    TimecodeTrack,
    sound_of_words,
    word_of,
)
from openset.formats.ltc_csv import LONGEST_S, read_table, table_lines
from openset.formats.ltc_follow import RateFound
from openset.formats.ltc_listen import Listener
from openset.primitives.time import NS_PER_S, Timecode
from openset.stage.exchange.model import MOST_FAULTS, CameraMove, Options, Read
from openset.stage.exchange.move import rate_of, timecodes
from openset.stage.exchange.sound import read_sound, write_sound

SAMPLE_RATE = 48_000
GAP_S = 2.0
"""Shorter gaps in the numbers are filled: they are frames that were not heard."""
LONGEST_SOUND_S = 25 * 3600.0
_BLOCK_FRAMES = 50
_AT_SPEED = 2e-5


def read(path: Path, options: Options) -> Read:
    """A TimecodeTrack; `skipped` counts words and rows that could not be used."""
    if options.format == "timecode-csv":
        with path.open("rb") as stream:
            found = read_table(stream, options.rate)
        return Read(found.track, found.skipped, found.faults, found.unheld)
    return _read_sound(path, options)


def write(value: TimecodeTrack, path: Path, options: Options) -> None:
    """Sound, or a table. FormatError for what LTC cannot carry: rates above 30, more than 25 hours."""
    if options.format == "timecode-csv":
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(table_lines(value))
    else:
        write_sound(path, SAMPLE_RATE, blocks_of_track(value, SAMPLE_RATE))


def from_move(move: CameraMove) -> TimecodeTrack:
    """The timecode of each frame of a move, at the frame's time. FormatError where it has none."""
    rate = rate_of(move)
    frames = [
        (code, time_ns / NS_PER_S)
        for code, time_ns in zip(timecodes(move), move.times_ns, strict=True)
        if code is not None and (rate is None or code.rate == rate)
    ]
    if not frames:
        raise FormatError("no frame has a timecode", move.name)
    first = frames[0][0]
    return TimecodeTrack(first.rate, first.drop_frame, tuple(frames))


def _read_sound(path: Path, options: Options) -> Read:
    listener: Listener | None = None
    frames: list[LtcFrame] = []
    sample_rate = SAMPLE_RATE
    faults: list[str] = []
    try:
        for sound, sample_rate in read_sound(path):
            if listener is None:
                listener = Listener(sample_rate, len(sound))
            frames += listener.feed(sound)
            if len(frames) > MOST_FRAMES:
                raise FormatError(f"more than a day of timecode ({MOST_FRAMES} frames)", "the end")
    except FormatError as trouble:
        if not frames:
            raise
        faults.append(str(trouble))  # what came before it breaks off is kept
    if listener is not None:
        frames += listener.finish()
    if listener is None or not frames:
        raise FormatError("no timecode in the sound", "every channel")
    return _track(frames, sample_rate, listener, options, faults)


def _track(
    frames: list[LtcFrame], sample_rate: int, listener: Listener, options: Options, faults: list[str]
) -> Read:
    """The believed frames at the rate that is told, or found."""
    said = listener.rate
    rate = options.rate or (said.rate if said else Fraction(25))
    drop = frames[-1].drop_frame
    kept: list[tuple[Timecode, float]] = []
    lost = len(faults)
    for frame in frames:
        try:
            if frame.drop_frame != drop:
                raise LtcError("it counts otherwise than the last one")
            kept.append((frame.timecode(rate), max(0.0, frame.start / sample_rate)))
        except LtcError as trouble:
            lost += 1
            faults.append(f"{frame.start / sample_rate:.3f} s: {frame}: {trouble.trouble}")
    if not kept:
        raise FormatError(f"no frame is one of {float(rate):.5g} frames a second", "every frame")
    words = sum(listener.decoder.faults.values())
    odd = listener.follower.odd
    if words:
        faults.append(f"{words} words hold no time")
    if odd:
        faults.append(f"{odd} frames stood by themselves and are not believed")
    if options.rate is None and said is not None and not said.certain:
        faults.append(f"the rate may be {said}: {_told(said)} is taken; --rate says which")
    unheld = [
        name
        for name, there in (
            ("user bits", any(frame.user_bits for frame in frames)),
            ("binary group flags", any(_group_flags(frame, rate) for frame in frames)),
            ("colour frame flag", any(frame.colour_frame for frame in frames)),
            ("direction", any(frame.reverse for frame in frames)),
        )
        if there
    ]
    track = TimecodeTrack(rate, drop, tuple(kept))
    return Read(track, lost + words + odd, tuple(faults[:MOST_FAULTS]), tuple(unheld))


def _told(said: RateFound) -> str:
    return f"{float(said.rate):.5g}"


def _group_flags(frame: LtcFrame, rate: Fraction) -> int:
    """The flags that are not the polarity bit, which says nothing."""
    return frame.flags & ~(8 if rate == 25 else 1)


def blocks_of_track(track: TimecodeTrack, sample_rate: int) -> Iterator[F32]:
    """The track as sound, block by block; each stretch of frames at its own pace."""
    if not track.frames or track.frames[0][1] < 0:
        raise LtcError("timecode before the sound's beginning cannot be written", at="frame 1")
    if track.frames[-1][1] > min(LONGEST_S, LONGEST_SOUND_S):
        raise LtcError(f"{track.frames[-1][1]:.0f} s of sound are too long", at="the last frame")
    done = 0
    for codes, begin_s, pace_s in stretches(track):
        length, place = pace_s * sample_rate, begin_s * sample_rate
        while codes and place < done - 1:  # it begins before the last has ended
            codes, place = codes[1:], place + length
        place = max(place, Fraction(done - 1))
        while done < math.ceil(place):
            silence = min(math.ceil(place) - done, sample_rate)
            yield np.zeros(silence, np.float32)
            done += silence
        for first in range(0, len(codes), _BLOCK_FRAMES):
            words = [word_of(code) for code in codes[first : first + _BLOCK_FRAMES]]
            begin = place + length * first
            sound = sound_of_words(words, length, begin=begin, rise_samples=RISE_S * sample_rate)
            done += len(sound)
            yield sound * np.float32(LEVEL)


def stretches(track: TimecodeTrack) -> Iterator[tuple[list[Timecode], Fraction, Fraction]]:
    """Frames that run on, as (their timecodes with short gaps filled, the first one's time, seconds a
    frame); in order."""
    frames = track.frames
    nominal = 1 / track.rate
    begin = 0
    for index in range(1, len(frames) + 1):
        if index < len(frames) and _runs_on(frames[index - 1], frames[index], track.rate):
            continue
        (first, begin_s), (last, end_s) = frames[begin], frames[index - 1]
        count = (last.frame_count - first.frame_count) % first.frames_per_day
        pace = (_exact(end_s) - _exact(begin_s)) / count if count else nominal
        if abs(pace / nominal - 1) < max(_AT_SPEED, 1e-5 / float(nominal * max(1, count))):
            pace = nominal
        yield [first.plus(number) for number in range(count + 1)], _exact(begin_s), pace
        begin = index


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * NS_PER_S), NS_PER_S)


def _runs_on(before: tuple[Timecode, float], after: tuple[Timecode, float], rate: Fraction) -> bool:
    steps = (after[0].frame_count - before[0].frame_count) % before[0].frames_per_day
    passed = (after[1] - before[1]) * float(rate)
    return 0 < steps <= GAP_S * rate and 0.4 * steps < passed < 2.1 * steps
