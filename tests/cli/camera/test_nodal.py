"""`openset calibrate nodal`, called as people call it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from openset.cli.main import app
from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import Pose, pose_from_matrix
from openset.sim.optics import Optics
from openset.sim.prints import board_sheet, facing
from openset.sim.sightings import Look, picture, still
from openset.sim.walks import looking
from openset.stage.calibrate.series import zoom_of_focal
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import move_from_samples
from openset.stage.exchange.opentrackio import write
from openset.stage.lens.files import read_lens, write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.tracking.samples import TrackSample

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
LENS = Lens(960, 540, 800.0, 800.0, 485.0, 262.0, -0.1, 0.02)
BOARD = "charuco:9x6:30:22.5:DICT_5X5_250"
MOUNT = Pose((0.05, -0.08, 0.15), (0.9689124, 0.0, 0.2474040, 0.0))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lens file, ten photographs of a board on the wall, and the tracker's pose for each."""
    folder = tmp_path_factory.mktemp("nodal")
    write_lens(folder / "lens.json", LensFile("a", (MeasuredLens(LENS),)))
    (folder / "photos").mkdir()
    random = np.random.default_rng(2)
    wall = facing(np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    sheet = board_sheet(
        "charuco", 9, 6, 0.03, 0.0225, "DICT_5X5_250", np.array([-0.12, 0.0, 1.2]), wall
    )
    samples = []
    for place in range(10):
        eye = np.array([random.uniform(-0.35, 0.35), -0.55, 1.3 + random.uniform(-0.3, 0.3)])
        rotation = looking(eye, np.array([0.0, 0.0, 1.275]))
        rotation = rotation @ matrix_from_vector(np.array([0.0, 0.0, random.uniform(-0.5, 0.5)]))
        luma = picture(OPTICS, still(eye, rotation), [sheet], Look(0.7, 2, None, 0.1, 0.0), random)
        cv2.imwrite(str(folder / "photos" / f"{place:02d}.png"), luma)
        camera = np.eye(4)
        camera[:3, :3], camera[:3, 3] = rotation, eye
        body = pose_from_matrix(camera @ np.linalg.inv(MOUNT.matrix))
        samples.append(TrackSample(place * 1_000_000_000, body))
    write(
        move_from_samples("tracker", samples),
        folder / "track.otrk.jsonl",
        Options(format="opentrackio"),
    )
    return folder


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["calibrate", "nodal", *map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_the_mount_is_measured_and_kept_with_the_lens(material: Path, tmp_path: Path) -> None:
    out = tmp_path / "mounted.json"
    code, said = run(
        "--lens", material / "lens.json", "--board", BOARD, "--track", material / "track.otrk.jsonl",
        "--images", material / "photos", "--out", out,
    )  # fmt: skip
    assert code == 0
    assert said["tracker_from_camera"]["position_m"] == pytest.approx(MOUNT.position_m, abs=2e-3)
    assert said["tracker_from_camera"]["rotation_wxyz"] == pytest.approx(MOUNT.rotation_wxyz, abs=2e-3)
    assert max(said["sd_mm"]) < 2.0
    assert said["views_used"] >= 9
    kept = read_lens(out)
    assert kept.tracker_from_camera is not None
    assert "mm" in kept.notes["nodal offset"]
    (mounted,) = [each.mount for each in kept.settings if each.mount is not None]
    assert mounted.tracker_from_camera == kept.tracker_from_camera
    assert [each * 1000 for each in mounted.sd_m] == pytest.approx(said["sd_mm"])


def test_the_mount_of_a_zoom_is_kept_with_the_setting_it_was_measured_at(
    material: Path, tmp_path: Path
) -> None:
    wide = MeasuredLens(
        replace(LENS, fx_px=600.0, fy_px=600.0), zoom=zoom_of_focal(24.0), focal_mm=24.0
    )
    here = MeasuredLens(LENS, zoom=zoom_of_focal(32.0), focal_mm=32.0)
    zoom = write_lens(tmp_path / "zoom.json", LensFile("a", (wide, here)))
    options = (
        "--lens", zoom, "--board", BOARD, "--track", material / "track.otrk.jsonl",
        "--images", material / "photos",
    )  # fmt: skip
    assert run(*options, "--focal-mm", 32)[0] == 0
    first, second = read_lens(zoom).settings
    assert first.mount is None
    assert second.mount is not None
    assert second.mount.tracker_from_camera.position_m == pytest.approx(MOUNT.position_m, abs=2e-3)
    code, said = run(*options, "--focal-mm", 28)
    assert code == 2
    assert "not measured where its rings stand" in said["what"]
    code, said = run(*options)
    assert code == 2
    assert "no option says where the zoom stands" in said["what"]


def test_a_track_of_another_length_is_refused(material: Path, tmp_path: Path) -> None:
    lines = (material / "track.otrk.jsonl").read_text().splitlines()[:7]
    short = tmp_path / "short.otrk.jsonl"
    short.write_text("\n".join(lines) + "\n")
    code, said = run(
        "--lens", material / "lens.json", "--board", BOARD, "--track", short,
        "--images", material / "photos", "--out", tmp_path / "none.json",
    )  # fmt: skip
    assert code == 2
    assert "10 photographs and 7 samples" in said["what"]
    assert not (tmp_path / "none.json").exists()
