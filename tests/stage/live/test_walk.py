"""A walk around the tags, read from real files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.primitives.errors import PlateNotFound
from openset.sim.optics import Optics
from openset.sim.prints import Sheet, facing, tag_sheet
from openset.sim.sightings import Look, picture, still
from openset.stage.live.walk import sharpness, watch_walk

OPTICS = Optics(640, 360, 520.0, 320.0, 180.0)
LOOKING = np.eye(3)
"""The camera stands over the tags and looks straight down."""


def _sheets(mirrored: bool = False) -> list[Sheet]:
    up = facing(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    left = tag_sheet(3, 0.2, np.array([-0.25, 0.0, 0.0]), up)
    return [left, tag_sheet(8, 0.2, np.array([0.25, 0.0, 0.0]), up, mirrored=mirrored)]


def _pictures(
    folder: Path, count: int, *, mirrored: bool = False, blurred: tuple[int, ...] = ()
) -> str:
    folder.mkdir()
    random = np.random.default_rng(3)
    for index in range(count):
        eye = np.array([0.02 * index, 0.0, 1.2])
        look = Look(4.0 if index in blurred else 0.7, 2.0, None, 0.0, 0.0)
        drawn = picture(OPTICS, still(eye, LOOKING), _sheets(mirrored), look, random)
        cv2.imwrite(str(folder / f"{index:03d}.png"), drawn)
    return str(folder)


def test_every_still_of_a_few_is_looked_at(tmp_path: Path) -> None:
    said: list[str] = []
    walk = watch_walk(_pictures(tmp_path / "walk", 10), progress=said.append)
    assert [tuple(tag.id for tag in frame) for frame in walk.frames] == [(3, 8)] * 10
    assert walk.indices == list(range(10))
    assert (walk.width, walk.height, walk.read) == (640, 360, 10)
    assert walk.mirrored == ()
    assert said == ["10 pictures, 2 tags"]


def test_of_several_pictures_the_sharpest_is_looked_at(tmp_path: Path) -> None:
    walk = watch_walk(_pictures(tmp_path / "walk", 6, blurred=(0, 1, 3, 5)), every=3)
    assert walk.indices == [2, 4]
    assert walk.read == 6


def test_a_mirrored_print_is_found_in_the_mirror(tmp_path: Path) -> None:
    walk = watch_walk(_pictures(tmp_path / "walk", 3, mirrored=True))
    assert [tag.id for frame in walk.frames for tag in frame] == [3, 3, 3]
    assert walk.mirrored == (8,)


def test_a_clip_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFound, match="no such picture"):
        watch_walk(str(tmp_path / "walk.mp4"))


def test_fine_detail_is_sharp_and_grey_is_not() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160), dtype=np.uint8)
    assert sharpness(noise) > sharpness(cv2.GaussianBlur(noise, (0, 0), 3.0)) > 0
    assert sharpness(np.full((90, 160), 90, np.uint8)) == 0
