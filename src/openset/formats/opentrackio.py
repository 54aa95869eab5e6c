"""OpenTrackIO 1.0.1 samples as plain readings, and readings as samples.

A sample is a `dict` in the standard's own JSON shape; a `Reading` is what a stage needs of it, in
metres, radians and millimetres. What is written is strictly 1.0.1; what is read may be 1.0.0, or
incomplete. `encode` and `Reassembler` carry samples over UDP.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from openset.formats.opentrackio_pose import OpenTrackIOError, Xyz, compose, finite
from openset.formats.opentrackio_schema import TEXT_LIMIT, U31, U32, U48, is_valid, problems
from openset.formats.opentrackio_wire import MAX_PAYLOAD, PORT, Reassembler, Sample, encode
from openset.primitives.time import NS_PER_S, Timecode, timecode_from_fields

__all__ = [
    "MAX_PAYLOAD",
    "PORT",
    "OpenTrackIOError",
    "Reading",
    "Reassembler",
    "Sample",
    "compose",
    "encode",
    "is_valid",
    "known_timecode",
    "read",
    "read_lens",
    "read_source",
    "read_status",
    "read_timing",
    "validate",
    "write",
]


@dataclass(frozen=True)
class Reading:
    """What a stage needs of one sample; None where the tracker does not say.

    Position in metres and pan, tilt, roll in radians place the camera's sensor on the stage (intrinsic
    Z, X, Y; at zero the camera looks along +Y): the whole chain of transforms, composed. `radial` and
    `tangential` are the standard's own coefficients of `distortion_model` ("Brown-Conrady U-D" or
    "Brown-Conrady D-U"), in powers of 1/mm. `sample_time_ns` counts on the tracker's clock.
    `zoom_ring` and `focus_ring` are the lens's encoders, 0 to 1.
    """

    position_m: Xyz
    pan_rad: float
    tilt_rad: float
    roll_rad: float
    focal_length_mm: float | None = None
    focus_distance_m: float | None = None
    f_stop: float | None = None
    entrance_pupil_offset_m: float | None = None
    sensor_width_mm: float | None = None
    sensor_height_mm: float | None = None
    projection_offset_mm: tuple[float, float] | None = None
    distortion_offset_mm: tuple[float, float] | None = None
    distortion_model: str | None = None
    radial: tuple[float, ...] = ()
    tangential: tuple[float, ...] = ()
    sample_time_ns: int | None = None
    sequence: int | None = None
    sample_rate: Fraction | None = None
    timecode: Timecode | None = None
    status: str | None = None
    source_id: str | None = None
    source_number: int | None = None
    slate: str | None = None
    recording: bool | None = None
    zoom_ring: float | None = None
    focus_ring: float | None = None


def read(sample: Mapping[str, Any], static: Mapping[str, Any] | None = None) -> Reading:
    """A sample to a reading, as much of it as can be used.

    `static` is the newest `static` block of the same source, for samples that carry none. A field
    of the wrong kind or range is taken as absent; OpenTrackIOError only without a usable pose.
    """
    position, pan, tilt, roll = compose(sample.get("transforms"))
    stamp_ns, sequence, timecode = read_timing(sample)
    timing, tracker = _map(sample, "timing"), _map(sample, "tracker")
    source_id, source_number = read_source(sample)
    recording = tracker.get("recording")
    return Reading(
        position,
        pan,
        tilt,
        roll,
        **read_lens(sample, static),
        sample_time_ns=stamp_ns,
        sequence=sequence,
        sample_rate=_rational(timing.get("sampleRate")),
        timecode=timecode,
        status=read_status(sample),
        source_id=source_id,
        source_number=source_number,
        slate=_text(tracker.get("slate")),
        recording=recording if isinstance(recording, bool) else None,
    )


def read_lens(sample: Mapping[str, Any], static: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The thirteen fields of a `Reading` that tell of the lens and the sensor, by name."""
    lens = _map(sample, "lens")
    model, radial, tangential = _distortion(lens.get("distortion"))
    camera = _map(_map(sample, "static") or static or _NOTHING, "camera")
    sensor = _map(camera, "activeSensorPhysicalDimensions")
    encoders = _map(lens, "encoders")
    return {
        "focal_length_mm": _above_zero(lens.get("pinholeFocalLength")),
        "focus_distance_m": _above_zero(lens.get("focusDistance")),
        "f_stop": _above_zero(lens.get("fStop")),
        "entrance_pupil_offset_m": finite(lens.get("entrancePupilOffset")),
        "sensor_width_mm": _above_zero(sensor.get("width")),
        "sensor_height_mm": _above_zero(sensor.get("height")),
        "projection_offset_mm": _offset(lens.get("projectionOffset")),
        "distortion_offset_mm": _offset(lens.get("distortionOffset")),
        "distortion_model": model,
        "radial": radial,
        "tangential": tangential,
        "zoom_ring": _share(encoders.get("zoom")),
        "focus_ring": _share(encoders.get("focus")),
    }


def read_timing(sample: Mapping[str, Any]) -> tuple[int | None, int | None, Timecode | None]:
    """The time stamp in nanoseconds of the tracker's clock, the sequence number and the timecode."""
    timing = _map(sample, "timing")
    return (
        _timestamp_ns(timing.get("sampleTimestamp")),
        _whole(timing.get("sequenceNumber")),
        _timecode(timing.get("timecode")),
    )


def read_source(sample: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Who sent it: the source's id and the number of its stream."""
    return _text(sample.get("sourceId")), _whole(sample.get("sourceNumber"))


def read_status(sample: Mapping[str, Any]) -> str | None:
    """The tracker's own word for its health."""
    return _text(_map(sample, "tracker").get("status"))


def _map(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else _NOTHING


_NOTHING: dict[str, Any] = {}


def _above_zero(value: Any) -> float | None:
    number = finite(value)
    return number if number is not None and number > 0 else None


def _share(value: Any) -> float | None:
    number = finite(value)
    return number if number is not None and 0.0 <= number <= 1.0 else None


def _whole(value: Any, most: int = U32) -> int | None:
    if value.__class__ is float and value.is_integer():
        value = int(value)  # to JSON Schema 7.0 is a whole number, and some senders know no other
    return value if value.__class__ is int and 0 <= value <= most else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _offset(pair: Any) -> tuple[float, float] | None:
    if not isinstance(pair, dict):
        return None
    x, y = finite(pair.get("x")), finite(pair.get("y"))
    return None if x is None or y is None else (x, y)


def _rational(value: Any) -> Fraction | None:
    if not isinstance(value, dict):
        return None
    numerator, denominator = _whole(value.get("num")), _whole(value.get("denom"))
    return _fraction(numerator, denominator) if numerator and denominator else None


@lru_cache(256)
def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator)


def _timestamp_ns(stamp: Any) -> int | None:
    if not isinstance(stamp, dict):
        return None
    seconds, nanoseconds = _whole(stamp.get("seconds"), U48), _whole(stamp.get("nanoseconds"))
    return None if seconds is None or nanoseconds is None else seconds * NS_PER_S + nanoseconds


def _timecode(fields: Any) -> Timecode | None:
    if not isinstance(fields, dict):
        return None
    numbers = (*map(fields.get, ("hours", "minutes", "seconds", "frames")),)
    rate = _map(fields, "frameRate")
    whole = (*map(_whole, (*numbers, rate.get("num"), rate.get("denom"))),)
    return None if None in whole else known_timecode(*whole, fields.get("dropFrame") is True)


@lru_cache(1024)
def known_timecode(
    hours: int, minutes: int, seconds: int, frames: int, numerator: int, denominator: int, drop: bool
) -> Timecode | None:
    """A timecode, None where there is no such one. Many samples share a frame's, and many trackers."""
    if not numerator or not denominator:
        return None
    rate = _fraction(numerator, denominator)
    try:
        return timecode_from_fields(hours, minutes, seconds, frames, rate, drop_frame=drop)
    except ValueError:
        return None


def _distortion(entries: Any) -> tuple[str | None, tuple[float, ...], tuple[float, ...]]:
    """The first undistorted-to-distorted model where there is one, else the first; its coefficients."""
    chosen: tuple[str, tuple[float, ...], tuple[float, ...]] | None = None
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        if not isinstance(entry, dict) or (radial := _numbers(entry.get("radial"))) is None:
            continue
        model = _text(entry.get("model")) or "Brown-Conrady D-U"
        if chosen is None or ("U-D" in model and "U-D" not in chosen[0]):
            chosen = (model, radial, _numbers(entry.get("tangential")) or ())
    return chosen or (None, (), ())


def _numbers(values: Any) -> tuple[float, ...] | None:
    if not isinstance(values, (list, tuple)) or not 0 < len(values) <= 16:
        return None
    numbers = tuple([finite(value) for value in values])
    return None if None in numbers else numbers  # type: ignore[return-value]


def write(reading: Reading, *, sample_id: str, source_id: str, include_static: bool = False) -> Sample:
    """A reading to a strict 1.0.1 sample with one transform, "Camera".

    Ids are "urn:uuid:..." in lower case. A lens value the standard cannot hold (focus at infinity, a
    stop of zero) is left out. The sensor size travels in the static block, which a sender repeats every
    two seconds or so. Raises OpenTrackIOError where the pose is not finite or an id is no URN.
    """
    sample: Sample = {
        "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]},
        "sampleId": sample_id,
        "sourceId": source_id,
        "sourceNumber": reading.source_number if reading.source_number is not None else 1,
        "timing": _written_timing(reading),
        "transforms": [_written_transform(reading)],
    }
    for name, group in (("tracker", _written_tracker(reading)), ("lens", _written_lens(reading))):
        if group:
            sample[name] = group
    width, height = _positive(reading.sensor_width_mm), _positive(reading.sensor_height_mm)
    if include_static and width and height:
        sensor = {"width": width, "height": height}
        sample["static"] = {"camera": {"activeSensorPhysicalDimensions": sensor}}
    if trouble := problems(sample):
        raise OpenTrackIOError(*trouble[0].split(": ", 1))
    return sample


def validate(sample: Mapping[str, Any]) -> list[str]:
    """Everything in `sample` that OpenTrackIO 1.0.1 forbids, one sentence each; empty if valid."""
    return problems(sample)


def _positive(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value > 0 else None


def _written_transform(reading: Reading) -> Sample:
    angles = (reading.pan_rad, reading.tilt_rad, reading.roll_rad)
    if not all(map(math.isfinite, (*reading.position_m, *angles))):
        raise OpenTrackIOError("transforms[0]", "the pose is not finite")
    pan, tilt, roll = map(math.degrees, angles)
    x, y, z = reading.position_m
    return {
        "id": "Camera",
        "translation": {"x": x, "y": y, "z": z},
        "rotation": {"pan": pan, "tilt": tilt, "roll": roll},
    }


def _written_tracker(reading: Reading) -> Sample:
    group: Sample = {}
    for name, text in (("status", reading.status), ("slate", reading.slate)):
        if text:
            group[name] = text[:TEXT_LIMIT]
    if reading.recording is not None:
        group["recording"] = reading.recording
    return group


def _written_timing(reading: Reading) -> Sample:
    stamp = reading.sample_time_ns
    group: Sample = {"mode": "external" if stamp is None else "internal"}
    if stamp is not None:
        seconds, nanoseconds = divmod(stamp, NS_PER_S)
        group["sampleTimestamp"] = {"seconds": seconds, "nanoseconds": nanoseconds}
    if reading.sequence is not None:
        group["sequenceNumber"] = reading.sequence & U32
    if reading.sample_rate is not None:
        group["sampleRate"] = _written_rational(reading.sample_rate)
    if reading.timecode is not None:
        hours, minutes, seconds, frames = reading.timecode.fields()
        group["timecode"] = {
            "hours": hours,
            "minutes": minutes,
            "seconds": seconds,
            "frames": frames,
            "frameRate": _written_rational(reading.timecode.rate),
            "dropFrame": reading.timecode.drop_frame,
        }
    return group


def _written_rational(value: Fraction) -> Sample:
    short = value.limit_denominator(U31)
    return {"num": short.numerator, "denom": short.denominator}


def _written_lens(reading: Reading) -> Sample:
    group: Sample = {}
    for name, value in (
        ("pinholeFocalLength", _positive(reading.focal_length_mm)),
        ("focusDistance", _positive(reading.focus_distance_m)),
        ("fStop", _positive(reading.f_stop)),
    ):
        if value is not None:
            group[name] = value
    pupil = reading.entrance_pupil_offset_m
    if pupil is not None and math.isfinite(pupil):
        group["entrancePupilOffset"] = pupil
    for name, pair in (
        ("projectionOffset", reading.projection_offset_mm),
        ("distortionOffset", reading.distortion_offset_mm),
    ):
        if pair is not None and all(map(math.isfinite, pair)):
            group[name] = {"x": pair[0], "y": pair[1]}
    rings = {"focus": _share(reading.focus_ring), "zoom": _share(reading.zoom_ring)}
    if encoders := {name: place for name, place in rings.items() if place is not None}:
        group["encoders"] = encoders
    if reading.radial and all(map(math.isfinite, (*reading.radial, *reading.tangential))):
        entry: Sample = {"model": reading.distortion_model or "Brown-Conrady D-U"}
        entry["radial"] = list(reading.radial)
        if reading.tangential:
            entry["tangential"] = list(reading.tangential)
        group["distortion"] = [entry]
    return group
