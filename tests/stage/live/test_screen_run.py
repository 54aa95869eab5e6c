"""The closed loop with a real browser: its page is the screen, its screenshots are the camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from openset.primitives.image import U8Plane
from openset.stage.calibrate.screen_codes import schedule, schedule_json
from openset.stage.calibrate.screen_delay import Part
from openset.stage.live.flasher import Flasher
from openset.stage.live.screen_run import run_screen

pytestmark = pytest.mark.browser


def photographed(page: Page, late_s: float) -> Iterator[tuple[int, U8Plane]]:
    """Screenshots, the moment of each taken as its middle, arriving `late_s` after."""
    while True:
        before = time.monotonic_ns()
        data = page.screenshot(type="jpeg", quality=80)
        middle = (before + time.monotonic_ns()) // 2
        gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        yield middle + round(late_s * 1e9), np.asarray(gray, np.uint8)


def test_a_browser_and_its_screenshots_make_a_loop_that_is_measured(
    chromium_launch: dict[str, Any],
) -> None:
    told = schedule_json(schedule(6.0, 5.0, np.random.default_rng(2)))
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_launch)
        for late_s in (0.0, 0.2):
            page = browser.new_page(viewport={"width": 960, "height": 540})
            with Flasher(told) as flasher:
                page.goto(flasher.address)
                page.wait_for_function("performance.now() > 300")
                assert flasher.joined.wait(20)
                found.append(
                    run_screen(flasher, photographed(page, late_s), capture=Part(late_s, 0.001))
                )
            page.close()
        browser.close()
    for run in found:
        assert run.loop.refused is None
        assert run.loop.sd_s is not None
        assert run.loop.sights >= 20
    # What was added to the way of the pictures is found again.
    assert found[1].loop.delay_s - found[0].loop.delay_s == pytest.approx(0.2, abs=0.08)
    assert found[0].clock_doubt_s is not None
    assert found[0].clock_doubt_s < 0.05


def test_a_page_nobody_looks_at_gives_no_delay_and_no_error() -> None:
    with Flasher(schedule_json(schedule(2.0, 25.0, np.random.default_rng(3)))) as flasher:
        dark = np.zeros((120, 160), np.uint8)
        run = run_screen(flasher, ((i * 40_000_000, dark) for i in range(80)), seconds=3.0)
    assert run.loop.refused is not None
    assert "0 pictures" in run.loop.refused
    assert run.parts.processing is None
