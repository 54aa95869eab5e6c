"""FreeD D1: the 29-byte camera pose that PTZ heads and most trackers send, as a plain value.

Big-endian: 0xD1, camera id, pan, tilt, roll (signed 24 bits, degrees x 32768), x, y, z (signed 24 bits,
millimetres x 64), zoom, focus (unsigned 24 bits), user (16 bits), checksum (0x40 less the sum of the
other bytes). It carries no time. Zoom, focus and user mean what the maker says: they are left raw.
Source: Vinten free-d installation manual 1.4.4, appendices A and B.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openset.formats.faults import FormatError

SIZE = 29
PORT = 40000

_TYPE = 0xD1
_ANGLE_STEPS = 32768
_LENGTH_STEPS = 64_000
_HALF = 1 << 23
_RAD = math.pi / 180.0 / _ANGLE_STEPS
_M = 1.0 / _LENGTH_STEPS
# A 24-bit field is read as its upper 16 bits (with the sign) and its lower 8: one unpack for all.
_READ = struct.Struct(">xBhBhBhBhBhBhBHBHBHx").unpack

MESSAGES: Mapping[int, str] = {
    0xD0: "poll or command",
    0xD2: "system status",
    0xD3: "system parameters",
    0xD4: "target data",
    0xD5: "target data",
    0xD6: "image point data",
    0xD7: "image point data",
    0xD8: "EEPROM data",
    0xD9: "EEPROM request",
    0xDA: "camera calibration data",
    0xDB: "diagnostic mode",
    0xA2: "position in Radamec's own units",
    0xA4: "poll or command in Radamec mode",
}
"""The protocol's other messages: right as they are, but none of them holds a pose in D1's form."""

CHECKSUM = "FreeD checksum is wrong"
LENGTH = "FreeD packet has the wrong length"
OTHER = "FreeD message that is no D1 pose"
UNKNOWN = "no FreeD message"

FAULTS: Mapping[str, str] = {
    CHECKSUM: "The bytes were changed on their way, or the sender counts its checksum differently: "
    "check the cable or converter, and look for a firmware update of the sender.",
    LENGTH: "A D1 packet is 29 bytes: a serial-to-network converter is cutting or gluing packets; "
    "let it send on the end of a packet, not on a timer.",
    OTHER: "The sender speaks FreeD but sends status, commands or Radamec positions: switch it to "
    "streaming position data (D1).",
    UNKNOWN: "Another program sends to this port: give each protocol its own port.",
}


class FreeDError(FormatError):
    """Bytes that are no D1 packet, or a pose that D1 cannot hold. `fault` is a name in FAULTS, empty
    where a pose cannot be written."""

    def __init__(self, trouble: str, at: str = "", fault: str = "") -> None:
        super().__init__(trouble, at)
        self.fault = fault


class D1(NamedTuple):
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


_new = tuple.__new__


def decode(packet: bytes) -> D1:
    """One packet of exactly 29 bytes; FreeDError for anything else."""
    # Straight-line on purpose: every tracker of the stage comes through here at its full rate.
    if len(packet) != SIZE or packet[0] != _TYPE or sum(packet) & 0xFF != 0x40:
        raise _trouble(packet)
    c, p, pl, t, tl, r, rl, x, xl, y, yl, z, zl, zoom, zooml, focus, focusl, user = _READ(packet)
    return _new(
        D1,
        (
            (p * 256 + pl) * _RAD,
            (t * 256 + tl) * _RAD,
            (r * 256 + rl) * _RAD,
            ((x * 256 + xl) * _M, (y * 256 + yl) * _M, (z * 256 + zl) * _M),
            zoom * 256 + zooml,
            focus * 256 + focusl,
            user,
            c,
        ),
    )


def _trouble(packet: bytes) -> FreeDError:
    if not packet:
        return FreeDError("no bytes", "byte 0", LENGTH)
    kind = packet[0]
    if kind in MESSAGES and 4 <= len(packet) <= 32 and sum(packet) & 0xFF == 0x40:
        return FreeDError(
            f"a FreeD message 0x{kind:02X} ({MESSAGES[kind]}), not a pose", "byte 0", OTHER
        )
    if kind != _TYPE:
        return FreeDError(f"a D1 packet starts with 0xD1, not 0x{kind:02X}", "byte 0", UNKNOWN)
    if len(packet) != SIZE:
        return FreeDError(f"a D1 packet has {SIZE} bytes, not {len(packet)}", "byte 0", LENGTH)
    right = checksum(packet[:-1])
    return FreeDError(f"the checksum is 0x{packet[-1]:02X}, not 0x{right:02X}", "byte 28", CHECKSUM)


def decode_dump(data: bytes) -> tuple[list[D1], int]:
    """Packets recorded end to end, and how many bytes between them belong to none."""
    poses: list[D1] = []
    skipped = at = 0
    size = len(data)
    ahead = 1
    while at < size:
        # Good packets in a row are taken in ever longer stretches, so that rubbish costs little.
        count = min(ahead, (size - at) // SIZE)
        taken = _run(data, at, count) if count else []
        poses += taken
        at += len(taken) * SIZE
        if taken and len(taken) == count:
            ahead = min(ahead * 2, 1 << 14)
            continue
        ahead = 1
        if at < size:
            following = data.find(b"\xd1", at + 1)
            following = following if following >= 0 else size
            skipped += following - at
            at = following
    return poses, skipped


def _run(data: bytes, at: int, count: int) -> list[D1]:
    """The good packets at the beginning of `count` that may stand at `at`."""
    if count < 8:
        found = []
        for start in range(at, at + count * SIZE, SIZE):
            try:
                found.append(decode(data[start : start + SIZE]))
            except FreeDError:
                break
        return found
    rows = np.frombuffer(data, np.uint8, count * SIZE, at).reshape(count, SIZE).astype(np.int32)
    good = (rows[:, 0] == _TYPE) & (rows.sum(axis=1) & 0xFF == 0x40)
    rows = rows[: count if bool(good.all()) else int(good.argmin())]
    angles = [(_signed(rows, at) * _RAD).tolist() for at in (2, 5, 8)]
    lengths = [(_signed(rows, at) * _M).tolist() for at in (11, 14, 17)]
    zoom, focus = ((_signed(rows, at) & 0xFFFFFF).tolist() for at in (20, 23))
    user = (rows[:, 26] * 256 + rows[:, 27]).tolist()
    places = zip(*lengths, strict=True)
    return list(map(D1, *angles, places, zoom, focus, user, rows[:, 1].tolist()))


def _signed(rows: npt.NDArray[np.int32], at: int) -> npt.NDArray[np.int32]:
    value = rows[:, at] * 65536 + rows[:, at + 1] * 256 + rows[:, at + 2]
    return np.where(value >= _HALF, value - 2 * _HALF, value).astype(np.int32)


def _steps(value: float, per_unit: int) -> bytes:
    scaled = value * per_unit
    if not -_HALF - 0.5 <= scaled < _HALF - 0.5:
        raise FreeDError(f"{value:g} is outside ±{_HALF / per_unit:g}, all that D1 holds")
    return max(-_HALF, round(scaled)).to_bytes(3, "big", signed=True)


def _unsigned(value: int, name: str) -> bytes:
    if not 0 <= value < 1 << 24:
        raise FreeDError(f"{name} {value} does not fit 24 bits")
    return value.to_bytes(3, "big")
