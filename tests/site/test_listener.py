"""A listener on the network: a crowd is closed out, and whoever leaves makes room."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from openset.primitives.errors import PortInUse
from openset.site.listener import MOST, MOST_FROM_ONE, BoundedListener, listening


@pytest.fixture
def door() -> Iterator[BoundedListener]:
    with BoundedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        listener.settimeout(5)
        yield listener


def knock(door: BoundedListener, host: str = "127.0.0.1") -> tuple[socket.socket, socket.socket]:
    caller = socket.create_connection(door.getsockname(), 5, (host, 0))
    try:
        return caller, door.accept()[0]
    except ConnectionAbortedError:
        assert caller.recv(1) == b""
        caller.close()
        raise


def close(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    for pair in pairs:
        for each in pair:
            each.close()


def test_one_address_cannot_take_all_the_room(door: BoundedListener) -> None:
    pairs = [knock(door) for _ in range(MOST_FROM_ONE)]
    with pytest.raises(ConnectionAbortedError):
        knock(door)
    pairs.append(knock(door, "127.0.0.2"))
    close([pairs.pop(0)])
    pairs.append(knock(door))
    close(pairs)


def test_many_addresses_together_cannot_take_the_desks_files(door: BoundedListener) -> None:
    pairs = [knock(door, f"127.0.0.{2 + number // MOST_FROM_ONE}") for number in range(MOST)]
    with pytest.raises(ConnectionAbortedError):
        knock(door, "127.0.0.99")
    close(pairs)


def test_a_port_that_is_taken_is_named_and_the_listener_closed(door: BoundedListener) -> None:
    second = BoundedListener()
    with pytest.raises(PortInUse, match="the phones' door: port"):
        listening(second, "127.0.0.1", door.getsockname()[1], "the phones' door", "Choose another")
    assert second.fileno() == -1
