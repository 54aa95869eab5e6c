"""Kept views on disk."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.live.bench_views import KeptViews
from openset.stage.prints.model import parse_board

BOARD = parse_board("charuco:9x6:25")
LUMA = np.tile(np.arange(64, dtype=np.uint8), (36, 1))


def view(name: str) -> View:
    index = np.arange(8)
    return View(name, SeenBoard(index, np.stack([index * 7.25, index * 3.5], axis=-1)), 0.81)


@pytest.fixture
def kept(tmp_path: Path) -> KeptViews:
    return KeptViews(tmp_path / "views", BOARD, 64, 36)


def test_a_kept_view_is_there_after_a_crash(kept: KeptViews) -> None:
    kept.write(view("view-001"), LUMA)
    again = KeptViews(kept.folder, BOARD, 64, 36).read()
    assert [each.name for each in again] == ["view-001"]
    assert np.array_equal(again[0].seen.corners_px, view("").seen.corners_px)
    assert again[0].blur_px == 0.81
    read = cv2.imread(str(kept.folder / "view-001.png"), cv2.IMREAD_GRAYSCALE)
    assert read is not None
    assert np.array_equal(read, LUMA)


def test_a_name_is_never_used_twice_while_a_later_one_is_there(kept: KeptViews) -> None:
    assert kept.next_name() == "view-001"
    kept.write(view("view-007"), LUMA)
    assert kept.next_name() == "view-008"


def test_views_of_another_board_or_size_do_not_count_and_stay(kept: KeptViews) -> None:
    kept.write(view("view-001"), LUMA)
    other = KeptViews(kept.folder, parse_board("charuco:9x6:30"), 64, 36)
    assert other.read() == []
    assert other.others() == 1
    assert KeptViews(kept.folder, BOARD, 128, 72).others() == 1
    assert kept.others() == 0


def test_a_view_that_is_left_out_is_gone(kept: KeptViews) -> None:
    kept.write(view("view-001"), LUMA)
    kept.remove("view-001")
    assert list(kept.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("index", [0, 1, 2, 3, 4, 5, 6, 999]),
        ("index", [0, 0, 1, 2, 3, 4, 5, 6]),
        ("index", [0, 1]),
        ("corners_px", [[0.0, float("nan")]] * 8),
        ("corners_px", "far"),
        ("blur_px", None),
    ],
)
def test_a_broken_view_is_none(kept: KeptViews, key: str, value: object) -> None:
    kept.write(view("view-001"), LUMA)
    path = kept.folder / "view-001.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    assert kept.read() == []


def test_half_a_file_is_none(kept: KeptViews) -> None:
    kept.write(view("view-001"), LUMA)
    path = kept.folder / "view-001.json"
    path.write_text(path.read_text()[:40])
    assert kept.read() == []
