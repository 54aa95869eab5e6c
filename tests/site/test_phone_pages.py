"""The phone's page in a real Chromium over the house's own TLS: a fake camera films simulated tags,
synthetic sensors turn, and what arrives on the network is where the phone was."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from openset.primitives.space import Pose, pan_tilt_roll_from_pose
from openset.stage.tracking.opentrackio import OpenTrackIODecoder

pytestmark = pytest.mark.browser

A_PHONE = {"width": 390, "height": 844}
XR = """() => {
  // No headset here: a session that walks one metre a second along its own -Z and turns nowhere.
  class Session extends EventTarget {
    requestReferenceSpace() { return Promise.resolve({}); }
    updateRenderState() {}
    get renderState() { return { baseLayer: { framebuffer: null } }; }
    requestAnimationFrame(call) { requestAnimationFrame((time) => call(time, { getViewerPose: () => ({
      emulatedPosition: false,
      transform: {
        position: { x: 2, y: 1.2, z: -time / 1000 }, orientation: { x: 0, y: 0, z: 0, w: 1 },
      },
    }) })); }
    end() { this.dispatchEvent(new Event("end")); return Promise.resolve(); }
  }
  globalThis.XRWebGLLayer = class {};
  Object.defineProperty(navigator, "xr", { value: {
    isSessionSupported: async (mode) => mode === "immersive-ar",
    requestSession: async () => new Session(),
  } });
}"""
TURNING = """() => { setInterval(() => dispatchEvent(new DeviceMotionEvent("devicemotion", {
  rotationRate: { alpha: 0.1, beta: 0, gamma: 0 }, acceleration: { x: 0, y: 0, z: 0 }, interval: 10,
})), 10); }"""


@pytest.fixture(scope="module")
def browser(chromium_launch: dict[str, Any], phone_room: Any) -> Iterator[Browser]:
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={phone_room.video}",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            **{**chromium_launch, "args": [*chromium_launch["args"], *flags]}
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("OPENSET_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("phone-screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone that has not been let in; errors of the page's scripts fail the test. The certificate is
    judged in test_certificate.py and test_phone_relay.py; a browser's own store is not touched."""
    context = browser.new_context(viewport=A_PHONE, ignore_https_errors=True, reduced_motion="reduce")
    one = context.new_page()
    troubles: list[str] = []
    one.on("pageerror", lambda error: troubles.append(str(error)))
    one.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    yield one
    context.close()
    assert [line for line in troubles if "ERR_" not in line and "403" not in line] == []


@pytest.fixture
def phone(page: Page, phone_site: Any) -> Page:
    """The same phone, let in by a scanned link."""
    page.goto(phone_site.pairing())
    page.get_by_role("button", name="Use this phone").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    drain(phone_site.poses)
    return page


def drain(poses: socket.socket) -> list[tuple[Pose, str]]:
    decoder, out = OpenTrackIODecoder(), []
    while True:
        try:
            datagram = poses.recv(65536)
        except BlockingIOError:
            return out
        for heard in decoder.feed(datagram, "127.0.0.1:1", 0):
            assert heard.pose is not None
            out.append((heard.pose, heard.status))


def arrived(poses: socket.socket, count: int, seconds: float = 20.0) -> list[tuple[Pose, str]]:
    """At least so many poses."""
    until, out = time.monotonic() + seconds, []
    while len(out) < count and time.monotonic() < until:
        out += drain(poses)
        time.sleep(0.05)
    assert len(out) >= count
    return out


def off(pose: Pose, path: list[Any]) -> tuple[float, float]:
    """How far from the nearest true pose of the film: millimetres, degrees."""
    moved = [float(np.linalg.norm(each[:3, 3] - pose.position_m)) * 1000 for each in path]
    near = int(np.argmin(moved))
    cosine = (np.trace(path[near][:3, :3].T @ pose.matrix[:3, :3]) - 1) / 2
    return moved[near], float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def start(phone: Page) -> None:
    phone.get_by_role("button", name="Start").click()
    expect(phone.get_by_role("button", name="Stop")).to_be_visible()


def test_the_camera_films_tags_and_poses_arrive_where_the_phone_was(
    phone: Page, phone_site: Any, phone_room: Any, shots: Path
) -> None:
    phone.screenshot(path=shots / "phone-ready.png")
    start(phone)
    expect(phone.locator("[data-state-line]")).to_have_text("Tracking", timeout=30_000)
    told = arrived(phone_site.poses, 20)
    errors = np.array([off(pose, phone_room.path) for pose, _ in told])
    # Between two pictures of the film the phone moves about two millimetres, a tenth of a degree.
    assert np.median(errors[:, 0]) < 4.0
    assert np.median(errors[:, 1]) < 0.25
    assert all(status.startswith("tracked, sd ") for _, status in told)
    expect(phone.locator('[data-show="tags"]')).to_have_text("8 / 8")
    expect(phone.locator('[data-show="delay"]')).to_contain_text("ms")
    expect(phone.locator('[data-show="fine"]')).to_contain_text("lens from its file")
    phone.screenshot(path=shots / "phone-tracking.png")
    phone.get_by_role("button", name="Stop").click()
    phone.wait_for_timeout(500)
    drain(phone_site.poses)
    phone.wait_for_timeout(500)
    assert drain(phone_site.poses) == []


def test_with_motion_sensors_there_are_more_poses_than_pictures(phone: Page, phone_site: Any) -> None:
    start(phone)
    expect(phone.locator("[data-state-line]")).to_have_text("Tracking", timeout=30_000)
    phone.evaluate(TURNING)
    phone.wait_for_timeout(1500)
    drain(phone_site.poses)
    phone.wait_for_timeout(1500)
    told = drain(phone_site.poses)
    # Fifteen pictures a second at the most; the steps between are a sixtieth of a second.
    assert len(told) > 1.5 * 15 * 1.5


def test_a_phone_without_camera_looks_around_from_the_mark(
    phone: Page, phone_site: Any, shots: Path
) -> None:
    line = phone.context.new_cdp_session(phone)

    def held(alpha: float, beta: float) -> None:
        turned = {"alpha": alpha, "beta": beta, "gamma": 0}
        line.send("DeviceOrientation.setDeviceOrientationOverride", turned)

    held(200, 90)
    phone.get_by_label("Look around").check()
    start(phone)
    mark = phone.get_by_role("button", name="I stand on the mark")
    expect(mark).to_be_visible()
    expect(phone.locator('[data-show="fine"]')).to_contain_text("round trip", timeout=30_000)
    held(201, 90)
    _, status = arrived(phone_site.poses, 1)[-1]
    assert status.startswith("turning only, sd ")
    mark.click()
    expect(phone.locator("[data-state-line]")).to_have_text("The phone stands on the mark now.")
    held(231, 100)
    pose, _ = arrived(phone_site.poses, 1)[-1]
    # 30 degrees to the left of where it looked on the mark, and 10 up.
    assert np.degrees(pan_tilt_roll_from_pose(pose)) == pytest.approx((30, 10, 0), abs=0.01)
    assert pose.position_m == pytest.approx((0, 0, 1.5))
    phone.screenshot(path=shots / "phone-facing.png")


def test_a_phone_with_webxr_sends_its_own_poses_from_the_mark(
    page: Page, phone_site: Any, shots: Path
) -> None:
    page.add_init_script(f"({XR})()")
    page.goto(phone_site.pairing())
    page.get_by_role("button", name="Use this phone").click()
    drain(phone_site.poses)
    page.get_by_label("AR", exact=True).check()
    start(page)
    arrived(phone_site.poses, 30)
    page.get_by_role("button", name="I stand on the mark").click()
    expect(page.locator("[data-state-line]")).to_have_text("The phone stands on the mark now.")
    drain(phone_site.poses)
    told = [pose.position_m for pose, _ in arrived(phone_site.poses, 30)]
    # Straight ahead along +Y at one metre a second, at the height that was typed.
    assert max(abs(x) + abs(z - 1.5) for x, _, z in told) < 1e-6
    steps = np.diff([y for _, y, _ in told])
    assert (steps > 0).all()
    assert told[0][1] > 0
    page.screenshot(path=shots / "phone-xr.png")


def test_the_set_is_the_viewfinder_and_the_crew_rolls_from_the_phone(
    phone: Page, phone_site: Any, engine: Callable[..., Any], shots: Path
) -> None:
    stage = engine(phone_site.home)
    expect(phone.get_by_role("button", name="Roll")).to_be_enabled()
    phone.get_by_label("Set", exact=True).check()
    phone.wait_for_function("() => document.querySelector('canvas').width === 640")
    phone.screenshot(path=shots / "phone-set.png")
    phone.get_by_role("button", name="Roll").click()
    expect(phone.locator("[data-roll-state]")).to_have_text("Recording")
    phone.screenshot(path=shots / "phone-rolling.png")
    phone.get_by_role("button", name="Cut").click()
    expect(phone.get_by_role("button", name="Roll")).to_be_enabled()
    phone.get_by_role("button", name="Circle").click()
    expect(phone.locator("[data-state-line]")).to_have_text("1-A-t02 is circled.")
    assert [command["type"] for command in stage.commands] == ["roll", "cut", "circle"]


def test_a_picture_is_kept_for_the_lens(phone: Page, phone_site: Any) -> None:
    phone.get_by_text("More").click()
    keep = phone.get_by_role("button", name="Keep a picture for the lens")
    expect(keep).to_be_disabled()
    start(phone)
    expect(phone.locator("[data-state-line]")).to_have_text("Tracking", timeout=30_000)
    keep.click()
    expect(phone.locator("[data-state-line]")).to_contain_text("kept on the computer")
    until = time.monotonic() + 10
    while not (kept := list((phone_site.home / "phones" / "pictures").glob("*/*.jpg"))):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert kept[0].read_bytes()[:2] == b"\xff\xd8"


def test_a_phone_that_is_sent_away_is_cut_off(phone: Page, phone_site: Any, browser: Browser) -> None:
    start(phone)
    arrived(phone_site.poses, 3, 30)
    desk = browser.new_context().new_page()
    desk.goto(phone_site.link())
    desk.goto(f"{phone_site.url}/phones/")
    desk.get_by_role("button", name="Send away").first.click()  # the newest is this one
    until = time.monotonic() + 10
    while drain(phone_site.poses):
        assert time.monotonic() < until, "poses still leave"
        phone.wait_for_timeout(700)
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("This phone has not been let in")
    desk.context.close()


def test_another_production_is_chosen_and_its_tags_are_asked_for(phone: Page) -> None:
    def of_two(route: Route) -> None:
        answer = route.fetch()
        field = re.search(r'<input type="hidden" data-production value="([^"]+)">', answer.text())
        assert field is not None
        options = "".join(f'<option value="{field[1]}">{name}</option>' for name in ("One", "Two"))
        chooser = f'<select aria-label="Production" data-production>{options}</select>'
        route.fulfill(response=answer, body=answer.text().replace(field[0], chooser))

    phone.route(re.compile(r"/phone/(\?.*)?$"), of_two)
    phone.reload()
    phone.get_by_text("More", exact=True).click()
    with phone.expect_navigation(url=re.compile(r"/phone/\?production=")):
        phone.get_by_label("Production").select_option(index=1)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_on_a_phone_nothing_is_cut_off_and_keys_are_large_enough(
    phone: Page, phone_site: Any, shots: Path, language: str
) -> None:
    with phone.expect_navigation():
        phone.get_by_label("Language").select_option(language)
    direction = "rtl" if language == "ar" else "ltr"
    expect(phone.locator("html")).to_have_attribute("dir", direction)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in phone.locator("button:visible, .switch label:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.inner_text()
    first = phone.locator('[data-do="start"]').bounding_box()
    assert first is not None
    assert first["height"] >= 64
    assert first["y"] + first["height"] <= A_PHONE["height"]
    phone.screenshot(path=shots / f"phone-{language}.png")
    phone.set_viewport_size({"width": 844, "height": 390})
    phone.screenshot(path=shots / f"phone-side-{language}.png")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    guide = phone.context.new_page()
    guide.set_viewport_size(A_PHONE)
    guide.goto(f"http://localhost:{phone_site.phones['guide'].rpartition(':')[2]}")
    guide.screenshot(path=shots / f"phone-guide-{language}.png", full_page=True)
    assert guide.evaluate("document.documentElement.scrollWidth <= innerWidth")
