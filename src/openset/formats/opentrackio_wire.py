"""OpenTrackIO 1.0.1 datagrams: samples to segments, segments in any order back to samples.

Datagram, big-endian: "OTrk", one reserved byte, encoding (1 JSON, 2 CBOR), 16-bit sequence number,
32-bit offset of this segment in the payload, last-segment bit and 15-bit length, 16-bit Fletcher-16
over everything but itself; then the payload. Source: OpenTrackIO 1.0.1, "Transport". Version 1.0.0 took
the checksum modulo 255; such datagrams are received too, and noted.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import orjson

from openset.formats.faults import FormatError
from openset.formats.opentrackio_cbor import cbor_dumps, cbor_loads
from openset.formats.opentrackio_faults import FAULTS

__all__ = ["FAULTS", "MAGIC", "MAX_PAYLOAD", "PORT", "Reassembler", "Sample", "encode", "fletcher16"]

Sample = dict[str, Any]

PORT = 55555
MAX_PAYLOAD = 1456
"""Payload bytes that cross an Ethernet of 1500 bytes in one piece: less 20 IP, 8 UDP, 16 header."""

MAGIC = b"OTrk"
_HEADER = struct.Struct(">4sBBHIHH")
_SIZE = _HEADER.size
_JSON, _CBOR = 1, 2
_LAST = 0x8000
_LENGTH = 0x7FFF
_ONES = np.ones(_SIZE + _LENGTH)
_WEIGHTS = np.arange(_SIZE + _LENGTH, 0, -1, dtype=np.float64)


def _fletcher_sums(data: bytes) -> tuple[int, int]:
    """Both running sums of Fletcher-16 before the modulus; exact, since they stay below 2**53."""
    values = np.frombuffer(data, np.uint8).astype(np.float64)
    start = len(_ONES) - len(values)
    return int(values.dot(_ONES[start:])), int(values.dot(_WEIGHTS[start:]))


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
    code, payload = (_JSON, orjson.dumps(sample)) if encoding == "json" else (_CBOR, cbor_dumps(sample))
    datagrams = []
    for offset in range(0, len(payload), max_payload):
        part = payload[offset : offset + max_payload]
        last = _LAST if offset + max_payload >= len(payload) else 0
        head = _HEADER.pack(MAGIC, 0, code, sequence & 0xFFFF, offset, last | len(part), 0)[:14]
        datagrams.append(head + struct.pack(">H", fletcher16(head + part)) + part)
    return datagrams


class _Refused(Exception):
    """A datagram that is thrown away; its text is the fault's plain name."""


@dataclass(slots=True)
class _Pending:
    """The segments of one payload that have arrived so far, by offset."""

    encoding: int
    parts: dict[int, bytes] = field(default_factory=dict)
    total: int | None = None
    held: int = 0


_Marks = dict[int, int]  # offset of a segment -> hash of its bytes


@dataclass(slots=True)
class _Sender:
    """What one sender has begun, by sequence number, and the marks of what it finished last."""

    pending: OrderedDict[int, _Pending] = field(default_factory=OrderedDict)
    finished: OrderedDict[int, _Marks] = field(default_factory=OrderedDict)


class Reassembler:
    """Datagrams in any order to complete, parsed samples. Never raises on hostile bytes.

    `faults` counts what was thrown away and `notes` what is odd and was used all the same, both by
    plain name (`FAULTS` explains them). Memory is bounded: at most `MAX_SENDERS` senders with
    `MAX_PENDING` unfinished payloads each, of at most `MAX_SAMPLE` bytes in `MAX_SEGMENTS` pieces, and
    `MAX_HELD` bytes in all; the oldest gives way.
    """

    MAX_SENDERS = 512
    MAX_PENDING = 8
    MAX_FINISHED = 4
    MAX_SAMPLE = 65536
    MAX_SEGMENTS = 128
    MAX_HELD = 1 << 20

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.received = 0
        self.old_checksum = False
        """Whether the newest datagram had the checksum of version 1.0.0."""
        self._held = 0
        self._senders: OrderedDict[Hashable, _Sender] = OrderedDict()

    def feed(self, datagram: bytes, sender: Hashable = None) -> Sample | None:
        """The sample this datagram completes, or None. `sender` keeps two trackers on a port apart."""
        self.received += 1
        try:
            return self._take(datagram, sender)
        except _Refused as refusal:
            self.faults[str(refusal)] += 1
            return None

    def _take(self, datagram: bytes, sender: Hashable) -> Sample | None:
        size = len(datagram) - _SIZE
        if size < 0 or not datagram.startswith(MAGIC):
            raise _Refused("not OpenTrackIO")
        _, _, encoding, sequence, offset, flags, checksum = _HEADER.unpack_from(datagram)
        length = flags & _LENGTH
        if size != length:
            raise _Refused("truncated" if size < length else "longer than its header says")
        self._check(datagram, checksum)
        if encoding not in (_JSON, _CBOR):
            raise _Refused("unknown encoding")
        part = datagram[_SIZE:]
        last = flags & _LAST != 0
        if offset == 0 and last:
            return _parse(encoding, part)
        if not part or offset + length > self.MAX_SAMPLE:
            raise _Refused("too large" if part else "empty segment")
        return self._segment(self._sender(sender), sequence, encoding, offset, part, last)

    def _check(self, datagram: bytes, checksum: int) -> None:
        """Both sums over the whole datagram, less what the checksum's own two bytes add to them and the
        two places by which they move the header."""
        first, second = _fletcher_sums(datagram)
        self.old_checksum = False
        high, low, places = checksum >> 8, checksum & 0xFF, len(datagram) - 14
        first -= high + low
        second -= high * places + low * (places - 1) + 2 * sum(datagram[:14])
        if (second & 0xFF) << 8 | first & 0xFF == checksum:
            return
        if (second % 255) << 8 | first % 255 != checksum:
            raise _Refused("checksum")
        self.old_checksum = True
        self.notes["checksum of version 1.0.0"] += 1

    def _sender(self, sender: Hashable) -> _Sender:
        found = self._senders.get(sender)
        if found is None:
            found = self._senders[sender] = _Sender()
            if len(self._senders) > self.MAX_SENDERS:
                _, forgotten = self._senders.popitem(last=False)
                while forgotten.pending:
                    self._give_up(forgotten, next(iter(forgotten.pending)))
        self._senders.move_to_end(sender)
        return found

    def _segment(
        self, sender: _Sender, sequence: int, encoding: int, offset: int, part: bytes, last: bool
    ) -> Sample | None:
        if sender.finished.get(sequence, {}).get(offset) == hash(part):
            raise _Refused("duplicate segment")
        payload = self._payload_for(sender, sequence, encoding, offset, part)
        payload.parts[offset] = part
        payload.held += len(part)
        self._held += len(part)
        if last:
            payload.total = offset + len(part)
        if len(payload.parts) > self.MAX_SEGMENTS:
            self._drop(sender, sequence)
            raise _Refused("too large")
        if payload.total is not None and payload.held >= payload.total:
            return self._finish(sender, sequence)
        while self._held > self.MAX_HELD:
            self._give_up_oldest()
        return None

    def _payload_for(
        self, sender: _Sender, sequence: int, encoding: int, offset: int, part: bytes
    ) -> _Pending:
        """The unfinished payload this segment belongs to; a new one where a new sample has begun."""
        payload = sender.pending.get(sequence)
        if payload is not None and payload.parts.get(offset) == part:
            raise _Refused("duplicate segment")
        if payload is not None and (offset in payload.parts or payload.encoding != encoding):
            self._give_up(sender, sequence)
            payload = None
        if payload is None:
            while len(sender.pending) >= self.MAX_PENDING:
                self._give_up(sender, next(iter(sender.pending)))
            payload = sender.pending[sequence] = _Pending(encoding)
        return payload

    def _drop(self, sender: _Sender, sequence: int) -> _Pending:
        payload = sender.pending.pop(sequence)
        self._held -= payload.held
        return payload

    def _give_up(self, sender: _Sender, sequence: int) -> None:
        self._drop(sender, sequence)
        self.faults["segment lost"] += 1

    def _give_up_oldest(self) -> None:
        """Of the sender unheard for longest among those with something begun."""
        sender = next(each for each in self._senders.values() if each.pending)
        self._give_up(sender, next(iter(sender.pending)))

    def _finish(self, sender: _Sender, sequence: int) -> Sample:
        payload = self._drop(sender, sequence)
        parts = sorted(payload.parts.items())
        end = 0
        for offset, part in parts:
            if offset != end:
                raise _Refused("segments overlap")
            end += len(part)
        sender.finished[sequence] = {offset: hash(part) for offset, part in parts}
        sender.finished.move_to_end(sequence)
        if len(sender.finished) > self.MAX_FINISHED:
            sender.finished.popitem(last=False)
        return _parse(payload.encoding, b"".join(part for _, part in parts))


def _parse(encoding: int, payload: bytes) -> Sample:
    try:
        sample = _json_loads(payload) if encoding == _JSON else cbor_loads(payload)
    except (ValueError, TypeError, RecursionError, FormatError) as trouble:
        raise _Refused("bad JSON" if encoding == _JSON else "bad CBOR") from trouble
    if not isinstance(sample, dict):
        raise _Refused("not a sample")
    return sample


def _json_loads(payload: bytes) -> Any:
    """JSON that can be written again: what is nested deeper than its writer goes raises TypeError here
    and not in whoever records it."""
    sample = orjson.loads(payload)
    if payload.count(b"[") + payload.count(b"{") > _SHALLOW:
        orjson.dumps(sample)
    return sample


_SHALLOW = 250
