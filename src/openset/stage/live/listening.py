"""Sockets that hear a whole studio: many ports and multicast groups at once.

A system joins only some twenty groups on one socket, so that OpenTrackIO's two hundred take several. A
port that another program holds is named and the others are heard all the same.
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from openset.primitives.errors import OpensetError, PortInUse
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.grammar import GROUP, OLD_GROUP, SOURCES
from openset.stage.tracking.live import (
    MULTICAST_ALL,
    RECEIVE_BUFFER_BYTES,
    interface_address,
    listener_socket,
)
from openset.stage.tracking.senders import address_of

LONGEST = 65536
MOST_AT_ONCE = 256
_STAMPED = 35
"""Linux: SO_TIMESTAMPNS, when a datagram came, by the wall clock."""
_STAMP = struct.Struct("@ll")
_LONGEST_QUEUED_NS = NS_PER_S


@dataclass(frozen=True)
class Ear:
    """One socket, and what people call the place it listens to."""

    socket: socket.socket
    place: str
    endpoint: Endpoint


@dataclass(frozen=True)
class Datagram:
    """What arrived: from which address and port, at which ear, when on the engine's clock."""

    data: bytes
    sender: str
    ear: Ear
    arrival_ns: int


class Ears:
    """Everything that could be opened for `endpoints`; `refused` says, a line each, what could not."""

    def __init__(
        self, endpoints: Sequence[Endpoint], clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.ears: list[Ear] = []
        self.refused: list[str] = []
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        for endpoint in endpoints:
            try:
                self._open(endpoint)
            except OpensetError as trouble:
                self.refused.append(trouble.line)

    def _open(self, endpoint: Endpoint) -> None:
        if endpoint.protocol == "opentrackio" and not endpoint.host:
            self._open_groups(endpoint)
        else:
            self._add(
                listener_socket(endpoint.address), str(endpoint.address).removeprefix("udp:"), endpoint
            )

    def _add(self, listener: socket.socket, place: str, endpoint: Endpoint) -> None:
        ear = Ear(listener, place.removeprefix(":"), endpoint)
        listener.setblocking(False)
        if sys.platform == "linux":
            listener.setsockopt(socket.SOL_SOCKET, _STAMPED, 1)
        self.ears.append(ear)
        self._selector.register(listener, selectors.EVENT_READ, ear)

    def _open_groups(self, endpoint: Endpoint) -> None:
        """OpenTrackIO's port: what is sent to this machine, and all groups of 1.0.1 and of 1.0.0.

        A program that shares its port keeps what is sent to it alone: then only groups are heard.
        """
        port, alone = endpoint.port, True
        try:
            with listener_socket(endpoint.address) as probe:
                port = probe.getsockname()[1]
        except PortInUse as trouble:
            alone = False
            self.refused.append(f"{trouble.what}: only multicast is heard there")
        shared = _Shared(port, endpoint.interface, alone)
        names = {GROUP: f"{GROUP}x:{port}", OLD_GROUP: f"{OLD_GROUP}x:{port} (OpenTrackIO 1.0.0)"}
        try:
            for prefix, name in names.items():
                for listener in shared.joined([f"{prefix}{number}" for number in SOURCES]):
                    self._add(listener, name, endpoint)
        except OSError as error:
            self.refused.append(_no_groups(port, endpoint.interface, error))
        if alone:  # the last: of sockets that share a port, Linux gives it what comes for the machine
            self._add(shared.listener(), str(port), endpoint)

    def hear(self, timeout_s: float) -> Iterator[Datagram]:
        """What has arrived; waits for the first at most `timeout_s`.

        Where the system says when a datagram came, that counts: drawing a picture is no jitter.
        """
        for key, _ in self._selector.select(timeout_s):
            ear: Ear = key.data
            for _ in range(MOST_AT_ONCE):
                try:
                    data, sender, queued_ns = _received(ear.socket)
                except (BlockingIOError, ConnectionError):
                    break
                yield Datagram(data, address_of(sender), ear, self._clock() - queued_ns)

    def close(self) -> None:
        """Free every port."""
        self._selector.close()
        for ear in self.ears:
            ear.socket.close()


def _received(listener: socket.socket) -> tuple[bytes, tuple[str, int], int]:
    """A datagram, who sent it, and how long ago the system took it in: 0 where it does not say, or
    where its clock was set meanwhile."""
    if sys.platform != "linux":
        data, sender = listener.recvfrom(LONGEST)
        return data, sender, 0
    data, said, _, sender = listener.recvmsg(LONGEST, socket.CMSG_SPACE(_STAMP.size))
    for level, kind, stamp in said:
        if (level, kind) == (socket.SOL_SOCKET, _STAMPED) and len(stamp) == _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack(stamp)
            queued_ns = time.time_ns() - (seconds * NS_PER_S + nanoseconds)
            return data, sender, queued_ns if 0 <= queued_ns < _LONGEST_QUEUED_NS else 0
    return data, sender, 0


def _no_groups(port: int, interface: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is not shared: stop the other program to hear what is sent there"
    card = f" on {interface}" if interface else ""
    return (
        f"multicast cannot be joined{card} ({error.strerror or error}): name the network card with "
        "--interface"
    )


class _Shared:
    """Sockets that share one port. `alone`: no other program has it, so that one socket may listen to
    every address and hold many groups; else each group has a socket bound to it."""

    def __init__(self, port: int, interface: str, alone: bool) -> None:
        self._port, self._alone = port, alone
        self._card = socket.inet_aton(interface_address(interface) if interface else "0.0.0.0")

    def listener(self, host: str = "") -> socket.socket:
        """A socket on the port of `host`, "" for every address. OSError where it is not to be had."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if sys.platform == "darwin":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            if sys.platform == "linux":
                listener.setsockopt(socket.IPPROTO_IP, MULTICAST_ALL, 0)
            listener.bind((host, self._port))
        except OSError:
            listener.close()
            raise
        return listener

    def joined(self, groups: Sequence[str]) -> Iterator[socket.socket]:
        """Sockets that have joined all `groups` between them. OSError where one cannot be joined."""
        left = list(groups)
        while left:
            listener = self.listener("" if self._alone else left[0])
            joined = 0
            try:
                while left and (self._alone or not joined):
                    self._join(listener, left[0])
                    joined += 1
                    del left[0]
            except OSError as error:
                if error.errno != errno.ENOBUFS or not joined:
                    listener.close()
                    raise
            yield listener

    def _join(self, listener: socket.socket, group: str) -> None:
        member = socket.inet_aton(group) + self._card
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)


def this_machine() -> str:
    """The address other machines reach this one by, "" where there is no network. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])
