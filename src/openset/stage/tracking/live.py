"""A tracker on the network: one thread that receives, stamps and hands on."""

from __future__ import annotations

import errno
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from openset.primitives.errors import BadInput, PortInUse
from openset.stage.tracking.address import UdpAddress, parse_udp_address
from openset.stage.tracking.freed import PROFILES, Profile
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.source import DatagramSource, TrackerCounts

RECEIVE_BUFFER_BYTES = 4 << 20
_POLL_S = 0.2

OnSample = Callable[[TrackSample, dict[str, Any] | None], None]


class UdpTracker:
    """Listens on a UDP address and calls `on_sample(sample, raw)` on its own thread.

    `raw` is the OpenTrackIO sample as received, None for FreeD. `clock` is the engine's, in
    nanoseconds. A malformed packet is only counted. Raises BadInput or PortInUse when made, never
    later.
    """

    def __init__(
        self,
        address: str,
        on_sample: OnSample,
        *,
        profile: Profile = PROFILES["raw"],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.address = parse_udp_address(address)
        self._on_sample = on_sample
        self._clock = clock
        self._source = DatagramSource(profile)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._socket = _listen(self.address)
        self._port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name=f"tracker {self.address}", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on: the one asked for, or the one the system chose for port 0."""
        return self._port

    @property
    def counts(self) -> TrackerCounts:
        """What has come in so far."""
        with self._lock:
            return self._source.counts

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and free the port; may be called twice, or before start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> UdpTracker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        buffer = bytearray(65536)
        while not self._stopping.is_set():
            try:
                size, sender = self._socket.recvfrom_into(buffer)
            except TimeoutError:
                continue
            except ConnectionError:
                continue  # an ICMP answer to someone else's datagram (Windows reports it here)
            arrival_ns = self._clock()
            with self._lock:
                received = self._source.feed(bytes(memoryview(buffer)[:size]), sender[0], arrival_ns)
            if received is not None:
                self._on_sample(*received)


def _listen(address: UdpAddress) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if address.is_multicast:
            _join(listener, address)
        else:
            listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise _refused(address, error) from error
    listener.settimeout(_POLL_S)
    return listener


def _join(listener: socket.socket, address: UdpAddress) -> None:
    """Share the port as multicast listeners do, and join on the named interface: on a machine with two
    network cards the system's own choice is the wrong one half of the time."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address.host if hasattr(socket, "AF_UNIX") else "", address.port))
    group = socket.inet_aton(address.host)
    if address.interface:
        interface = socket.inet_aton(socket.gethostbyname(address.interface))
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
    else:
        interface = struct.pack("=I", socket.INADDR_ANY)
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + interface)


def _refused(address: UdpAddress, error: OSError) -> PortInUse | BadInput:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"port {address.port} is taken by another program",
            where=str(address),
            todo="Stop the other engine, or send the tracker to another port",
        )
    if error.errno == errno.EACCES:
        return PortInUse(
            f"port {address.port} is reserved",
            where=str(address),
            todo="Choose a port of 1024 or above",
        )
    return BadInput(
        f"cannot listen there ({error.strerror or error})",
        where=str(address),
        todo="Name an address of this machine; udp::PORT listens on all of them",
    )
