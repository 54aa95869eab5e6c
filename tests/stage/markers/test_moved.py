"""Who stays wrong is given up; who was wrong once is not."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import Pose
from openset.stage.markers.moved import SURE_BACK, SURE_FRAMES, MovedTags

CORNERS = {
    number: np.array([[0.0, 3.0, 0.0], [0.2, 3, 0], [0.2, 3, 0.2], [0, 3, 0.2]]) for number in range(6)
}
BODY = Pose((0.1, 0.0, 0.1), (1.0, 0.0, 0.0, 0.0))


def note(moved: MovedTags, wrong: frozenset[int], used: int = 5) -> frozenset[int]:
    off_px = {number: 20.0 if number in wrong else 0.1 for number in CORNERS}
    return moved.note(wrong, off_px, used, CORNERS, BODY, 1000.0)


def test_a_tag_that_stays_wrong_is_given_up_once_with_how_far_it_is_off() -> None:
    moved = MovedTags()
    said = [note(moved, frozenset({4})) for _ in range(SURE_FRAMES + 5)]
    assert [number for each in said for number in each] == [4]
    # 20 px over 1000 px of focal length at 3 m: 6 cm.
    assert moved.off_m[4] == pytest.approx(0.06)


def test_a_tag_that_is_wrong_now_and_then_is_kept() -> None:
    moved = MovedTags()
    for frame in range(100):
        note(moved, frozenset({4}) if frame % 3 else frozenset())
    assert note(moved, frozenset()) == frozenset()
    assert moved.off_m == {}


def test_two_tags_are_no_witness_against_a_third() -> None:
    moved = MovedTags()
    for _ in range(50):
        assert note(moved, frozenset({4}), used=2) == frozenset()


def test_a_tag_that_fits_again_is_taken_back_and_may_be_given_up_anew() -> None:
    moved = MovedTags()
    for _ in range(SURE_FRAMES):
        note(moved, frozenset({4}))
    looks = [0.2] * (SURE_BACK - 1) + [5.0] + [0.2] * SURE_BACK
    back = [moved.look_again({4: off}, 5, 1.0) for off in looks]
    assert back == [frozenset()] * (len(looks) - 1) + [frozenset({4})]
    assert moved.off_m == {}
    said = [note(moved, frozenset({4})) for _ in range(SURE_FRAMES)]
    assert said[-1] == frozenset({4})


def test_two_tags_are_no_witness_for_a_third_either() -> None:
    moved = MovedTags()
    for _ in range(SURE_FRAMES):
        note(moved, frozenset({4}))
    assert not any(moved.look_again({4: 0.1}, 2, 1.0) for _ in range(20))
