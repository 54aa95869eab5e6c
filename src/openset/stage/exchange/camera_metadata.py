"""What cameras wrote down of a clip (ARRI, Sony, RED, Canon, Blackmagic) as a move without poses.

The clip's own facts lie in a second file with Sony, RED and Canon; where one stands beside the first,
it is read along. The lens's marked focal length is written as the pinhole's, which it is nearly: a
calibrated lens file tells better. Times and `sampleRate` are those at which the clip plays; the rate at
which it was shot is `static.camera.captureFrameRate`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from openset.formats import arri_csv, blackmagic_text, canon_csv, red_csv, sony_metadata
from openset.formats.camera_metadata import (
    MOST_FAULTS,
    ClipMetadata,
    FrameMetadata,
    Metadata,
    with_clip,
)
from openset.formats.faults import FormatError
from openset.formats.opentrackio_schema import TEXT_LIMIT
from openset.primitives.errors import BadInput
from openset.primitives.time import Timecode, frame_time_ns
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.move import sample_of
from openset.stage.tracking.samples import LensReport

LARGEST_FILE = 4 << 30
"""Bytes; as many rows of the widest table as are read are a seventh of that."""

_OTHER_TABLE = {
    "red-csv": (("frames", "static"), ("frames", "clip"), ("meta5", "meta3"), ("meta_5", "meta_3")),
    "canon-csv": (("Frames", "Static"), ("frames", "static")),
}


def read(path: Path, options: Options) -> Read:
    """A camera's file as a move, a sample a frame. Raises FormatError, and BadInput where neither the
    file nor `options` says the frame rate."""
    found, notes = _with_companion(path, options.format, _read(path, options.format))
    clip = found.clip
    rate, guessed = options.rate or clip.rate, None
    if rate is None:
        rate = guessed = _rate_by_timecode(found)
    if rate is None and len(found.frames) > 1:
        raise BadInput(
            "the file does not say its frame rate", where=str(path), todo="Give it with --rate 24"
        )
    if guessed:
        notes.append(f"frame rate {guessed} taken from the timecode; --rate says another")
    if options.sensor_width_mm and clip.sensor_mm is None:
        clip = replace(clip, sensor_mm=_sensor(clip, options))
    name = options.name or path.name.split(".")[0]
    move = _move(name, replace(found, clip=clip), rate, options.size_px)
    level = any(frame.tilt_rad is not None or frame.roll_rad is not None for frame in found.frames)
    unheld = (*found.unheld, *(("Camera Tilt", "Camera Roll") if level else ()))
    return Read(move, found.skipped, (*notes, *found.faults)[:MOST_FAULTS], unheld)


def _read(path: Path, form: str) -> Metadata:
    if path.stat().st_size > LARGEST_FILE:
        raise FormatError(f"a camera's file of more than {LARGEST_FILE >> 30} GB is none; split it")
    with path.open("rb") as stream:
        if form == "sony-xml":
            return sony_metadata.read_xml(stream.read(sony_metadata.LARGEST_XML + 1))
        readers = {
            "arri-csv": arri_csv.read,
            "sony-csv": sony_metadata.read_table,
            "red-csv": red_csv.read,
            "canon-csv": canon_csv.read,
            "blackmagic": blackmagic_text.read,
        }
        return readers[form](stream)


def _with_companion(path: Path, form: str, found: Metadata) -> tuple[Metadata, list[str]]:
    """The clip's facts and the frames together, where the other half stands beside `path`."""
    for other, its_form in _companions(path, form):
        if not other.is_file():
            continue
        try:
            beside = _read(other, its_form)
        except (FormatError, OSError) as trouble:
            return found, [f"{other.name} beside it cannot be used: {trouble}"]
        if beside.of_clip_only is not found.of_clip_only:
            clip, frames = (found, beside) if found.of_clip_only else (beside, found)
            return _checked(with_clip(frames, clip))
    missing = "only the clip's facts: the table of its frames is not beside it"
    return found, [missing] if found.of_clip_only else []


def _checked(found: Metadata) -> tuple[Metadata, list[str]]:
    expected, count = found.clip.frame_count, len(found.frames) + found.skipped
    if expected and expected != count:
        return found, [f"the clip has {expected} frames, the table {count}"]
    return found, []


def _companions(path: Path, form: str) -> list[tuple[Path, str]]:
    if form == "sony-csv":
        return [
            (path.with_name(f"{path.stem}{end}"), "sony-xml") for end in ("M01.xml", "M01.XML", ".xml")
        ]
    if form == "sony-xml":
        stem = path.stem.removesuffix("M01")
        return [(path.with_name(f"{stem}{end}"), "sony-csv") for end in (".csv", ".CSV")]
    return [
        (path.with_name(new.join(path.name.rsplit(old, 1))), form)
        for pair in _OTHER_TABLE.get(form, ())
        for old, new in (pair, pair[::-1])
        if old in path.name
    ]


def _rate_by_timecode(found: Metadata) -> Fraction | None:
    """The whole number of frames that the timecode counts in a second, where a second ends in it."""
    clocks = [frame.clock for frame in found.frames if frame.clock]
    ends = [
        before.frames + 1
        for before, after in pairwise(clocks)
        if after.frames == 0 and before.frames > 0 and before.seconds != after.seconds
    ]
    return Fraction(max(ends)) if ends else None


def _sensor(clip: ClipMetadata, options: Options) -> tuple[float, float] | None:
    """The sensor by the width that the user gives; its height as the picture's sides are."""
    across, high = clip.photosites_px or clip.size_px or options.size_px or (0, 0)
    width_mm = options.sensor_width_mm
    return (width_mm, width_mm * high / across) if across and width_mm else None


def _move(
    name: str, found: Metadata, rate: Fraction | None, size_px: tuple[int, int] | None
) -> CameraMove:
    clip, codes = found.clip, _timecodes(found, rate)
    places = _places(found.frames, codes)
    times = tuple(frame_time_ns(place, rate) if rate else 0 for place in places)
    camera, lens = _camera(clip), _lens(clip, found.frames)
    samples = [
        sample_of(
            name=name,
            index=index,
            time_ns=time_ns,
            pose=None,
            lens=_report(frame, clip if index == 0 else None),
            rate=rate,
            timecode=code,
            camera=camera if index == 0 else None,
            lens_static=lens if index == 0 else None,
            lens_more=_lens_more(frame),
        )
        for index, (frame, time_ns, code) in enumerate(zip(found.frames, times, codes, strict=True))
    ]
    if rate and clip.frame_count:
        samples[0].setdefault("static", {})["duration"] = _rational(clip.frame_count / rate)
    return CameraMove(name, tuple(samples), times, rate, size_px or clip.size_px)


def _timecodes(found: Metadata, rate: Fraction | None) -> list[Timecode | None]:
    base = found.clip.timecode_rate or rate
    drop = found.clip.drop_frame
    return [
        frame.clock.at(base, drop) if frame.clock is not None and base is not None else None
        for frame in found.frames
    ]


def _places(frames: tuple[FrameMetadata, ...], codes: list[Timecode | None]) -> list[int]:
    """Which frame of the clip each is, from 0: by the camera's count, else by timecode, else in order.

    A count that stands still or runs back tells nothing.
    """
    numbers = [frame.number for frame in frames if frame.number is not None]
    if len(numbers) < len(frames):
        first = codes[0] if codes else None
        numbers = [
            (code.frame_count - first.frame_count) % first.frames_per_day
            for code in codes
            if code is not None and first is not None
        ]
    rising = all(before < after for before, after in pairwise(numbers))
    if len(numbers) == len(frames) and rising:
        return [number - numbers[0] for number in numbers]
    return list(range(len(frames)))


def _report(frame: FrameMetadata, clip: ClipMetadata | None) -> LensReport:
    width, height = (clip and clip.sensor_mm) or (None, None)
    return LensReport(
        focal_length_mm=frame.focal_length_mm,
        focus_distance_m=frame.focus_distance_m,
        f_stop=frame.f_stop,
        entrance_pupil_offset_m=frame.entrance_pupil_offset_m,
        sensor_width_mm=width,
        sensor_height_mm=height,
    )


def _lens_more(frame: FrameMetadata) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if frame.t_stop is not None:
        more["tStop"] = frame.t_stop
    for key, values in (("encoders", frame.encoders), ("rawEncoders", frame.raw_encoders)):
        said = {
            name: value
            for name, value in zip(("focus", "iris", "zoom"), values, strict=True)
            if value is not None
        }
        if said:
            more[key] = said
    return more


def _camera(clip: ClipMetadata) -> dict[str, Any]:
    """`static.camera` in OpenTrackIO's names."""
    named = _named(
        make=clip.camera_make,
        model=clip.camera_model,
        serialNumber=clip.camera_serial,
        firmwareVersion=clip.camera_firmware,
        label=clip.camera_label,
    )
    if clip.photosites_px:
        width, height = clip.photosites_px
        named["activeSensorResolution"] = {"width": width, "height": height}
    if clip.squeeze:
        named["anamorphicSqueeze"] = _rational(clip.squeeze)
    if clip.capture_rate:
        named["captureFrameRate"] = _rational(clip.capture_rate)
    if clip.iso:
        named["isoSpeed"] = clip.iso
    if clip.shutter_angle_rad is not None:
        named["shutterAngle"] = round(math.degrees(clip.shutter_angle_rad), 6)
    return named


def _lens(clip: ClipMetadata, frames: tuple[FrameMetadata, ...]) -> dict[str, Any]:
    """`static.lens`; a focal length that never changes is the lens's nominal one."""
    named = _named(
        make=clip.lens_make,
        model=clip.lens_model,
        serialNumber=clip.lens_serial,
        firmwareVersion=clip.lens_firmware,
    )
    lengths = {frame.focal_length_mm for frame in frames}
    if len(lengths) == 1 and (length := lengths.pop()):
        named["nominalFocalLength"] = length
    return named


def _named(**texts: str) -> dict[str, Any]:
    return {name: text[:TEXT_LIMIT] for name, text in texts.items() if text}


def _rational(value: Fraction) -> Mapping[str, int]:
    short = value.limit_denominator(2**31 - 1)
    return {"num": short.numerator, "denom": short.denominator}
