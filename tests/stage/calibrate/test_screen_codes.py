from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.calibrate.screen_codes import (
    FIRST_ID,
    IDS,
    echo_of,
    patch_svg,
    schedule,
    schedule_json,
    sight_of,
)
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag


def seen(id: int) -> SeenTag:
    return SeenTag(id, np.zeros((4, 2)))


def test_each_tag_stays_for_one_frame_at_least_and_for_no_fixed_time() -> None:
    flips = schedule(10.0, 25.0, np.random.default_rng(1))
    holds = np.array([flip.hold_s for flip in flips])
    assert holds.min() >= 1.3 / 25
    assert holds.max() <= 2.3 / 25
    # Even over one frame of 40 ms: a deviation of 40 / sqrt(12) = 11.5 ms.
    assert holds.std() == pytest.approx(0.0115, rel=0.15)
    assert sum(holds) == pytest.approx(10.0, abs=0.1)


def test_a_tag_comes_again_only_after_the_longest_loop() -> None:
    flips = schedule(20.0, 60.0, np.random.default_rng(2))
    assert all(a.id != b.id for a, b in pairwise(flips))
    # Twenty tags of 1.8 frames on average at 60 a second: 0.6 s.
    assert sum(flip.hold_s for flip in flips[:IDS]) > 0.5
    assert {flip.id for flip in flips} == set(range(FIRST_ID, FIRST_ID + IDS))


def test_no_schedule_is_made_for_what_no_camera_does() -> None:
    with pytest.raises(BadInput, match="no schedule"):
        schedule(10.0, 0.0, np.random.default_rng(1))
    with pytest.raises(BadInput, match="no schedule"):
        schedule(float("nan"), 25.0, np.random.default_rng(1))


def test_the_page_gets_the_tags_of_both_patches() -> None:
    flips = schedule(3.0, 25.0, np.random.default_rng(3))
    told = schedule_json(flips)
    assert len(told["flips"]) == len(flips)
    assert set(told["tags"]) == {str(f(flip.id)) for flip in flips for f in (int, echo_of)}
    assert all(len(rows) == 8 and set("".join(rows)) <= {"0", "1"} for rows in told["tags"].values())
    assert told["tags"][str(FIRST_ID)][0] == "00000000"  # the black border


def test_the_detector_reads_a_patch_as_it_is_drawn() -> None:
    rows = schedule_json(schedule(3.0, 25.0, np.random.default_rng(4)))["tags"][str(FIRST_ID + 3)]
    bits = np.array([[int(each) for each in row] for row in rows], np.uint8) * 255
    drawn = cv2.copyMakeBorder(
        np.kron(bits, np.ones((20, 20), np.uint8)), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255
    )
    assert [tag.id for tag in TagDetector().detect_full(drawn)] == [FIRST_ID + 3]
    assert patch_svg(FIRST_ID + 3).count("<rect") == 1 + int((bits == 0).sum())


def test_a_picture_is_read_by_patch_and_others_tags_do_not_count() -> None:
    sight = sight_of(5, [seen(3), seen(FIRST_ID + 2), seen(FIRST_ID + IDS + 7)])
    assert (sight.shown, sight.echo) == (FIRST_ID + 2, FIRST_ID + IDS + 7)
    assert sight_of(5, [seen(3)]).shown is None


def test_a_picture_taken_while_the_patch_changed_says_nothing_of_it() -> None:
    assert sight_of(5, [seen(FIRST_ID), seen(FIRST_ID + 1)]).shown is None
