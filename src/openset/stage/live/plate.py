"""Where the picture comes from: a clip, an image sequence, a V4L2 device, a network address; or from
nowhere: `blank:1280x720` is flat green in real time, for looking at a set without a camera.

Whatever it is, it leaves here as `PlateFrame`s: planar 4:2:0, BT.709, timed on the engine's clock.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from openset.primitives.errors import PlateBroken, PlateNotFound
from openset.primitives.image import U8Plane, Yuv420
from openset.primitives.time import frame_time_ns, ns_from_s
from openset.stage.live.pipes import Lossless, PipeClosed, PipeFull
from openset.stage.tracking.clock import ClockMap

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".bmp"}
QUEUE_FRAMES = 12
LONGEST_BURST_NS = 3_000_000_000
STAMP_SLACK_NS = 2_000_000
"""A container's rounding (Matroska counts milliseconds); more than this is a clip of variable rate."""
UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED: most clips say nothing and mean BT.709."""
BLANK_CODES = (119, 100, 83)
"""Evenly lit green cloth, R'G'B' 40, 150, 60, as BT.709 codes."""
_BLANK = re.compile(r"blank:([0-9]{2,4})x([0-9]{2,4})")
_ADDRESS = re.compile(r"^(rtsp|rtsps|srt|rtmp|http|https|udp|tcp)://")


@dataclass(frozen=True)
class PlateFrame:
    """One picture. `time_ns` is when it reached the engine (its clock); `index` counts from 0 at the
    source, so a gap is a frame the engine lost."""

    index: int
    time_ns: int
    picture: Yuv420


@dataclass(frozen=True)
class PlateFormat:
    """What a source delivers: even size in pixels, frames per second, whether it waits for nobody, the
    number of frames its header promises (None where it does not say), and the timecode of its first
    frame as it states it ("" where it does not)."""

    width: int
    height: int
    rate: Fraction
    live: bool
    promised_frames: int | None
    timecode: str = ""


def is_live(source: str) -> bool:
    """True for a device or a network address: a source that will not wait for the engine."""
    return source.startswith("/dev/video") or bool(_ADDRESS.match(source))


def planes_of(frame: VideoFrame) -> Yuv420:
    """A decoded frame as own contiguous planes: 8-bit 4:2:0, BT.709 limited, size cut to even."""
    plain = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if not plain or frame.colorspace not in (Colorspace.ITU709, UNSPECIFIED):
        frame = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
    width, height = frame.width & ~1, frame.height & ~1

    def plane(index: int, shrink: int) -> U8Plane:
        source = frame.planes[index]
        rows = np.frombuffer(memoryview(source), np.uint8).reshape(-1, source.line_size)
        return np.ascontiguousarray(rows[: height // shrink, : width // shrink])

    return Yuv420(plane(0, 1), plane(1, 2), plane(2, 2))


def _image_files(source: str) -> list[Path] | None:
    """The files of an image sequence (a folder, a printf or * pattern), in order; None if not one."""
    path = Path(source)
    if path.is_dir():
        files = [file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES]
    elif "*" in path.name or re.search(r"%0?\d*d", path.name):
        pattern = re.sub(r"%0?\d*d", "*", path.name)
        files = [file for file in path.parent.glob(pattern) if file.suffix.lower() in IMAGE_SUFFIXES]
    else:
        return None
    if not files:
        raise PlateNotFound(
            "no images found", where=source, todo="Name a folder of PNG, EXR or JPEG frames"
        )
    return sorted(files, key=lambda file: (len(file.name), file.name))


def _open(source: str) -> InputContainer:
    options: dict[str, str] = {}
    kind = None
    if source.startswith("/dev/video"):
        kind = "v4l2"
    elif source.startswith("rtsp"):
        options = {"rtsp_transport": "tcp", "timeout": "5000000"}
    elif is_live(source):
        # Half a second of looking is enough; the default waits for five and delays what follows.
        options = {"analyzeduration": "500000", "fflags": "nobuffer"}
    elif not Path(source).is_file():
        raise PlateNotFound("no such picture", where=source, todo="Check the path of the picture")
    try:
        return av.open(source, format=kind, options=options, timeout=10.0 if is_live(source) else None)
    except av.error.InvalidDataError as error:
        raise PlateBroken(
            "not a readable picture (cut off before its index, or not a video)",
            where=source,
            todo="Copy it again from the card or choose another file",
        ) from error
    except av.error.ProtocolNotFoundError as error:
        raise PlateNotFound(
            f"this installation's FFmpeg does not speak {source.partition(':')[0]}",
            where=source,
            todo="Send the picture as RTSP, or as MPEG-TS to a udp:// address",
        ) from error
    except (av.error.FFmpegError, OSError) as error:
        raise PlateNotFound(
            f"cannot be opened ({error.strerror or error})",
            where=source,
            todo="Check that the device is plugged in or the address answers",
        ) from error


class _Sequence:
    """An image sequence, decoded a file at a time."""

    stamped = False

    def __init__(self, source: str, files: list[Path], rate: Fraction) -> None:
        self.source, self.files = source, files
        first = next(self.frames())
        self.format = PlateFormat(first.width & ~1, first.height & ~1, rate, False, len(files))

    def frames(self) -> Iterator[VideoFrame]:
        for file in self.files:
            try:
                with av.open(str(file)) as container:
                    yield next(container.decode(video=0))
            except (av.error.FFmpegError, StopIteration) as error:
                raise PlateBroken(
                    "image cannot be decoded", where=str(file), todo="Export this frame again"
                ) from error


class _Blank:
    """Flat green for ever, at the engine's own rate."""

    stamped = False

    def __init__(self, source: str, rate: Fraction) -> None:
        match = _BLANK.fullmatch(source)
        width, height = (int(match[1]), int(match[2])) if match else (0, 0)
        if not (16 <= width <= 4096 and 16 <= height <= 4096) or width % 2 or height % 2:
            raise PlateNotFound(
                "no such blank picture", where=source, todo="Write blank:1280x720, in even numbers"
            )
        self.format = PlateFormat(width, height, rate, live=False, promised_frames=None)
        self._frame = VideoFrame(width, height, "yuv420p")
        for plane, code in zip(self._frame.planes, BLANK_CODES, strict=True):
            plane.update(bytes([code]) * plane.buffer_size)

    def frames(self) -> Iterator[VideoFrame]:
        """The same picture, again and again."""
        while True:
            yield self._frame


def _promised(stream: VideoStream) -> int | None:
    """How many frames a clip's header says will be shown: all that are in it, less what a cut made on
    the phone only hides (an edit list: the stream is then shorter than its frames)."""
    if not stream.frames or not stream.duration or not stream.time_base or not stream.average_rate:
        return stream.frames or None
    shown_s = stream.duration * stream.time_base
    return min(stream.frames, math.floor(shown_s * stream.average_rate + Fraction(1, 2)))


class _Container:
    """A clip, a device or a network stream."""

    stamped = True

    def __init__(self, source: str, rate: Fraction) -> None:
        self.source = source
        container = _open(source)
        if not container.streams.video:
            container.close()
            raise PlateBroken("holds no picture", where=source, todo="Name a video, not a sound file")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        found = stream.average_rate or stream.guessed_rate or rate
        self.format = PlateFormat(
            stream.width & ~1,
            stream.height & ~1,
            Fraction(found),
            is_live(source),
            _promised(stream),
            stream.metadata.get("timecode") or container.metadata.get("timecode") or "",
        )
        if not self.format.width or not self.format.height:
            container.close()
            raise PlateBroken("holds no decodable picture", where=source, todo="Choose another file")
        self._container: InputContainer | None = container

    def frames(self) -> Iterator[VideoFrame]:
        container = self._container or _open(self.source)
        self._container = None
        with container:
            container.streams.video[0].thread_type = "AUTO"
            try:
                yield from container.decode(video=0)
            except (av.error.FFmpegError, OSError) as error:
                raise PlateBroken(
                    f"the picture breaks off ({error.strerror or error})",
                    where=self.source,
                    todo="What came before it is kept; copy the clip again or check the cable",
                ) from error


def _reader(source: str, rate: Fraction) -> _Sequence | _Container | _Blank:
    if source.startswith("blank:"):
        return _Blank(source, rate)
    files = _image_files(source)
    return _Sequence(source, files, rate) if files else _Container(source, rate)


class PlateSource(threading.Thread):
    """Reads a picture source on a thread of its own and queues `PlateFrame`s for the engine.

    `paced` plays a file in real time, each frame reaching the engine `delay_s` after its own moment on
    a clock that starts when `start_at` says; otherwise a file is read as fast as it is
    used and a frame's time is its own count from 0. A live source is never waited for: what the engine
    cannot take is dropped and counted. After the last frame `ended` is set; `trouble` holds the error
    that ended it early.
    """

    def __init__(
        self,
        source: str,
        *,
        rate: Fraction = Fraction(25),
        paced: bool = False,
        loop: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(name="plate", daemon=True)
        self.source = source
        self._reader = _reader(source, rate)
        self.format = self._reader.format
        paced = paced or isinstance(self._reader, _Blank)
        self.realtime = paced or self.format.live
        self._paced = paced and not self.format.live
        self._loop = loop and not self.format.live
        self._start_ns = 0
        self._first_stamp_ns: int | None = None
        self._opened_ns = 0
        self._arrived_ns: int | None = None
        self._live_since_ns: int | None = None
        self._delay_ns = ns_from_s(delay_s)
        self._clock = ClockMap()
        self._ending = threading.Event()
        self.queue: Lossless[PlateFrame] = Lossless("picture queue", QUEUE_FRAMES)
        self.dropped = 0
        self.trouble: PlateBroken | None = None

    def start_at(self, start_ns: int) -> None:
        """Start reading; a paced clip's first frame is due at `start_ns` plus the delay."""
        self._start_ns = start_ns
        self.start()

    def run(self) -> None:
        """Decode until the source ends or `stop` is called."""
        index = 0
        try:
            while not self._ending.is_set():
                first = index
                for frame in self._reader.frames():
                    if self.format.live and not self._settled(time.monotonic_ns()):
                        continue
                    if self._ending.is_set() or not self._offer(index, frame):
                        return
                    index += 1
                promised = self.format.promised_frames
                if promised and index - first < promised and not self.format.live:
                    self.trouble = PlateBroken(
                        f"the clip is cut off: {index - first} of {promised} frames",
                        where=self.source,
                        todo="What came before is kept; copy the clip again from the card",
                    )
                    return
                if not self._loop or index == first:
                    return
        except PlateBroken as trouble:
            self.trouble = trouble
        finally:
            self.queue.close()

    def _offer(self, index: int, frame: VideoFrame) -> bool:
        """Queue one frame; False when nobody listens any more."""
        try:
            picture = planes_of(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise PlateBroken(
                f"frame {index} cannot be converted ({error})",
                where=self.source,
                todo="Convert the clip to H.264 or ProRes",
            ) from error
        if (picture.width, picture.height) != (self.format.width, self.format.height):
            raise PlateBroken(
                f"the picture changes size at frame {index}",
                where=self.source,
                todo="Split the clip there",
            )
        due_ns = self._due_ns(index, frame)
        try:
            if self.format.live:
                now_ns = time.monotonic_ns()
                stamp = frame.time
                time_ns = self._clock.update(ns_from_s(stamp), now_ns) if stamp is not None else now_ns
                self._put_or_drop(PlateFrame(index, time_ns, picture))
            elif self._paced:
                time_ns = self._start_ns + due_ns + self._delay_ns
                if self._ending.wait(max(0, time_ns - time.monotonic_ns()) / 1e9):
                    return False
                self._put_or_drop(PlateFrame(index, time_ns, picture))
            else:
                while True:
                    try:
                        self.queue.put(PlateFrame(index, due_ns, picture), timeout_s=0.2)
                        break
                    except PipeFull:
                        if self._ending.is_set():
                            return False
        except PipeClosed:
            return False
        return True

    def _settled(self, now_ns: int) -> bool:
        """False for the frames a stream had waiting when it was opened: they come in a burst, are old,
        and their arrival says nothing of their time."""
        if self._live_since_ns is not None:
            return True
        last_ns, self._arrived_ns = self._arrived_ns, now_ns
        if last_ns is None:
            self._opened_ns = now_ns
            return False
        if now_ns - last_ns < frame_time_ns(1, self.format.rate) // 2 and (
            now_ns - self._opened_ns < LONGEST_BURST_NS
        ):
            return False
        self._live_since_ns = now_ns
        return True

    def _due_ns(self, index: int, frame: VideoFrame) -> int:
        """When this frame of a file was exposed, after its first: by the count where the clip keeps its
        rate, by the frame's own stamp where it does not (phones)."""
        counted_ns = frame_time_ns(index, self.format.rate)
        if frame.time is None or self._loop or self.format.live or not self._reader.stamped:
            return counted_ns
        own_ns = ns_from_s(frame.time)
        if self._first_stamp_ns is None:
            self._first_stamp_ns = own_ns
        own_ns -= self._first_stamp_ns
        return own_ns if abs(own_ns - counted_ns) > STAMP_SLACK_NS else counted_ns

    def _put_or_drop(self, frame: PlateFrame) -> None:
        try:
            self.queue.put(frame)
        except PipeFull:
            self.dropped += 1

    def stop(self) -> None:
        """Ask the thread to end; returns when it has, or after two seconds."""
        self._ending.set()
        self.queue.close()
        if self.is_alive():
            self.join(2.0)
