from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from openset.primitives.errors import PortInUse
from openset.stage.calibrate.screen_codes import FIRST_ID, IDS, schedule, schedule_json
from openset.stage.live.flasher import Flasher

TOLD = schedule_json(schedule(2.0, 25.0, np.random.default_rng(1)))


def test_a_page_of_this_machine_is_served_under_a_path_of_its_own() -> None:
    with Flasher(TOLD) as flasher, urllib.request.urlopen(flasher.address, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.read().count(b"<canvas") == 2
    with Flasher(TOLD) as flasher, pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(flasher.address.rsplit("/", 1)[0] + "/", timeout=10)


def test_what_the_page_says_comes_out_on_the_hosts_clock() -> None:
    # A page whose clock reads 5 s where the host's reads 1000 s.
    with Flasher(TOLD, now_ns=lambda: 1_000_000_000_000) as flasher:
        with connect(flasher.address.replace("http", "ws")) as page:
            page.send(json.dumps({"type": "ask", "page_ms": 4999.0}))
            answer = json.loads(page.recv(timeout=10))
            assert answer == {"type": "time", "asked_ms": 4999.0, "host_ns": 1_000_000_000_000}
            heard = {
                "type": "heard",
                "asked_ms": 4999.0,
                "heard_ms": 5001.0,
                "host_ns": answer["host_ns"],
            }
            page.send(json.dumps(heard))
            flasher.joined.wait(10)
            flasher.start()
            assert json.loads(page.recv(timeout=10))["flips"] == TOLD["flips"]
            page.send(json.dumps({"type": "flip", "index": 0, "page_ms": 6000.0}))
            page.send(json.dumps({"type": "flip", "index": 1, "page_ms": 6080.0}))
            flasher.echo(FIRST_ID + IDS)
            assert json.loads(page.recv(timeout=10)) == {"type": "echo", "id": FIRST_ID + IDS}
            page.send(json.dumps({"type": "echoed", "id": FIRST_ID + IDS, "page_ms": 6100.0}))
            page.send(json.dumps({"type": "done"}))
            assert flasher.done.wait(10)
        shown = flasher.shown
        assert [id for _, id in shown] == [FIRST_ID, FIRST_ID + 1]
        assert shown[0][0] == pytest.approx(1_001_000_000_000, abs=2_000)
        assert flasher.echoed[0][0] == pytest.approx(1_001_100_000_000, abs=2_000)
        assert flasher.clock_doubt_s == pytest.approx(0.0015)  # half of 2 ms, and 0.5 ms of blur


def test_nonsense_is_left_out_and_the_rest_is_heard() -> None:
    with Flasher(TOLD) as flasher, connect(flasher.address.replace("http", "ws")) as page:
        for wrong in (
            "no json",
            "[]",
            '{"type":"flip"}',
            '{"type":"flip","index":99999,"page_ms":1}',
            '{"type":"flip","index":0,"page_ms":1e400}',
            '{"type":"heard","asked_ms":1,"heard_ms":null,"host_ns":1}',
            '{"type":"ask","page_ms":"soon"}',
            "[" * 4096,
        ):
            page.send(wrong)
        page.send(json.dumps({"type": "done"}))
        assert flasher.done.wait(10)
        assert flasher.shown == []
        assert not flasher.joined.is_set()


def test_only_its_own_page_may_talk_to_it() -> None:
    with Flasher(TOLD) as flasher:
        address = flasher.address.replace("http", "ws")
        with pytest.raises(InvalidStatus, match="403"):
            connect(address, origin=Origin("http://elsewhere.example"))
        with connect(address, origin=Origin(f"http://127.0.0.1:{flasher.port}")) as page:
            page.send(json.dumps({"type": "done"}))
            assert flasher.done.wait(10)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(PortInUse, match="cannot be opened"):
            Flasher(TOLD, port=held.getsockname()[1])


def test_what_is_told_to_nobody_is_no_trouble() -> None:
    with Flasher(TOLD) as flasher:
        flasher.start()
        flasher.echo(FIRST_ID)
        flasher.say("nobody is here")
        assert flasher.shown == []
        assert not flasher.joined.is_set()


def test_the_page_is_aimed_at_by_one_patch_and_may_ask_to_begin() -> None:
    with Flasher(TOLD, network=True) as flasher:
        assert flasher.address.endswith(f":{flasher.port}{flasher.path}")
        with connect(flasher.address.replace("http", "ws")) as page:
            page.send(json.dumps({"type": "begin"}))
            assert flasher.begun.wait(10)
            flasher.aim(FIRST_ID + IDS)
            told = json.loads(page.recv(timeout=10))
            assert (told["flips"], str(FIRST_ID + IDS) in told["tags"]) == ([], True)
            assert json.loads(page.recv(timeout=10)) == {"type": "echo", "id": FIRST_ID + IDS}
