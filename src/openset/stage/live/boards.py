"""Pictures of a calibration board from files or from a camera, as luma, each with its name.

Photographs say by EXIF which way up they were taken. A lens belongs to the sensor: where only some were
turned, all are read as the sensor has them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import cv2
import numpy as np

from openset.primitives.errors import BadInput, PlateNotFound
from openset.primitives.image import U8Plane
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import IMAGE_SUFFIXES, PlateFrame, PlateSource

MOST_IMAGES = 2000
_WAIT_S = 0.5
_SILENT_S = 10.0


@dataclass(frozen=True, eq=False)
class NamedPicture:
    """One picture (h, w) and what it is called; `time_s` counts from the source's first."""

    name: str
    luma: U8Plane
    time_s: float


@dataclass(frozen=True)
class OtherSize:
    """A picture that is not of the size of the others, or cannot be read."""

    name: str
    reason: str
    todo: str


def image_files(pattern: str) -> list[Path]:
    """The pictures a pattern (`DIR/*.jpg`) or a folder names, in order of name. Raises PlateNotFound,
    BadInput for a ridiculous number."""
    path = Path(pattern)
    found = sorted(path.iterdir()) if path.is_dir() else [Path(name) for name in sorted(glob(pattern))]
    files = [each for each in found if each.suffix.lower() in IMAGE_SUFFIXES and each.is_file()]
    if not files:
        raise PlateNotFound(
            "no pictures found",
            where=pattern,
            todo=_inside(found) or "Name a folder, or a pattern in quotes: 'DIR/*.jpg'",
        )
    if len(files) > MOST_IMAGES:
        raise BadInput(
            f"{len(files)} pictures", where=pattern, todo=f"Choose {MOST_IMAGES} or fewer: forty do"
        )
    return files


def _inside(found: list[Path]) -> str:
    """What to name where nothing but folders was found; "" where there are none."""
    folders = [str(each) for each in found if each.is_dir() and not each.name.startswith(".")]
    more = f" or one of {len(folders) - 6} more" if len(folders) > 6 else ""
    return f"Name one of the folders in it: {', '.join(folders[:6])}{more}" if folders else ""


def read_images(files: list[Path]) -> Iterator[NamedPicture | OtherSize]:
    """The pictures in order; those that most are not the size of are named instead."""
    sizes = {path: _size(path, cv2.IMREAD_GRAYSCALE) for path in files}
    flags = cv2.IMREAD_GRAYSCALE
    if len({size for size in sizes.values() if size}) > 1:
        raw_flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
        raw = {path: _size(path, raw_flags) for path in files}
        if len({size for size in raw.values() if size}) == 1:
            sizes, flags = raw, raw_flags
    known = [size for size in sizes.values() if size is not None]
    usual = max(set(known), key=known.count) if known else (0, 0)
    names = _names(files)
    for index, path in enumerate(files):
        size, name = sizes[path], names[index]
        if size is None:
            yield OtherSize(name, "it is no picture that can be read", "Copy it again")
        elif size != usual:
            yield OtherSize(
                name,
                f"it is {size[0]} x {size[1]} pixels, and the others are {usual[0]} x {usual[1]}",
                "Keep the camera's format and way up as they are for all pictures",
            )
        else:
            luma = cv2.imread(str(path), flags)
            assert luma is not None
            yield NamedPicture(name, np.asarray(luma, np.uint8), float(index))


def _names(files: list[Path]) -> list[str]:
    """What the pictures are called: by their file's name, with the folder's where names return."""
    names = [path.name for path in files]
    return names if len(set(names)) == len(names) else [str(path) for path in files]


def _size(path: Path, flags: int) -> tuple[int, int] | None:
    luma = cv2.imread(str(path), flags)
    return None if luma is None else (int(luma.shape[1]), int(luma.shape[0]))


def read_picture(source: str, seconds: float) -> Iterator[NamedPicture]:
    """Every picture of a clip, or of a live source for `seconds`. Raises PlateNotFound, PlateBroken."""
    plate = PlateSource(source)
    plate.start_at(time.monotonic_ns())
    try:
        first: int | None = None
        for frame in _frames(plate, seconds):
            first = frame.time_ns if first is None else first
            luma = np.ascontiguousarray(frame.picture.y)
            yield NamedPicture(f"frame {frame.index}", luma, (frame.time_ns - first) / 1e9)
    finally:
        plate.stop()
    if plate.trouble is not None:
        raise plate.trouble


def _frames(plate: PlateSource, seconds: float) -> Iterator[PlateFrame]:
    began = heard = time.monotonic()
    while True:
        try:
            frame = plate.queue.get(_WAIT_S)
        except PipeClosed:
            return
        now = time.monotonic()
        if frame is None:
            if now - heard > _SILENT_S:
                raise PlateNotFound(
                    "no picture comes", where=plate.source, todo="Check the camera and its cable"
                )
            continue
        heard = now
        if plate.format.live and now - began > seconds:
            return
        yield frame
