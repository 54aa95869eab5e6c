"""The screen on the bench: a browser shows the patches, its screenshots are the camera's pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from openset.primitives.errors import BadInput
from openset.primitives.image import Yuv420
from openset.stage.calibrate.screen_delay import LoopEstimate, Part, Parts
from openset.stage.live import bench_screen
from openset.stage.live.bench_draw import Canvas
from openset.stage.live.bench_screen import ScreenStep, capture_of, screen_said
from openset.stage.live.plate import PlateFrame
from openset.stage.live.screen_run import ScreenRun
from openset.store.production import Production

CAMERA = "/dev/video0"
NOW = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
WORDS = {
    "language": "fr",
    "title": "Openset : retard",
    "waiting": "Visez",
    "over": "Fini",
    "go": "Chut",
}


def frame_of(luma: np.ndarray, time_ns: int) -> PlateFrame:
    grey = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
    return PlateFrame(0, time_ns, Yuv420(np.ascontiguousarray(luma), grey, grey))


def photographed(page: Page) -> PlateFrame:
    before = time.monotonic_ns()
    data = page.screenshot(type="jpeg", quality=80)
    middle = (before + time.monotonic_ns()) // 2
    gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    return frame_of(np.asarray(gray, np.uint8), middle)


@pytest.fixture(scope="module")
def page(chromium_launch: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_launch)
        yield browser.new_page(viewport={"width": 960, "height": 540})
        browser.close()


@pytest.mark.browser
def test_the_loop_is_closed_through_a_browser_and_told_in_parts(
    lane: Production, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_screen, "FLASH_S", 9.0)
    step = ScreenStep(lane, CAMERA, 8.0)
    assert step.obey({"type": "open", "words": WORDS})[0]
    assert not step.obey({"type": "begin"})[0]
    said = step.status()
    assert (said["state"], said["read"]) == ("waiting", False)
    page.goto(f"http://127.0.0.1:{said['port']}{said['path']}")
    assert page.get_by_role("status").text_content() == "Visez"
    assert page.locator("html").get_attribute("lang") == "fr"
    until = time.monotonic() + 60
    while not (said := step.status())["read"]:
        assert time.monotonic() < until
        step.look(photographed(page))
    canvas = Canvas(frame_of(np.full((540, 960), 200, np.uint8), 0).picture)
    before = canvas.bgr.copy()
    step.draw(canvas)
    assert (canvas.bgr != before).any()
    # The space bar on the patches' own page begins, with the camera's own delay not known.
    page.keyboard.press(" ")
    while (said := step.status())["state"] != "closed":
        assert time.monotonic() < until
        step.look(photographed(page))
    found = said["result"]
    assert found["refused"] is None
    assert found["sights"] >= 20
    assert found["loop"]["sd_ms"] < 60
    assert found["processing"] is not None
    assert found["capture"] is found["display"] is None
    assert [each["code"] for each in found["unknown"]] == ["display-and-capture"]
    page.wait_for_function("document.querySelector('p').textContent === 'Fini'")
    # It is there for the next run of the bench too.
    assert ScreenStep(lane, CAMERA, 8.0).status()["result"] == found


def test_only_a_live_camera_can_look_at_a_screen(lane: Production) -> None:
    step = ScreenStep(lane, "clip.mp4", 25.0)
    assert step.status()["live"] is False
    assert not step.obey({"type": "open"})[0]
    assert not step.obey({"type": "dance"})[0]


def test_the_page_is_taken_away_again_and_a_new_one_is_elsewhere(lane: Production) -> None:
    step = ScreenStep(lane, CAMERA, 25.0)
    step.obey({"type": "open", "network": True})
    first = step.status()
    assert len(first["path"]) < 12
    step.obey({"type": "open"})
    assert step.status()["path"] != first["path"]
    assert step.obey({"type": "close"})[0]
    assert step.status()["state"] == "closed"


def test_what_is_known_of_the_camera_tells_the_screens_part() -> None:
    loop, echo = LoopEstimate(0.0812, 0.0004, sights=300), LoopEstimate(0.09, 0.001)
    parts = Parts(
        Part(0.0812, 0.0004), None, Part(0.06, 0.001), Part(0.0212, 0.0011), ("processing: not read",)
    )
    said = screen_said(ScreenRun(loop, echo, parts, 320, 0.0006), NOW)
    assert said["loop"] == {"ms": 81.2, "sd_ms": 0.4}
    assert said["display"] == {"ms": 21.2, "sd_ms": 1.1}
    assert said["unknown"] == [{"code": "processing", "text": "processing: not read"}]
    assert (said["made"], said["clock_ms"]) == ("2026-03-04T12:00:00Z", 0.6)
    refused = screen_said(ScreenRun(LoopEstimate(0, None, refused="no"), echo, parts, 3, None), NOW)
    assert refused["loop"] is None


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "9000", [3]])
def test_a_delay_no_camera_has_is_refused_in_words(given: object) -> None:
    with pytest.raises(BadInput, match="no delay of a camera"):
        capture_of(given)


def test_a_delay_of_the_camera_may_be_left_out() -> None:
    assert capture_of(None) is capture_of("") is None
    assert capture_of("62.5") == Part(0.0625, 0.001)


def test_a_result_that_cannot_be_read_is_none(lane: Production) -> None:
    (lane.root / "camera" / "screen.json").write_text('{"loop": 3}')
    assert ScreenStep(lane, CAMERA, 25.0).status()["result"] is None
