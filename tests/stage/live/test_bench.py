"""The bench as a whole, spoken to over its socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from openset.primitives.errors import PlateNotFound
from openset.stage.lens.files import read_lens
from openset.stage.live.bench import Bench, bench_id
from openset.store.camera import write_setup
from openset.store.production import Production, create_production, open_production


@pytest.fixture
def bench(lane: Production, waved: list[np.ndarray]) -> Iterator[Bench]:
    folder = lane.root / "stills"
    folder.mkdir()
    for number, luma in enumerate(waved[:3]):
        cv2.imwrite(str(folder / f"{number}.png"), luma)
    running = Bench(lane, "stills")
    thread = threading.Thread(target=running.run, args=(lambda text: None,))
    thread.start()
    yield running
    running.stop()
    thread.join(10)
    assert not thread.is_alive()


def spoken_to(bench: Bench) -> ClientConnection:
    while not bench.control.file.is_file():
        time.sleep(0.01)
    entry = json.loads(bench.control.file.read_text())
    key = {"Authorization": f"Bearer {entry['token']}"}
    return connect(f"ws://127.0.0.1:{entry['port']}/", additional_headers=key)


def until(line: ClientConnection, wanted: Any) -> dict[str, Any]:
    while True:
        message = line.recv(timeout=20)
        if isinstance(message, str) and wanted(found := json.loads(message)):
            return dict(found)


def test_pictures_and_status_go_out_and_orders_come_in(bench: Bench, lane: Production) -> None:
    assert bench.control.file.name == f"{bench_id(lane.id)}.json"
    with spoken_to(bench) as line:
        while not isinstance(picture := line.recv(timeout=20), bytes):
            pass
        assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) is not None
        said = until(line, lambda each: each["type"] == "status" and each.get("lens"))
        assert said["rolling"] is False
        assert (said["picture"]["width"], said["picture"]["height"]) == (960, 540)
        line.send(json.dumps({"type": "step", "step": "tags"}))
        assert until(line, lambda each: each["type"] == "reply")["ok"]
        assert until(line, lambda each: each.get("step") == "tags")["tags"]["lens"] is False
        line.send(json.dumps({"type": "step", "step": "dance"}))
        assert not until(line, lambda each: each["type"] == "reply")["ok"]
        line.send(json.dumps({"type": "stop"}))
        assert until(line, lambda each: each["type"] == "reply")["ok"]


def test_sheets_that_are_set_while_the_camera_is_open_are_taken(bench: Bench, lane: Production) -> None:
    with spoken_to(bench) as line:
        for step in ("lens", "tags"):
            line.send(json.dumps({"type": "step", "step": step}))
            until(line, lambda each, step=step: each.get(step))
        write_setup(lane, tag_ids="100-132", tag_mm=200.0)
        until(line, lambda each: each.get("tags") and each["tags"]["wanted"] == [*range(100, 133)])
        write_setup(lane, board="checkerboard:7x5:25")
        line.send(json.dumps({"type": "step", "step": "lens"}))
        until(line, lambda each: each.get("lens") and each["lens"]["board"] == "checkerboard:7x5:25")
        write_setup(lane, board="a board of oak")
        until(line, lambda each: "board" in str(each.get("trouble")))


def test_a_picture_that_is_not_there_is_named_before_anything_opens(lane: Production) -> None:
    with pytest.raises(PlateNotFound):
        Bench(lane, "nothing.mp4")


@contextmanager
def killed_bench(production: Production, home: Path) -> Iterator[ClientConnection]:
    """The bench as a process of its own, as the camera's page starts it; kill -9 ends it, whatever it
    is doing."""
    note = home / "engines" / f"{bench_id(production.id)}.json"
    note.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "openset", "calibrate", "live", str(production.root)],
        env={**os.environ, "OPENSET_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not note.is_file():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        entry = json.loads(note.read_text())
        key = {"Authorization": f"Bearer {entry['token']}"}
        with connect(f"ws://127.0.0.1:{entry['port']}/", additional_headers=key, proxy=None) as line:
            yield line
            process.send_signal(signal.SIGKILL)
            assert process.wait(20) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait(20)


def when(line: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first status of the lens that is as wanted."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        message = line.recv(timeout=20)
        found = json.loads(message) if isinstance(message, str) else {}
        if found.get("lens") and wanted(found["lens"]):
            return dict(found["lens"])
    raise AssertionError("waited in vain")


def test_a_killed_bench_goes_on_with_its_views_and_with_a_lens_nobody_has_used(
    tmp_path: Path, waved: list[np.ndarray]
) -> None:
    made = create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    folder = made.root / "stills"
    folder.mkdir()
    for number, luma in enumerate(waved[:8]):
        cv2.imwrite(str(folder / f"{number}-00.png"), luma)
        for copy in range(1, 20):  # held still for 0.8 s
            os.link(folder / f"{number}-00.png", folder / f"{number}-{copy:02}.png")
    write_setup(made, board="charuco:9x6:25", picture="stills")
    with killed_bench(made, tmp_path / "home") as line:
        first = when(line, lambda lens: len(lens["views"]) >= 3)["views"]
    kept = sorted(path.stem for path in (made.root / "camera" / "views").glob("*.json"))
    assert kept[:3] == [view["name"] for view in first[:3]]
    with killed_bench(made, tmp_path / "home") as line:
        again = when(line, lambda lens: True)
        assert [view["name"] for view in again["views"]][: len(kept)] == kept
        when(line, lambda lens: len(lens["views"]) >= 6)
        line.send(json.dumps({"type": "solve"}))
        solved = when(line, lambda lens: lens["result"] is not None)["result"]
    assert "lens" not in open_production(made.root).stage
    with killed_bench(made, tmp_path / "home") as line:
        assert when(line, lambda lens: True)["result"] == solved
        line.send(json.dumps({"type": "use"}))
        assert when(line, lambda lens: lens["used"])["result"] == solved
    named = open_production(made.root).stage["lens"]
    found = read_lens(made.root / named).settings[0].lens
    assert found.fx_px == pytest.approx(760.0, abs=8.0)
    assert not list((made.root / "camera").glob("*.tmp*"))
