"""OpenTrackIO 1.0.1 datagrams: samples to segments, segments in any order back to samples.

Datagram, big-endian: "OTrk", one reserved byte, encoding (1 JSON, 2 CBOR), 16-bit sequence number,
32-bit offset of this segment in the payload, last-segment bit and 15-bit length, 16-bit Fletcher-16
over everything but itself; then the payload. Source: OpenTrackIO 1.0.1, "Transport". Version 1.0.0 took
the checksum modulo 255; such datagrams are received too.
"""

from __future__ import annotations

import io
import math
import struct
from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cbor2
import numpy as np
import orjson

Sample = dict[str, Any]

PORT = 55555
MAX_PAYLOAD = 1456
"""Payload bytes that cross an Ethernet of 1500 bytes in one piece: less 20 IP, 8 UDP, 16 header."""

_MAGIC = b"OTrk"
_HEADER = struct.Struct(">4sBBHIHH")
_JSON, _CBOR = 1, 2
_LAST = 0x8000
_LENGTH = 0x7FFF
_WEIGHTS = np.arange(_HEADER.size + _LENGTH, 0, -1, dtype=np.float64)


def _fletcher_sums(data: bytes) -> tuple[int, int]:
    """Both running sums of Fletcher-16 before the modulus; exact, since they stay below 2**53."""
    values = np.frombuffer(data, np.uint8).astype(np.float64)
    return int(values.sum()), int(values @ _WEIGHTS[len(_WEIGHTS) - len(values) :])


def fletcher16(data: bytes, modulus: int = 256) -> int:
    """Fletcher-16 as OpenTrackIO writes it: second sum in the high byte (1.0.0: modulus 255)."""
    first, second = _fletcher_sums(data)
    return (second % modulus) << 8 | first % modulus


def encode(
    sample: Mapping[str, Any],
    sequence: int,
    *,
    encoding: Literal["json", "cbor"] = "json",
    max_payload: int = MAX_PAYLOAD,
) -> list[bytes]:
    """One sample as datagrams, in sending order; more than one when it exceeds `max_payload` bytes.

    `sequence` counts samples and wraps at 65536. ValueError for a `max_payload` outside 1..32767.
    """
    if not 1 <= max_payload <= _LENGTH:
        raise ValueError(f"a segment holds 1 to {_LENGTH} bytes, not {max_payload}")
    code, payload = (
        (_JSON, orjson.dumps(sample)) if encoding == "json" else (_CBOR, cbor2.dumps(dict(sample)))
    )
    datagrams = []
    for offset in range(0, len(payload), max_payload):
        part = payload[offset : offset + max_payload]
        last = _LAST if offset + max_payload >= len(payload) else 0
        head = _HEADER.pack(_MAGIC, 0, code, sequence & 0xFFFF, offset, last | len(part), 0)[:14]
        datagrams.append(head + struct.pack(">H", fletcher16(head + part)) + part)
    return datagrams


_Key = tuple[Hashable, int]


class _Refused(Exception):
    """A datagram that is thrown away; its text is the fault's plain name."""


@dataclass
class _Pending:
    """The segments of one payload that have arrived so far, by offset."""

    encoding: int
    parts: dict[int, bytes] = field(default_factory=dict)
    total: int | None = None
    held: int = 0


class Reassembler:
    """Datagrams in any order to complete, parsed samples. Never raises on hostile bytes.

    `faults` counts what was thrown away, by plain name. Memory is bounded: at most `MAX_PENDING`
    unfinished payloads of at most `MAX_SAMPLE` bytes in `MAX_SEGMENTS` pieces; the oldest gives way.
    """

    MAX_PENDING = 8
    MAX_SAMPLE = 65536
    MAX_SEGMENTS = 128

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.received = 0
        self._pending: OrderedDict[_Key, _Pending] = OrderedDict()
        self._finished: OrderedDict[_Key, dict[int, bytes]] = OrderedDict()

    def feed(self, datagram: bytes, sender: Hashable = None) -> Sample | None:
        """The sample this datagram completes, or None. `sender` keeps two trackers on a port apart."""
        self.received += 1
        try:
            return self._take(datagram, sender)
        except _Refused as refusal:
            self.faults[str(refusal)] += 1
            return None

    def _take(self, datagram: bytes, sender: Hashable) -> Sample | None:
        if len(datagram) < _HEADER.size or not datagram.startswith(_MAGIC):
            raise _Refused("not OpenTrackIO")
        _, _, encoding, sequence, offset, flags, checksum = _HEADER.unpack_from(datagram)
        part = datagram[_HEADER.size :]
        length = flags & _LENGTH
        if len(part) != length:
            raise _Refused("truncated" if len(part) < length else "longer than its header says")
        if not _checksum_holds(datagram, checksum):
            raise _Refused("checksum")
        if encoding not in (_JSON, _CBOR):
            raise _Refused("unknown encoding")
        last = bool(flags & _LAST)
        if offset == 0 and last:
            return _parse(encoding, part)
        if not part or offset + len(part) > self.MAX_SAMPLE:
            raise _Refused("too large" if part else "empty segment")
        return self._segment((sender, sequence), encoding, offset, part, last)

    def _segment(self, key: _Key, encoding: int, offset: int, part: bytes, last: bool) -> Sample | None:
        if self._finished.get(key, {}).get(offset) == part:
            raise _Refused("duplicate segment")
        payload = self._payload_for(key, encoding, offset, part)
        payload.parts[offset] = part
        payload.held += len(part)
        if last:
            payload.total = offset + len(part)
        if len(payload.parts) > self.MAX_SEGMENTS:
            del self._pending[key]
            raise _Refused("too large")
        if payload.total is None or payload.held < payload.total:
            return None
        return self._finish(key, payload)

    def _payload_for(self, key: _Key, encoding: int, offset: int, part: bytes) -> _Pending:
        """The unfinished payload this segment belongs to; a new one where a new sample has begun."""
        payload = self._pending.get(key)
        if payload is not None and payload.parts.get(offset) == part:
            raise _Refused("duplicate segment")
        if payload is not None and (offset in payload.parts or payload.encoding != encoding):
            self._give_up(key)
            payload = None
        if payload is None:
            while len(self._pending) >= self.MAX_PENDING:
                self._give_up(next(iter(self._pending)))
            payload = self._pending[key] = _Pending(encoding)
        return payload

    def _give_up(self, key: _Key) -> None:
        del self._pending[key]
        self.faults["segment lost"] += 1

    def _finish(self, key: _Key, payload: _Pending) -> Sample | None:
        del self._pending[key]
        parts = sorted(payload.parts.items())
        end = 0
        for offset, part in parts:
            if offset != end:
                raise _Refused("segments overlap")
            end += len(part)
        self._finished[key] = payload.parts
        while len(self._finished) > self.MAX_PENDING:
            self._finished.popitem(last=False)
        return _parse(payload.encoding, b"".join(part for _, part in parts))


def _parse(encoding: int, payload: bytes) -> Sample:
    try:
        sample = orjson.loads(payload) if encoding == _JSON else _cbor_loads(payload)
    except _UNREADABLE as trouble:
        raise _Refused("bad JSON" if encoding == _JSON else "bad CBOR") from trouble
    if not isinstance(sample, dict):
        raise _Refused("not a sample")
    return sample


def _checksum_holds(datagram: bytes, checksum: int) -> bool:
    first, second = _fletcher_sums(datagram[:14] + datagram[16:])
    return checksum in (
        (second % 256) << 8 | first % 256,
        (second % 255) << 8 | first % 255,
    )


_UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError, EOFError, cbor2.CBORError)
_SELF_DESCRIBED = bytes.fromhex("d9d9f7")
_CBOR_DEPTH = 32
_CBOR_ITEMS = 10_000
_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)


def _refuse_tag(value: Any, immutable: bool) -> Any:
    raise ValueError("OpenTrackIO uses no CBOR tags")


_REFUSALS: Mapping[int, Any] = dict.fromkeys(_TAGS, _refuse_tag)


def _cbor_loads(payload: bytes) -> Any:
    """CBOR of the JSON kinds only; tags, byte strings, NaN and infinity raise ValueError."""
    source = io.BytesIO(payload.removeprefix(_SELF_DESCRIBED))
    decoder = cbor2.CBORDecoder(
        source, semantic_decoders=_REFUSALS, max_depth=_CBOR_DEPTH, strict_hashable_types=True
    )
    value = decoder.decode()
    _check_plain(value)
    return value


def _check_plain(root: Any) -> None:
    """ValueError unless `root` is made of what JSON has; walks at most `_CBOR_ITEMS` values."""
    todo = [root]
    for _ in range(_CBOR_ITEMS):
        if not todo:
            return
        value = todo.pop()
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key is not text")
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError("a number is not finite")
        elif not (value is None or isinstance(value, str | int)):
            raise ValueError(f"{type(value).__name__} has no place in a sample")
    raise ValueError("more values than a sample can hold")
