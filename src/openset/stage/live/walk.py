"""A walk around the tags, from a clip, stills or a live camera: its sharpest pictures' tags."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import U8Plane
from openset.stage.lens.model import Lens
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag

MOST_PICTURES = 150
"""Of a long clip this many are looked at, unless told otherwise."""
_LIVE_EVERY = 8
_STILLS_EVERY = 1
_UNKNOWN_EVERY = 5
_MIRROR_EVERY = 8
_MIRROR_LEAST = 2
_WAIT_S = 0.5
_SILENT_S = 10.0


@dataclass
class Walk:
    """What was seen. `frames` are the tags of each picture that was looked at, `indices` which frames
    of the source those are, `times_ns` when; `mirrored` are ids that can be read only in the mirror
    image; `read` pictures came in."""

    width: int
    height: int
    frames: list[tuple[SeenTag, ...]] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    mirrored: tuple[int, ...] = ()
    read: int = 0


def watch_walk(
    plate: PlateSource,
    lens: Lens,
    *,
    every: int | None = None,
    seconds: float = 60.0,
    progress: Callable[[str], None] | None = None,
) -> Walk:
    """Look at a source, filmed through `lens`: of every `every` pictures at the sharpest one, with the
    detector at full size.

    A live source is watched for `seconds`. Raises PlateBroken, and BadInput where no picture came.
    """
    say = progress or (lambda text: None)
    walk = Walk(plate.format.width, plate.format.height)
    step = every or _usual_step(plate)
    detector = TagDetector(lens=lens)
    mirrored: dict[int, int] = {}
    plate.start_at(time.monotonic_ns())
    try:
        for frame in _sharpest(_frames(plate, seconds), step, walk):
            luma = np.ascontiguousarray(frame.picture.y)
            seen = detector.detect_full(luma)
            if len(walk.frames) % _MIRROR_EVERY == 0:
                for tag in detector.detect_full(np.ascontiguousarray(luma[:, ::-1])):
                    mirrored[tag.id] = mirrored.get(tag.id, 0) + 1
            walk.frames.append(seen)
            walk.indices.append(frame.index)
            walk.times_ns.append(frame.time_ns)
            if len(walk.frames) % 10 == 0:
                ids = {tag.id for each in walk.frames for tag in each}
                say(f"{len(walk.frames)} pictures, {len(ids)} tags")
    finally:
        plate.stop()
    if plate.trouble is not None and not walk.frames:
        raise plate.trouble
    if plate.trouble is not None:
        say(f"note: {plate.trouble.line}")
    if not walk.frames:
        raise BadInput("no picture came", where=plate.source, todo="Check the camera or the file")
    straight = {tag.id for each in walk.frames for tag in each}
    least = 1 if len(walk.frames) <= _MIRROR_EVERY else _MIRROR_LEAST
    walk.mirrored = tuple(
        sorted(each for each, count in mirrored.items() if count >= least and each not in straight)
    )
    return walk


def _usual_step(plate: PlateSource) -> int:
    if plate.format.live:
        return _LIVE_EVERY
    promised = plate.format.promised_frames
    if promised is None:
        return _UNKNOWN_EVERY
    return max(_STILLS_EVERY, promised // MOST_PICTURES)


def _frames(plate: PlateSource, seconds: float) -> Iterator[PlateFrame]:
    end = time.monotonic() + seconds if plate.format.live else None
    heard = time.monotonic()
    while end is None or time.monotonic() < end:
        try:
            frame = plate.queue.get(_WAIT_S)
        except PipeClosed:
            return
        if frame is not None:
            heard = time.monotonic()
            yield frame
        elif time.monotonic() - heard > _SILENT_S:
            return


def _sharpest(frames: Iterator[PlateFrame], step: int, walk: Walk) -> Iterator[PlateFrame]:
    """Of each run of `step` pictures the sharpest."""
    best: PlateFrame | None = None
    most = -1.0
    for count, frame in enumerate(frames, 1):
        walk.read = count
        sharp = sharpness(frame.picture.y) if step > 1 else 0.0
        if sharp > most:
            best, most = frame, sharp
        if count % step == 0 and best is not None:
            yield best
            best, most = None, -1.0
    if best is not None:
        yield best


def sharpness(luma: U8Plane) -> float:
    """How much fine detail a picture holds: the variance of its Laplacian at half size."""
    small = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())
