"""One attempt at a map, and why there is none."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.sim.walks import stage_round, stage_set
from openset.stage.markers.attempt import Attempt, cut_off, nothing_together
from openset.stage.markers.model import SeenTag
from openset.stage.markers.started import Given

from .walked import lens_of, seen_on

LENS = lens_of()
SHEETS = stage_set(3)
FRAMES = seen_on(stage_round(3), SHEETS, np.arange(10) * 2.4)


def _attempt(frames: list[tuple[SeenTag, ...]], left_out: set[int]) -> Attempt:
    return Attempt(frames, LENS, 0.2, {}, left_out, lambda text: None)


def test_a_wild_sighting_is_left_out_and_the_rest_stays() -> None:
    wild = [SeenTag(tag.id, tag.corners_px + (40.0 if tag.id == 108 else 0.0)) for tag in FRAMES[4]]
    solved = _attempt([*FRAMES[:4], tuple(wild), *FRAMES[5:]], set()).solved(Given())
    assert [(look.picture, look.id) for look in solved.outside] == [(4, 108)]
    assert np.sqrt(np.mean(solved.adjusted.errors_px**2)) < 0.06


def test_what_is_left_out_does_not_take_part() -> None:
    solved = _attempt(FRAMES, {108, 109}).solved(Given())
    assert not {108, 109} & set(solved.ids)


def test_a_picture_with_one_tag_alone_says_nothing_of_the_map() -> None:
    solved = _attempt([*FRAMES, FRAMES[0][:1]], set()).solved(Given())
    assert 10 not in solved.pictures


def test_the_same_sightings_are_solved_again_around_tags_that_are_held() -> None:
    attempt = _attempt(FRAMES, set())
    solved = attempt.solved(Given())
    truth = {sheet.id: sheet.stage_from_print for sheet in SHEETS}
    held = {each: truth[each] for each in (101, 104, 126)}
    motion = truth[108] @ np.linalg.inv(solved.tags[108])
    again = attempt.again(solved, motion, Given(held=held))
    for each in held:
        np.testing.assert_allclose(again.tags[each], truth[each], atol=1e-12)
    np.testing.assert_allclose(again.tags[110][:3, 3], truth[110][:3, 3], atol=1e-3)


@pytest.mark.parametrize(
    ("corner", "cut"), [((10.0, 10.0), False), ((2.0, 10.0), True), ((10.0, 1079.0), True)]
)
def test_tags_that_reach_over_the_edge_are_not_believed(corner: tuple[float, float], cut: bool) -> None:
    corners = np.full((4, 2), 500.0)
    corners[2] = corner
    assert cut_off(SeenTag(1, corners), LENS) is cut


@pytest.mark.parametrize(
    ("ids", "left_out", "said"),
    [([], {0}, "hangs more than once"), ([], set(), "no tag was found in 7"), ([3], set(), "seen: 3")],
)
def test_why_there_is_no_map_is_said(ids: list[int], left_out: set[int], said: str) -> None:
    assert said in nothing_together(7, ids, left_out).line


def test_tags_too_small_to_tell_give_no_map() -> None:
    random = np.random.default_rng(1)
    frames = []
    for _ in range(5):
        tags = []
        for number, left in ((1, 900.0), (2, 1000.0)):
            square = 9.0 * np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + np.array([left, 540.0])
            tags.append(SeenTag(number, square + random.normal(0.0, 0.02, (4, 2))))
        frames.append(tuple(tags))
    with pytest.raises(BadInput, match="too small or too slanted"):
        _attempt(frames, set()).solved(Given())
