"""After Effects scripts run in a real JavaScript engine, on a stand-in for After Effects' objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright

from openset.stage.exchange import after_effects
from openset.stage.exchange.model import CameraMove, Options

AFTER_EFFECTS = """
var log = {undo: 0, set: {}};
var AutoOrientType = {NO_AUTO_ORIENT: "none"};
function Property(name) {
    this.property = function (inner) { return new Property(inner); };
    this.setValue = function (value) { log.set[name] = {value: value}; };
    this.setValuesAtTimes = function (times, values) {
        if (times.length !== values.length) { throw new Error("lengths differ"); }
        log.set[name] = {times: times, values: values};
    };
}
var app = {
    project: null,
    newProject: function () {
        app.project = {items: {addComp: function (name, width, height, aspect, duration, rate) {
            log.comp = [name, width, height, aspect, duration, rate];
            var comp = {openInViewer: function () { log.start = comp.displayStartTime; }, layers: {
                addCamera: function (name, centre) {
                    log.camera = new Property(name);
                    log.centre = centre;
                    return log.camera;
                }
            }};
            return comp;
        }}};
    },
    beginUndoGroup: function () { log.undo += 1; },
    endUndoGroup: function () { log.undo -= 1; }
};
"""


@pytest.fixture(scope="module")
def browser(chromium_launch: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**chromium_launch)
        yield chromium
        chromium.close()


def run(browser: Browser, script: str) -> dict[str, Any]:
    """What the script did to After Effects; an error in it fails the test."""
    page = browser.new_page()
    try:
        ending = "; log.orient = log.camera.autoOrient; delete log.camera; return log;"
        return page.evaluate(f"() => {{ {AFTER_EFFECTS}\n{script}\n{ending} }}")
    finally:
        page.close()


@pytest.mark.browser
def test_the_script_makes_the_comp_and_a_camera_that_sees_what_we_see(
    browser: Browser, crane: CameraMove, seen: Any, tmp_path: Path
) -> None:
    path = tmp_path / "crane.jsx"
    after_effects.write(crane, path, Options())
    log = run(browser, path.read_text())
    assert log["comp"] == ["crane", 1920, 1080, 1, 12 / 25, 25]
    assert (log["undo"], log["orient"], log["start"]) == (0, "none", 36000)
    done = log["set"]
    assert done["ADBE Position"]["times"] == pytest.approx([index / 25 for index in range(12)])
    assert done["ADBE Camera Focus Distance"] == {"value": 250}
    assert done["ADBE Camera Depth of Field"] == {"value": 0}
    for index in range(12):
        world, pixels = seen(crane, index)
        x, y, z = np.radians(done["ADBE Orientation"]["values"][index])
        turn = (
            np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
            @ np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
            @ np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
        )
        # The comp's own space: 100 px a metre, x right, y down, z away, the origin in the middle.
        comp = np.stack([world[:, 0], -world[:, 2], world[:, 1]], axis=1) * 100 + [960, 540, 0]
        local = (comp - done["ADBE Position"]["values"][index]) @ turn
        zoom = done["ADBE Camera Zoom"]["values"][index]
        shown = [960, 540] + zoom * local[:, :2] / local[:, 2:]
        # Its camera has no offset of the axis: 0.3 mm right and 0.2 mm up are 16 and 10.67 px.
        assert np.add(shown, [16.0, -10.666667]) == pytest.approx(pixels, abs=1e-3)


@pytest.mark.browser
def test_a_hostile_name_runs_as_a_name(browser: Browser, crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.jsx"
    name = '"; app.project = 1; //</script>'
    after_effects.write(replace(crane, name=name), path, Options())
    assert run(browser, path.read_text())["comp"][0] == name


def test_it_is_the_javascript_of_after_effects(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.jsx"
    after_effects.write(crane, path, Options())
    text = path.read_text()
    assert not any(word in text for word in ("let ", "const ", "=>", "`", "JSON", ".forEach", ".map("))


def test_it_says_what_it_keeps() -> None:
    assert {"pose", "time"} <= after_effects.KEEPS
    assert not any(name.startswith("lens.distortion") for name in after_effects.KEEPS)
