"""The engine's loopback socket, spoken to over a real WebSocket."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from openset.primitives.errors import BadInput, PortInUse
from openset.stage.live.control import Control


@pytest.fixture
def orders() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def control(orders: list[dict[str, Any]]) -> Iterator[Control]:
    def obey(order: dict[str, Any]) -> tuple[bool, str]:
        orders.append(order)
        return order["type"] == "roll", "Rolling" if order["type"] == "roll" else "unknown order"

    running = Control(
        "lane-0001", "Lane", port=0, status=lambda: {"type": "status", "rolling": False}, obey=obey
    )
    running.start_serving()
    yield running
    running.stop()


def client(control: Control, token: str | None = None) -> ClientConnection:
    entry = json.loads(control.file.read_text())
    return connect(
        f"ws://127.0.0.1:{entry['port']}/",
        additional_headers={"Authorization": f"Bearer {entry['token'] if token is None else token}"},
    )


def next_of(connection: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = connection.recv(timeout=5)
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            return dict(json.loads(message))


def test_a_client_with_the_token_hears_the_status(control: Control) -> None:
    with client(control) as connection:
        assert next_of(connection, "status")["rolling"] is False


def test_without_the_token_nothing_is_heard(control: Control) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        client(control, token="guess")


def test_the_token_file_is_for_its_owner_alone_and_goes_with_the_engine(control: Control) -> None:
    assert stat.S_IMODE(control.file.stat().st_mode) == 0o600
    control.stop()
    assert not control.file.exists()


def test_an_order_is_obeyed_and_answered(control: Control, orders: list[dict[str, Any]]) -> None:
    with client(control) as connection:
        connection.send(json.dumps({"type": "roll"}))
        assert next_of(connection, "reply") == {
            "type": "reply",
            "ok": True,
            "text": "Rolling",
            "to": "roll",
        }
    assert orders == [{"type": "roll"}]


@pytest.mark.parametrize("nonsense", ["not json", "[1, 2]", '{"type": 5}', "{}", "null"])
def test_nonsense_is_answered_and_changes_nothing(
    control: Control, orders: list[dict[str, Any]], nonsense: str
) -> None:
    with client(control) as connection:
        connection.send(nonsense)
        assert next_of(connection, "reply")["ok"] is False
        connection.send(json.dumps({"type": "roll"}))
        assert next_of(connection, "reply")["ok"] is True
    assert orders == [{"type": "roll"}]


def test_the_newest_picture_reaches_who_watches(control: Control) -> None:
    with client(control) as connection:
        next_of(connection, "status")
        assert control.watched()
        control.publish(b"\xff\xd8 a picture")
        while True:
            message = connection.recv(timeout=5)
            if isinstance(message, bytes):
                break
    assert message == b"\xff\xd8 a picture"


def test_a_second_engine_on_the_same_port_is_told_so(control: Control) -> None:
    second = Control("lane-0002", "Lane", port=control.port, status=dict, obey=lambda order: (True, ""))
    with pytest.raises(PortInUse, match=f"port {control.port} is taken") as caught:
        second.start_serving()
    assert caught.value.exit_code == 22


def test_another_program_on_the_port_is_named_too() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        engine = Control(
            "x", "X", port=other.getsockname()[1], status=dict, obey=lambda order: (True, "")
        )
        with pytest.raises(PortInUse):
            engine.start_serving()


def test_a_port_that_cannot_be_is_refused_in_words() -> None:
    wrong = Control("lane-0002", "Lane", port=70000, status=dict, obey=lambda order: (True, ""))
    with pytest.raises(BadInput, match="70000"):
        wrong.start_serving()
    wrong.stop()


def test_an_engine_that_could_not_start_leaves_the_others_entry_alone(control: Control) -> None:
    second = Control("lane-0001", "Lane", port=control.port, status=dict, obey=lambda order: (True, ""))
    with pytest.raises(PortInUse):
        second.start_serving()
    second.stop()
    with client(control) as connection:
        assert next_of(connection, "status")["rolling"] is False


@pytest.mark.parametrize("token", ["", "gu\xe9ss", "Bearer"])
def test_a_token_of_odd_bytes_is_refused_like_any_other(control: Control, token: str) -> None:
    with socket.create_connection(("127.0.0.1", control.port)) as wire:
        key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        key += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        head = f"GET / HTTP/1.1\r\nHost: localhost\r\n{key}Authorization: Bearer {token}\r\n\r\n"
        wire.sendall(head.encode("latin-1"))
        assert wire.recv(4096).startswith(b"HTTP/1.1 403")
