"""The phones' door as an intruder knocks at it: real TLS, real sockets, the real solver behind."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus


def trusting(site: Any) -> ssl.SSLContext:
    """A visitor who trusts the house's authority, and nobody else."""
    return ssl.create_default_context(cafile=site.home / "phones" / "authority.crt")


def ask(site: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    port = int(site.phones["at"].rpartition(":")[2])
    line = http.client.HTTPSConnection("localhost", port, timeout=20, context=trusting(site))
    line.request(method, path, headers=headers)
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, answer.headers, body


def let_in(site: Any) -> str:
    """The cookie of a phone that pressed the button behind a scanned link."""
    path = site.pairing().removeprefix(site.phones["at"])
    _, headers, page = ask(site, path)
    crumb = headers["Set-Cookie"].split(";")[0]
    token = page.decode().split('name="csrfmiddlewaretoken" value="')[-1].split('"')[0]
    port = int(site.phones["at"].rpartition(":")[2])
    line = http.client.HTTPSConnection("localhost", port, timeout=20, context=trusting(site))
    body = f"csrfmiddlewaretoken={token}"
    given = {
        "Cookie": crumb,
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": site.phones["at"],
        "Referer": site.phones["at"] + path,
    }
    line.request("POST", path, body, given)
    answer = line.getresponse()
    assert answer.status == 302
    cookies = answer.headers.get_all("Set-Cookie") or []
    line.close()
    (own,) = [each for each in cookies if each.startswith("openset_phone=")]
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {part.strip() for part in own.split(";")}
    return own.split(";")[0]


@pytest.fixture(scope="module")
def inside(phone_site: Any) -> str:
    """The cookie of one phone that was let in."""
    return let_in(phone_site)


def socket_of(site: Any, path: str = "/phone/live/", **headers: str) -> Any:
    given = {"Origin": site.phones["at"], **headers}
    address = site.phones["at"].replace("https:", "wss:") + path
    return websockets.connect(address, additional_headers=given, ssl=trusting(site), proxy=None)


def refused(connection: Any) -> int:
    async def knock() -> None:
        async with connection:
            pass

    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(knock())
    return int(caught.value.response.status_code)


async def until(line: Any, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            message = json.loads(await line.recv())
            if message["type"] == kind:
                return dict(message)


def test_without_trust_in_the_house_there_is_no_connection(phone_site: Any) -> None:
    port = int(phone_site.phones["at"].rpartition(":")[2])
    line = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        line.request("GET", "/phone/")
    line.close()


@pytest.mark.parametrize(
    "path",
    ["/journal/", "/people/", "/grants/", "/account/", "/sign-in/", "/productions/x/", "/phones/"],
)
def test_the_office_is_not_there_even_for_a_phone_that_was_let_in(
    phone_site: Any, inside: str, path: str
) -> None:
    assert ask(phone_site, path, Cookie=inside)[0] == 404


@pytest.mark.parametrize("path", ["/phone/", "/phone/enter/guess"])
def test_a_stranger_sees_nothing(phone_site: Any, path: str) -> None:
    status, _, page = ask(phone_site, path)
    assert (status, b"data-phone" in page) in ((403, False), (200, False))
    assert b"Lane Market" not in page


def test_another_host_name_is_refused_at_every_door(phone_site: Any) -> None:
    for host in ("evil.example", "localhost.evil.example", "10.0.0.1"):
        assert ask(phone_site, "/phone/", Host=host)[0] == 400
    address = phone_site.url.removeprefix("http://")
    line = http.client.HTTPConnection(address, timeout=20)
    name = next(each for each in phone_site.phones["names"] if each.endswith(".local"))
    line.request("GET", "/", headers={"Host": name})
    assert line.getresponse().status == 400
    line.close()


@pytest.mark.parametrize(
    "cookie", ["", "openset_phone=1", "openset_phone=MQ:1aaaaa:forged", "openset_session=x"]
)
def test_no_socket_without_having_been_let_in(phone_site: Any, cookie: str, production: Any) -> None:
    assert refused(socket_of(phone_site, Cookie=cookie)) == 403
    assert refused(socket_of(phone_site, f"/live/{production.id}/", Cookie=cookie)) == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "https://localhost:1"]
)
def test_a_page_of_another_site_cannot_use_a_phones_cookie(
    phone_site: Any, inside: str, origin: str
) -> None:
    assert refused(socket_of(phone_site, Cookie=inside, Origin=origin)) == 403


@pytest.mark.parametrize("path", ["/phone/live/", "/phone/live/?production=..%2F..&production=x"])
def test_a_phone_is_carried_to_the_solver_and_back(phone_site: Any, inside: str, path: str) -> None:
    async def talk() -> tuple[str, dict[str, Any]]:
        async with socket_of(phone_site, path, Cookie=inside) as line:
            state = ""
            while state != "running":
                state = (await until(line, "host"))["state"]
            await line.send(json.dumps({"type": "ping", "ms": 1000}))
            pong = await until(line, "pong")
            return state, pong

    assert asyncio.run(talk()) == ("running", {"type": "pong", "ms": 1000})


def test_junk_neither_ends_the_socket_nor_the_solver(phone_site: Any, inside: str) -> None:
    async def talk() -> dict[str, Any]:
        async with socket_of(phone_site, Cookie=inside) as line:
            while (await until(line, "host"))["state"] != "running":
                pass
            for junk in (b"\0" * 100, b"OPF1" + b"\xff" * 50, "{", "[]" * 1000, b""):
                await line.send(junk)
            while sum((status := await until(line, "status"))["faults"].values()) < 5:
                pass
            return status

    assert asyncio.run(talk())["state"] in ("waiting", "no map")


async def until_closed(line: Any) -> None:
    while True:
        await line.recv()


def test_a_message_of_megabytes_ends_that_phone_alone(phone_site: Any, inside: str) -> None:
    second = let_in(phone_site)

    async def talk() -> None:
        async with (
            socket_of(phone_site, Cookie=inside) as line,
            socket_of(phone_site, Cookie=second) as other,
        ):
            while (await until(other, "host"))["state"] != "running":
                pass
            with suppress(ConnectionClosed):
                await line.send(bytes(5_000_000))
            with pytest.raises(ConnectionClosed):
                await until_closed(line)
            await other.send(json.dumps({"type": "ping", "ms": 1}))
            assert (await until(other, "pong"))["ms"] == 1

    asyncio.run(talk())


@pytest.mark.parametrize("kind", ["stop", "slate", "view", "note"])
def test_a_phone_may_roll_cut_and_circle_and_nothing_more(
    phone_site: Any, production: Any, engine: Any, inside: str, kind: str
) -> None:
    stage = engine(phone_site.home)

    async def talk() -> dict[str, Any]:
        async with socket_of(phone_site, f"/live/{production.id}/", Cookie=inside) as line:
            await line.send(json.dumps({"type": kind}))
            while True:
                message = await line.recv()
                if isinstance(message, str) and json.loads(message)["type"] == "reply":
                    return dict(json.loads(message))

    assert asyncio.run(talk())["ok"] is False
    assert stage.commands == []


def test_the_guide_is_plain_and_gives_no_more_than_the_certificate(phone_site: Any) -> None:
    port = int(phone_site.phones["guide"].rpartition(":")[2])
    for path, wanted in (
        ("/", 302),
        ("/guide/", 200),
        ("/openset.crt", 200),
        ("/phone/", 404),
        ("/journal/", 404),
    ):
        line = http.client.HTTPConnection("localhost", port, timeout=20)
        line.request("GET", path)
        assert line.getresponse().status == wanted, path
        line.close()
