"""Mo-Sys F4 recordings: the packets of a StarTracker, end to end in a file, as poses and lens values.

A packet: 0xF4, camera id, count of fields, status, then five bytes per field (id, field status, three
data bytes), then a checksum (0x40 less the sum of all other bytes, modulo 256). Integers are big-endian
and signed 24-bit; lens values are 32-bit floats in the last four bytes of their field.

Mo-Sys publishes no specification. The layout is known from open readers (SMPTE camdkit and others); the
units follow from them and from a real recording, and are pinned by tests:

- angles in 1/1000 degree, about OpenTrackIO's axes;
- positions in 1/100 mm;
- focal lengths and optical centre in pixels of a picture 1920 x 1080 (not degrees, as camdkit has it);
- entrance pupil in metres, focus as 1/m.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from openset.formats.faults import FormatError
from openset.primitives.time import Timecode, timecode_from_fields

PICTURE_WIDTH_PX = 1920
PICTURE_HEIGHT_PX = 1080

_COMMAND = 0xF4
_OVERHEAD = 5
_FIELD = 5
_ANGLE_STEPS = 1000
_LENGTH_STEPS = 100_000
_LARGEST = 1e6

_PAN, _TILT, _ROLL = 0x01, 0x02, 0x13
_X, _Y, _HEIGHT = 0x05, 0x06, 0x07
_FOCUS, _ZOOM, _IRIS = 0x03, 0x04, 0x0D
_PUPIL, _K1, _K2, _FX, _CX, _CY = 0x50, 0x51, 0x52, 0x53, 0x54, 0x55
_NEARNESS, _FY, _APERTURE = 0x57, 0x58, 0x60
_TIMECODE, _TRACKING = 0xF8, 0xF9

_RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(60))
_STATUS = (
    "undefined",
    "tracking",
    "optical good",
    "optical acceptable",
    "optical unreliable",
    "optical unstable",
    "optical lost",
    "too few stars",
    "searching for its place",
    "busy",
    "loading the map",
    "no map",
    "test signal",
    "mechanical encoders only",
    "I/O error",
    "internal error",
)


MOST_FAULTS = 20
"""Faults told in words; the rest are only counted."""


class F4Error(FormatError):
    """A packet that cannot be used."""


@dataclass(frozen=True)
class F4Frame:
    """One packet: the sensor's position (metres) and pan, tilt, roll (radians, as in OpenTrackIO).

    Lens values are None where the packet has none. `focal_length_mm` is on the sensor width given to
    `read`, None if none was. `fx_px`, `fy_px` and `centre_offset_px` (right, down of the middle) count
    pixels of a picture 1920 x 1080. `radial` (k1, k2) takes a distorted point at radius r, in units of
    the focal length, to (1 + k1 r² + k2 r⁴) r. `focus_distance_m` is infinite at infinity. Encoders are
    0..65535.
    """

    position_m: tuple[float, float, float]
    pan_rad: float
    tilt_rad: float
    roll_rad: float
    focus_distance_m: float | None
    focal_length_mm: float | None
    vertical_fov_rad: float | None
    horizontal_fov_rad: float | None
    fx_px: float | None
    fy_px: float | None
    centre_offset_px: tuple[float, float] | None
    radial: tuple[float, float] | None
    entrance_pupil_offset_m: float | None
    f_stop: float | None
    focus_encoder: int | None
    zoom_encoder: int | None
    iris_encoder: int | None
    timecode: Timecode | None
    rate: Fraction | None
    status: str
    camera_id: int
    counter: int
    recording: bool
    genlocked: bool


@dataclass(frozen=True)
class Recording:
    """All usable frames of a file in order, how many packets or stretches of bytes were not, and
    where the first of those begin and why ("byte 340: the checksum does not hold")."""

    frames: tuple[F4Frame, ...]
    skipped: int
    faults: tuple[str, ...] = ()

    @property
    def rate(self) -> Fraction | None:
        """Frames per second by the first timecode, None where there is none."""
        return next((frame.rate for frame in self.frames if frame.rate is not None), None)


def read(data: bytes, *, sensor_width_mm: float | None = None) -> Recording:
    """A whole recording. A broken packet is skipped and counted; it never costs the clip."""
    frames: list[F4Frame] = []
    faults: list[str] = []
    skipped = 0
    for at, packet in _packets(data):
        try:
            frames.append(decode(packet, sensor_width_mm=sensor_width_mm))
        except F4Error as trouble:
            skipped += 1
            if len(faults) < MOST_FAULTS:
                faults.append(f"byte {at}: {trouble.trouble}")
    return Recording(tuple(frames), skipped, tuple(faults))


def decode(packet: bytes, *, sensor_width_mm: float | None = None) -> F4Frame:
    """One packet; F4Error where it is none, its checksum fails, or it holds no usable pose or lens."""
    fields = _fields(packet)
    angles = [_integer(fields, name) / _ANGLE_STEPS for name in (_PAN, _TILT, _ROLL)]
    x, y, z = (_integer(fields, name) / _LENGTH_STEPS for name in (_X, _Y, _HEIGHT))
    fx, fy = _focal_length(fields, _FX), _focal_length(fields, _FY)
    fy = fx if fy is None else fy
    k1, k2, cx, cy = (_float(fields, name) for name in (_K1, _K2, _CX, _CY))
    nearness = _float(fields, _NEARNESS)
    timecode = _timecode(fields.get(_TIMECODE))
    return F4Frame(
        position_m=(x, y, z),
        pan_rad=math.radians(angles[0]),
        tilt_rad=math.radians(angles[1]),
        roll_rad=math.radians(angles[2]),
        focus_distance_m=None if nearness is None else (1 / nearness if nearness > 0 else math.inf),
        focal_length_mm=fx * sensor_width_mm / PICTURE_WIDTH_PX if fx and sensor_width_mm else None,
        vertical_fov_rad=2 * math.atan(PICTURE_HEIGHT_PX / 2 / fy) if fy else None,
        horizontal_fov_rad=2 * math.atan(PICTURE_WIDTH_PX / 2 / fx) if fx else None,
        fx_px=fx,
        fy_px=fy,
        centre_offset_px=None if cx is None or cy is None else (cx, cy),
        radial=None if k1 is None or k2 is None else (k1, k2),
        entrance_pupil_offset_m=_float(fields, _PUPIL),
        f_stop=_float(fields, _APERTURE),
        focus_encoder=_encoder(fields, _FOCUS),
        zoom_encoder=_encoder(fields, _ZOOM),
        iris_encoder=_encoder(fields, _IRIS),
        timecode=timecode,
        rate=None if timecode is None else timecode.rate,
        status=_STATUS[fields[_TRACKING][2] >> 4] if _TRACKING in fields else "",
        camera_id=packet[1],
        counter=packet[3] & 0x0F,
        recording=bool(packet[3] & 0x10),
        genlocked=bool(packet[3] & 0x20),
    )


def _fields(packet: bytes) -> dict[int, bytes]:
    """The four bytes of each field by its id."""
    if len(packet) < _OVERHEAD or packet[0] != _COMMAND:
        raise F4Error("an F4 packet starts with 0xF4")
    if len(packet) != packet_size(packet):
        raise F4Error(f"{packet[2]} fields need {packet_size(packet)} bytes, not {len(packet)}")
    if (0x40 - sum(packet[:-1])) & 0xFF != packet[-1]:
        raise F4Error("the checksum does not hold")
    return {packet[at]: packet[at + 1 : at + 5] for at in range(4, len(packet) - 1, _FIELD)}


def packet_size(packet: bytes) -> int:
    """How long a packet is by its own count of fields (third byte)."""
    return packet[2] * _FIELD + _OVERHEAD


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What may be packets and where they begin, in order; each stretch that is none comes as one piece,
    to be counted."""
    at = lost_from = 0
    while at < len(data):
        size = _size_at(data, at)
        if size:
            if lost_from < at:
                yield lost_from, data[lost_from:at]
            yield at, data[at : at + size]
            at = lost_from = at + size
        else:
            following = data.find(bytes((_COMMAND,)), at + 1)
            at = following if following >= 0 else len(data)
    if lost_from < at:
        yield lost_from, data[lost_from:]


def _size_at(data: bytes, at: int) -> int:
    """How many bytes a packet at this place has; 0 where none can be.

    A packet whose checksum fails still counts as one if the next begins right behind it.
    """
    if data[at] != _COMMAND or len(data) - at < _OVERHEAD:
        return 0
    end = at + packet_size(data[at : at + 3])
    if end > len(data):
        return 0
    followed = end == len(data) or data[end] == _COMMAND
    return end - at if followed or (0x40 - sum(data[at : end - 1])) & 0xFF == data[end - 1] else 0


def _integer(fields: dict[int, bytes], name: int) -> int:
    """A signed 24-bit field that is present and that the tracker calls valid."""
    value = fields.get(name)
    if value is None or value[0] & 1:
        raise F4Error(f"field 0x{name:02X} of the pose is missing or marked as invalid")
    return int.from_bytes(value[1:], "big", signed=True)


def _float(fields: dict[int, bytes], name: int) -> float | None:
    if name not in fields:
        return None
    value = float(struct.unpack(">f", fields[name])[0])
    if not abs(value) <= _LARGEST:
        raise F4Error(f"lens field 0x{name:02X} is {value:g}, more than any lens has")
    return value


def _focal_length(fields: dict[int, bytes], name: int) -> float | None:
    value = _float(fields, name)
    if value is not None and value < 1:
        raise F4Error(f"a focal length of {value:g} pixels is no field of view")
    return value


def _encoder(fields: dict[int, bytes], name: int) -> int | None:
    return int.from_bytes(fields[name][2:], "big") if name in fields else None


def _timecode(field: bytes | None) -> Timecode | None:
    """Rate in two bits of the field's status; six bits each of hours, minutes, seconds, frames."""
    if field is None:
        return None
    packed = int.from_bytes(field[1:], "big")
    hours, minutes, seconds, frames = ((packed >> shift) & 0x3F for shift in (18, 12, 6, 0))
    try:
        return timecode_from_fields(hours, minutes, seconds, frames, _RATES[(field[0] >> 5) & 3])
    except ValueError:
        return None
