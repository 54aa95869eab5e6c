"""Finding the stage of a production, and starting it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openset.site import engines
from openset.site.engines import alive, find_engine, standing, start_engine, stop_engine
from openset.stage.live.control import Control
from openset.store.home import openset_home
from openset.store.production import open_production


def note(production_id: str, text: str) -> None:
    folder = openset_home() / "engines"
    folder.mkdir(exist_ok=True)
    (folder / f"{production_id}.json").write_text(text)


@pytest.fixture
def running() -> Iterator[Control]:
    control = Control("lane", "Lane", port=0, status=dict, obey=lambda order: (True, ""))
    control.start_serving()
    yield control
    control.stop()


def test_a_running_engine_is_found_by_its_note(running: Control) -> None:
    engine = find_engine("lane")
    assert engine is not None
    assert engine.address == f"ws://127.0.0.1:{running.port}/"
    assert alive(engine)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"port": "x", "token": "t"}',
        '{"port": 99999, "token": "t"}',
        '{"port": 8010, "token": "a\\r\\nb"}',
        "\0\0",
    ],
)
def test_a_note_that_cannot_be_read_is_no_engine(text: str) -> None:
    note("lane", text)
    assert find_engine("lane") is None


@pytest.mark.parametrize("name", ["../lane", "", ".", "a/b", "\0"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    assert find_engine(name) is None


def test_a_note_left_by_a_power_cut_is_not_alive_though_its_pid_lives_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    note("lane", json.dumps({"port": port, "token": "word", "pid": os.getpid()}))
    assert not alive(find_engine("lane"))


def test_another_engine_on_the_noted_port_is_not_taken_for_it(running: Control) -> None:
    note("quay", json.dumps({"port": running.port, "token": "word", "pid": os.getpid()}))
    assert not alive(find_engine("quay"))


def test_a_stage_that_cannot_start_says_why(production: Any, tmp_path: Path) -> None:
    (tmp_path / "production.toml").write_text(
        '[production]\nid = "lane"\ntitle = "Lane"\nrate = "25"\n[stage]\nplate = "nowhere.mp4"\n'
    )
    note("lane", json.dumps({"port": 9, "token": "left over", "pid": os.getpid()}))
    said = start_engine(open_production(tmp_path), wait_s=60)
    assert said
    assert "Traceback" not in said
    assert standing("lane") == ("failed", said)


def test_a_stage_that_is_starting_is_not_started_twice(
    production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (openset_home() / "engines").mkdir()
    slow = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (openset_home() / "engines" / f"{production.id}.log").write_text("baking 4%\rbaking 41%\r")
    monkeypatch.setitem(engines._STARTED, production.id, slow)
    try:
        assert start_engine(production) == ""
        assert engines._STARTED[production.id] is slow
        assert standing(production.id) == ("starting", "baking 41%")
    finally:
        slow.kill()
        slow.wait()


def test_a_production_nobody_started_is_absent() -> None:
    assert standing("nobody") == ("absent", "")


@pytest.mark.parametrize(
    ("rolling", "though_rolling", "stopped"),
    [(False, False, True), (True, False, False), (True, True, True)],
)
def test_a_stage_is_ended_but_never_by_accident_while_it_rolls(
    rolling: bool, though_rolling: bool, stopped: bool
) -> None:
    orders: list[str] = []

    def obey(order: dict[str, Any]) -> tuple[bool, str]:
        orders.append(order["type"])
        return True, "Stopping"

    status = {"type": "status", "rolling": rolling}
    control = Control("lane", "Lane", port=0, status=lambda: status, obey=obey)
    control.start_serving()
    engine = find_engine("lane")
    assert engine is not None
    assert stop_engine(engine, though_rolling=though_rolling) is stopped
    control.stop()
    assert orders == (["stop"] if stopped else [])
    assert stop_engine(engine, though_rolling=True) is False
