"""An OpenTrackIO sample as the header attributes of an OpenEXR frame, and back.

The same thing has other units there: entrance pupil in millimetres (OpenTrackIO: metres), sensor offset
in thousandths of a millimetre, focal lengths in millimetres, focus in metres, shutter in degrees, rates
as fractions. `aperture` is the f-number. `sensorCenterOffset` says where the picture's middle lies from
the axis, right and down, which is OpenTrackIO's projection offset the other way round.

The size of the sensor that the picture was taken from has no attribute (`sensorOverallDimensions` is
that of the whole chip); it is in `worldToNDC` and in the sample.
`worldToCamera` is for points as rows, p M, the world in metres with Z up; OpenEXR's camera space is
left-handed, x right, y up, z ahead. `worldToNDC` gives (x, y, z, w): x / w and y / w run from 0 at the
upper left to 1 at the lower right, and the lens is a pinhole. All of the sample, distortion included,
stands as JSON in `openTrackIO`.
Source: OpenEXR, "Standard Attributes".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import numpy as np

from openset.formats.faults import FormatError
from openset.formats.opentrackio import Sample, validate
from openset.primitives.space import F64, Pose, pose_from_matrix

Attributes = dict[str, Any]

WHOLE = "openTrackIO"
MOST_CHARACTERS = 1 << 20
_AHEAD: F64 = np.diag([1.0, 1.0, -1.0, 1.0])
_FIRST_DATE_S = 978_307_200
"""Time stamps before 2001 count from some start, not from 1970."""


@dataclass(frozen=True)
class ExrTimecode:
    """SMPTE timecode as a header holds it: fields and the drop-frame flag, without a rate."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop_frame: bool = False


@dataclass(frozen=True)
class _Field:
    """One attribute: its name, the sample's path, and its number for one of the sample's."""

    name: str
    path: tuple[str, ...]
    scale: float = 1.0


_CAMERA = ("static", "camera")
_LENS = ("static", "lens")
_TEXTS = (
    *(
        _Field(f"{kind}{part}", (*group, word))
        for kind, group in (("camera", _CAMERA), ("lens", _LENS))
        for part, word in (
            ("Make", "make"),
            ("Model", "model"),
            ("SerialNumber", "serialNumber"),
            ("FirmwareVersion", "firmwareVersion"),
        )
    ),
    _Field("cameraLabel", (*_CAMERA, "label")),
)
_NUMBERS = (
    _Field("isoSpeed", (*_CAMERA, "isoSpeed")),
    _Field("shutterAngle", (*_CAMERA, "shutterAngle")),
    _Field("nominalFocalLength", (*_LENS, "nominalFocalLength")),
    _Field("pinholeFocalLength", ("lens", "pinholeFocalLength")),
    _Field("entrancePupilOffset", ("lens", "entrancePupilOffset"), 1000.0),
    _Field("aperture", ("lens", "fStop")),
    _Field("tStop", ("lens", "tStop")),
    _Field("focus", ("lens", "focusDistance")),
)
_RATES = (
    _Field("captureRate", (*_CAMERA, "captureFrameRate")),
    _Field("framesPerSecond", ("timing", "sampleRate")),
)
_OFFSET = _Field("sensorCenterOffset", ("lens", "projectionOffset"), -1000.0)
_SENSOR = (*_CAMERA, "activeSensorPhysicalDimensions")


def attributes_from_sample(
    sample: Sample, world_from_camera: Pose | None, frame: int | None = None
) -> Attributes:
    """Header attributes of one frame: text, floats, Fractions, pairs (2,), matrices (4, 4) and an
    `ExrTimecode`. The pose is the entrance pupil's; `frame` is the number of the picture."""
    out: Attributes = {}
    for each in _TEXTS:
        if isinstance(value := _find(sample, each.path), str) and value:
            out[each.name] = value
    for each in _NUMBERS:
        if (number := _number(_find(sample, each.path))) is not None:
            out[each.name] = number * each.scale
    for each in _RATES:
        if (rate := _rate(_find(sample, each.path))) is not None:
            out[each.name] = rate
    x, y = (_number(_find(sample, (*_OFFSET.path, part))) for part in "xy")
    if x is not None and y is not None:
        out[_OFFSET.name] = (x * _OFFSET.scale, y * _OFFSET.scale)
    out |= _time_attributes(sample)
    if frame is not None:
        out["imageCounter"] = frame
    if world_from_camera is not None:
        out |= _matrices(sample, world_from_camera)
    out[WHOLE] = json.dumps(sample, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return out


def sample_from_attributes(attributes: Mapping[str, Any]) -> Sample:
    """What a header says, as a sample without ids: all of it where a program here wrote it, with the
    standard attributes on top, since others may have changed them; those out of a camera's range are
    left aside. Raises FormatError where nothing of it is a camera's."""
    out = _whole(attributes.get(WHOLE))
    readers: tuple[tuple[tuple[_Field, ...], Callable[[Any, float], Any]], ...] = (
        (_TEXTS, lambda value, _: value if isinstance(value, str) and 0 < len(value) < 1024 else None),
        (_NUMBERS, _read_number),
        (_RATES, lambda value, _: _written_rate(value)),
    )
    for fields, reader in readers:
        for each in fields:
            _put(out, each.path, reader(attributes.get(each.name), each.scale))
    offset = _read_pair(attributes.get(_OFFSET.name), _OFFSET.scale)
    if offset is not None:
        _put(out, _OFFSET.path, {"x": offset[0], "y": offset[1]})
    code = attributes.get("timeCode")
    rate = _find(out, ("timing", "sampleRate"))
    if isinstance(code, ExrTimecode) and rate is not None:
        _put(out, ("timing", "timecode"), _written_code(code, rate))
    for group in [name for name, value in out.items() if value == {}]:
        del out[group]
    if not out:
        raise FormatError("no attribute of this frame is a camera's or a lens's")
    return out


def pose_from_attributes(attributes: Mapping[str, Any]) -> Pose | None:
    """`world_from_camera` of a header's `worldToCamera`; None where there is none that is rigid."""
    try:
        matrix = np.asarray(attributes.get("worldToCamera"), dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if matrix.shape != (4, 4) or not np.abs(matrix).max(initial=0.0) < 1e7:
        return None
    camera_from_world = _AHEAD @ matrix.T
    turn = camera_from_world[:3, :3]
    if np.abs(turn @ turn.T - np.eye(3)).max() > 1e-3 or np.linalg.det(turn) < 0:
        return None
    out = np.eye(4)
    out[:3, :3] = turn.T
    out[:3, 3] = -turn.T @ camera_from_world[:3, 3]
    return pose_from_matrix(out)


# --- out


def _matrices(sample: Sample, pose: Pose) -> Attributes:
    to_camera = _AHEAD @ pose.inverse().matrix
    out: Attributes = {"worldToCamera": to_camera.T}
    focal = _number(_find(sample, ("lens", "pinholeFocalLength")))
    sides = [_number(_find(sample, (*_SENSOR, part))) for part in ("width", "height")]
    if focal and all(sides):
        width, height = (side or 1.0 for side in sides)
        right, down = (
            _number(_find(sample, ("lens", "projectionOffset", part))) or 0.0 for part in "xy"
        )
        project = np.array(
            [
                [focal / width, 0.0, 0.5 + right / width, 0.0],
                [0.0, -focal / height, 0.5 + down / height, 0.0],
                [0.0, 0.0, 1.0, -1.0],
                [0.0, 0.0, 1.0, 0.0],
            ]
        )
        out["worldToNDC"] = (project @ to_camera).T
    return out


def _time_attributes(sample: Sample) -> Attributes:
    out: Attributes = {}
    code = _find(sample, ("timing", "timecode"))
    if isinstance(code, Mapping):
        fields = [code.get(name) for name in ("hours", "minutes", "seconds", "frames")]
        limits = (
            23,
            59,
            59,
            39,
        )  # the header holds two binary-coded digits of frames, the tens up to 3
        if all(_is_whole(value, most) for value, most in zip(fields, limits, strict=True)):
            hours, minutes, seconds, frames = (int(value or 0) for value in fields)
            out["timeCode"] = ExrTimecode(
                hours, minutes, seconds, frames, code.get("dropFrame") is True
            )
    stamp = _find(sample, ("timing", "sampleTimestamp", "seconds"))
    if _is_whole(stamp, 1 << 35) and stamp >= _FIRST_DATE_S:
        out["capDate"] = datetime.fromtimestamp(stamp, UTC).strftime("%Y:%m:%d %H:%M:%S")
        out["utcOffset"] = 0.0
    return out


def _find(sample: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    at: Any = sample
    for step in path:
        at = at.get(step) if isinstance(at, Mapping) else None
    return at


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30
    return float(value) if usable else None


def _rate(value: Any) -> Fraction | None:
    if not isinstance(value, Mapping):
        return None
    top, bottom = value.get("num"), value.get("denom")
    if not (_is_whole(top, 2**31 - 1) and _is_whole(bottom, 2**31 - 1) and top and bottom):
        return None
    return Fraction(int(top), int(bottom))


# --- in


def _whole(text: Any) -> Sample:
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        return {}
    try:
        sample = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    usable = isinstance(sample, dict) and not validate(sample)
    return sample if usable else {}


def _read_number(value: Any, scale: float) -> float | None:
    number = _number(value)
    return None if number is None else number / scale


def _read_pair(value: Any, scale: float) -> tuple[float, float] | None:
    try:
        one, other = (float(part) / scale for part in value)
    except (TypeError, ValueError, OverflowError):
        return None
    return (one, other) if max(abs(one), abs(other)) < 1e30 else None


def _written_rate(value: Any) -> Sample | None:
    if not isinstance(value, Fraction) or value <= 0:
        return None
    short = value.limit_denominator(2**31 - 1)
    return {"num": short.numerator, "denom": short.denominator} if short.numerator < 2**31 else None


def _written_code(code: ExrTimecode, rate: Any) -> Sample:
    return {
        "hours": code.hours,
        "minutes": code.minutes,
        "seconds": code.seconds,
        "frames": code.frames,
        "frameRate": rate,
        "dropFrame": code.drop_frame,
    }


def _put(out: Sample, path: tuple[str, ...], value: Any) -> None:
    """A value at its place, unless it is none that a camera has (programs write 0 for what they do not
    know) or says what is there already, in the header's lesser precision."""
    if path[-1] == "isoSpeed" and value is not None:
        value = round(value)
    if value is None or _says(_find(out, path), value) or validate(_alone(path, value)):
        return
    at = out
    for step in path[:-1]:
        at = at.setdefault(step, {})
    at[path[-1]] = value


def _alone(path: tuple[str, ...], value: Any) -> Sample:
    for step in reversed(path):
        value = {step: value}
    return dict(value)


def _says(known: Any, value: Any) -> bool:
    if isinstance(known, Mapping) and isinstance(value, Mapping):
        return all(_says(known.get(key), part) for key, part in value.items())
    if isinstance(known, int | float) and isinstance(value, int | float):
        return math.isclose(known, value, rel_tol=1e-6, abs_tol=1e-9)
    return bool(known == value)
