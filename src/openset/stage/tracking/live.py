"""A tracker on the network: sockets to listen and to send with, and one thread that receives, stamps
and hands on."""

from __future__ import annotations

import errno
import ipaddress
import selectors
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from openset.primitives.errors import BadInput, PortInUse
from openset.stage.tracking.address import UdpAddress, parse_udp_address
from openset.stage.tracking.freed_profiles import PROFILES, Profile
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.senders import address_of
from openset.stage.tracking.source import DatagramSource, TrackerCounts, Wire
from openset.stage.tracking.wire import Decoder, Heard

RECEIVE_BUFFER_BYTES = 4 << 20
MULTICAST_ALL = 49
"""Linux: 0 keeps groups that other sockets joined away from this one."""
_LARGEST_DATAGRAM = 65536
_MOST_AT_ONCE = 64
_POLL_S = 0.2
_ADDRESS_OF_INTERFACE = 0xC0206921 if sys.platform == "darwin" else 0x8915  # SIOCGIFADDR

OnSample = Callable[[TrackSample, dict[str, Any] | None], None]
OnTold = Callable[[str, TrackSample | None, Heard], None]


class _Listener:
    """A socket on a UDP address and the thread that receives on it; who inherits says what it does with
    a datagram."""

    def __init__(self, address: str | UdpAddress, clock: Callable[[], int]) -> None:
        self.address = address if isinstance(address, UdpAddress) else parse_udp_address(address)
        self._clock = clock
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._socket = listener_socket(self.address)
        self._socket.setblocking(False)
        self._port = int(self._socket.getsockname()[1])
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=f"tracker {self.address}", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on: the one asked for, or the one the system chose for port 0."""
        return self._port

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and free the port; may be called twice, or before start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._selector.close()
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hear(self, datagram: bytes, sender: str, arrival_ns: int) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        while not self._stopping.is_set():
            arrived = self._receive()
            if not arrived:
                self._selector.select(_POLL_S)
            for each in arrived:
                self._hear(*each)

    def _receive(self) -> list[tuple[bytes, str, int]]:
        """Whatever has arrived, stamped before any of it is read: what stands in the system's queue
        would be stamped late."""
        arrived: list[tuple[bytes, str, int]] = []
        take, clock = self._socket.recvfrom, self._clock
        while len(arrived) < _MOST_AT_ONCE:
            try:
                datagram, sender = take(_LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except ConnectionError:
                continue  # an ICMP answer to someone else's datagram (Windows reports it here)
            arrived.append((datagram, address_of(sender), clock()))
        return arrived


class UdpTracker(_Listener):
    """Listens on a UDP address and calls `on_sample(sample, raw)` on its own thread.

    `raw` is the OpenTrackIO sample as received, None for other protocols. `decoders` are the protocols
    listened for; OpenTrackIO and FreeD (with `profile`) where none are named. `clock` is the engine's,
    in nanoseconds. A malformed packet is only counted. Raises BadInput or PortInUse when made, never
    later.
    """

    def __init__(
        self,
        address: str | UdpAddress,
        on_sample: OnSample,
        *,
        profile: Profile = PROFILES["raw"],
        decoders: Sequence[Decoder] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(address, clock)
        self._on_sample = on_sample
        self._source = DatagramSource(profile, decoders)

    @property
    def counts(self) -> TrackerCounts:
        """What has come in so far."""
        with self._lock:
            return self._source.counts

    def _hear(self, datagram: bytes, sender: str, arrival_ns: int) -> None:
        with self._lock:
            received = self._source.feed(datagram, sender, arrival_ns)
        if received is None:
            return
        try:
            self._on_sample(*received)
        except ValueError:  # one report that cannot be said must not end the shoot's tracking
            with self._lock:
                self._source.fault("report could not be kept")


class UdpWire(_Listener):
    """Listens on a UDP address and calls `on_told(source, sample, heard)` for all sources there, on its
    own thread; `decoders` and errors as for `UdpTracker`."""

    def __init__(
        self,
        address: str | UdpAddress,
        on_told: OnTold,
        *,
        decoders: Sequence[Decoder] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(address, clock)
        self._on_told = on_told
        self._wire = Wire(decoders)

    @property
    def counts(self) -> Mapping[str, TrackerCounts]:
        """What has come in so far, by source; faults and datagrams are those of the whole wire."""
        with self._lock:
            return self._wire.counts

    def _hear(self, datagram: bytes, sender: str, arrival_ns: int) -> None:
        with self._lock:
            told = self._wire.feed(datagram, sender, arrival_ns)
        for each in told:
            self._on_told(*each)


def interface_address(interface: str) -> str:
    """The IPv4 address of one of this machine's network cards, given by address or by name ("eth0").

    BadInput naming the cards there are.
    """
    try:
        return str(ipaddress.IPv4Address(interface))
    except ValueError:
        pass
    found = _address_of_card(interface)
    if found is None:
        raise BadInput(
            f"no network card {interface!r} with an IPv4 address",
            todo=f"Name one of {_cards()}, or give its address",
        )
    return found


def check_card(interface: str) -> None:
    """BadInput where this machine has no network card of that name or address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((interface_address(interface), 0))
        except OSError as error:
            raise BadInput(
                f"no network card of this machine has the address {interface}",
                todo=f"Name one of {_cards()}",
            ) from error


def _cards() -> str:
    return ", ".join(name for _, name in socket.if_nameindex())


def _address_of_card(name: str) -> str | None:
    if sys.platform == "win32":
        return None
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            asked = struct.pack("256s", name.encode()[:15])
            return socket.inet_ntoa(fcntl.ioctl(probe, _ADDRESS_OF_INTERFACE, asked)[20:24])
        except OSError:
            return None


def listener_socket(address: UdpAddress) -> socket.socket:
    """A socket bound to `address`, a member of its group where it is one.

    Raises BadInput or PortInUse.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if address.is_multicast:
            _join(listener, address)
        else:
            if address.interface:
                check_card(address.interface)
            listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise _refused(address, error) from error
    except BadInput:
        listener.close()
        raise
    return listener


def sender_socket(address: UdpAddress, hops: int = 1) -> socket.socket:
    """A socket to send to `address` with. To a group it sends by the network card that the address
    names, is heard on this machine too, and crosses `hops` - 1 routers. Raises BadInput."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if address.is_multicast:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            if address.interface:
                card = socket.inet_aton(interface_address(address.interface))
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, card)
        elif address.interface:
            sender.bind((interface_address(address.interface), 0))
    except OSError as error:
        sender.close()
        raise BadInput(
            f"cannot send from there ({error.strerror or error})",
            where=str(address),
            todo="Name an address or a network card of this machine after @",
        ) from error
    except BadInput:
        sender.close()
        raise
    return sender


def _join(listener: socket.socket, address: UdpAddress) -> None:
    """Share the port as multicast listeners do, and join on the named interface: on a machine with two
    network cards the system's own choice is the wrong one half of the time. What other sockets
    joined on other cards is kept away from this one."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address.host if hasattr(socket, "AF_UNIX") else "", address.port))
    group = socket.inet_aton(address.host)
    card = socket.inet_aton(interface_address(address.interface) if address.interface else "0.0.0.0")
    if address.interface:
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, card)
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_IP, MULTICAST_ALL, 0)
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + card)


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
