"""The two doors other machines may knock at: names, paths, sizes. What is behind them is a small fake
that says it was reached."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from openset.site.secure import DOOR, LONGEST_BODY, Door, door_of, host_of

HOSTS = ("192.168.1.20", "stage.local", "localhost")


async def reached(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"cross-origin-opener-policy", b"same-origin"), (b"x-door", door_of(scope).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"reached"})


def ask(door: str, path: str, host: bytes | None = b"192.168.1.20:8443", **more: Any) -> list[Any]:
    headers = [] if host is None else [(b"host", host)]
    scope = {"type": "http", "path": path, "headers": headers + more.pop("headers", []), **more}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(Door(reached, door, HOSTS)(scope, receive, send))  # type: ignore[arg-type]
    return sent


def status(sent: list[Any]) -> int:
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("door", "path"),
    [
        ("phones", "/phone/"), ("phones", "/phone/enter/x"), ("phones", "/live/film/"),
        ("phones", "/static/openset/kit.css"), ("guide", "/guide/"), ("guide", "/openset.crt"),
        ("guide", "/openset.mobileconfig"), ("guide", "/static/openset/kit.css"),
    ],
)  # fmt: skip
def test_what_belongs_behind_a_door_is_reached_and_told_which(door: str, path: str) -> None:
    sent = ask(door, path)
    assert status(sent) == 200
    assert (b"x-door", door.encode()) in sent[0]["headers"]


@pytest.mark.parametrize(
    ("door", "path"),
    [
        ("phones", "/phones/"), ("phones", "/journal/"), ("phones", "/people/"), ("phones", "/grants/"),
        ("phones", "/sign-in/"), ("phones", "/enter/x"), ("phones", "/account/"),
        ("phones", "/productions/film/"), ("phones", "/openset.crt"), ("phones", "/phone"),
        ("guide", "/phone/"), ("guide", "/phone/enter/x"), ("guide", "/live/film/"),
        ("guide", "/journal/"),
    ],
)  # fmt: skip
def test_the_office_is_behind_neither_door(door: str, path: str) -> None:
    assert status(ask(door, path)) == 404


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"192.168.1.21",
        b"",
        None,
        b"192.168.1.20.evil.example",
        b"a@192.168.1.20",
        b"\xff",
    ],
)
def test_another_name_is_not_answered_to(host: bytes | None) -> None:
    assert status(ask("phones", "/phone/", host)) == 400


def test_two_host_names_are_none() -> None:
    assert status(ask("phones", "/phone/", headers=[(b"Host", b"stage.local")])) == 400


@pytest.mark.parametrize("host", [b"STAGE.local:8443", b"stage.local.", b"localhost"])
def test_a_name_may_be_written_in_any_way(host: bytes) -> None:
    assert status(ask("phones", "/phone/", host)) == 200


def test_the_bare_address_leads_to_the_front_page() -> None:
    assert ask("phones", "/")[0]["headers"] == [(b"location", b"/phone/")]
    assert ask("guide", "/")[0]["headers"] == [(b"location", b"/guide/")]


@pytest.mark.parametrize("door", ["phones", "guide"])
def test_a_body_that_does_not_say_its_length_is_refused_unread(door: str) -> None:
    headers = [(b"Transfer-Encoding", b"chunked")]
    assert status(ask(door, "/static/openset/kit.css", headers=headers, method="POST")) == 413


@pytest.mark.parametrize("length", [b"65537", b"99999999999999999999"])
def test_a_large_body_is_refused_unread(length: bytes) -> None:
    assert LONGEST_BODY == 65536
    assert status(ask("phones", "/phone/", headers=[(b"content-length", length)])) == 413


@pytest.mark.parametrize(
    ("door", "path"), [("guide", "/guide/"), ("phones", "/journal/"), ("guide", "/live/x/")]
)
def test_a_socket_where_none_belongs_is_refused(door: str, path: str) -> None:
    (closed,) = ask(door, path, type="websocket")
    assert (closed["type"], closed["code"]) == ("websocket.close", 4403)


def test_a_scope_that_says_it_came_through_another_door_does_not_pass() -> None:
    sent = ask("guide", "/guide/", **{DOOR: "desk"})
    assert (b"x-door", b"guide") in sent[0]["headers"]


def test_plain_http_leaves_out_what_browsers_complain_of() -> None:
    assert (b"cross-origin-opener-policy", b"same-origin") not in ask("guide", "/guide/")[0]["headers"]
    assert (b"cross-origin-opener-policy", b"same-origin") in ask("phones", "/phone/")[0]["headers"]


def test_a_host_is_read_without_its_port() -> None:
    assert host_of({"headers": [(b"host", b"[::1]:80")]}) == "[::1]"
