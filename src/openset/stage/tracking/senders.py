"""Which of several trackers on one machine sent a datagram.

A source that names itself too little to be told from another of its kind (a FreeD camera's number,
opentrack's bare poses) goes by its machine's address, which stays when the sender starts anew. Where
two such send at the same time from one machine, the port tells them apart. Some senders take a new port
for every datagram: only a port that keeps sending counts as a tracker of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from openset.primitives.time import NS_PER_S

SILENCE_NS = 2 * NS_PER_S
STEADY = 4
"""Datagrams from one port within `SILENCE_NS` of each other that make it a tracker."""
MOST_PORTS = 1024


def address_of(peer: tuple[str, int]) -> str:
    """What a socket says of a sender, as "192.0.2.7:40001"."""
    return f"{peer[0]}:{peer[1]}"


def host_of(sender: str) -> str:
    """The machine of a sender, less its port."""
    return sender.rpartition(":")[0] or sender


@dataclass(slots=True)
class _Port:
    heard_ns: int
    name: str = ""
    count: int = 0


class Senders:
    """Names senders by their machine, and by machine and port where that is needed."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, Hashable], _Port] = {}
        self._first: dict[tuple[str, Hashable], _Port] = {}

    def name(self, sender: str, arrival_ns: int, what: Hashable = None) -> str:
        """What to call `sender` ("192.0.2.7:40001"), who sent something that calls itself `what`."""
        port = self._ports.get((sender, what))
        if port is None or arrival_ns - port.heard_ns >= SILENCE_NS:
            if len(self._ports) >= MOST_PORTS:
                self._ports.clear()
                self._first.clear()
            port = self._ports[sender, what] = _Port(arrival_ns)
        port.heard_ns = arrival_ns
        if port.count < STEADY:
            port.count += 1
            port.name = self._chosen(sender, what, port)
        return port.name

    def _chosen(self, sender: str, what: Hashable, port: _Port) -> str:
        key = host_of(sender), what
        first = self._first.get(key)
        if first is not None and first is not port and port.heard_ns - first.heard_ns < SILENCE_NS:
            return sender
        if port.count == STEADY:
            self._first[key] = port
        return key[0]
