"""The WebSocket between browser and engine, spoken to as a browser (and as an intruder) would."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import CookieJar
from typing import Any

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from openset.site.live import PICTURES_UNDER_WAY, Outbox


def cookie(site: Any) -> str:
    """The session of somebody who came in by the printed link."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(site.link()).close()
    return "; ".join(f"{one.name}={one.value}" for one in jar)


def connect(site: Any, production_id: str, **headers: str) -> Any:
    url = site.url.replace("http:", "ws:") + f"/live/{production_id}/"
    given = {"Origin": site.url, **headers}
    return websockets.connect(url, additional_headers=given, proxy=None, compression=None)


async def until(socket: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first text message that is as wanted; pictures are drawn and forgotten."""
    async with asyncio.timeout(10):
        async for message in socket:
            if isinstance(message, bytes):
                await socket.send('{"type": "seen"}')
            elif wanted(json.loads(message)):
                return dict(json.loads(message))
    raise AssertionError("the socket closed")


def reply(message: dict[str, Any]) -> bool:
    return message["type"] == "reply"


def test_status_and_pictures_reach_the_browser(site: Any, production: Any, engine: Any) -> None:
    engine(site.home)

    async def talk() -> tuple[str, bytes]:
        async with connect(site, production.id) as socket:
            status = await until(socket, lambda message: message["type"] == "status")
            async with asyncio.timeout(10):
                while not isinstance(picture := await socket.recv(), bytes):
                    pass
        return status["timecode"], picture

    timecode, picture = asyncio.run(talk())
    assert timecode.startswith("14:03:")
    assert picture[:2] == b"\xff\xd8"


def test_the_crew_can_roll(site: Any, production: Any, engine: Any) -> None:
    stage = engine(site.home)

    async def talk() -> dict[str, Any]:
        async with connect(site, production.id, Cookie=cookie(site)) as socket:
            state = await until(socket, lambda message: message["type"] == "engine")
            assert (state["state"], state["may_command"]) == ("running", True)
            await socket.send('{"type": "roll"}')
            return await until(socket, reply)

    assert asyncio.run(talk())["ok"]
    assert stage.commands == [{"type": "roll"}]


@pytest.mark.parametrize("kind", ["roll", "cut", "slate", "circle", "note", "view", "stop"])
def test_nobody_commands_the_stage_without_signing_in(
    site: Any, production: Any, engine: Any, kind: str
) -> None:
    stage = engine(site.home)

    async def talk() -> dict[str, Any]:
        async with connect(site, production.id, Cookie="openset_session=forged") as socket:
            await socket.send(json.dumps({"type": kind}))
            return await until(socket, reply)

    answer = asyncio.run(talk())
    assert (answer["ok"], answer["code"], answer["to"]) == (False, "sign-in", kind)
    assert stage.commands == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_a_page_of_another_site_cannot_listen_in(
    site: Any, production: Any, headers: dict[str, str]
) -> None:
    async def talk() -> None:
        async with connect(site, production.id, Cookie=cookie(site), **headers):
            pass

    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(talk())
    assert caught.value.response.status_code in (400, 403)


def test_hostile_messages_neither_reach_the_engine_nor_end_the_socket(
    site: Any, production: Any, engine: Any
) -> None:
    stage = engine(site.home)

    async def talk() -> None:
        async with connect(site, production.id, Cookie=cookie(site)) as socket:
            for message in (
                "{",
                "[]",
                '"roll"',
                "null",
                "[" * 2000,
                b"\xff",
                '{"type": ["roll"]}',
                "{}",
            ):
                await socket.send(message)
            await socket.send('{"type": "x", "pad": "' + "y" * 200_000 + '"}')
            await socket.send('{"type": "cut"}')
            await until(socket, lambda message: reply(message) and message["ok"])

    asyncio.run(talk())
    assert stage.commands == [{"type": "cut"}]


def test_an_engine_that_comes_goes_and_comes_back_is_followed(
    site: Any, production: Any, engine: Any
) -> None:
    async def state(socket: Any, name: str) -> None:
        await until(socket, lambda message: message.get("state") == name)

    async def talk() -> None:
        async with connect(site, production.id) as socket:
            await state(socket, "absent")
            stage = await asyncio.to_thread(engine, site.home)
            await state(socket, "running")
            await asyncio.to_thread(stage.stop)
            await state(socket, "absent")
            await asyncio.to_thread(engine, site.home)
            await state(socket, "running")

    asyncio.run(talk())


def test_an_engine_that_does_not_know_the_token_is_reported(
    site: Any, production: Any, engine: Any
) -> None:
    stage = engine(site.home)
    stage.token = "another"

    async def talk() -> None:
        async with connect(site, production.id) as socket:
            await until(socket, lambda message: message.get("state") == "refused")

    asyncio.run(talk())
    assert stage.refused > 0


def test_a_browser_that_draws_nothing_is_sent_two_pictures_and_no_more(
    site: Any, production: Any, engine: Any
) -> None:
    engine(site.home)

    async def talk() -> tuple[int, int]:
        pictures = texts = 0
        async with connect(site, production.id) as socket:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.5):
                    async for message in socket:
                        pictures += isinstance(message, bytes)
                        texts += isinstance(message, str)
        return pictures, texts

    pictures, texts = asyncio.run(talk())
    assert pictures == PICTURES_UNDER_WAY
    assert texts > 3


def test_only_the_newest_picture_and_status_wait() -> None:
    box = Outbox()
    for number in range(100):
        box.put(b"picture %d" % number)
        box.put(json.dumps({"type": "status", "number": number}))
    assert box.take() == ['{"type": "status", "number": 99}', b"picture 99"]
    assert box.take() == []


def test_answers_are_kept_in_order() -> None:
    box = Outbox()
    for number in range(3):
        box.put(json.dumps({"type": "reply", "number": number}))
    assert [json.loads(message)["number"] for message in box.take()] == [0, 1, 2]
