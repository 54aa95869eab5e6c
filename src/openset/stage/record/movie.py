"""The three moving pictures of a take, encoded as they arrive into a file that outlives a kill.

picture.mov is the plate, H.264, every frame whole and near lossless to the eye; composite.mov is H.264
with a whole frame at least every second; matte.mkv is FFV1, lossless grey. None holds frames back (no
B-frames, no look-ahead). MOV is written as fragments of 200 ms and turned into an ordinary MOV when it
is closed; Matroska in clusters of 200 ms. What was muxed before a kill opens with no repair.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av import VideoStream
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from openset.primitives.image import U8Plane, Yuv420
from openset.primitives.time import Timecode
from openset.store.recording import RecordingFile

FRAGMENT_MS = 200
_MOV = {
    "movflags": "+hybrid_fragmented",
    "frag_duration": str(FRAGMENT_MS * 1000),
    "flush_packets": "1",
}
_MKV = {"flush_packets": "1", "cluster_time_limit": str(FRAGMENT_MS)}
# At equal quality the next preset, superfast, saves 7 % of the disk and costs three times the CPU.
_X264 = {"preset": "ultrafast", "tune": "zerolatency", "profile": "high"}


@dataclass(frozen=True)
class Kind:
    """How one moving picture of a take is coded. `whole_frame_s` is the longest time between frames
    that stand alone, 0 where each does."""

    container: str
    muxer: dict[str, str]
    codec: str
    pixels: str
    encoder: dict[str, str]
    whole_frame_s: float = 0.0


PICTURE = Kind("mov", _MOV, "libx264", "yuv420p", {**_X264, "crf": "12"})
COMPOSITE = Kind("mov", _MOV, "libx264", "yuv420p", {**_X264, "crf": "18"}, whole_frame_s=1.0)
MATTE = Kind("matroska", _MKV, "ffv1", "gray", {"level": "3", "slices": "4", "slicecrc": "1"})


class Movie:
    """An open moving picture of `width` x `height` at `rate`, written into `sink`.

    `frames` is how many were added. Every call may raise OSError where the disk refuses.
    """

    def __init__(
        self, sink: RecordingFile, kind: Kind, width: int, height: int, start: Timecode
    ) -> None:
        self.sink = sink
        self.frames = 0
        self._time_base = 1 / start.rate
        self._container = av.open(sink, "w", format=kind.container, options=kind.muxer)
        options = _encoder(kind, start.rate)
        stream = cast(VideoStream, self._container.add_stream(kind.codec, start.rate, options))
        stream.width, stream.height, stream.pix_fmt = width, height, kind.pixels
        stream.time_base = self._time_base
        stream.metadata["timecode"] = str(start)
        self._stream = stream
        _tune(stream.codec_context, kind, self._time_base)
        self._frame = (width, height, kind.pixels)

    def add(self, *planes: U8Plane) -> None:
        """Append one frame; `planes` are y, u, v, or the one grey plane."""
        frame = av.VideoFrame(*self._frame)
        for plane, pixels in zip(frame.planes, planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
            rows[:, : plane.width] = pixels
        frame.pts, frame.time_base, frame.duration = self.frames, self._time_base, 1
        with _refusals():
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        self.frames += 1

    def close(self) -> None:
        """Write what the encoder holds and the index, and close the file."""
        try:
            with _refusals(), self._container:
                for packet in self._stream.encode(None) if self.frames else ():
                    self._container.mux(packet)
        finally:
            self.sink.close()


@contextmanager
def _refusals() -> Iterator[None]:
    """A file that refuses a write reaches us as FFmpeg's own error the second time: say OSError."""
    try:
        yield
    except av.FFmpegError as error:
        raise OSError(errno.EIO, f"the movie cannot be written on ({error})") from error


def yuv_planes(picture: Yuv420) -> tuple[U8Plane, U8Plane, U8Plane]:
    """The planes of a 4:2:0 picture in the order `Movie.add` takes them."""
    return picture.y, picture.u, picture.v


def _encoder(kind: Kind, rate: Fraction) -> dict[str, str]:
    return {**kind.encoder, "g": str(max(1, math.floor(rate * Fraction(kind.whole_frame_s))))}


def _tune(context: VideoCodecContext, kind: Kind, time_base: Fraction) -> None:
    """Slices on two threads (frame threads would hold frames back), BT.709, limited range."""
    context.time_base = time_base
    context.thread_type = "SLICE"
    context.thread_count = 2
    full = kind.pixels == "gray"
    context.color_range = ColorRange.JPEG if full else ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.colorspace = Colorspace.ITU709
