"""The phones' solver as the site sees it: a loopback socket with a token, and phones behind it."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from openset.primitives.errors import PortInUse
from openset.primitives.space import IDENTITY, Pose
from openset.stage.live.phone import MOST_PHONES, Conversation, PhoneServer, note_file, welcome
from openset.stage.live.phone_solver import PhonePlan, PhoneSolver
from openset.stage.markers.files import write_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.tracking.endpoint import Endpoint
from openset.stage.tracking.opentrackio import OpenTrackIODecoder

Talk = Callable[[dict[str, Any]], Awaitable[Any]]


@pytest.fixture
def heard() -> Iterator[list[socket.socket]]:
    """Two neighbouring ports, for two phones."""
    while True:
        first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        first.bind(("127.0.0.1", 0))
        try:
            second.bind(("127.0.0.1", first.getsockname()[1] + 1))
            break
        except OSError:
            first.close()
            second.close()
    for each in (first, second):
        each.settimeout(5)
    yield [first, second]
    first.close()
    second.close()


def until_there(path: Path) -> None:
    """Wait for a file of the server's, twenty seconds at most."""
    for _ in range(1000):
        if path.exists():
            return
        time.sleep(0.02)


def serving(sockets: list[socket.socket], talk: Talk) -> Any:
    """Run `talk` against a server; the server must end by itself afterwards."""

    async def all_of_it() -> Any:
        plan = PhonePlan(Endpoint("opentrackio", "127.0.0.1", sockets[0].getsockname()[1]))
        server = PhoneServer(plan, lambda line: None)
        running = asyncio.create_task(server.run(0))
        async with asyncio.timeout(20):
            await asyncio.to_thread(until_there, note_file())
            try:
                return await talk(json.loads(note_file().read_text()))
            finally:
                server.stop()
                await running

    return asyncio.run(all_of_it())


def phone(note: dict[str, Any], name: str = "1", token: str | None = None, **more: str) -> Any:
    headers = {"Authorization": f"Bearer {token or note['token']}", "X-Openset-Phone": name, **more}
    return websockets.connect(f"ws://127.0.0.1:{note['port']}/", additional_headers=headers, proxy=None)


async def answer(line: Any, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(await line.recv())
        if message["type"] == kind:
            return dict(message)


async def exchange_clocks(line: Any) -> None:
    await line.send(json.dumps({"type": "ping", "ms": 1000.0}))
    await answer(line, "pong")
    await line.send(json.dumps({"type": "ping", "ms": 1004.0, "asked": 1000.0, "heard": 1002.0}))
    await answer(line, "pong")


def test_the_note_is_its_owners_alone_and_goes_with_the_server(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> int:
        return stat.S_IMODE(note_file().stat().st_mode)

    assert serving(heard, talk) == 0o600
    assert not note_file().exists()


def test_without_the_token_nobody_gets_in(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> None:
        with pytest.raises(InvalidStatus) as caught:
            async with phone(note, token="guess"):
                pass
        assert caught.value.response.status_code == 403

    serving(heard, talk)


def test_a_pose_of_the_browser_goes_out_after_the_clocks_were_exchanged(
    heard: list[socket.socket],
) -> None:
    async def talk(note: dict[str, Any]) -> dict[str, Any]:
        async with phone(note) as line:
            await line.send(json.dumps({"type": "hello", "mode": "xr", "screen": 0}))
            pose = {"type": "xr", "ms": 1003.0, "p": [1.0, 1.6, -2.0], "q": [0, 0, 0, 1]}
            await line.send(json.dumps(pose))  # too early: the clock is not known
            await exchange_clocks(line)
            await line.send(json.dumps({**pose, "p": [1.0, 1.5, -2.0]}))
            return await answer(line, "status")

    status = serving(heard, talk)
    assert status["round_trip_ms"] == 2.0
    (told,) = OpenTrackIODecoder().feed(heard[0].recv(65536), "127.0.0.1:1", 0)
    assert told.pose is not None
    assert told.pose.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert told.status.startswith("sd 20")


def test_an_answer_is_paired_with_its_own_question_not_with_the_last() -> None:
    """Pictures before them keep questions back: the second has left before the first is answered. Here
    the first took 250 ms there and 50 back, so the truth is an offset of 0."""
    now = [0]
    solver = PhoneSolver("x", 0, PhonePlan(Endpoint("opentrackio", "127.0.0.1", 9)))
    talk = Conversation(solver, lambda: now[0])
    for host_ms, said in (
        (1250, {"ms": 1000.0}),
        (1400, {"ms": 1150.0}),
        (1550, {"ms": 1300.0, "asked": 1000.0, "heard": 1300.0}),
    ):
        now[0] = host_ms * 1_000_000
        (pong,) = talk.hear(json.dumps({"type": "ping", **said}))
        assert pong["ms"] == said["ms"]
    solver.stop()
    assert solver.clock.round_trip_s == pytest.approx(0.3, abs=0.002)
    assert abs(solver.clock.host_ns(0)) / 1e9 <= (solver.clock.doubt_s or 0.0)


@pytest.mark.parametrize(
    "said",
    ['"ping", "ms": %s', '"align", "mark": [0, 0, %s]', '"xr", "p": [%s, 0, 0]'],
)
def test_a_number_of_hundreds_of_digits_escapes_nowhere(said: str) -> None:
    solver = PhoneSolver("x", 0, PhonePlan(Endpoint("opentrackio", "127.0.0.1", 9)))
    talk = Conversation(solver, lambda: 10**9)
    assert talk.hear('{"type": %s}' % (said % ("9" * 1000))) == []
    assert sum(solver.faults.values()) == 1
    solver.stop()


def test_each_phone_has_the_tags_of_the_production_its_page_was_opened_for(
    heard: list[socket.socket], tmp_path: Path
) -> None:
    tags = {each: PlacedTag(each, 0.2, Pose((each, 0, 0), (1, 0, 0, 0))) for each in range(3)}
    path = write_map(tmp_path / "carte à moi.json", TagMap(tags))
    write_map(tmp_path / "bad.json", TagMap(tags, notes={"not usable": "tag 1 moved"}))
    files = (quote(str(path)), "", "gone.json", quote(str(tmp_path / "bad.json")))

    async def talk(note: dict[str, Any]) -> list[int]:
        found = []
        for told in files:
            async with phone(note, **({"X-Openset-Tags": told} if told else {})) as line:
                found.append((await answer(line, "status"))["tags_mapped"])
        return found

    assert serving(heard, talk) == [3, 0, 0, 0]


def test_standing_on_the_mark_puts_the_phone_there(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> list[bool]:
        async with phone(note) as line:
            await line.send(json.dumps({"type": "hello", "mode": "xr", "screen": 0}))
            await exchange_clocks(line)
            mark = {"type": "align", "mark": [0.0, 0.0, 1.4]}
            await line.send(json.dumps(mark))  # nothing to align yet
            early = await answer(line, "aligned")
            pose = {"type": "xr", "ms": 1003.0, "p": [5.0, 0.3, 7.0], "q": [0, 0.7071068, 0, 0.7071068]}
            await line.send(json.dumps(pose))
            await line.send(json.dumps(mark))
            late = await answer(line, "aligned")
            await line.send(json.dumps({**pose, "ms": 1020.0}))
            await answer(line, "status")
            return [early["ok"], late["ok"]]

    assert serving(heard, talk) == [False, True]
    heard[0].recv(65536)
    (told,) = OpenTrackIODecoder().feed(heard[0].recv(65536), "127.0.0.1:1", 0)
    assert told.pose is not None
    assert told.pose.position_m == pytest.approx((0.0, 0.0, 1.4), abs=1e-5)
    assert -told.pose.matrix[:3, 2] == pytest.approx((0.0, 1.0, 0.0), abs=1e-5)


def test_two_phones_at_once_have_ports_of_their_own_and_one_that_comes_back_keeps_its(
    heard: list[socket.socket],
) -> None:
    async def talk(note: dict[str, Any]) -> list[str]:
        async with phone(note, "one") as first, phone(note, "two") as second:
            ports = [(await answer(line, "status"))["to"] for line in (first, second)]
        async with phone(note, "two") as again:
            return [*ports, (await answer(again, "status"))["to"]]

    port = heard[0].getsockname()[1]
    one, two, again = serving(heard, talk)
    assert (one, two, again) == (f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}", f"127.0.0.1:{port + 1}")


def test_more_phones_than_two_cores_bear_are_refused_in_words(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> dict[str, Any]:
        lines = [await phone(note, str(number)) for number in range(MOST_PHONES + 1)]
        refused = await answer(lines[-1], "refused")
        for line in lines:
            await line.close()
        return refused

    assert serving(heard, talk)["text"] == "too many phones"


def test_malformed_messages_are_counted_and_the_phone_stays(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> dict[str, Any]:
        async with phone(note) as line:
            for junk in (
                b"",
                b"OPF1",
                "{",
                '{"type": "hello"}',
                '{"type": "ping", "ms": "x"}',
                bytes(5000),
            ):
                await line.send(junk)
            await line.send(json.dumps({"type": "hello", "mode": "tags", "screen": 0}))
            for _ in range(10):
                status = await answer(line, "status")
                if sum(status["faults"].values()) >= 6:
                    break
            return status

    status = serving(heard, talk)
    assert status["state"] == "no map"
    assert sum(status["faults"].values()) == 6


def test_a_message_of_megabytes_ends_the_connection(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> int | None:
        async with phone(note) as line:
            await line.send(bytes(3_000_000))
            await line.wait_closed()
            return line.close_code

    assert serving(heard, talk) == 1009


def test_a_look_whether_anybody_is_there_is_no_phone(heard: list[socket.socket]) -> None:
    async def talk(note: dict[str, Any]) -> None:
        async with phone(note, "") as line:
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await line.recv()

    serving(heard, talk)


def test_a_busy_port_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server_of = PhonePlan(Endpoint("opentrackio", "127.0.0.1", 1))

        async def run() -> None:
            await PhoneServer(server_of, lambda line: None).run(other.getsockname()[1])

        with pytest.raises(PortInUse, match="the phones' solver"):
            asyncio.run(run())


def test_it_says_where_it_waits_how_it_ends_and_that_tags_are_missing() -> None:
    plan = PhonePlan(Endpoint("opentrackio", "127.0.0.1", 55555))
    first, second = welcome(plan, 4711)
    assert "127.0.0.1:4711" in first
    assert "Ctrl-C" in first
    assert "only look around" in second
    assert "openset up DIR --phones" in second
    tagged = replace(plan, tags=TagMap({0: PlacedTag(0, 0.16, IDENTITY)}))
    assert "only look around" not in welcome(tagged, 4711)[1]
