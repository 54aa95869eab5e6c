"""NatNet: OptiTrack's frames of motion capture, read for their rigid bodies.

Little-endian. A packet is a message id (16 bits), the size of what follows (16 bits), and that. A
server answers a ping with its name and the version of the stream; every frame of data (id 7) must be
read by that version, since fields come and go with it. From 4.1 on each part of a frame says its size.
Motive streams metres, right-handed, Y up (or Z up, if set so), quaternions as x y z w. Versions 2.0 to
4.x are read. The layout is public in the NatNet SDK's direct depacketization sample; counts and sizes
are believed only as far as the bytes go.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from openset.formats.faults import FormatError

PORT = 1511
MULTICAST = "239.255.42.99"
"""Where Motive sends its frames unless told otherwise."""

SERVER_INFO, FRAME = 1, 7
NEWEST = (4, 1)
LIKELY: tuple[tuple[int, int], ...] = ((4, 1), (3, 0), (2, 11), (2, 9), (2, 7), (2, 6))
"""Versions whose frames differ, the newest first: tried in turn where no server has said its own."""

MOST_BODIES = 2048

SHORT = "NatNet frame is cut short"
OTHER = "NatNet message without poses"
UNKNOWN = "no NatNet"
FAULTS: Mapping[str, str] = {
    SHORT: "The frame is longer than one datagram or of another version: stream rigid bodies only "
    "(no markers), or name the NatNet version.",
    OTHER: "The server sends descriptions or texts: switch on the streaming of rigid bodies.",
    UNKNOWN: "Another program sends to this port: give each protocol its own port.",
}


class NatNetError(FormatError):
    """Bytes that are no NatNet message or cannot be read by a version. `fault` is a name in FAULTS."""

    def __init__(self, trouble: str, at: str = "", fault: str = SHORT) -> None:
        super().__init__(trouble, at)
        self.fault = fault


@dataclass(frozen=True)
class Body:
    """One rigid body, in the stream's own axes, metres. `tracked` is None before version 2.6."""

    number: int
    position: tuple[float, float, float]
    rotation_wxyz: tuple[float, float, float, float]
    tracked: bool | None = None
    error_m: float | None = None


@dataclass(frozen=True)
class Frame:
    """One frame: its number, its bodies, and seconds since the server began to capture."""

    number: int
    bodies: tuple[Body, ...]
    time_s: float


@dataclass(frozen=True)
class Server:
    """What a server says of itself: its name, its own version and that of its stream."""

    name: str
    version: tuple[int, ...]
    stream: tuple[int, int]


def is_natnet(datagram: bytes) -> bool:
    """Whether these bytes are a NatNet message: a known id and the right size."""
    if len(datagram) < 4:
        return False
    kind, size = struct.unpack_from("<HH", datagram)
    known = 0 <= kind <= 10 or kind == 100
    return bool(known and size == len(datagram) - 4)


def decode_server(datagram: bytes) -> Server:
    """A server's answer to a ping; NatNetError for anything else."""
    if not is_natnet(datagram) or datagram[0] != SERVER_INFO:
        raise NatNetError("no answer of a NatNet server", "byte 0", UNKNOWN)
    if len(datagram) < 4 + 256 + 8:
        raise NatNetError("the server's answer ends early", f"byte {len(datagram)}")
    name = datagram[4:260].split(b"\0")[0].decode("utf-8", "replace")
    return Server(name, tuple(datagram[260:264]), (datagram[264], datagram[265]))


def decode_frame(datagram: bytes, version: tuple[int, int] = NEWEST) -> Frame:
    """A frame of data by the stream's version; NatNetError where it cannot be one."""
    return _read(datagram, version, range(17))


def guess(datagram: bytes) -> tuple[tuple[int, int], Frame]:
    """The version that fits a frame, and the frame; NatNetError where none does."""
    error: NatNetError | None = None
    # With the end mark in its place first: without it, old versions can be taken for one another.
    for ends in ((4, 12), range(17)):
        for version in LIKELY:
            try:
                frame = _read(datagram, version, ends)
            except NatNetError as trouble:
                error = error or trouble
                continue
            if all(
                0.9 < math.hypot(*body.rotation_wxyz) < 1.1 for body in frame.bodies if body.tracked
            ):
                return version, frame
    raise error or NatNetError("no version of NatNet fits this frame", "byte 4")


def _read(datagram: bytes, version: tuple[int, int], ends: Container[int]) -> Frame:
    """The frame; `ends` are the numbers of bytes that may be left: an end mark of 4, before which newer
    servers put a precision time of 8."""
    if not is_natnet(datagram):
        raise NatNetError("no NatNet message of the right size", "byte 0", UNKNOWN)
    if datagram[0] != FRAME:
        raise NatNetError(f"a NatNet message {datagram[0]}, not a frame", "byte 0", OTHER)
    at = _Cursor(datagram, 4)
    number = at.integer()
    bodies: tuple[Body, ...] = ()
    for part in _PARTS:
        if part.name == "bodies":
            bodies = _bodies(at, version)
        elif version >= part.since:
            _skip(at, part, version)
    at.skip(8)
    time_s = at.double() if version >= (2, 7) else at.single()
    at.skip(24 + 2 if version >= (3, 0) else 2)
    if len(datagram) - at.at not in ends or not 0.0 <= time_s < 1e9:
        raise NatNetError(f"not a frame of NatNet {version[0]}.{version[1]}", f"byte {at.at}")
    return Frame(number, bodies, time_s)


class _Cursor:
    """Reads forward in a datagram and never past its end."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def _take(self, form: struct.Struct) -> tuple[float, ...]:
        if self.at + form.size > len(self.data):
            raise NatNetError("the frame ends early", f"byte {self.at}")
        found = form.unpack_from(self.data, self.at)
        self.at += form.size
        return found

    def integer(self) -> int:
        return int(self._take(_INTEGER)[0])

    def single(self) -> float:
        return self._take(_SINGLE)[0]

    def double(self) -> float:
        return self._take(_DOUBLE)[0]

    def numbers(self, form: struct.Struct) -> tuple[float, ...]:
        return self._take(form)

    def skip(self, count: int) -> None:
        if not 0 <= count <= len(self.data) - self.at:
            raise NatNetError("the frame ends early", f"byte {self.at}")
        self.at += count

    def text(self) -> None:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise NatNetError("a name has no end", f"byte {self.at}")
        self.at = end + 1


_INTEGER = struct.Struct("<I")
_SINGLE = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")
_BODY = struct.Struct("<I7f")
_HALF = struct.Struct("<H")

Version = tuple[int, int]


def _marker_set(at: _Cursor, version: Version) -> None:
    at.text()
    at.skip(12 * at.integer())


def _point(at: _Cursor, version: Version) -> None:
    at.skip(12)


def _skeleton(at: _Cursor, version: Version) -> None:
    at.skip(4)
    for _ in range(_count(at, at.integer())):
        _body(at, version)


def _asset(at: _Cursor, version: Version) -> None:
    at.skip(4)
    at.skip(38 * at.integer())
    at.skip(26 * at.integer())


def _labelled(at: _Cursor, version: Version) -> None:
    at.skip(20 + (2 if version >= (2, 6) else 0) + (4 if version >= (3, 0) else 0))


def _channels(at: _Cursor, version: Version) -> None:
    at.skip(4)
    for _ in range(_count(at, at.integer())):
        at.skip(4 * at.integer())


@dataclass(frozen=True)
class _Part:
    name: str
    since: Version
    skip: Callable[[_Cursor, Version], None]


_PARTS = (
    _Part("marker sets", (0, 0), _marker_set),
    _Part("unlabelled markers", (0, 0), _point),
    _Part("bodies", (0, 0), _point),
    _Part("skeletons", (2, 1), _skeleton),
    _Part("assets", (4, 1), _asset),
    _Part("labelled markers", (2, 3), _labelled),
    _Part("force plates", (2, 9), _channels),
    _Part("devices", (2, 11), _channels),
)


def _skip(at: _Cursor, part: _Part, version: Version) -> None:
    count = at.integer()
    if version >= (4, 1):
        at.skip(at.integer())
        return
    for _ in range(_count(at, count)):
        part.skip(at, version)


def _bodies(at: _Cursor, version: Version) -> tuple[Body, ...]:
    count = at.integer()
    end = None
    if version >= (4, 1):
        size = at.integer()
        end = at.at + size
    if count > MOST_BODIES:
        raise NatNetError(f"{count} rigid bodies in one frame", f"byte {at.at}")
    found = tuple(_body(at, version) for _ in range(_count(at, count)))
    if end is not None and at.at != end:
        raise NatNetError("the rigid bodies have another size than they say", f"byte {at.at}")
    return found


def _body(at: _Cursor, version: Version) -> Body:
    number, px, py, pz, x, y, z, w = at.numbers(_BODY)
    if version < (3, 0):
        markers = at.integer()
        at.skip(20 * markers if markers <= len(at.data) else -1)
    error = at.single()
    tracked = bool(int(at.numbers(_HALF)[0]) & 1) if version >= (2, 6) else None
    return Body(int(number), (px, py, pz), (w, x, y, z), tracked, error)


def _count(at: _Cursor, count: int) -> int:
    """A count that the remaining bytes could hold; each entry has at least 4."""
    if count * 4 > len(at.data) - at.at:
        raise NatNetError(f"{count} entries in {len(at.data) - at.at} bytes", f"byte {at.at}")
    return count
