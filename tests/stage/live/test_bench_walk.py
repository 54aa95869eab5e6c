"""The walk on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openset.sim.optics import Optics
from openset.sim.prints import tag_sheet
from openset.sim.sightings import CLEAN, picture, still
from openset.stage.live.bench_walk import WINDOW, WalkLog
from openset.stage.markers.detect import TagDetector

OPTICS = Optics(640, 360, 500.0, 320.0, 180.0)
DETECTOR = TagDetector()


def seen(ids: tuple[int, ...]) -> np.ndarray:
    places = [np.array([0.3 * (place - 0.5), 0.0, -1.0]) for place in range(len(ids))]
    sheets = [tag_sheet(each, 0.16, place, np.eye(3)) for each, place in zip(ids, places, strict=True)]
    return picture(OPTICS, still(np.zeros(3), np.eye(3)), sheets, CLEAN, np.random.default_rng(1))


@pytest.fixture(scope="module")
def both() -> np.ndarray:
    return seen((3, 4))


def offered(log: WalkLog, luma: np.ndarray, times: int = WINDOW) -> None:
    for _ in range(times):
        log.offer(luma, DETECTOR)


def test_of_a_few_pictures_the_sharpest_is_kept_and_read_again(
    tmp_path: Path, both: np.ndarray
) -> None:
    log = WalkLog(tmp_path / "walk.jsonl", 640, 360)
    log.offer(both, DETECTOR)
    offered(log, np.full_like(both, 128), WINDOW - 1)
    assert log.counts == {3: 1, 4: 1}
    again = WalkLog(log.path, 640, 360)
    assert np.allclose(again.frames[0][0].corners_px, log.frames[0][0].corners_px, atol=1e-4)


def test_one_tag_alone_is_no_picture_of_the_walk(tmp_path: Path) -> None:
    log = WalkLog(tmp_path / "walk.jsonl", 640, 360)
    offered(log, seen((5,)))
    assert log.frames == []


def test_tags_read_in_the_mirror_only_are_named(tmp_path: Path, both: np.ndarray) -> None:
    log = WalkLog(tmp_path / "walk.jsonl", 640, 360)
    offered(log, np.ascontiguousarray(both[:, ::-1]))
    assert log.mirrored == {3, 4}
    offered(log, both)
    assert log.mirrored == set()


def test_a_half_written_line_and_another_size_do_not_count(tmp_path: Path, both: np.ndarray) -> None:
    log = WalkLog(tmp_path / "walk.jsonl", 640, 360)
    offered(log, both, 2 * WINDOW)
    text = log.path.read_text()
    log.path.write_text(text[: len(text) - 30] + '\n{"size": [640, 360], "tags": [[1, 0, "x", []]]}\n')
    assert len(WalkLog(log.path, 640, 360).frames) == 1
    assert WalkLog(log.path, 1280, 720).frames == []


def test_a_walk_begun_anew_keeps_the_old_one_beside_it(tmp_path: Path, both: np.ndarray) -> None:
    log = WalkLog(tmp_path / "walk.jsonl", 640, 360)
    offered(log, both)
    log.again()
    assert log.counts == {}
    assert (tmp_path / "walk.before.jsonl").is_file()
    assert WalkLog(log.path, 640, 360).frames == []
