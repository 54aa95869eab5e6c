"""opentrack's "UDP over network": six little-endian doubles, 48 bytes, as webcam and DIY trackers send.

x, y, z in centimetres (right, up, ahead), then yaw, pitch, roll in degrees (right, up, clockwise seen
from behind), turned in that order. So x is our X, y our Z, z our Y; pan is -yaw, tilt pitch and roll
roll. opentrack lets its user turn every axis round in its mapping, and many set-ups do: see `inverted`.
Some senders append a frame number of 4 or 8 bytes. Source: opentrack's documentation of its UDP
protocol, and its source (proto-udp writes the six numbers as they are; port 4242).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from openset.formats.faults import FormatError
from openset.primitives.space import Pose, pan_tilt_roll_from_pose, pose_from_pan_tilt_roll

SIZE = 48
PORT = 4242
FARTHEST_CM = 1e6
SIZES = {48: 0, 52: 4, 56: 8}
AXES = ("x", "y", "z", "yaw", "pitch", "roll")

LENGTH = "no opentrack packet"
ABSURD = "opentrack pose is not of this world"
FAULTS: Mapping[str, str] = {
    LENGTH: "An opentrack packet is 48 bytes: another program sends to this port.",
    ABSURD: "The tracker has lost its target or sends another format: look at its own preview.",
}

Numbers = tuple[float, float, float, float, float, float]

_SIX = struct.Struct("<6d")


class OpentrackError(FormatError):
    """Bytes that are no packet of opentrack, or a pose it cannot hold. `fault` is a name in FAULTS."""

    def __init__(self, trouble: str, at: str = "", fault: str = LENGTH) -> None:
        super().__init__(trouble, at)
        self.fault = fault


@dataclass(frozen=True)
class Six:
    """opentrack's six numbers, in its own axes: centimetres and degrees."""

    x_cm: float
    y_cm: float
    z_cm: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    frame: int | None = None


def looks_like(datagram: bytes) -> bool:
    """Whether these bytes are six numbers that could be a pose: the protocol has no mark of its own."""
    if len(datagram) not in SIZES:
        return False
    numbers = _SIX.unpack_from(datagram)
    return all(each == 0.0 or 1e-30 < abs(each) < FARTHEST_CM for each in numbers)


def decode(datagram: bytes) -> Six:
    """One packet; OpentrackError for anything else."""
    if len(datagram) not in SIZES:
        raise OpentrackError(f"an opentrack packet has {SIZE} bytes, not {len(datagram)}", "byte 0")
    numbers = _SIX.unpack_from(datagram)
    for index, (name, number) in enumerate(zip(AXES, numbers, strict=True)):
        if not abs(number) < FARTHEST_CM:
            raise OpentrackError(f"{name} is {number:g}", f"byte {index * 8}", ABSURD)
    extra = datagram[SIZE:]
    x, y, z, yaw, pitch, roll = numbers
    return Six(x, y, z, yaw, pitch, roll, int.from_bytes(extra, "little") if extra else None)


def encode(six: Six) -> bytes:
    """48 bytes, and 8 more where there is a frame number; OpentrackError where a number is absurd."""
    numbers = (six.x_cm, six.y_cm, six.z_cm, six.yaw_deg, six.pitch_deg, six.roll_deg)
    if not all(abs(each) < FARTHEST_CM for each in numbers):
        raise OpentrackError("a pose is not of this world", fault=ABSURD)
    tail = b"" if six.frame is None else struct.pack("<Q", six.frame % (1 << 64))
    return _SIX.pack(*numbers) + tail


def pose(six: Six, inverted: frozenset[str] = frozenset()) -> Pose:
    """The six numbers as stage_from_camera, those named in `inverted` with their sign turned round."""
    x, y, z, yaw, pitch, roll = _signed(
        (six.x_cm, six.y_cm, six.z_cm, six.yaw_deg, six.pitch_deg, six.roll_deg), inverted
    )
    turn = math.radians(-yaw), math.radians(pitch), math.radians(roll)
    return pose_from_pan_tilt_roll((x / 100, z / 100, y / 100), *turn)


def six_of(stage_from_camera: Pose, inverted: frozenset[str] = frozenset()) -> Six:
    """The other way."""
    x, y, z = stage_from_camera.position_m
    pan, tilt, roll = map(math.degrees, pan_tilt_roll_from_pose(stage_from_camera))
    x, y, z, yaw, pitch, roll = _signed((x * 100, z * 100, y * 100, -pan, tilt, roll), inverted)
    return Six(x, y, z, yaw, pitch, roll)


def _signed(numbers: tuple[float, ...], inverted: frozenset[str]) -> tuple[float, ...]:
    return tuple(-each if name in inverted else each for name, each in zip(AXES, numbers, strict=True))
