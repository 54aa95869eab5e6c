"""From nothing to a proved milestone, with the commands and pages a newcomer uses.

One real `openset demo` (at a small picture), then the site under it, a real browser, the engine started
from the monitor page, a take rolled and cut there, the proof broken and seen broken. With
OPENSET_PICTURES=FOLDER the pictures of the README are written there (`make pictures`, at full size).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

WIDTH = os.environ.get("OPENSET_DEMO_WIDTH", "480")


@dataclass(frozen=True)
class Lane:
    """The demo's folder, its home, and what it printed."""

    folder: Path
    environment: dict[str, str]
    figures: dict[str, Any]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.environment, *arguments)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    root = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "OPENSET_HOME": str(root / "home")}
    folder = root / "lane-market"
    done = run(environment, "demo", str(folder), "--width", WIDTH, "--backend", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    return Lane(folder, environment, json.loads(done.stdout))


@contextmanager
def site(lane: Lane) -> Iterator[dict[str, Any]]:
    """`openset up`, and what it says of itself."""
    with subprocess.Popen(
        [sys.executable, "-m", "openset", "up", str(lane.folder), "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=lane.environment,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def browser(chromium_launch: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**chromium_launch)
        yield chromium
        chromium.close()


def keep_picture(name: str, source: Path | Page) -> None:
    """Write a picture of the README where OPENSET_PICTURES says; nothing otherwise."""
    folder = os.environ.get("OPENSET_PICTURES")
    if not folder:
        return
    target = Path(folder) / name
    if isinstance(source, Path):
        sheet = cv2.imread(str(source))
        cv2.imwrite(str(target), sheet, [cv2.IMWRITE_JPEG_QUALITY, 86])
    else:
        source.screenshot(path=str(target))


def test_the_day_is_shot_with_every_frame_accounted_for(lane: Lane) -> None:
    figures = lane.figures
    assert figures["ok"] is True
    assert figures["frames_in"] == figures["frames_out"] + figures["dropped"]
    assert len(figures["takes"]) == 2
    assert figures["track_samples"] > 1500
    keep_picture("contact-sheet.jpg", Path(figures["contact_sheet"]))


def test_the_delay_nobody_told_the_engine_is_found(lane: Lane) -> None:
    delay = lane.figures["delay_ms"]
    assert delay["refused"] is None
    assert abs(delay["found"] - delay["truth"]) < 5


def test_key_and_track_are_near_the_truth(lane: Lane) -> None:
    for take in lane.figures["takes"]:
        assert take["key_mse"] < 0.01
        assert take["track_position_rms_mm"] < 3
        assert take["track_at_mark_rms_mm"] < 10


def test_the_contact_sheet_shows_four_columns_of_four_moments(lane: Lane) -> None:
    sheet = cv2.imread(lane.figures["contact_sheet"])
    assert sheet.shape[1] > 4 * 480
    assert sheet.std() > 30


def test_the_milestone_turned_from_not_yet_known_to_proved(lane: Lane) -> None:
    milestone = lane.figures["milestone"]
    assert (milestone["before"], milestone["after"]) == ("not yet known", "proved")
    assert [line["take"] for line in milestone["lines"]] == ["1-A-t01", "2-A-t01"]


def test_the_whole_production_verifies(lane: Lane) -> None:
    done = lane.run("verify", str(lane.folder), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "production"


def test_one_changed_byte_in_the_delivery_is_found_and_named(lane: Lane, tmp_path: Path) -> None:
    copy = tmp_path / "handover"
    shutil.copytree(lane.figures["delivery"], copy)
    assert lane.run("verify", str(copy)).returncode == 0
    victim = next(copy.rglob("composite*.mov"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    done = lane.run("verify", str(copy), "--json")
    assert done.returncode == 30
    assert victim.name in json.loads(done.stdout)["where"]


def test_a_delivery_is_made_by_hand_too_and_never_over_another(lane: Lane, tmp_path: Path) -> None:
    first = lane.run(
        "deliver", str(lane.folder), "--to", str(tmp_path / "out"), "--take", "1-A-t01", "--json"
    )
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["takes"] == ["1-A-t01"]
    again = lane.run("deliver", str(lane.folder), "--to", str(tmp_path / "out"))
    assert again.returncode == 17
    assert lane.run("verify", str(tmp_path / "out")).returncode == 0


def test_the_demo_replaces_nothing_unless_told_to(lane: Lane, tmp_path: Path) -> None:
    before = sorted(path.name for path in lane.folder.rglob("*"))
    done = lane.run("demo", str(lane.folder), "--json")
    assert done.returncode == 17
    assert "--replace" in json.loads(done.stdout)["todo"]
    (tmp_path / "diary.txt").write_text("mine")
    assert lane.run("demo", str(tmp_path), "--replace").returncode == 17
    assert (tmp_path / "diary.txt").read_text() == "mine"
    assert sorted(path.name for path in lane.folder.rglob("*")) == before


@pytest.mark.browser
def test_the_crew_rolls_from_the_monitor_and_the_proof_follows_the_files(
    lane: Lane, browser: Browser
) -> None:
    with site(lane) as served:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(served["sign_in"])
        page.goto(served["address"])
        expect(page.get_by_role("heading", level=1)).to_contain_text("The Last Stall")
        production_id = json_id(lane)
        base = f"{served['address']}/productions/{production_id}"
        shoot_a_take(page, f"{base}/monitor/")
        look_at_the_take(page, f"{base}/takes/1-A-t01/")
        break_the_proof(lane, page, served["address"])
        page.close()
    assert list(Path(lane.environment["OPENSET_HOME"], "engines").glob("*.json")) == []


def json_id(lane: Lane) -> str:
    import tomllib

    return str(tomllib.loads((lane.folder / "production.toml").read_text())["production"]["id"])


def shoot_a_take(page: Page, address: str) -> None:
    """Start the engine from the page, roll and cut by key; a picture of the monitor while it rolls."""
    page.goto(address)
    page.get_by_role("button", name="Start the stage").click()
    expect(page.locator("[data-show='take_number']")).to_have_text("2", timeout=90_000)
    expect(page.get_by_role("button", name="Roll")).to_be_enabled()
    page.keyboard.press("r")
    page.wait_for_timeout(3_000)
    keep_picture("monitor.png", page)
    page.keyboard.press("c")
    expect(page.locator("[data-show='take_number']")).to_have_text("3", timeout=20_000)


def look_at_the_take(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("document.querySelector('video')?.readyState >= 2", timeout=30_000)
    page.evaluate("document.querySelector('video').currentTime = 1.6")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.seeking && v.readyState >= 2; }",
        timeout=30_000,
    )
    page.wait_for_timeout(1_500)
    keep_picture("take.png", page)


def break_the_proof(lane: Lane, page: Page, address: str) -> None:
    """Delete a take's sidecar: the milestone is no longer proved, and the line says which take."""
    page.goto(f"{address}/grants/")
    page.get_by_role("link", name="The Last Stall").first.click()
    page.locator("a[href$='/stage/']").first.click()
    standing = page.locator("main .state").first
    expect(standing).to_have_text("Proved")
    keep_picture("proof.png", page)
    sidecar = lane.folder / "takes" / "1-A-t01" / "track.otrk.jsonl"
    kept = sidecar.read_bytes()
    sidecar.unlink()
    page.get_by_role("button", name="Look again").click()
    expect(standing).to_have_text("No longer proved")
    expect(page.locator("main li", has_text="track.otrk.jsonl").first).to_contain_text("1-A-t01")
    sidecar.write_bytes(kept)
    page.get_by_role("button", name="Look again").click()
    expect(standing).to_have_text("Proved")
