"""The pages in a real Chromium, against a real server and a real engine socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium_launch: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**chromium_launch)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures of the pages go."""
    given = os.environ.get("OPENSET_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor on a 1600x900 screen; errors in the page's scripts fail the test."""
    context = browser.new_context(viewport={"width": 1600, "height": 900}, reduced_motion="reduce")
    one = context.new_page()
    troubles: list[str] = []
    one.on("pageerror", lambda error: troubles.append(str(error)))
    one.on("console", lambda line: troubles.append(line.text) if is_ours(line) else None)
    yield one
    context.close()
    assert troubles == []


def is_ours(line: Any) -> bool:
    """Errors the page itself caused; a server that was stopped on purpose is not one."""
    return line.type == "error" and "ERR_CONNECTION" not in line.text and "WebSocket" not in line.text


@pytest.fixture
def crew(page: Page, site: Any) -> Page:
    """The same visitor, signed in by the printed link."""
    page.goto(site.link())
    return page


def monitor(site: Any, production: Any) -> str:
    return f"{site.url}/productions/{production.id}/monitor/"


def canvas_sum(page: Page) -> int:
    script = """() => { const c = document.querySelector('canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let s = 0; for (let i = 0; i < d.length; i += 97) s += d[i]; return s; }"""
    return int(page.evaluate(script))


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_the_monitor_draws_what_the_engine_sends(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path
) -> None:
    stage = engine(site.home)
    crew.goto(monitor(site, production))
    expect(crew.locator("[data-words-box]")).to_be_hidden()
    first = canvas_sum(crew)
    crew.wait_for_function("() => document.querySelector('canvas').width === 640")
    crew.wait_for_timeout(400)
    assert canvas_sum(crew) != first
    expect(crew.locator('[data-show="tracking"]')).to_have_text("tracked")
    expect(crew.locator('[data-show="key"]')).to_have_text("87")
    expect(crew.locator('[data-show="delay"]')).to_have_text("83 ms")
    crew.screenshot(path=shots / "monitor.png")
    stage.tracking = ("held", 640.0)
    expect(crew.locator("[data-trouble]")).to_contain_text("Tracker silent for 0.6 s")
    crew.screenshot(path=shots / "monitor-held.png")


def test_the_keys_r_and_c_roll_and_cut(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path
) -> None:
    stage = engine(site.home)
    crew.goto(monitor(site, production))
    expect(crew.get_by_role("button", name="Roll")).to_be_enabled()
    crew.keyboard.press("r")
    expect(crew.locator('[data-show="roll_state"]')).to_have_text("Recording")
    expect(crew.get_by_role("button", name="Slate")).to_be_disabled()
    crew.screenshot(path=shots / "monitor-rolling.png")
    crew.keyboard.press("c")
    expect(crew.locator('[data-show="roll_state"]')).to_have_text("Ready")
    assert [command["type"] for command in stage.commands] == ["roll", "cut"]


def test_circle_note_slate_and_view_reach_the_engine(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path
) -> None:
    stage = engine(site.home)
    crew.goto(monitor(site, production))
    expect(crew.get_by_role("button", name="Roll")).to_be_enabled()
    crew.keyboard.press(" ")
    expect(crew.locator("[data-trouble]")).to_contain_text("1-A-t02 is circled")
    crew.keyboard.press("n")
    crew.screenshot(path=shots / "monitor-note.png")
    crew.keyboard.type("Rerun the hem")
    crew.get_by_role("button", name="Save").click()
    crew.keyboard.press("s")
    crew.get_by_label("Scene").last.fill("12A")
    crew.keyboard.press("Enter")
    crew.get_by_label("Matte").check()
    crew.keyboard.press(" ")
    expect(crew.locator("[data-trouble]")).to_contain_text("1-A-t02 is no longer circled")
    assert stage.commands == [
        {"type": "circle", "circled": True, "take": "1-A-t02"},
        {"type": "note", "text": "Rerun the hem", "take": "1-A-t02"},
        {"type": "slate", "scene": "12A", "shot": "A"},
        {"type": "view", "what": "matte"},
        {"type": "circle", "circled": False, "take": "1-A-t02"},
    ]


def test_a_second_monitor_shows_the_view_and_the_circle_of_the_first(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any]
) -> None:
    stage = engine(site.home, view="matte", circled=["1-A-t02"])
    crew.goto(monitor(site, production))
    expect(crew.get_by_label("Matte")).to_be_checked()
    expect(crew.locator('[data-do="circle"]')).to_have_attribute("aria-pressed", "true")
    stage.view, stage.circled = "plate", []
    expect(crew.get_by_label("Plate")).to_be_checked()
    expect(crew.locator('[data-do="circle"]')).to_have_attribute("aria-pressed", "false")


def test_a_visitor_who_has_not_signed_in_sees_but_cannot_roll(
    page: Page, site: Any, production: Any, engine: Callable[..., Any]
) -> None:
    stage = engine(site.home)
    page.goto(monitor(site, production))
    expect(page.locator("[data-words-box]")).to_be_hidden()
    expect(page.get_by_role("button", name="Roll")).to_be_disabled()
    page.keyboard.press("r")
    expect(page.locator("[data-trouble]")).to_contain_text("Sign in")
    page.evaluate(
        """() => new Promise((done) => { const s = new WebSocket(location.href.replace(/^http/, 'ws')
             .replace(/productions\\/(.*)\\/monitor\\//, 'live/$1/'));
             s.onopen = () => { s.send(JSON.stringify({type: 'roll'})); setTimeout(done, 500); }; })"""
    )
    assert stage.commands == []


def test_without_a_stage_the_monitor_says_how_to_start_one_and_finds_it_later(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path
) -> None:
    crew.goto(monitor(site, production))
    expect(crew.locator("[data-say]")).to_have_text("No stage is running.")
    expect(crew.get_by_role("button", name="Start the stage")).to_be_visible()
    crew.screenshot(path=shots / "monitor-absent.png")
    stage = engine(site.home)
    expect(crew.locator("[data-words-box]")).to_be_hidden()
    stage.stop()
    expect(crew.locator("[data-say]")).to_have_text("No stage is running.")


def test_the_take_plays_and_its_timeline_seeks(
    crew: Page, site: Any, production: Any, shots: Path
) -> None:
    crew.goto(f"{site.url}/productions/{production.id}/takes/1-A-t02/")
    crew.wait_for_function("() => document.querySelector('video').readyState >= 1")
    assert crew.evaluate("document.querySelector('video').duration") == pytest.approx(2.0, abs=0.05)
    crew.locator("[data-jump]").click()
    crew.wait_for_function("() => document.querySelector('[data-playhead]').getAttribute('x') > 39")
    assert crew.evaluate("document.querySelector('video').currentTime") == pytest.approx(0.8, abs=0.01)
    crew.screenshot(path=shots / "take.png", full_page=True)
    crew.get_by_role("button", name="Check now").click()
    expect(crew.get_by_text("Everything holds")).to_be_visible()


def test_the_front_page_shows_the_result(page: Page, site: Any, shots: Path) -> None:
    page.goto(site.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lane Market")
    assert page.evaluate("document.querySelector('.lead img').naturalWidth") == 640
    page.screenshot(path=shots / "production.png", full_page=True)


@pytest.mark.parametrize("width", [390, 768])
def test_no_page_scrolls_sideways_on_a_small_screen(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path, width: int
) -> None:
    engine(site.home)
    crew.set_viewport_size({"width": width, "height": 780})
    base = f"/productions/{production.id}/"
    for name, path in {
        "home": "/",
        "take": f"{base}takes/1-A-t02/",
        "monitor": f"{base}monitor/",
        "account": "/account/",
        "journal": "/journal/",
        "grants": "/grants/",
    }.items():
        crew.goto(site.url + path)
        crew.wait_for_timeout(300)
        assert no_sideways_scroll(crew), name
        crew.screenshot(path=shots / f"phone-{width}-{name}.png", full_page=name != "monitor")


def test_touch_targets_of_the_monitor_are_large_enough(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any]
) -> None:
    engine(site.home)
    crew.set_viewport_size({"width": 390, "height": 780})
    crew.goto(monitor(site, production))
    expect(crew.get_by_role("button", name="Roll")).to_be_enabled()
    for button in crew.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 44, button.inner_text()
    for name in ("Roll", "Cut"):
        box = crew.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 64
        assert box["y"] + box["height"] <= 780


def test_arabic_mirrors_the_page_but_not_the_timecode(
    page: Page, site: Any, production: Any, engine: Callable[..., Any], shots: Path
) -> None:
    engine(site.home)
    page.goto(site.url)
    left = page.locator(".top__mark").bounding_box()
    page.get_by_label("Language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.wait_for_load_state()  # until the style sheet has come the mark stands anywhere
    right = page.locator(".top__mark").bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] < 200 < 1300 < right["x"]
    page.screenshot(path=shots / "arabic.png", full_page=True)
    page.goto(monitor(site, production))
    expect(page.locator("[data-words-box]")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.timecode')).direction") == "ltr"
    page.screenshot(path=shots / "arabic-monitor.png")
    page.goto(f"{site.url}/productions/{production.id}/takes/1-A-t02/")
    page.screenshot(path=shots / "arabic-take.png", full_page=True)


def test_a_take_named_in_an_arabic_line_of_the_monitor_keeps_its_direction(
    crew: Page, site: Any, production: Any, engine: Callable[..., Any]
) -> None:
    engine(site.home)
    crew.goto(site.url)
    crew.get_by_label("Language").select_option("ar")
    expect(crew.locator("html")).to_have_attribute("dir", "rtl")
    crew.goto(monitor(site, production))
    expect(crew.locator('[data-do="roll"]')).to_be_enabled()
    crew.keyboard.press(" ")
    expect(crew.locator("[data-trouble]")).to_contain_text("\u20681-A-t02\u2069")


def test_a_whole_sign_in_by_keyboard_alone(page: Page, site: Any, shots: Path) -> None:
    page.goto(site.link())
    expect(page.get_by_role("heading", level=1)).to_have_text("Your name and password")
    page.get_by_label("Name to sign in with").fill("ama")
    page.keyboard.press("Tab")
    page.keyboard.type("a sentence easy to keep")
    page.keyboard.press("Tab")
    page.keyboard.type("a sentence easy to keep")
    page.screenshot(path=shots / "account.png")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.locator(".top__leave button").click()
    page.goto(f"{site.url}/sign-in/")
    page.get_by_label("Username").fill("ama")
    page.keyboard.press("Tab")
    page.keyboard.type("a sentence easy to keep")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ama")).to_be_visible()
