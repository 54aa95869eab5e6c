"""Measures the movies of a take: what their files say of themselves, and how good the screen was."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc

from openset.primitives.colour import yuv420_from_rgb
from openset.primitives.errors import BadInput, PlateBroken
from openset.stage.deliver.passport import KeyMoment, Medium
from openset.stage.key.report import measure
from openset.stage.key.screen import estimate_plate
from openset.stage.key.settings import settings_from_mapping
from openset.stage.record.contact import moments
from openset.stage.record.files import frames_at
from openset.stage.record.model import COMPOSITE_FILE, MATTE_FILE, PICTURE_FILE, TakeRecord

KEY_MOMENTS = 5
WHAT = {PICTURE_FILE: "plate", COMPOSITE_FILE: "composite", MATTE_FILE: "matte"}
_CONTAINERS = {".mov": "QuickTime", ".mkv": "Matroska"}


def probe(path: Path, record: TakeRecord) -> Medium:
    """What the movie `path` of a take says of itself. Raises PlateBroken where it cannot be opened."""
    files = record.files
    frames = {PICTURE_FILE: files.picture_frames, COMPOSITE_FILE: files.composite_frames}
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            codec = {"h264": "H.264", "ffv1": "FFV1"}.get(context.name, context.name)
            coded = f"{codec} {context.profile}" if context.profile else codec
            colour = _colour(context.color_primaries, context.color_trc, context.color_range)
            pixels = str(context.pix_fmt)
    except (av.FFmpegError, IndexError) as error:
        raise PlateBroken(f"cannot be opened ({error})", where=str(path)) from error
    seconds = record.duration_s
    rate = path.stat().st_size * 8 / 1e6 / seconds if seconds else 0.0
    count = frames.get(path.name, files.matte_frames)
    box = _CONTAINERS[path.suffix]
    return Medium(path.name, WHAT[path.name], box, coded, pixels, colour, count, rate)


def key_moments(target: Path, record: TakeRecord) -> tuple[KeyMoment, ...]:
    """The key of a few moments, measured on the plate with the take's own settings; none where those
    cannot be understood."""
    numbers = moments(record.frames, KEY_MOMENTS)
    try:
        settings = settings_from_mapping(record.spec.key)
    except BadInput:
        return ()
    out = []
    for number, rgb in zip(numbers, frames_at(target / PICTURE_FILE, numbers), strict=True):
        picture = yuv420_from_rgb(np.ascontiguousarray(rgb))
        found = measure(picture, estimate_plate(picture, settings), gain=1.0, ms=0.0)
        at = str(record.spec.start_timecode.plus(number))
        out.append(KeyMoment(at, found.score, found.screen_coverage, found.evenness, found.noise))
    return tuple(out)


def _colour(primaries: int, transfer: int, reach: int) -> str:
    """What a file says of its colour, in words."""
    spread = {ColorRange.MPEG: "limited range", ColorRange.JPEG: "full range"}
    names = [
        "BT.709 primaries" if primaries == ColorPrimaries.BT709 else f"primaries {primaries}",
        "BT.709 transfer" if transfer == ColorTrc.BT709 else f"transfer {transfer}",
        spread.get(ColorRange(reach), "range not told"),
    ]
    return ", ".join(names)
