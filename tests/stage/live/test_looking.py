"""Pictures taken in their time, and looked at where tags are expected."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.primitives.image import U8Plane
from openset.stage.lens.model import pinhole
from openset.stage.live.looking import SWEEP, Looker, Moments
from openset.stage.live.plate import QUEUE_FRAMES, PlateSource
from openset.stage.markers.model import SeenTag
from openset.stage.markers.pieces import Box


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of one tag that moves ten pixels a picture."""
    out = tmp_path_factory.mktemp("tags")
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    tag = cv2.aruco.generateImageMarker(dictionary, 5, 64)
    for number in range(5):
        luma = np.full((240, 320), 200, np.uint8)
        luma[80:144, 60 + 10 * number : 124 + 10 * number] = tag
        cv2.imwrite(str(out / f"{number:03d}.png"), luma)
    return out


LENS = pinhole(320, 240, 30, 36)


def source(folder: Path, rate: int = 25, *, paced: bool = False) -> PlateSource:
    return PlateSource(str(folder), rate=Fraction(rate), paced=paced)


def test_every_picture_of_a_clip_is_taken_in_order(folder: Path) -> None:
    plate = source(folder)
    plate.start_at(0)
    moments, looker = Moments([plate]), Looker(LENS)
    lefts, times = [], []
    while not moments.ended:
        taken = moments.next()
        if taken is not None:
            (tag,) = looker.look(taken.first.picture.y, {})
            lefts.append(float(tag.corners_px[:, 0].min()))
            times.append(taken.time_ns)
    assert lefts == pytest.approx([60, 70, 80, 90, 100], abs=0.5)
    assert times == [0, 40_000_000, 80_000_000, 120_000_000, 160_000_000]
    assert moments.skipped == 0


def test_a_second_camera_s_nearest_picture_goes_along_with_its_own_time(folder: Path) -> None:
    # 25 against 20 a second: 0, 40, 80, 120, 160 ms beside 0, 50, 100, 150, 200 ms.
    plates = [source(folder), source(folder, 20)]
    for plate in plates:
        plate.start_at(0)
    moments = Moments(plates)
    late_ms = []
    while not moments.ended:
        taken = moments.next()
        if taken is not None:
            late_ms.append(round(taken.late_s[1] * 1000))
    assert late_ms == [0, 10, 20, -20, -10]


def test_a_camera_that_has_ended_gives_no_stale_picture(folder: Path) -> None:
    # 10 against 50 a second: 0, 100, 200, 300, 400 ms beside 0, 20, 40, 60, 80 ms and no more.
    plates = [source(folder, 10), source(folder, 50)]
    for plate in plates:
        plate.start_at(0)
    moments = Moments(plates)
    taken = [each for each in (moments.next() for _ in range(5)) if each is not None]
    assert [each.others[0] is None for each in taken] == [False, False, True, True, True]
    assert [each.late_s[1] for each in taken] == pytest.approx([0.0, -0.02, 0.0, 0.0, 0.0])


def test_a_live_camera_that_gives_nothing_does_not_stop_the_first(folder: Path) -> None:
    first, dead = source(folder, paced=True), source(folder, paced=True)
    first.start_at(time.monotonic_ns())
    moments = Moments([first, dead])
    taken = [each for each in (moments.next() for _ in range(3)) if each is not None]
    first.stop()
    assert taken
    assert all(each.others == (None,) for each in taken)


def test_pictures_that_found_no_room_are_skipped_too(folder: Path) -> None:
    plate = PlateSource(str(folder), rate=Fraction(500), paced=True, loop=True)
    plate.start_at(time.monotonic_ns())
    until = time.monotonic() + 20
    while plate.dropped < 3:
        assert time.monotonic() < until
        time.sleep(0.01)
    plate.stop()
    moments = Moments([plate])
    assert moments.next() is not None
    assert moments.skipped == QUEUE_FRAMES - 1 + plate.dropped


WALL: dict[int, tuple[int, int]] = {5: (40, 50), 6: (200, 60), 7: (60, 170), 8: (210, 180)}
BOXES: dict[int, Box] = {number: (x - 20, y - 20, x + 68, y + 68) for number, (x, y) in WALL.items()}


def wall(without: tuple[int, ...] = ()) -> U8Plane:
    """A picture of four tags of 48 px."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    luma = np.full((260, 320), 200, np.uint8)
    for number, (x, y) in WALL.items():
        if number not in without:
            luma[y : y + 48, x : x + 48] = cv2.aruco.generateImageMarker(dictionary, number, 48)
    return luma


def ids(seen: tuple[SeenTag, ...]) -> list[int]:
    return [tag.id for tag in seen]


def test_only_what_is_expected_is_looked_at_but_for_a_sweep_now_and_then() -> None:
    looker = Looker(LENS)
    few = {number: BOXES[number] for number in (5, 6, 7)}
    found = [ids(looker.look(wall(), few)) for _ in range(2 * SWEEP)]
    assert [len(each) for each in found].count(4) == 2
    assert found[0] == [5, 6, 7]


def test_where_too_few_of_the_expected_are_found_the_whole_picture_is_looked_at() -> None:
    looker = Looker(LENS)
    wrong = {number: (box[0] + 200, box[1], box[2] + 200, box[3]) for number, box in BOXES.items()}
    assert ids(looker.look(wall(), wrong)) == [5, 6, 7, 8]
    assert ids(looker.look(wall(), {})) == [5, 6, 7, 8]
    assert ids(looker.look(wall(), {5: BOXES[5]})) == [5, 6, 7, 8]


def test_a_covered_tag_is_given_up_until_the_next_sweep() -> None:
    looker = Looker(LENS)
    given_up = []
    for _ in range(SWEEP):
        looker.look(wall(without=(8,)), BOXES)
        given_up.append(list(looker.given_up))
    assert given_up[0] == []
    assert given_up[4] == [8]
    assert given_up[-1] == []


def test_a_tag_that_both_looks_find_comes_once() -> None:
    looker = Looker(LENS)
    for _ in range(SWEEP):
        seen = looker.look(wall(), BOXES)
    assert ids(seen) == [5, 6, 7, 8]
