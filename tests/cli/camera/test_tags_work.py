"""The work of `calibrate tags`: what it refuses before it looks at a single picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from openset.cli.camera.tags_work import Asked, run_tags
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, PlateNotFound, VerifyFailed
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import pinhole
from openset.stage.markers.files import write_map
from openset.stage.markers.model import TagMap


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    lens = tmp_path / "lens.json"
    write_lens(lens, LensFile("plain", (MeasuredLens(pinhole(960, 540, 28.0, 36.0)),)))
    return Asked(
        lens=lens, picture=str(tmp_path / "walk.mp4"), images="", size_mm=160.0, sizes=(),
        distances=(), bar_mm=None, floor="", origin=None, towards=None, add=None,
        out=tmp_path / "map.json", plot=None, every=None, seconds=1.0, readout_ms=None, zoom=None,
        focus=None, replace=False,
    )  # fmt: skip


def test_a_walk_that_is_not_there_is_named(asked: Asked) -> None:
    with pytest.raises(PlateNotFound, match=r"walk\.mp4"):
        run_tags(Output(True), asked)


def test_an_old_map_that_is_not_there_is_named(asked: Asked, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"old\.json: no such tag map"):
        run_tags(Output(True), replace(asked, add=tmp_path / "old.json"))


def test_nothing_is_added_to_a_map_that_did_not_hold(asked: Asked, tmp_path: Path) -> None:
    write_map(tmp_path / "old.json", TagMap({}, notes={"not usable": "the corners fit to 3 px only"}))
    with pytest.raises(VerifyFailed, match=r"old\.json: .*the corners fit to 3 px only"):
        run_tags(Output(True), replace(asked, add=tmp_path / "old.json"))


def test_a_map_that_is_added_to_keeps_its_frame(asked: Asked, tmp_path: Path) -> None:
    write_map(tmp_path / "old.json", TagMap({}))
    with pytest.raises(BadInput, match="keeps its own frame"):
        run_tags(Output(True), replace(asked, add=tmp_path / "old.json", floor="1,2"))


def test_a_map_is_written_over_only_when_asked(asked: Asked) -> None:
    asked.out.write_text("mine")
    with pytest.raises(AlreadyExists, match="Add --replace, or --add to extend it"):
        run_tags(Output(True), asked)
    with pytest.raises(PlateNotFound):
        run_tags(Output(True), replace(asked, replace=True))
    assert asked.out.read_text() == "mine"


@pytest.mark.parametrize("option", ["out", "plot"])
def test_a_folder_that_is_not_there_is_named_before_anyone_walks(
    option: str, asked: Asked, tmp_path: Path
) -> None:
    missing: dict[str, Any] = {option: tmp_path / "later" / "map.svg"}
    with pytest.raises(BadInput, match="later: there is no such folder"):
        run_tags(Output(True), replace(asked, **missing))


@pytest.mark.parametrize("plot", ["map.json", "walk.mp4", "both.svg"])
def test_a_drawing_goes_over_no_map_and_no_footage(plot: str, asked: Asked, tmp_path: Path) -> None:
    out = tmp_path / "both.svg" if plot == "both.svg" else asked.out
    with pytest.raises(BadInput, match="the drawing is an SVG of its own"):
        run_tags(Output(True), replace(asked, plot=tmp_path / plot, out=out))


@pytest.mark.parametrize("readout_ms", [float("nan"), -20.0, 2000.0])
def test_a_read_out_that_no_sensor_has_is_refused(readout_ms: float, asked: Asked) -> None:
    with pytest.raises(BadInput, match="--readout-ms: a read-out of"):
        run_tags(Output(True), replace(asked, readout_ms=readout_ms))


def test_a_ring_that_is_nowhere_is_refused(asked: Asked) -> None:
    with pytest.raises(BadInput, match="--zoom: a ring at nan"):
        run_tags(Output(True), replace(asked, zoom=float("nan")))


def test_a_lens_file_that_is_none_is_named_before_anyone_walks(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten pictures would have been told of, had they been looked at."""
    (tmp_path / "walk").mkdir()
    for index in range(10):
        cv2.imwrite(str(tmp_path / "walk" / f"{index}.png"), np.zeros((64, 64), np.uint8))
    asked.lens.write_text("{}")
    with pytest.raises(BadInput, match=r"lens\.json"):
        run_tags(Output(True), replace(asked, picture="", images=str(tmp_path / "walk")))
    assert capsys.readouterr().err == ""
