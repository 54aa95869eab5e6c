"""`openset calibrate tags`, called as people call it, on pictures of the simulated stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from openset.cli.main import app
from openset.sim.optics import Optics
from openset.sim.prints import Sheet, facing, tag_sheet
from openset.sim.sightings import Look, picture, still
from openset.sim.walks import looking
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.markers.files import read_map

OPTICS = Optics(960, 540, 800.0, 482.0, 268.0)
UP = np.array([0.0, 0.0, 1.0])
PLACES = ((-0.45, 0.0), (0.0, 0.05), (0.45, 0.0), (-0.4, 0.5), (0.05, 0.45), (0.45, 0.5))


def _sheets(moved: float = 0.0) -> list[Sheet]:
    up = facing(UP, np.array([0.0, 1.0, 0.0]))
    sheets = [tag_sheet(each, 0.2, np.array([x, y, 0.0]), up) for each, (x, y) in enumerate(PLACES)]
    sheets[4] = tag_sheet(4, 0.2, sheets[4].position_m + np.array([moved, 0.0, 0.0]), up)
    return sheets


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lens, and pictures of two walks: in the second, tag 4 hangs 5 cm further on."""
    folder = tmp_path_factory.mktemp("walk")
    lens = Lens(960, 540, 800.0, 800.0, 482.0, 268.0)
    write_lens(folder / "lens.json", LensFile("witness", (MeasuredLens(lens),)))
    random = np.random.default_rng(7)
    look = Look(0.7, 2.0, None, 0.0, 0.0)
    for name, sheets in (("first", _sheets()), ("second", _sheets(0.05))):
        (folder / name).mkdir()
        for index, angle in enumerate(np.linspace(0.0, 2 * np.pi, 13)[:-1]):
            eye = np.array([0.9 * np.cos(angle), 0.2 + 0.9 * np.sin(angle), 1.3])
            turned = still(eye, looking(eye, np.array([0.0, 0.25, 0.0])))
            drawn = picture(OPTICS, turned, sheets, look, random)
            cv2.imwrite(str(folder / name / f"{index:03d}.png"), drawn)
    return folder


def _run(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["calibrate", "tags", *map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_walk_becomes_a_map_and_a_drawing(walk: Path, tmp_path: Path) -> None:
    code, said = _run(
        "--images", walk / "first", "--lens", walk / "lens.json", "--size-mm", "200",
        "--distance", "0-2:0.9", "--floor", "0-5", "--origin", "0", "--towards", "3",
        "--out", tmp_path / "map.json", "--plot", tmp_path / "map.svg",
    )  # fmt: skip
    assert code == 0
    assert said["usable"]
    assert said["tags_mapped"] == 6
    assert said["print_percent"] == pytest.approx(100.0, abs=0.15)
    found = read_map(tmp_path / "map.json")
    assert found.notes["frame"] == "z = 0 on the tags 0-5"
    middles = {each: np.array(tag.stage_from_tag.position_m) for each, tag in found.tags.items()}
    np.testing.assert_allclose(middles[0], 0.0, atol=1e-3)
    assert np.linalg.norm(middles[2] - middles[3]) == pytest.approx(np.hypot(0.85, 0.5), abs=1.5e-3)
    assert all(abs(each[2]) < 1e-3 for each in middles.values())
    assert (tmp_path / "map.svg").read_text().startswith("<svg")


def test_more_pictures_are_added_and_a_moved_tag_is_named(walk: Path, tmp_path: Path) -> None:
    common = ("--lens", walk / "lens.json", "--size-mm", "200", "--out", tmp_path / "map.json")
    assert _run("--images", walk / "first", *common)[0] == 0
    before = read_map(tmp_path / "map.json")
    code, said = _run("--images", walk / "second", *common, "--add", tmp_path / "map.json")
    assert code == 0
    (moved,) = [each for each in said["findings"] if each["kind"] == "moved"]
    assert moved["tags"] == [4]
    assert moved["value"] == pytest.approx(50.0, abs=1.5)
    after = read_map(tmp_path / "map.json")
    assert after.tags[0].stage_from_tag == before.tags[0].stage_from_tag
    assert after.tags[4].stage_from_tag != before.tags[4].stage_from_tag


def test_a_map_that_is_not_good_enough_is_written_and_ends_with_a_code_of_its_own(
    walk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "map.json"
    common = ("--images", walk / "first", "--lens", walk / "lens.json", "--size-mm", "200")
    code, said = _run(*common, "--distance", "0-2:0.9", "--distance", "0-3:0.6", "--out", out)
    assert (code, said["error"], said["usable"]) == (30, "VerifyFailed", False)
    assert said["tags_mapped"] == 6
    assert len(read_map(out).tags) == 6
    follow = ["track", "--picture", str(walk / "first"), "--lens", str(walk / "lens.json")]
    done = CliRunner().invoke(
        app, [*follow, "--tags", str(out), "--write", str(tmp_path / "t.otrk.jsonl")]
    )
    assert done.exit_code == 30
    assert "not good enough to track on" in done.stderr
    assert _run(*common, "--distance", "0-2:0.9", "--out", out, "--replace")[0] == 0


@pytest.mark.parametrize("way", ["--replace", "--add"])
def test_a_poor_map_goes_beside_the_one_that_is_there(way: str, walk: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.json"
    common = ("--lens", walk / "lens.json", "--size-mm", "200", "--out", out)
    assert _run("--images", walk / "first", "--distance", "0-2:0.9", *common)[0] == 0
    before = out.read_bytes()
    poor = ("--images", walk / "first", "--distance", "0-2:0.9", "--distance", "0-3:0.6")
    code, said = _run(*poor, *common, *([way] if way == "--replace" else [way, out]))
    assert (code, said["out"]) == (30, str(tmp_path / "map.poor.json"))
    assert f"{out} is as it was" in said["what"]
    assert out.read_bytes() == before
    assert read_map(tmp_path / "map.poor.json").notes["not usable"]


def test_a_map_that_is_there_is_not_written_over(walk: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.json"
    out.write_text("mine")
    code, said = _run("--images", walk / "first", "--lens", walk / "lens.json", "--out", out)
    assert (code, said["error"]) == (17, "AlreadyExists")
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ([], "--picture, --images"),
        (["--picture", "a.mp4", "--images", "b"], "--picture, --images"),
        (["--images", "b", "--distance", "3-17"], "--distance"),
        (["--images", "b", "--size-of", "x"], "--size-of"),
        (["--images", "b", "--size-mm", "0"], "--size-mm"),
        (["--images", "b", "--floor", "0,0"], "--floor"),
        (["--images", "b", "--bar-mm", "3"], "--bar-mm"),
    ],
)
def test_what_cannot_be_asked_names_the_option(arguments: list[str], where: str, walk: Path) -> None:
    code, said = _run("--lens", walk / "lens.json", *arguments)
    assert code == 2
    assert said["where"] == where


def test_a_missing_lens_is_named(tmp_path: Path) -> None:
    code, said = _run("--images", tmp_path, "--lens", tmp_path / "lens.json")
    assert code == 2
    assert said["todo"] == "Make one with openset calibrate lens"


def test_the_table_for_people_says_each_tag_and_what_to_do(walk: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["calibrate", "tags", "--images", str(walk / "first"), "--lens", str(walk / "lens.json"),
         "--size-mm", "200", "--distance", "0-2:0.882", "--out", str(tmp_path / "m.json")],
    )  # fmt: skip
    assert done.exit_code == 0
    assert "6 tags, sure to" in done.stdout
    assert "the print is 98.0 % of its size by the tape" in done.stdout


def test_real_sheets_that_all_carry_id_0_are_told_apart_from_a_map(
    shared_data: Path, tmp_path: Path, walk: Path
) -> None:
    """Two photos of a dozen cubes, all with tag 0 on every side."""
    lens = Lens(798, 532, 800.0, 800.0, 399.0, 266.0)
    write_lens(tmp_path / "lens.json", LensFile("guessed", (MeasuredLens(lens),)))
    code, said = _run("--images", f"{shared_data}/tags/33369*.jpg", "--lens", tmp_path / "lens.json")
    assert code == 2
    assert said["what"] == "every tag that was seen hangs more than once (id 0)"
    assert said["todo"].startswith("Print each tag once")
