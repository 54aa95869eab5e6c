"""Sound in files and inputs, through FFmpeg: blocks of samples in, blocks out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from openset.formats.faults import FormatError
from openset.formats.ltc_listen import table_of

Sound = NDArray[np.generic]

CODECS = {".wav": "pcm_s16le", ".flac": "flac", ".aif": "pcm_s16be", ".aiff": "pcm_s16be"}


def blocks_of(container: InputContainer) -> Iterator[tuple[Sound, int]]:
    """The sound as ((channels, n) samples, sample rate); a broken packet is left out."""
    for packet in container.demux(audio=0):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame):
                yield table_of(frame.to_ndarray(), frame.layout.nb_channels), frame.sample_rate


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
    with av.open(str(path), "w") as container:
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
