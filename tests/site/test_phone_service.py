"""Finding the phones' solver, starting it once, ending it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from openset.site import phone_service
from openset.site.engines import alive
from openset.site.phone_service import (
    OPTIONS,
    end_solver,
    ensure_solver,
    find_solver,
    map_of,
    options,
)
from openset.store.home import openset_home
from openset.store.production import create_production, update_stage


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    end_solver()


def note(text: str) -> None:
    folder = openset_home() / "phones"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "solver.json").write_text(text)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"port": 0, "token": "a"}', '{"port": 80, "token": "a b"}']
)
def test_a_note_that_cannot_be_read_is_no_solver(text: str) -> None:
    note(text)
    assert find_solver() is None


def test_it_is_started_once_for_all_and_ends_with_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, json.dumps(["--floor-tag", "0:160"]))
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(ensure_solver())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {trouble for _, trouble in found} == {""}
    assert len({solver.port for solver, _ in found}) == 1
    assert alive(found[0][0])
    end_solver()
    assert not alive(found[0][0])
    assert find_solver() is None


def test_a_note_left_by_a_power_cut_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    note(json.dumps({"port": 9, "token": "old", "pid": os.getpid()}))
    solver, trouble = ensure_solver()
    assert trouble == ""
    assert solver is not None
    assert solver.port != 9


def test_what_keeps_it_from_starting_is_said_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, json.dumps(["--tags", "/nowhere/tags.json"]))
    solver, trouble = ensure_solver()
    assert solver is None
    assert "/nowhere/tags.json" in trouble


def test_the_map_is_that_of_the_production_that_is_asked_for(tmp_path: Path, settings: Any) -> None:
    settings.PRODUCTIONS = str(tmp_path)
    here, there = (
        create_production(tmp_path / name, title=name, rate=Fraction(25)) for name in ("here", "there")
    )
    assert map_of(here.id) is None
    for each in (here, there):
        update_stage(each, {"tags": "camera/tags.json"})
    assert map_of(here.id) is None  # named, and not there
    (here.root / "camera").mkdir()
    (here.root / "camera" / "tags.json").touch()
    assert map_of(here.id) == here.root / "camera" / "tags.json"
    assert map_of(there.id) is None
    assert map_of("") is None


@pytest.mark.parametrize(
    ("given", "wanted"), [("[]", []), ("{", []), ("{}", []), ('["--port", 0]', ["--port", "0"])]
)
def test_its_options_come_from_the_command_that_opened_the_site(
    given: str, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OPTIONS, given)
    assert options() == wanted
    assert phone_service.OPTIONS == OPTIONS
