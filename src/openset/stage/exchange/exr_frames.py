"""EXR frames that say by themselves where the camera stood and what the lens was.

One frame a file: the attributes of `formats.exr_attributes` over the picture of the take where there is
one, over black where there is none. A name with `####` in it stands for the files of all frames. Pixels
are half floats, compressed without loss.
"""

from __future__ import annotations

import errno
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from openset.formats.exr_attributes import (
    Attributes,
    ExrTimecode,
    attributes_from_sample,
    pose_from_attributes,
    sample_from_attributes,
)
from openset.formats.faults import FormatError
from openset.formats.opentrackio import OpenTrackIOError
from openset.primitives.colour import srgb_decode
from openset.primitives.errors import BadInput
from openset.primitives.space import Pose
from openset.primitives.time import frame_time_ns
from openset.stage.exchange.model import MOST_FAULTS, CameraMove, Options, Read
from openset.stage.exchange.move import pupil_poses, rate_of, sample_of, usable
from openset.stage.exchange.shot import LARGEST, first_frame, numbered
from openset.stage.exchange.usd_samples import merged
from openset.stage.record.files import frames_at
from openset.stage.tracking.samples import LensReport

_BLACK_PX = (16, 9)
_TOLD_EVERY = 25
_OWN = ("compression", "type", "channels", "dataWindow", "displayWindow", "lineOrder")


def write(value: CameraMove, path: Path, options: Options) -> None:
    """Frame `options.frame` of the move, counted from 0, over that frame of its picture; all frames
    where the name has `#` signs, which become their numbers."""
    if not 0 <= options.frame < len(value.samples):
        raise BadInput(
            f"the move has frames 0 to {len(value.samples) - 1}, not {options.frame}",
            todo="Choose one with --frame",
        )
    rate = options.rate or rate_of(value)
    poses = pupil_poses(value)
    every = is_sequence(path)
    for index in range(len(poses)) if every else (options.frame,):
        if every and index % _TOLD_EVERY == 0:
            options.say(f"frame {index} of {len(poses)}")
        number = None
        if rate is not None:
            number = first_frame(value, rate) + round(value.times_ns[index] / 1e9 * float(rate))
        place = one_of(path, index + 1 if number is None else number) if every else path
        write_frame(
            place, _pixels(value, options, index), whole_sample(value, index), poses[index], number
        )


_SIGNS = re.compile("#+")


def is_sequence(path: Path) -> bool:
    """Whether a name stands for the files of many frames: plate.####.exr."""
    return "#" in path.name


def one_of(path: Path, number: int) -> Path:
    """The file of one frame of a sequence."""
    return path.with_name(_SIGNS.sub(lambda signs: f"{number:0{len(signs[0])}d}", path.name, count=1))


def files_of(path: Path) -> list[tuple[int, Path]]:
    """The files there are of a sequence with their numbers, in order."""
    before, after = _SIGNS.split(path.name, maxsplit=1)
    name = re.compile(re.escape(before) + "([0-9]+)" + re.escape(after))
    found = [
        (int(match[1]), each) for each in path.parent.iterdir() if (match := name.fullmatch(each.name))
    ]
    return sorted(found)


def _pixels(move: CameraMove, options: Options, index: int) -> npt.NDArray[Any]:
    """The frame of the picture in linear light; black of its size where there is no picture."""
    if move.picture is not None:
        planes = frames_at(move.picture, [index])[0]
        return np.moveaxis(srgb_decode(planes.astype(np.float32) / 255.0), 0, -1)
    width, height = move.size_px or options.size_px or _BLACK_PX
    return np.zeros((height, width, 3), np.float16)


def whole_sample(move: CameraMove, index: int) -> dict[str, Any]:
    """A frame's sample with the newest `static` block, which trackers do not repeat."""
    for earlier in move.samples[index::-1]:
        if "static" in earlier:
            return {**move.samples[index], "static": earlier["static"]}
    return dict(move.samples[index])


def write_frame(
    path: Path,
    pixels: npt.NDArray[Any],
    sample: dict[str, Any],
    world_from_camera: Pose | None,
    frame: int | None = None,
) -> None:
    """Scene-linear pixels (h, w, 3) with a sample in their header. Raises OSError where the file cannot
    be written whole."""
    attributes = attributes_from_sample(sample, world_from_camera, frame)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    header |= {name: _native(value) for name, value in attributes.items()}
    path.touch()  # the library's own words for a path that cannot be written name no reason
    half = np.ascontiguousarray(np.clip(pixels, -65504.0, 65504.0), np.float16)
    try:
        OpenEXR.File(header, {"RGB": half}).write(str(path))
    except RuntimeError as error:
        raise OSError(errno.ENOSPC, "the EXR could not be written whole") from error


def read(path: Path, options: Options) -> Read:
    """The camera of one EXR frame, or of a sequence, of which a file that cannot be used costs itself.

    Raises FormatError for a file that is no EXR, or one without a camera.
    """
    return _read_sequence(path, options) if is_sequence(path) else _read_one(path, options)


def _read_sequence(path: Path, options: Options) -> Read:
    options = replace(options, name=options.name or path.name.split(".")[0])
    files = files_of(path)
    if not files:
        raise FormatError("there is no frame of this name")
    found: list[tuple[int, Read]] = []
    faults = []
    for number, each in files:
        try:
            found.append((number, _read_one(each, options)))
        except FormatError as trouble:
            faults.append(f"{each.name}: {trouble}")
        except OSError as trouble:
            faults.append(f"{each.name}: cannot be read ({trouble.strerror})")
    if not found:
        raise FormatError(f"no frame of this name can be used ({faults[0]})")
    moves = [read.value for _, read in found]
    rate = next((rate for rate in map(rate_of, moves) if rate), options.rate)
    if rate is None:
        raise FormatError("the frames carry no rate; say it with --rate")
    times = tuple(frame_time_ns(number - found[0][0], rate) for number, _ in found)
    samples = tuple(move.samples[0] for move in moves)
    unheld = tuple(dict.fromkeys(name for _, read in found for name in read.unheld))
    move = CameraMove(options.name, samples, times, rate, moves[0].size_px)
    return Read(move, len(faults), tuple(faults[:MOST_FAULTS]), unheld)


def _read_one(path: Path, options: Options) -> Read:
    attributes = read_header(path)
    said = sample_from_attributes(attributes)
    pose = pose_from_attributes(attributes)
    name = options.name or path.name.split(".")[0]
    number = attributes.get("imageCounter")
    frame = number if isinstance(number, int) else 0
    try:
        base = sample_of(name=name, index=max(0, frame), time_ns=0, pose=pose, lens=_pupil(said))
    except OpenTrackIOError as trouble:
        raise FormatError(str(trouble)) from trouble
    sample = merged(base, {key: value for key, value in said.items() if key != "transforms"})
    if pose is None and "transforms" in said:
        sample["transforms"] = said["transforms"]
    if not usable(sample):
        sample.pop("transforms", None)
    window = attributes.get("displayWindow")
    move = CameraMove(name, (numbered(sample, frame),), (0,), options.rate, _size(window))
    return Read(move, unheld=_unheld(attributes))


def read_header(path: Path) -> Attributes:
    """A file's header, its timecode as a value; FormatError where it is no EXR."""
    if path.stat().st_size > 4 * LARGEST:
        raise FormatError(f"the frame is larger than {LARGEST >> 18} MB")
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            header = dict(file.header())
    except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise FormatError("this is not a readable EXR") from error
    return {name: _plain(value) for name, value in header.items()}


def _native(value: Any) -> Any:
    """A value as the library takes it."""
    if isinstance(value, ExrTimecode):
        fields = (value.hours, value.minutes, value.seconds, value.frames, value.drop_frame)
        return OpenEXR.TimeCode(*map(int, fields), *(0,) * 13)
    if isinstance(value, tuple):
        return tuple(map(float, value))
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, np.float32)  # the library does not look at strides
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, OpenEXR.TimeCode):
        return ExrTimecode(
            value.hours, value.minutes, value.seconds, value.frame, bool(value.dropFrame)
        )
    return value


def _pupil(said: dict[str, Any]) -> LensReport | None:
    offset = said.get("lens", {}).get("entrancePupilOffset")
    return None if offset is None else LensReport(entrance_pupil_offset_m=float(offset))


def _size(window: Any) -> tuple[int, int] | None:
    try:
        (left, top), (right, bottom) = window
        width, height = int(right) - int(left) + 1, int(bottom) - int(top) + 1
    except (TypeError, ValueError):
        return None
    return (width, height) if 0 < width < 1_000_000 and 0 < height < 1_000_000 else None


def _unheld(attributes: Attributes) -> tuple[str, ...]:
    """Attributes of the frame that a sample has no place for; pictures' own are not asked after."""
    known = attributes_from_sample({}, None).keys() | set(_OWN)
    asked = ("expTime", "effectiveFocalLength", "cameraColorBalance", "cameraCCTSetting")
    return tuple(
        name
        for name, value in attributes.items()
        if name in asked and name not in known and not (isinstance(value, float) and math.isnan(value))
    )
