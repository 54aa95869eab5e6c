"""Sound in files and inputs, through FFmpeg: blocks of samples in, blocks out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from openset.formats.faults import FormatError
from openset.formats.ltc_listen import table_of

Sound = NDArray[np.generic]

GAP_S = 0.005
"""Shorter gaps between stamps are a container's rounding."""
LONGEST_GAP_S = 3600.0
"""A longer one is a stamp that went wrong."""
CODECS = {".wav": "pcm_s16le", ".flac": "flac", ".aif": "pcm_s16be", ".aiff": "pcm_s16be"}


def blocks_of(container: InputContainer, *, live: bool = False) -> Iterator[tuple[Sound, int]]:
    """The sound as ((channels, n) samples, sample rate). Where a file's stamps say that some is
    missing, as where a packet is broken, there is silence: what follows keeps its place. The stamps of
    a `live` input are no such measure."""
    due_s: Fraction | None = None
    for packet in container.demux(audio=0):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if not isinstance(frame, AudioFrame):
                continue
            sound, rate = table_of(frame.to_ndarray(), frame.layout.nb_channels), frame.sample_rate
            if frame.pts is not None and frame.time_base is not None and not live:
                begin_s = frame.pts * frame.time_base
                missing_s = begin_s - due_s if due_s is not None else Fraction(0)
                if GAP_S < missing_s < LONGEST_GAP_S:
                    yield from _silence(sound, rate, round(missing_s * rate))
                due_s = begin_s + Fraction(sound.shape[1], rate)
            yield sound, rate


def _silence(like: Sound, rate: int, samples: int) -> Iterator[tuple[Sound, int]]:
    """`samples` of silence in the channels and numbers of `like`, a second at a time."""
    calm = 128 if like.dtype == np.uint8 else 0
    for done in range(0, samples, rate):
        yield np.full((len(like), min(rate, samples - done)), calm, like.dtype), rate


def begin_of(container: InputContainer) -> float:
    """How many seconds after its picture a clip's sound begins; 0 where there is no picture. Phones,
    edits and transport streams seldom begin both together."""
    sound = container.streams.audio[0]
    for picture in container.streams.video:
        if picture.disposition & Disposition.attached_pic:  # a recording's cover
            continue
        begins = [
            each.start_time * each.time_base
            for each in (sound, picture)
            if each.start_time is not None and each.time_base is not None
        ]
        return float(begins[0] - begins[1]) if len(begins) == 2 else 0.0
    return 0.0


def read_sound(path: Path) -> Iterator[tuple[Sound, int]]:
    """The sound of a file, as `blocks_of`. Raises FormatError where there is none."""
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, ValueError) as error:
        raise FormatError(f"this is no sound that can be decoded ({_why(error)})", "byte 0") from error
    with container:
        if not container.streams.audio:
            raise FormatError("there is no sound track", "byte 0")
        try:
            yield from blocks_of(container)
        except av.error.FFmpegError as error:
            raise FormatError(f"the sound breaks off ({_why(error)})", "the end") from error


def write_sound(path: Path, sample_rate: int, blocks: Iterable[NDArray[np.float32]]) -> None:
    """Mono sound of 16 bits, as the name's ending says; ±1 is full scale."""
    # A day of it is more than a plain WAV can hold.
    options = {"rf64": "auto"} if path.suffix.lower() == ".wav" else {}
    with av.open(str(path), "w", options=options) as container:
        codec = CODECS.get(path.suffix.lower(), "pcm_s16le")
        stream = container.add_stream(codec, rate=sample_rate)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        at = 0
        for block in blocks:
            samples = np.clip(np.round(block * 32767), -32768, 32767).astype(np.int16)
            frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = sample_rate, at
            at += len(samples)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
