"""The bench as a whole, spoken to over its socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from openset.primitives.errors import PlateNotFound
from openset.stage.live.bench import Bench, bench_id
from openset.store.production import Production


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
        pass
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


def test_a_picture_that_is_not_there_is_named_before_anything_opens(lane: Production) -> None:
    with pytest.raises(PlateNotFound):
        Bench(lane, "nothing.mp4")
