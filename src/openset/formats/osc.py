"""Open Sound Control 1.0: messages and bundles of messages, as phones and performance tools send them.

A message is an address ("/VMC/Ext/Cam") and its arguments; a bundle holds messages that belong
together, with the time at which they hold. python-osc reads and writes the messages; bundles are taken
apart here, since their sizes must not be trusted. Source: the Open Sound Control specification 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pythonosc import osc_message
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing.osc_types import ParseError

from openset.formats.faults import FormatError
from openset.primitives.time import NS_PER_S

MOST_ARGUMENTS = 512
MOST_MESSAGES = 4096
DEEPEST = 8
NTP_UNIX_S = 2_208_988_800
"""Seconds from 1900, where OSC's times begin, to 1970."""

_BUNDLE = b"#bundle\0"
_HEAD = 16
_AT_ONCE = 1
_TAGS = frozenset("ifsbhdtrmTFN[]")

BROKEN = "OSC message is broken"
EMPTY = "OSC bundle holds no message"
UNKNOWN = "no OSC"

FAULTS: Mapping[str, str] = {
    BROKEN: "The sender writes its OSC wrongly or the datagram was cut: send smaller bundles, or "
    "update the sender.",
    EMPTY: "The sender sends empty bundles: choose in it what it shall send.",
    UNKNOWN: "Another program sends to this port: give each protocol its own port.",
}


class OscError(FormatError):
    """Bytes that are no OSC, or values that OSC cannot hold. `fault` is a name in FAULTS."""

    def __init__(self, trouble: str, at: str = "", fault: str = BROKEN) -> None:
        super().__init__(trouble, at)
        self.fault = fault


class Message(NamedTuple):
    """One message. `time_ns` is its bundle's time since 1970, None where it says "at once" or there is
    no bundle."""

    address: str
    arguments: tuple[Any, ...] = ()
    time_ns: int | None = None


class Packet(NamedTuple):
    """What a datagram holds, and how many messages in it are broken."""

    messages: tuple[Message, ...]
    broken: int = 0


def is_osc(datagram: bytes) -> bool:
    """Whether these bytes begin as OSC does: with a bundle, or an address and the types after it."""
    if datagram[:8] == _BUNDLE:
        return True
    end = datagram.find(b"\0")
    start = (end // 4 + 1) * 4
    return datagram[:1] == b"/" and end > 0 and datagram[start : start + 1] in (b",", b"")


def decode(datagram: bytes) -> Packet:
    """The messages of a datagram, in order; OscError where not one can be read."""
    if datagram[:1] != b"/" and datagram[:8] != _BUNDLE:
        raise OscError("OSC begins with an address or #bundle", "byte 0", UNKNOWN)
    found: list[Message] = []
    broken = 0
    first: OscError | None = None
    for at, content, time_ns in _contents(datagram):
        try:
            if content is None:
                raise OscError("a part of the bundle has no right size", f"byte {at}")
            found.append(_message(content, at, time_ns))
        except OscError as error:
            broken += 1
            first = first or error
    if not found:
        raise first or OscError("the bundle holds no message", "byte 16", EMPTY)
    return Packet(tuple(found), broken)


def _contents(datagram: bytes) -> Iterable[tuple[int, bytes | None, int | None]]:
    """Each message's place, bytes (None where its size is wrong) and bundle time."""
    waiting: list[tuple[int, int, int]] = [(0, len(datagram), 0)]
    given = 0
    while waiting and given < MOST_MESSAGES:
        start, end, depth = waiting.pop()
        if datagram[start : start + 8] != _BUNDLE:
            given += 1
            yield start, datagram[start:end], None
            continue
        if end - start < _HEAD or depth > DEEPEST:
            given += 1
            yield start, None, None
            continue
        inner: list[tuple[int, int, int]] = []
        time_ns = _time_ns(datagram, start + 8)
        at = start + _HEAD
        while at < end and given < MOST_MESSAGES:
            size = int.from_bytes(datagram[at : at + 4], "big", signed=True)
            if size <= 0 or size % 4 or at + 4 + size > end:
                given += 1
                yield at, None, None
                break
            if datagram[at + 4 : at + 12] == _BUNDLE:
                inner.append((at + 4, at + 4 + size, depth + 1))
            else:
                given += 1
                yield at + 4, datagram[at + 4 : at + 4 + size], time_ns
            at += 4 + size
        waiting += reversed(inner)


def _time_ns(datagram: bytes, at: int) -> int | None:
    seconds = int.from_bytes(datagram[at : at + 4], "big")
    fraction = int.from_bytes(datagram[at + 4 : at + 8], "big")
    if (seconds, fraction) == (0, _AT_ONCE) or seconds < NTP_UNIX_S:
        return None
    return (seconds - NTP_UNIX_S) * NS_PER_S + (fraction * NS_PER_S >> 32)


def _message(content: bytes, at: int, time_ns: int | None) -> Message:
    _check_tags(content, at)
    try:
        read = osc_message.OscMessage(content)
        return Message(read.address, tuple(_frozen(each) for each in read.params), time_ns)
    except (osc_message.ParseError, ParseError, ValueError, IndexError, OverflowError) as error:
        raise OscError("the message cannot be read", f"byte {at}") from error


def _check_tags(content: bytes, at: int) -> None:
    """Refuse what python-osc would guess at: unknown types, endless or deeply nested arguments."""
    if content[:1] != b"/":
        raise OscError("an address begins with /", f"byte {at}")
    end = content.find(b"\0")
    start = (end // 4 + 1) * 4
    if end < 0 or (start < len(content) and content[start : start + 1] != b","):
        raise OscError("the message says no types of its arguments", f"byte {at}")
    tags = content[start + 1 : content.find(b"\0", start)].decode("latin-1")
    if not _TAGS.issuperset(tags) or len(tags) > MOST_ARGUMENTS:
        raise OscError(f"argument types {tags[:16]!r} are not OSC 1.0's", f"byte {at + start}")
    depth = 0
    for tag in tags:
        depth += (tag == "[") - (tag == "]")
        if not 0 <= depth <= DEEPEST:
            break
    if depth:
        raise OscError("the arrays of the message do not close", f"byte {at + start}")


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def encode(message: Message) -> bytes:
    """One message. Floats go out in single precision; OscError where a value has no place in OSC."""
    builder = OscMessageBuilder(message.address)
    if message.address[:1] != "/" or "\0" in message.address:
        raise OscError(f"an address begins with / and has no zero: {message.address[:40]!r}")
    try:
        for argument in message.arguments:
            builder.add_arg(_thawed(argument))
        content = builder.build().dgram
    except (BuildError, ValueError, OverflowError, struct.error) as error:
        raise OscError(f"{message.address}: a value has no place in OSC") from error
    except osc_message.ParseError as error:
        raise OscError(f"{message.address}: the message cannot be written") from error
    return bytes(content)


def _thawed(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_thawed(each) for each in value]
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text in OSC has no zero")
    return value


def encode_bundle(messages: Iterable[Message], time_ns: int | None = None) -> bytes:
    """Messages as one bundle that holds from `time_ns` since 1970, or at once."""
    if time_ns is None:
        head = struct.pack(">II", 0, _AT_ONCE)
    else:
        seconds, rest = divmod(time_ns, NS_PER_S)
        if not 0 <= seconds + NTP_UNIX_S < 1 << 32:
            raise OscError("OSC's times end in 2036 and begin in 1900")
        head = struct.pack(">II", seconds + NTP_UNIX_S, -(-(rest << 32) // NS_PER_S))
    contents = [encode(message) for message in messages]
    return _BUNDLE + head + b"".join(struct.pack(">i", len(each)) + each for each in contents)
