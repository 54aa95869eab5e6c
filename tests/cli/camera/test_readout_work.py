"""`openset calibrate readout` on pictures of a rolling shutter whose read-out is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import orjson
import pytest

from openset.cli.camera.readout_work import run_readout
from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.space import pose_from_matrix
from openset.sim.optics import Optics
from openset.sim.sightings import Look, picture
from openset.sim.walks import stage_set, stage_walk
from openset.stage.lens.files import read_lens, write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.markers.files import write_map
from openset.stage.markers.model import PlacedTag, TagMap

OPTICS = Optics(1280, 720, 800.0, 642.0, 358.0, -0.1, 0.03)
LENS = Lens(1280, 720, 800.0, 800.0, 642.0, 358.0, -0.1, 0.03)
READOUT_S = 0.02


def filmed(folder: Path, violence: float, frames: int) -> Path:
    """Pictures of a wall and floor of tags, with the map and the lens beside them."""
    images = folder / "images"
    images.mkdir()
    sheets, walk, random = stage_set(), stage_walk(2, violence), np.random.default_rng(1)
    look = Look(blur_px=0.6, noise_codes=1.0, jpeg=None, exposure_s=0.0)
    for frame in range(frames):
        luma = picture(OPTICS, walk.from_time(frame / 30), sheets, look, random, READOUT_S)
        cv2.imwrite(str(images / f"{frame:03d}.png"), luma)
    tags = {}
    for sheet in sheets:
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = sheet.rotation, sheet.position_m
        tags[sheet.id] = PlacedTag(sheet.id, 0.2, pose_from_matrix(matrix))
    write_map(folder / "map.json", TagMap(tags))
    write_lens(folder / "lens.json", LensFile("phone", (MeasuredLens(LENS),)))
    return images


def test_the_read_out_is_found_and_kept_in_the_lens_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = filmed(tmp_path, 1.0, 20)
    code = run_readout(
        Output(True), str(images), tmp_path / "lens.json", tmp_path / "map.json",
        write_to=tmp_path / "new.json", seconds=10, rate="30",
    )  # fmt: skip
    answer = orjson.loads(capsys.readouterr().out)
    assert code == 0
    assert answer["readout_ms"] == pytest.approx(20.0, abs=max(1.0, 3 * answer["sd_ms"]))
    assert answer["refused"] == ""
    kept = read_lens(tmp_path / "new.json")
    assert kept.readout_s == pytest.approx(answer["readout_ms"] / 1000, abs=1e-6)
    assert kept.settings[0].lens == LENS


def test_a_tripod_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = filmed(tmp_path, 0.0, 14)
    code = run_readout(
        Output(True), str(images), tmp_path / "lens.json", tmp_path / "map.json",
        write_to=tmp_path / "new.json", seconds=10, rate="30",
    )  # fmt: skip
    said = capsys.readouterr()
    assert code == 2
    assert "too little motion" in orjson.loads(said.out)["refused"]
    assert "shaking the camera" in said.err
    assert not (tmp_path / "new.json").exists()


def test_a_lens_that_cannot_be_kept_is_refused_first(tmp_path: Path) -> None:
    write_map(tmp_path / "map.json", TagMap({}))
    with pytest.raises(BadInput, match="no such lens file"):
        run_readout(
            Output(True), "clip.mp4", tmp_path / "none.json", tmp_path / "map.json",
            write_to=tmp_path / "new.json", seconds=10, rate="30",
        )  # fmt: skip
