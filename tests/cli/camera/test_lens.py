"""`openset calibrate lens`, called as people call it, on pictures by the simulated camera."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from openset.cli.main import app
from openset.primitives.rotation import matrix_from_vector
from openset.sim.optics import Optics
from openset.sim.prints import board_sheet
from openset.sim.sightings import Look, picture, still
from openset.stage.lens.files import read_lens

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
BOARD = "charuco:9x6:30:22.5:DICT_5X5_250"
UPWARDS = (0.5, -0.5, 0.1, 0.0, 0.1, 0.4, -0.4, 0.3)
SIDEWAYS = (0.1, 0.0, 0.5, -0.5, 0.1, 0.4, 0.4, -0.4)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight good views, one blurred, one of the empty room."""
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(3)
    for place, (tilt, pan) in enumerate(zip(UPWARDS, SIDEWAYS, strict=True)):
        cv2.imwrite(str(folder / f"{place:02d}.png"), _view(tilt, pan, place, 0.8, random))
    cv2.imwrite(str(folder / "08.png"), _view(0.2, 0.2, 8, 2.8, random))
    room = np.tile(np.linspace(40, 220, 960).astype(np.uint8), (540, 1))
    cv2.imwrite(str(folder / "09.png"), room)
    return folder


def _view(tilt: float, pan: float, place: int, blur: float, random: np.random.Generator) -> np.ndarray:
    turn = matrix_from_vector(np.array([tilt, pan, 0.1 * place]))
    across, up = 0.09 * (place % 3 - 1), 0.05 * (place % 2 * 2 - 1)
    origin = np.array([across, up, -0.5]) - turn @ [0.12, 0.075, 0.0]
    sheet = board_sheet("charuco", 9, 6, 0.03, 0.0225, "DICT_5X5_250", origin, turn)
    camera = still(np.zeros(3), np.eye(3))
    return picture(OPTICS, camera, [sheet], Look(blur, 2.0, None, 0.2, 0.0), random)


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["calibrate", "lens", *map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_photographs_become_a_lens_file(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "lens.json"
    code, said = run("--images", f"{photos}/*.png", "--board", BOARD, "--out", out, "--sensor-mm", 24)
    assert code == 0
    assert said["fx_px"] == pytest.approx(800.0, rel=2e-3)
    assert said["cx_px"] == pytest.approx(485.0, abs=2.0)
    assert said["cx_opencv"] == said["cx_px"] - 0.5
    assert set(said["distortion"]) == {"k1", "k2", "p1", "p2", "k3"}
    # 800 px of 960 on 24 mm are 20 mm.
    assert said["focal_length_mm"] == pytest.approx(20.0, rel=2e-3)
    assert said["views_used"] == 8
    assert {each["view"]: each["code"] for each in said["views_rejected"]} == {
        "08.png": "blurred",
        "09.png": "no-board",
    }
    assert said["rms_px"] < 0.2
    assert 0 < said["map_uncertainty_px"] < 3
    assert said["advice"][0]["code"] == "views"
    kept = read_lens(out).settings[0]
    assert kept.lens.fx_px == said["fx_px"]
    assert kept.covariance is not None
    assert kept.lens.sensor_width_mm == 24.0


def test_the_table_for_people_says_what_it_is_good_for_and_what_the_bar_did(
    photos: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(4)
    for place in range(3):  # three grainy views make no good lens
        luma = cv2.imread(str(photos / f"{place:02d}.png"), cv2.IMREAD_GRAYSCALE)
        assert luma is not None
        grain = random.normal(0.0, 25.0, luma.shape)
        cv2.imwrite(str(tmp_path / f"{place}.png"), np.clip(luma + grain, 0, 255).astype(np.uint8))
    arguments = ["calibrate", "lens", "--images", f"{tmp_path}/*.png", "--board", BOARD]
    done = CliRunner().invoke(app, [*arguments, "--bar-mm", "98"])
    assert done.exit_code == 0
    assert "drawn only within" in done.stdout
    assert "98 mm: the board taken as 98 % of what --board says" in done.stdout


def test_a_second_setting_is_added(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "zoom.json"
    pictures = f"{photos}/0[0-7].png"
    assert run("--images", pictures, "--board", BOARD, "--out", out, "--focal-mm", 24)[0] == 0
    code, said = run(
        "--images",
        pictures,
        "--board",
        BOARD,
        "--add",
        out,
        "--out",
        out,
        "--focal-mm",
        70,
        "--focus-m",
        2,
    )
    assert code == 0
    assert said["settings"] == 2
    assert [each.lens.focus_distance_m for each in read_lens(out).settings] == [None, 2.0]
    assert [each.focal_mm for each in read_lens(out).settings] == [24.0, 70.0]


def test_a_second_setting_has_the_files_sensor(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "zoom.json"
    common = ("--images", f"{photos}/0[0-7].png", "--board", BOARD, "--out", out)
    assert run(*common, "--focal-mm", 24, "--sensor-mm", 30.72)[0] == 0
    code, said = run(*common, "--add", out, "--focal-mm", 70)
    assert (code, said["sensor_width_mm"]) == (0, 30.72)
    assert [each.lens.sensor_width_mm for each in read_lens(out).settings] == [30.72, 30.72]


def test_a_file_that_is_there_is_kept(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "lens.json"
    out.write_text("mine")
    code, said = run("--images", photos, "--board", BOARD, "--out", out)
    assert code == 17
    assert said["error"] == "AlreadyExists"
    assert out.read_text() == "mine"


def test_the_wrong_board_is_refused_with_the_reason_and_what_to_do(photos: Path) -> None:
    code, said = run("--images", f"{photos}/0[0-3].png", "--board", "charuco:9x6:30:22.5:DICT_7X7_250")
    assert code == 2
    assert said["views_used"] == 0
    assert {each["code"] for each in said["views_rejected"]} == {"wrong-board"}
    assert "DICT_5X5" in said["todo"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--board", BOARD], "where are the pictures"),
        (["--board", "chessboard", "--images", "x"], "names no board"),
        (["--board", BOARD, "--images", "nothing/*.jpg"], "no pictures"),
        (["--board", BOARD, "--images", "x", "--model", "rational"], "no lens model"),
    ],
)
def test_what_cannot_be_is_one_clear_line(arguments: list[str], what: str) -> None:
    code, said = run(*arguments)
    assert code in (2, 10)
    assert what in said["what"]


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["--add", "none.json"], 2, "no such lens file"),
        (["--start", "none.ulens"], 2, "no such file"),
        (["--out", "nowhere/lens.json"], 21, "no such folder"),
        (["--focus-m", "2e6"], 2, "focus distance"),
        (["--focal-mm", "1"], 2, "focal length of 1"),
        (["--sensor-mm", "2000"], 2, "2000"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_a_camera_is_watched(
    arguments: list[str], code: int, what: str
) -> None:
    found, said = run("--board", BOARD, "--picture", "no-camera-is-here.mp4", *arguments)
    assert found == code
    assert what in said["what"]


def test_people_get_a_table(photos: Path) -> None:
    done = CliRunner().invoke(
        app, ["calibrate", "lens", "--images", f"{photos}/*.png", "--board", BOARD]
    )
    assert done.exit_code == 0
    assert "whole picture" in done.stdout
    assert "08.png" in done.stdout
