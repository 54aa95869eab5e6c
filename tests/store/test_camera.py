"""What is kept of the camera's set-up."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from openset.primitives.errors import BadInput
from openset.store.camera import CameraSetup, camera_folder, read_setup, write_setup
from openset.store.production import Production, create_production, open_production


@pytest.fixture
def lane(tmp_path: Path) -> Production:
    stage = {"plate": "udp://1", "track": "udp::55555"}
    return create_production(tmp_path / "lane", title="Lane", rate=Fraction(25), stage=stage)


def test_picture_and_track_are_the_stages_until_others_are_chosen(lane: Production) -> None:
    assert (read_setup(lane).picture, read_setup(lane).track) == ("udp://1", "udp::55555")
    write_setup(lane, picture="/dev/video0")
    assert (read_setup(lane).picture, read_setup(lane).track) == ("/dev/video0", "udp::55555")


def test_a_clip_of_the_stage_is_not_taken_for_the_camera(tmp_path: Path) -> None:
    stage = {"plate": "material/figure.mp4"}
    film = create_production(tmp_path / "film", title="Film", rate=Fraction(25), stage=stage)
    assert read_setup(film).picture == ""


def test_what_is_written_is_read_back_and_the_rest_stays(lane: Production) -> None:
    write_setup(lane, bar_mm=98.0)
    write_setup(lane, tag_ids="0-3")
    setup = read_setup(open_production(lane.root))
    assert (setup.bar_mm, setup.tag_ids, setup.paper) == (98.0, "0-3", "A4")
    assert setup.printed == pytest.approx(0.98)


def test_a_sheet_nobody_measured_counts_as_true() -> None:
    assert CameraSetup().printed == 1.0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"bar_mm": "98"}', '{"bar_mm": NaN}', '{"x": 1}'])
def test_a_file_that_says_nothing_usable_leaves_the_defaults(lane: Production, text: str) -> None:
    (camera_folder(lane) / "setup.json").write_text(text)
    assert read_setup(lane).bar_mm == 0.0


@pytest.mark.parametrize(
    "change", [{"bar_mm": -1.0}, {"bar_mm": float("nan")}, {"board": 5}, {"colour": "red"}]
)
def test_a_value_of_the_wrong_kind_is_refused_and_nothing_is_written(
    lane: Production, change: dict[str, object]
) -> None:
    with pytest.raises(BadInput, match="cannot be used"):
        write_setup(lane, **change)
    assert not (lane.root / "camera" / "setup.json").exists()


def test_the_file_is_plain_json(lane: Production) -> None:
    write_setup(lane, bar_mm=100.0)
    assert json.loads((lane.root / "camera" / "setup.json").read_text())["bar_mm"] == 100.0
