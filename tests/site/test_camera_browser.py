"""The camera's page in a real Chromium: a simulated clip of a waved board becomes the lens in use.

Beside test_browser.py and judged as there: errors in the page's scripts fail the test. With
OPENSET_PICTURES=FOLDER the picture of the manual is written there.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from openset.primitives.space import look_at
from openset.sim.optics import Optics
from openset.sim.prints import board_sheet
from openset.sim.sightings import Look, picture, still
from openset.sim.walks import rotation_from_vector
from openset.stage.accuracy.said import say_spread
from openset.stage.lens.files import read_lens
from openset.stage.lens.model import pinhole
from openset.stage.lens.report import report_from_lens
from openset.stage.live.outlet import FileOutlet
from openset.stage.live.recorded import Report
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.wire import Heard
from openset.store.camera import write_setup
from openset.store.production import Production, open_production, update_marks, update_stage

pytestmark = pytest.mark.browser
OPTICS = Optics(960, 540, 760.0, 486.0, 266.0, -0.12, 0.05, 3e-4, -2e-4, -0.006)
COLUMNS, ROWS, SQUARE_M = 9, 6, 0.025
PLACES = ((-1, 1), (1, 1), (-1, -1), (1, -1), (0, 0))
TILTS = ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5), (0.35, 0.35), (-0.35, 0.35))
WAYS, HELD = 16, 10
WAIT_MS = 90_000
FLOOR = """#usda 1.0
(
    upAxis = "Z"
    metersPerUnit = 1
)
def Mesh "floor" {
    point3f[] points = [(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)]
    int[] faceVertexCounts = [4]
    int[] faceVertexIndices = [0, 1, 2, 3]
}
"""


@pytest.fixture(scope="module")
def browser(chromium_launch: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**chromium_launch)
        yield chromium
        chromium.close()


@pytest.fixture
def crew(browser: Browser, site: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(site.link())
    yield page
    context.close()
    assert troubles == []


def held(number: int) -> np.ndarray:
    """The board held in its `number`-th way."""
    random = np.random.default_rng([7, number])
    across, up = PLACES[number % 5]
    rotation = rotation_from_vector(np.array([*TILTS[number % 6], 0.0]) + random.normal(0.0, 0.05, 3))
    away_m = 0.40 + 0.03 * ((number * 7) % 5)
    half = np.array([COLUMNS - 1, ROWS - 1]) * SQUARE_M / 2
    room = np.array([480.0, 270.0]) / 760.0 * away_m - 0.95 * half
    middle = np.array([across * max(room[0], 0.0), up * max(room[1], 0.0), -away_m])
    corner = middle - rotation @ np.array([*half, 0.0])
    kind = ("charuco", COLUMNS, ROWS, SQUARE_M, 0.75 * SQUARE_M, "DICT_5X5_250")
    sheet = board_sheet(*kind, corner, rotation)
    look = Look(0.7, 1.5, None, 0.2, 0.0)
    return picture(OPTICS, still(np.zeros(3), np.eye(3)), [sheet], look, random)


def filmed(path: Path, pictures: list[np.ndarray]) -> None:
    """A clip of pictures, each held for HELD frames."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=12, options={"crf": "14", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for luma in pictures:
            codes = (luma.astype(np.float32) * 219 / 255 + 16).astype(np.uint8)
            grey = np.full((270, 960), 128, np.uint8)
            for _ in range(HELD):
                frame = av.VideoFrame.from_ndarray(np.concatenate([codes, grey]), format="yuv420p")
                film.mux(stream.encode(frame))
        film.mux(stream.encode())


@pytest.fixture
def set_up(production: Production) -> Iterator[Production]:
    """The session's production, its camera untouched before and after."""
    write_setup(production, board="charuco:9x6:25")
    yield production
    update_stage(open_production(production.root), {"lens": None})


def opened(page: Page, site: Any, one: Production, clip: str, step: str = "lens") -> None:
    page.goto(f"{site.url}/productions/{one.id}/camera/?step={step}")
    expect(page.locator("[data-say]")).to_have_text("The camera is not open.", timeout=WAIT_MS)
    page.get_by_role("textbox", name="Picture").fill(clip)
    page.get_by_role("button", name="Open the camera").click()
    expect(page.locator("[data-words-box]")).to_be_hidden(timeout=WAIT_MS)


def closed(page: Page) -> None:
    page.get_by_role("button", name="Close the camera").click()
    expect(page.locator("[data-say]")).to_have_text("The camera is not open.", timeout=WAIT_MS)


def keep_picture(page: Page, name: str = "camera-lens") -> None:
    """Write the manual's picture where OPENSET_PICTURES says, at two thirds of its size."""
    folder = os.environ.get("OPENSET_PICTURES")
    if folder:
        shot = cv2.imdecode(np.frombuffer(page.screenshot(full_page=True), np.uint8), cv2.IMREAD_COLOR)
        assert shot is not None
        small = cv2.resize(shot, None, fx=0.625, fy=0.625, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(Path(folder) / f"{name}.png"), small, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_waved_board_becomes_the_lens_in_use(crew: Page, site: Any, set_up: Production) -> None:
    filmed(set_up.root / "board.mp4", [held(number) for number in range(WAYS)])
    opened(crew, site, set_up, "board.mp4")
    until = time.monotonic() + WAIT_MS / 1000
    while int((crew.locator('[data-show="count"]').text_content() or "–").split()[0] or 0) < 8:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert crew.locator("[data-heat] rect:not(.heat--0)").count() > 24
    crew.keyboard.press("w")
    expect(crew.locator("[data-result]")).to_be_visible(timeout=WAIT_MS)
    found = crew.locator('[data-show="focal"]').text_content() or ""
    assert float(found.split()[0]) == pytest.approx(760.0, abs=4.0)
    expect(crew.locator("[data-next]")).to_contain_text("The lens is worked out", timeout=WAIT_MS)
    keep_picture(crew)
    crew.keyboard.press("u")
    expect(crew.locator("[data-next]")).to_have_text("In use from now on.", timeout=WAIT_MS)
    expect(crew.locator('.bench__steps [aria-current="step"] .state')).to_contain_text("px")
    kept = open_production(set_up.root)
    assert kept.stage["lens"] == "camera/lens.json"
    assert read_lens(kept.root / "camera/lens.json").settings[0].lens.fx_px == pytest.approx(760, abs=4)
    assert list((kept.root / "camera/views").glob("view-*.png"))
    crew.set_viewport_size({"width": 390, "height": 844})
    assert no_sideways_scroll(crew)
    closed(crew)


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("mirrored", lambda luma: np.ascontiguousarray(luma[:, ::-1]), "The board is mirrored."),
        ("blurred", lambda luma: cv2.GaussianBlur(luma, (0, 0), 2.2), "The board is blurred."),
    ],
)
def test_what_is_wrong_with_the_board_is_said(
    crew: Page, site: Any, set_up: Production, name: str, spoil: Any, said: str
) -> None:
    filmed(set_up.root / f"{name}.mp4", [np.asarray(spoil(held(4)))])
    opened(crew, site, set_up, f"{name}.mp4")
    expect(crew.locator("[data-next]")).to_contain_text(said, timeout=WAIT_MS)
    closed(crew)


def test_a_still_picture_moves_too_little_and_a_missing_track_is_said(
    crew: Page, site: Any, set_up: Production
) -> None:
    filmed(set_up.root / "still.mp4", [held(4)])
    opened(crew, site, set_up, "still.mp4", "delay")
    expect(crew.locator('[data-show="motion"]')).to_have_text("too little", timeout=WAIT_MS)
    expect(crew.locator("[data-next]")).to_contain_text("Say where the track comes from")
    expect(crew.get_by_role("button", name="Begin")).to_be_disabled()
    closed(crew)


def multipart(shots: queue.Queue[bytes]) -> type[BaseHTTPRequestHandler]:
    """A network camera: each JPEG as it comes, for as long as somebody looks."""

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            with suppress(OSError, queue.Empty):
                while True:
                    data = shots.get(timeout=5)
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data + b"\r\n")

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Camera


def test_a_screen_is_measured_by_a_camera_that_sees_the_browser(
    crew: Page, site: Any, set_up: Production
) -> None:
    """The patches' page is photographed, and its photographs come in as a network camera's picture."""
    shots: queue.Queue[bytes] = queue.Queue(2)
    camera = ThreadingHTTPServer(("127.0.0.1", 0), multipart(shots))
    threading.Thread(target=camera.serve_forever, daemon=True).start()
    filming: list[Page] = [crew]

    def film_until(done: Callable[[], bool], seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until
            with suppress(queue.Full):
                shots.put_nowait(filming[0].screenshot(type="jpeg", quality=80))

    blank = crew.context.new_page()
    blank.set_viewport_size({"width": 960, "height": 540})
    filming[0] = blank
    crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step=delay")
    crew.get_by_role("link", name="Measure a screen instead").click()
    expect(crew.locator("[data-say]")).to_have_text("The camera is not open.", timeout=WAIT_MS)
    crew.get_by_role("textbox", name="Picture").fill(f"http://127.0.0.1:{camera.server_port}/")
    crew.get_by_role("button", name="Open the camera").click(no_wait_after=True)
    film_until(lambda: not crew.locator("[data-words-box]").is_visible())
    film_until(lambda: "Press Open the patches" in (crew.locator("[data-next]").text_content() or ""))
    crew.keyboard.press("o")
    film_until(lambda: crew.locator("[data-links] a").count() > 0)
    blank.goto(crew.locator("[data-links] a").first.get_attribute("href") or "")
    film_until(
        lambda: "Keep it still and press Begin" in (crew.locator("[data-next]").text_content() or "")
    )
    blank.keyboard.press(" ")
    film_until(lambda: crew.locator("[data-result]").is_visible())
    expect(crew.locator("[data-next]")).to_have_text("The screen is measured.", timeout=WAIT_MS)
    assert float((crew.locator('[data-show="part-loop"]').text_content() or "").split()[0]) > 0
    expect(crew.locator('[data-show="part-display"]')).to_have_text("not known")
    expect(crew.locator("[data-warnings]")).to_contain_text("Type the camera's own delay")
    expect(crew.get_by_role("button", name="Open the patches")).to_be_enabled()
    assert (set_up.root / "camera" / "screen.json").is_file()
    keep_picture(crew, "camera-screen")
    closed(crew)
    camera.shutdown()
    camera.server_close()


def test_the_running_stage_says_on_the_page_how_far_feet_slide_and_what_to_do(
    crew: Page, site: Any, set_up: Production
) -> None:
    pose = look_at((0.0, -4.0, 1.2), (0.0, 0.0, 1.0))
    lens = report_from_lens(pinhole(1280, 720, 35.0, 36.0))
    said = "tracked, 4 tags, " + say_spread(np.diag([1e-5] * 3 + [9e-6] * 3))
    outlet = FileOutlet(set_up.root / "walk.otrk.jsonl")
    for number in range(3000):
        time_ns = number * 10_000_000
        heard = Heard("tags", pose, lens, status=said)
        report = Report("tags", TrackSample(time_ns, pose, lens, status=said), heard, time_ns)
        outlet.carry(report, 0, time_ns)
    outlet.close()
    floor = set_up.root / "sets" / "void"
    floor.mkdir()
    (floor / "set.usda").write_text(FLOOR)
    marks = dict(open_production(set_up.root).marks)
    update_marks(set_up, {"A": (0.0, 0.0, 0.0)})
    update_stage(set_up, {"plate": "blank:640x360", "track": "walk.otrk.jsonl", "set": "void"})
    try:
        crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step=check")
        expect(crew.locator("[data-error]")).to_contain_text(
            "The stage is not running", timeout=WAIT_MS
        )
        command = [sys.executable, "-m", "openset", "stage", str(set_up.root), "--port", "0"]
        stage = subprocess.Popen(
            command, env=site.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            # 3 thousandths of a radian at 4 m: worth a centimetre or more, so there is something to do.
            line = crew.locator("[data-error]")
            expect(line).to_contain_text("Feet slide", timeout=WAIT_MS)
            expect(line).to_contain_text("Stay above 99 mm, or add tags near the mark.")
            expect(line).to_have_attribute("data-level", "degraded")
        finally:
            stage.terminate()
            stage.wait(30)
        expect(crew.locator("[data-error]")).to_contain_text(
            "The stage is not running", timeout=WAIT_MS
        )
    finally:
        update_marks(set_up, marks)
        update_stage(set_up, {"plate": None, "track": None, "set": None})


def test_the_page_speaks_arabic_from_the_right_and_scrolls_nowhere(
    crew: Page, site: Any, set_up: Production
) -> None:
    crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step=print")
    crew.get_by_label("Language").select_option("ar")
    expect(crew.locator("html")).to_have_attribute("dir", "rtl")
    crew.set_viewport_size({"width": 390, "height": 844})
    for step in ("print", "lens", "tags", "delay", "screen", "check"):
        crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step={step}")
        assert no_sideways_scroll(crew), step
        assert (crew.locator(".bench__next").text_content() or "").strip()


@pytest.mark.parametrize("step", ["tags", "screen"])
def test_what_may_be_typed_is_a_pattern_the_browser_can_read(
    crew: Page, site: Any, set_up: Production, step: str
) -> None:
    said: list[str] = []
    crew.on("console", lambda message: said.append(message.text))
    crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step={step}")
    for field in crew.locator("input[pattern]").all():
        field.evaluate("(field) => { field.value = '1'; field.checkValidity(); }")
    assert [text for text in said if "attern" in text] == []


def test_a_camera_that_is_not_there_is_told_on_the_page(
    crew: Page, site: Any, set_up: Production
) -> None:
    crew.goto(f"{site.url}/productions/{set_up.id}/camera/?step=lens")
    crew.get_by_role("textbox", name="Picture").fill("nothing.mp4")
    crew.get_by_role("button", name="Open the camera").click()
    expect(crew.get_by_text("nothing.mp4").first).to_be_visible(timeout=WAIT_MS)
