"""One frame of a take as a JPEG, made once and kept in this machine's own cache."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from openset.stage.record.model import COMPOSITE_FILE, PICTURE_FILE
from openset.store.files import make_folder, write_atomic
from openset.store.home import openset_home

WIDTH_PX = 960


def still(take_folder: Path, production_id: str) -> Path | None:
    """A picture from the middle of the take's composite (of its plate when there is none); None while
    nothing can be decoded. A take that changes gets a new picture."""
    for name in (COMPOSITE_FILE, PICTURE_FILE):
        source = take_folder / name
        if not source.is_file():
            continue
        stat = source.stat()
        file_name = f"{take_folder.name}-{stat.st_size:x}-{stat.st_mtime_ns:x}.jpg"
        target = openset_home() / "stills" / production_id / file_name
        if target.is_file():
            return target
        try:
            data = _jpeg(_middle_frame(source))
        except (FFmpegError, ValueError):
            continue
        write_atomic(make_folder(target.parent) / file_name, data)
        return target
    return None


def _middle_frame(source: Path) -> VideoFrame:
    """The first frame that decodes at or after the middle; ValueError when none does."""
    with av.open(str(source)) as container:
        video = container.streams.video[0]
        if container.duration:
            container.seek(container.duration // 2, backward=True)
        for frame in container.decode(video):
            return frame
    raise ValueError("no frame")


def _jpeg(frame: VideoFrame) -> bytes:
    width = min(WIDTH_PX, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width) // 2 * 2)
    picture = frame.reformat(
        width, height, "yuvj420p", src_colorspace="ITU709", dst_colorspace="ITU601"
    )
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": "2", "qmax": "4"}
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
