"""Where a bridge sends to: an address on the network, or a file that grows a report at a time.

Each source has an encoder of its own, so that it keeps its own id, numbers and static block. A receiver
that is not there, or a network that is down, is counted and never stops the others.
"""

from __future__ import annotations

import errno
import socket
import uuid
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any, Protocol

import orjson

from openset.formats.opentrackio import OpenTrackIOError
from openset.formats.opentrackio import write as write_sample
from openset.primitives.errors import AlreadyExists, BadInput, OpensetError
from openset.primitives.time import ns_from_s
from openset.stage.live.recorded import Report
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.grammar import GROUP, SOURCES
from openset.stage.tracking.live import sender_socket
from openset.stage.tracking.opentrackio_reading import reading_from_sample
from openset.stage.tracking.protocols import encoder_for, source_id, source_number
from openset.stage.tracking.wire import Encoder
from openset.store.files import disk_error

MOST_HELD = 65536
"""Datagrams held back by delay_ms; more than that are dropped and counted."""


class Outlet(Protocol):
    """One target of a bridge."""

    title: str
    reports: int
    faults: Counter[str]
    trouble: OpensetError | None
    """What ended it; None while it works."""

    @property
    def targets(self) -> Mapping[str, str]:
        """Where each source goes, HOST:PORT by its name; empty for a file."""
        ...

    def carry(self, report: Report, place: int, now_ns: int) -> None:
        """Send one report of the source that was heard as number `place`, from 0."""
        ...

    def flush(self, now_ns: int) -> int | None:
        """Send what was held back and is due; when the next is due, None if nothing waits."""
        ...

    def close(self) -> None:
        """No more reports."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A datagram that is held back; `is_last` of its report."""

    due_ns: int
    datagram: bytes
    target: tuple[str, int]
    is_last: bool


class UdpOutlet:
    """Reports to a UDP address. Raises BadInput when made where it, its interface, its profile or its
    table cannot be used."""

    def __init__(self, endpoint: Endpoint, table: str = "") -> None:
        self.title = str(endpoint)
        self.reports = self.datagrams = 0
        self.faults: Counter[str] = Counter()
        self.trouble: OpensetError | None = None
        self._endpoint = endpoint
        self._table = table
        self._encoders: dict[str, tuple[Encoder, tuple[str, int]]] = {}
        self._held: deque[_Held] = deque()
        self._delay_ns = ns_from_s(endpoint.delay_s)
        encoder_for(endpoint, "", 0, None, table)  # what cannot be used is said now
        self._host = _resolved(endpoint)
        self._socket = sender_socket(endpoint.address)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    @property
    def targets(self) -> dict[str, str]:
        """Where each source goes: a second one may have a group of its own."""
        return {name: f"{host}:{port}" for name, (_, (host, port)) in self._encoders.items()}

    def carry(self, report: Report, place: int, now_ns: int) -> None:
        """Encode and send, or hold back."""
        known = self._encoders.get(report.source)
        if known is None:
            raw = report.heard.raw
            encoder = encoder_for(self._endpoint, report.source, place, raw, self._table)
            known = self._encoders[report.source] = (encoder, self._target(place))
        encoder, target = known
        heard = report.heard
        datagrams = encoder.encode(report.sample, now_ns, heard.raw, heard.bones)
        if not datagrams:
            self.faults[f"cannot be said in {encoder.name}"] += 1
            return
        if self._delay_ns:
            self._hold(datagrams, target, now_ns + self._delay_ns)
        elif all([self._send(datagram, target) for datagram in datagrams]):
            self.reports += 1

    def _hold(self, datagrams: Sequence[bytes], target: tuple[str, int], due_ns: int) -> None:
        """A report is counted with the last of its datagrams, as it goes out."""
        if len(self._held) + len(datagrams) > MOST_HELD:
            self.faults["held back too many"] += 1
            return
        last = len(datagrams) - 1
        self._held += [_Held(due_ns, data, target, at == last) for at, data in enumerate(datagrams)]

    def _target(self, place: int) -> tuple[str, int]:
        """OpenTrackIO's groups end in the source number: a second source has a group of its own."""
        number = source_number(self._endpoint, place)
        if self._endpoint.protocol in ("opentrackio", "udp") and self._host.startswith(GROUP):
            return f"{GROUP}{number}", self._endpoint.port
        return self._host, self._endpoint.port

    def _send(self, datagram: bytes, target: tuple[str, int]) -> bool:
        try:
            self._socket.sendto(datagram, target)
        except OSError as error:
            self.faults[_plain(error)] += 1
            return False
        self.datagrams += 1
        return True

    def flush(self, now_ns: int) -> int | None:
        """Send what has been held back for long enough."""
        while self._held and self._held[0].due_ns <= now_ns:
            held = self._held.popleft()
            self.reports += self._send(held.datagram, held.target) and held.is_last
        return self._held[0].due_ns if self._held else None

    def close(self) -> None:
        """Send what is still held back, and close."""
        self.flush(1 << 63)
        self._socket.close()


def _resolved(endpoint: Endpoint) -> str:
    try:
        return socket.gethostbyname(endpoint.host)
    except OSError as error:
        raise BadInput(
            f"no machine called {endpoint.host!r} is known ({error.strerror or error})",
            where=str(endpoint),
            todo="Write its address in numbers",
        ) from error


_PLAIN: Mapping[int, str] = {
    errno.ECONNREFUSED: "nobody listens there",
    errno.EHOSTUNREACH: "the machine is not reached",
    errno.ENETUNREACH: "the network is not reached",
    errno.ENETDOWN: "the network is down",
    errno.EHOSTDOWN: "the machine is down",
    errno.EMSGSIZE: "the datagram is too long for the network",
    errno.EAGAIN: "the network takes no more",
    errno.ENOBUFS: "the network takes no more",
    errno.EPERM: "this machine's firewall forbids it",
    errno.EACCES: "this machine forbids it",
}


def _plain(error: OSError) -> str:
    return _PLAIN.get(error.errno or 0, error.strerror or "cannot be sent")


class FileOutlet:
    """Reports to a new file: OpenTrackIO samples, a line each, or FreeD packets end to end.

    A line is written with one call, so that a kill leaves whole lines. Raises AlreadyExists, BadInput.
    """

    def __init__(self, path: Path) -> None:
        self.title = str(path)
        self.path = path
        self.reports = 0
        self.faults: Counter[str] = Counter()
        self.trouble: OpensetError | None = None
        self._encoders: dict[str, Encoder] = {}
        self._packed = path.name.lower().endswith((".freed", ".d1"))
        if not self._packed and not path.name.lower().endswith(".jsonl"):
            raise BadInput(
                "tracking is written as .otrk.jsonl or .freed",
                where=str(path),
                todo="Write one of them (openset convert makes others of it), or an address: freed://HOST",
            )
        self._stream = _new_file(path)

    @property
    def targets(self) -> dict[str, str]:
        """All sources go to the one file."""
        return {}

    def carry(self, report: Report, place: int, now_ns: int) -> None:
        """Add one report to the end of the file."""
        if self.trouble is not None:
            return
        data = self._freed(report, place, now_ns) if self._packed else _line(report, place)
        if data is None:
            self.faults["cannot be said in this file"] += 1
            return
        try:
            self._write(data)
        except OSError as error:
            self.trouble = disk_error(error, self.path)
            return
        self.reports += 1

    def _write(self, data: bytes) -> None:
        """One call writes it all, but on a full disk: then the piece that fitted is taken away."""
        end = self._stream.tell()
        written = self._stream.write(data)
        try:
            while written < len(data):
                written += self._stream.write(data[written:])
        except OSError:
            self._stream.truncate(end)
            raise

    def _freed(self, report: Report, place: int, now_ns: int) -> bytes | None:
        encoder = self._encoders.get(report.source)
        if encoder is None:
            encoder = encoder_for(Endpoint("freed", "", 0), report.source, place)
            self._encoders[report.source] = encoder
        return b"".join(encoder.encode(report.sample, now_ns)) or None

    def flush(self, now_ns: int) -> int | None:
        """Nothing is held back."""
        return None

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _new_file(path: Path) -> FileIO:
    try:
        return path.open("xb", buffering=0)
    except FileExistsError:
        raise AlreadyExists(
            "there is a file already", where=str(path), todo="Give another name"
        ) from None
    except OSError as error:
        raise disk_error(error, path) from error


def _line(report: Report, place: int) -> bytes | None:
    """One line as a take's raw track has it, with the source it came from."""
    raw = report.heard.raw
    try:
        sample = _sample(report, place) if raw is None else raw
        line = {
            "arrival_ns": report.arrival_ns,
            "time_ns": report.sample.time_ns,
            "source": report.source,
            "sample": sample,
        }
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except (OpenTrackIOError, TypeError, ValueError):
        return None


def _sample(report: Report, place: int) -> dict[str, Any]:
    reading = replace(
        reading_from_sample(report.sample),
        timecode=report.heard.timecode,
        source_number=place % len(SOURCES) + 1,
    )
    name = f"{report.source}/{report.sample.time_ns}/{report.sample.sequence}"
    return write_sample(
        reading,
        sample_id=uuid.uuid5(uuid.NAMESPACE_OID, name).urn,
        source_id=source_id(report.source),
        include_static=True,
    )
