"""A walk around the tags, read from real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from openset.sim.optics import Optics
from openset.sim.prints import Sheet, facing, tag_sheet
from openset.sim.sightings import CLEAN, Look, picture, still, tag_corners
from openset.stage.lens.model import Lens
from openset.stage.live.plate import PlateSource
from openset.stage.live.walk import Walk, sharpness, watch_walk

OPTICS = Optics(640, 360, 520.0, 320.0, 180.0)
LENS = Lens(640, 360, 520.0, 520.0, 320.0, 180.0)
LOOKING = np.eye(3)
"""The camera stands over the tags and looks straight down."""


def _sheets(mirrored: bool = False) -> list[Sheet]:
    up = facing(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    left = tag_sheet(3, 0.2, np.array([-0.25, 0.0, 0.0]), up)
    return [left, tag_sheet(8, 0.2, np.array([0.25, 0.0, 0.0]), up, mirrored=mirrored)]


def _watched(source: str, **options: Any) -> Walk:
    return watch_walk(PlateSource(source), LENS, **options)


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
    walk = _watched(_pictures(tmp_path / "walk", 10), progress=said.append)
    assert [tuple(tag.id for tag in frame) for frame in walk.frames] == [(3, 8)] * 10
    assert walk.indices == list(range(10))
    assert (walk.width, walk.height, walk.read) == (640, 360, 10)
    assert walk.mirrored == ()
    assert said == ["10 pictures, 2 tags"]


def test_of_several_pictures_the_sharpest_is_looked_at(tmp_path: Path) -> None:
    walk = _watched(_pictures(tmp_path / "walk", 6, blurred=(0, 1, 3, 5)), every=3)
    assert walk.indices == [2, 4]
    assert walk.read == 6


def test_a_mirrored_print_is_found_in_the_mirror(tmp_path: Path) -> None:
    walk = _watched(_pictures(tmp_path / "walk", 3, mirrored=True))
    assert [tag.id for frame in walk.frames for tag in frame] == [3, 3, 3]
    assert walk.mirrored == (8,)


def test_corners_lie_where_the_tags_are_though_the_lens_bows_their_edges(tmp_path: Path) -> None:
    """Near the edges of a barrel's picture the lines' crossings lie half a pixel out and more."""
    barrel = Optics(1280, 720, 560.0, 640.0, 360.0, -0.16, 0.03)
    lens = Lens(1280, 720, 560.0, 560.0, 640.0, 360.0, -0.16, 0.03)
    up = facing(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    places = ((-1.1, 0.3), (1.1, 0.3), (-1.1, -0.3), (1.1, -0.3))
    sheets = [tag_sheet(i, 0.35, np.array([x, y, 0.0]), up) for i, (x, y) in enumerate(places)]
    seen_from = still(np.array([0.0, 0.0, 1.2]), LOOKING)
    drawn = picture(barrel, seen_from, sheets, CLEAN, np.random.default_rng(1))
    cv2.imwrite(str(tmp_path / "0.png"), drawn)
    (seen,) = watch_walk(PlateSource(str(tmp_path)), lens).frames
    truth = np.array([tag_corners(barrel, *seen_from(0.0), sheets[tag.id]) for tag in seen])
    off = np.array([tag.corners_px for tag in seen]) - truth
    assert len(seen) == 4
    assert np.sqrt(np.mean(off**2)) < 0.08


def test_fine_detail_is_sharp_and_grey_is_not() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160), dtype=np.uint8)
    assert sharpness(noise) > sharpness(cv2.GaussianBlur(noise, (0, 0), 3.0)) > 0
    assert sharpness(np.full((90, 160), 90, np.uint8)) == 0
