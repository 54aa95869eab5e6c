"""Live inputs by their address: all sources of one for a bridge, or one tracker for the stage."""

from __future__ import annotations

import selectors
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.errors import BadInput
from openset.primitives.space import Pose
from openset.primitives.time import ns_from_s
from openset.stage.live.recorded import Report
from openset.stage.tracking.endpoint import Endpoint, parse_endpoint
from openset.stage.tracking.live import OnSample, UdpTracker, listener_socket
from openset.stage.tracking.protocols import decoders_for, recognised
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.senders import address_of, host_of
from openset.stage.tracking.source import Wire
from openset.stage.tracking.wire import Heard

LARGEST_DATAGRAM = 65536
MOST_AT_ONCE = 256
MOST_STRANGERS = 1000
MOST_BODIES = 64
LARGEST_TABLE = 1 << 20


class LiveInlet:
    """Everything that arrives at an address, as reports on the engine's clock.

    `seen` counts datagrams of other protocols by name while nothing of its own has come. The bones of a
    body go with every camera of the same machine. Raises BadInput or PortInUse when made.
    """

    def __init__(self, endpoint: Endpoint, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.ended = False
        self.seen: Counter[str] = Counter()
        self._bones: dict[str, Mapping[str, Pose]] = {}
        self._clock = clock
        self._delay_ns = ns_from_s(endpoint.delay_s)
        self._wire = Wire(decoders_for(endpoint, table_of(endpoint)))
        self._socket = listener_socket(endpoint.address)
        self._socket.setblocking(False)
        self.endpoint = replace(endpoint, port=int(self._socket.getsockname()[1]))
        self.title = str(self.endpoint)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    @property
    def port(self) -> int:
        """The port listened on: the one asked for, or the one the system chose for 0."""
        return self.endpoint.port

    @property
    def datagrams(self) -> int:
        """How many have arrived, of whatever kind."""
        return self._wire.packets

    @property
    def bodies(self) -> int:
        """How many senders sent bones."""
        return len(self._bones)

    @property
    def faults(self) -> Counter[str]:
        """What came and could not be used, by plain name."""
        return self._wire.faults

    def receive(self, timeout_s: float) -> Sequence[Report]:
        """The reports that have come by now; waits for the first at most `timeout_s`."""
        arrived = self._arrived()
        if not arrived and timeout_s > 0:
            self._selector.select(timeout_s)
            arrived = self._arrived()
        return [
            report
            for datagram, sender, arrival_ns in arrived
            for report in self._reports(datagram, sender, arrival_ns)
        ]

    def _arrived(self) -> list[tuple[bytes, str, int]]:
        """Stamped before any of it is read, as what stands in the system's queue would be late."""
        arrived: list[tuple[bytes, str, int]] = []
        while len(arrived) < MOST_AT_ONCE:
            try:
                datagram, sender = self._socket.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except ConnectionError:
                continue  # an ICMP answer to someone else's datagram (Windows reports it here)
            arrived.append((datagram, address_of(sender), self._clock()))
        return arrived

    def _reports(self, datagram: bytes, sender: str, arrival_ns: int) -> list[Report]:
        told = self._wire.feed(datagram, sender, arrival_ns)
        host = host_of(sender)
        if not told and not self._wire.sources and self.seen.total() < MOST_STRANGERS:
            self.seen[recognised(datagram)] += 1
        for _, sample, heard in told:
            if heard.bones is not None and (host in self._bones or len(self._bones) < MOST_BODIES):
                self._bones[host] = heard.bones
            elif sample is None and heard.pose is None:
                self._wire.fault("report without a pose")
        return [
            self._report(source, sample, heard, host, arrival_ns)
            for source, sample, heard in told
            if sample is not None
        ]

    def _report(
        self, source: str, sample: TrackSample, heard: Heard, host: str, arrival_ns: int
    ) -> Report:
        if self._delay_ns:
            sample = replace(sample, time_ns=sample.time_ns - self._delay_ns)
        if host in self._bones:
            heard = replace(heard, bones=self._bones[host])
        return Report(source, sample, heard, arrival_ns)

    def close(self) -> None:
        """Free the port."""
        self._selector.close()
        self._socket.close()


def open_tracker(text: str, on_sample: OnSample) -> UdpTracker:
    """The tracker at an address as people type it, not started. Raises BadInput and PortInUse."""
    endpoint = parse_endpoint(text, "in")
    delay_ns = ns_from_s(endpoint.delay_s)

    def earlier(sample: TrackSample, raw: dict[str, Any] | None) -> None:
        on_sample(replace(sample, time_ns=sample.time_ns - delay_ns), raw)

    return UdpTracker(
        endpoint.address,
        earlier if delay_ns else on_sample,
        decoders=decoders_for(endpoint, table_of(endpoint)),
    )


def table_of(endpoint: Endpoint) -> str:
    """The text of the table an address names, "" where it names none; BadInput where it cannot be
    read."""
    if not endpoint.table:
        return ""
    path = Path(endpoint.table)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_TABLE + 1)
        if len(data) > LARGEST_TABLE:
            raise BadInput("this is too long for a table", where=str(path))
        return decoded(data)
    except FormatError as trouble:
        raise BadInput(str(trouble), where=str(path)) from trouble
    except OSError as error:
        raise BadInput(f"the table cannot be read ({error.strerror})", where=str(path)) from error
