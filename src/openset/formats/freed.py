"""FreeD D1: the 29-byte camera pose that PTZ heads and most trackers send, as a plain value.

Big-endian: 0xD1, camera id, pan, tilt, roll (signed 24 bits, degrees x 32768), x, y, z (signed 24 bits,
millimetres x 64), zoom, focus (unsigned 24 bits), user (16 bits), checksum (0x40 less the sum of the
other bytes). It carries no time. Zoom, focus and user mean what the maker says: they are left raw.
Source: Vinten FreeD manual, appendix B.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

SIZE = 29
PORT = 40000

_TYPE = 0xD1
_ANGLE_STEPS = 32768
_LENGTH_STEPS = 64_000
_HALF = 1 << 23


class FreeDError(ValueError):
    """Bytes that are no D1 packet, or a pose that D1 cannot hold."""


@dataclass(frozen=True)
class D1:
    """One D1 packet. Angles in radians and metres along the sender's own axes; the rest raw.

    D1 holds angles within ±256 degrees in steps of 0.11 seconds of arc, and positions within ±131 m in
    steps of 0.016 mm. `zoom` and `focus` are 24-bit, `user` 16-bit, `camera_id` 8-bit.
    """

    pan_rad: float
    tilt_rad: float
    roll_rad: float
    position_m: tuple[float, float, float]
    zoom: int = 0
    focus: int = 0
    user: int = 0
    camera_id: int = 1


def checksum(body: bytes) -> int:
    """The last byte of a packet whose other 28 bytes are `body`."""
    return (0x40 - sum(body)) & 0xFF


def encode(pose: D1) -> bytes:
    """29 bytes; FreeDError where a value does not fit its field."""
    angles = (
        _steps(math.degrees(a), _ANGLE_STEPS) for a in (pose.pan_rad, pose.tilt_rad, pose.roll_rad)
    )
    lengths = (_steps(length, _LENGTH_STEPS) for length in pose.position_m)
    if not (0 <= pose.camera_id <= 0xFF and 0 <= pose.user <= 0xFFFF):
        raise FreeDError(f"camera {pose.camera_id} or user value {pose.user} does not fit D1")
    body = bytes((_TYPE, pose.camera_id)) + b"".join((*angles, *lengths))
    body += _unsigned(pose.zoom, "zoom") + _unsigned(pose.focus, "focus") + struct.pack(">H", pose.user)
    return body + bytes((checksum(body),))


def decode(packet: bytes) -> D1:
    """One packet of exactly 29 bytes; FreeDError for anything else."""
    if len(packet) != SIZE:
        raise FreeDError(f"a D1 packet has {SIZE} bytes, not {len(packet)}")
    if packet[0] != _TYPE:
        raise FreeDError(f"a D1 packet starts with 0xD1, not 0x{packet[0]:02X}")
    if checksum(packet[:-1]) != packet[-1]:
        raise FreeDError(f"the checksum is 0x{packet[-1]:02X}, not 0x{checksum(packet[:-1]):02X}")
    pan, tilt, roll = (math.radians(_signed(packet, at) / _ANGLE_STEPS) for at in (2, 5, 8))
    x, y, z = (_signed(packet, at) / _LENGTH_STEPS for at in (11, 14, 17))
    return D1(
        pan,
        tilt,
        roll,
        (x, y, z),
        zoom=int.from_bytes(packet[20:23], "big"),
        focus=int.from_bytes(packet[23:26], "big"),
        user=int.from_bytes(packet[26:28], "big"),
        camera_id=packet[1],
    )


def decode_dump(data: bytes) -> tuple[list[D1], int]:
    """Packets recorded end to end, and how many bytes between them belong to none."""
    poses: list[D1] = []
    skipped = at = 0
    while at < len(data):
        try:
            poses.append(decode(data[at : at + SIZE]))
            at += SIZE
        except FreeDError:
            following = data.find(bytes((_TYPE,)), at + 1)
            following = following if following >= 0 else len(data)
            skipped += following - at
            at = following
    return poses, skipped


def _steps(value: float, per_unit: int) -> bytes:
    scaled = value * per_unit
    if not -_HALF - 0.5 <= scaled < _HALF - 0.5:
        raise FreeDError(f"{value:g} is outside ±{_HALF / per_unit:g}, all that D1 holds")
    return max(-_HALF, round(scaled)).to_bytes(3, "big", signed=True)


def _signed(packet: bytes, at: int) -> int:
    return int.from_bytes(packet[at : at + 3], "big", signed=True)


def _unsigned(value: int, name: str) -> bytes:
    if not 0 <= value < 1 << 24:
        raise FreeDError(f"{name} {value} does not fit 24 bits")
    return value.to_bytes(3, "big")
