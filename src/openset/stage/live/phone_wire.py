"""What a phone's page says to the solver and hears from it, as bytes; bounded, refused by name.

    page -> host   a frame: "OPF1", number, capture and sending time (ms on the page's clock), width,
                   height, whether the capture time is the camera's own; then a JPEG
                   motion: "OPM1", count; then for each: time (ms), turning x y z (rad/s) and
                   acceleration x y z (m/s2), along the phone's own axes: right, up, out of the glass
                   text: JSON objects {"type": "hello" | "ping" | "xr" | "facing" | "align" | "keep" |
                   "mode" | "bye"}
    host -> page   JSON objects {"type": "pong" | "taken" | "status" | "kept" | "aligned"}

All numbers are little-endian.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from openset.primitives.space import F64

LARGEST_MESSAGE = 2 * 1024 * 1024
LARGEST_TEXT = 4096
LONGEST_SIDE = 1920
SMALLEST_SIDE = 64
MOST_SCANS = 16
"""A browser's JPEG has one, a progressive one about ten. Each may make a decoder go over the whole
picture again, and 100 000 fit into one message."""
MOST_MOTION = 512
FASTEST_RAD_S = 70.0
HARDEST_M_S2 = 400.0
LATEST_MS = 1e13
FRAME = struct.Struct("<4sIddHHB3x")
MOTION = struct.Struct("<4sI")
ONE_MOTION = np.dtype([("ms", "<f8"), ("turn", "<f4", 3), ("push", "<f4", 3)])
KINDS = ("hello", "ping", "xr", "facing", "align", "keep", "mode", "bye")


class WireFault(ValueError):
    """A message that cannot be used; its text is the plain name it is counted under."""


@dataclass(frozen=True)
class Frame:
    """One picture of the phone's camera as it came. `captured_ms` and `sent_ms` are on the page's
    clock; `camera_time` whether the first is the camera's own word."""

    number: int
    captured_ms: float
    sent_ms: float
    width_px: int
    height_px: int
    camera_time: bool
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class Motion:
    """Readings of the motion sensors: times (n,) ms on the page's clock, turning (n, 3) rad/s and
    acceleration (n, 3) m/s2 along the phone's axes."""

    ms: F64
    turn: F64
    push: F64


def read_message(data: bytes) -> Frame | Motion:
    """One binary message; WireFault where it is none of ours."""
    if len(data) > LARGEST_MESSAGE:
        raise WireFault("too long")
    if data[:4] == b"OPF1":
        return _frame(data)
    if data[:4] == b"OPM1":
        return _motion(data)
    raise WireFault("neither picture nor motion")


def _frame(data: bytes) -> Frame:
    if len(data) < FRAME.size + 4:
        raise WireFault("picture cut short")
    _, number, captured, sent, width, height, kind = FRAME.unpack_from(data)
    if not (_is_time(captured) and _is_time(sent)):
        raise WireFault("picture without a time")
    jpeg = data[FRAME.size :]
    size = jpeg_size(jpeg)
    if size != (width, height):
        raise WireFault("picture is not the size it says")
    if jpeg.count(b"\xff\xda") > MOST_SCANS:
        raise WireFault("picture of too many scans")
    if min(size) < SMALLEST_SIDE or max(size) > LONGEST_SIDE:
        raise WireFault("picture of a size that is not taken")
    return Frame(number, captured, sent, width, height, bool(kind), jpeg)


def _motion(data: bytes) -> Motion:
    if len(data) < MOTION.size:
        raise WireFault("motion cut short")
    _, count = MOTION.unpack_from(data)
    if not 0 < count <= MOST_MOTION or len(data) != MOTION.size + count * ONE_MOTION.itemsize:
        raise WireFault("motion cut short")
    read = np.frombuffer(data, ONE_MOTION, count, MOTION.size)
    ms, turn, push = (read[name].astype(np.float64) for name in ("ms", "turn", "push"))
    sound = np.isfinite(ms).all() and np.isfinite(turn).all() and np.isfinite(push).all()
    if not sound or np.any(ms <= 0) or np.any(ms > LATEST_MS):
        raise WireFault("motion out of bounds")
    if np.abs(turn).max() > FASTEST_RAD_S or np.abs(push).max() > HARDEST_M_S2:
        raise WireFault("motion out of bounds")
    return Motion(ms, turn, push)


def read_text(text: str) -> dict[str, Any]:
    """One text message as an object of a known type; WireFault where it is none."""
    if len(text) > LARGEST_TEXT:
        raise WireFault("too long")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise WireFault("not JSON") from None
    if not isinstance(said, dict) or said.get("type") not in KINDS:
        raise WireFault("not a message of the page")
    return said


def numbers(said: dict[str, Any], name: str, count: int, most: float = 1e6) -> tuple[float, ...]:
    """`count` finite numbers of a message, none beyond `most`; WireFault where they are not."""
    value = said.get(name)
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) != count or not all(_is_number(each, most) for each in values):
        raise WireFault(f"{said.get('type')} without {name}")
    return tuple(float(each) for each in values)


def time_ms(said: dict[str, Any], name: str = "ms") -> float:
    """A moment on the page's clock, ms; WireFault where there is none."""
    (value,) = numbers(said, name, 1, LATEST_MS)
    if value <= 0:
        raise WireFault(f"{said.get('type')} without {name}")
    return value


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height a JPEG states in its frame header, without decoding it; None where it is none
    (ITU-T T.81, B.2), or where a decoder might find another frame header first."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD9:
            return None  # has no length: a decoder reads on where a length would make us leap
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(
                data[at + 5 : at + 7], "big"
            )
        if marker == 0xDA or length < 2:
            return None
        at += 2 + length
    return None


def _is_number(value: object, most: float) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) <= most  # type: ignore[arg-type] # false for nan, true for no inf


def _is_time(ms: float) -> bool:
    return math.isfinite(ms) and 0 < ms <= LATEST_MS
