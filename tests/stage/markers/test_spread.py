"""How sure each tag's place is."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.lens.model import pinhole
from openset.stage.markers.adjust import Adjusted
from openset.stage.markers.corner_noise import even_whitening
from openset.stage.markers.network import Problem, State
from openset.stage.markers.spread import NARROW_TIMES, narrow_times, tag_covariances
from openset.stage.prints.model import tag_corners_m

LENS = pinhole(1920, 1080, 28.0, 36.0)
PLACES = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.5]])
SQUARE = np.array([[0.0, 0.0], [80.0, 0.0], [80.0, 80.0], [0.0, 80.0]])


def _problem(corners_px: np.ndarray = SQUARE) -> Problem:
    """Each tag seen twice, the first held."""
    tag = np.repeat(np.arange(4), 2)
    corners = np.tile(corners_px, (8, 1, 1))
    held = np.array([True, False, False, False])
    local = np.tile(tag_corners_m(0.2), (4, 1, 1))
    return Problem(tag * 0, tag, corners, even_whitening(8, 0.1), local, held, LENS)


PROBLEM = _problem()


def _adjusted(covariance: np.ndarray, misfit: float = 1.0) -> Adjusted:
    turns = np.tile(np.eye(3), (4, 1, 1))
    state = State(np.zeros((0, 3, 3)), np.zeros((0, 3)), turns, PLACES, np.zeros((0, 6)), LENS)
    return Adjusted(state, np.zeros((10, 4, 2)), np.full(10, misfit), covariance, 80, 1)


def test_the_spread_grows_with_how_badly_the_corners_fit() -> None:
    """Ten sightings of 8 numbers and misfit 2 on 80 degrees of freedom: the variance is 4 times."""
    one, _ = tag_covariances(_adjusted(np.eye(18)), PROBLEM, 0.0, np.eye(4))
    two, _ = tag_covariances(_adjusted(np.eye(18), 2.0), PROBLEM, 0.0, np.eye(4))
    np.testing.assert_allclose(two, 4.0 * one)


def test_a_map_that_is_only_turned_as_a_whole_is_sure_within_itself() -> None:
    """Errors that are all one rotation about the held tag: all that is left is that tag's own turn
    against the others."""
    turn = np.array([0.0, 0.0, 1e-3])
    moved = np.concatenate([[*np.cross(turn, place), *turn] for place in PLACES[1:]])
    whole, _ = tag_covariances(_adjusted(np.outer(moved, moved)), PROBLEM, 1e-12, np.eye(4))
    spread = np.sqrt(np.diag(whole)).reshape(4, 6)
    np.testing.assert_allclose(spread[0], [0.0, 0.0, 0.0, 0.0, 0.0, 1e-3], atol=1e-9)
    assert spread[1:].max() < 1e-9


def test_an_unsure_scale_stretches_the_map_from_its_middle() -> None:
    """0.1 % of the distance to the middle (0.5, 0.5, 0.125): 0.5 mm along X for tag 0."""
    whole, _ = tag_covariances(_adjusted(np.zeros((18, 18))), PROBLEM, 1e-3, np.eye(4))
    assert np.sqrt(whole[0, 0]) == pytest.approx(0.5e-3)
    assert whole[0, 6] < 0  # tag 1 lies on the other side


def test_the_stages_axes_are_those_of_the_answer() -> None:
    """The map's X is the stage's Y."""
    turned = np.eye(4)
    turned[:3, :3] = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    covariance = np.zeros((18, 18))
    covariance[0, 0] = 1.0
    whole, _ = tag_covariances(_adjusted(covariance), PROBLEM, 0.0, turned)
    assert whole[7, 7] == pytest.approx(1.0)
    assert whole[6, 6] == pytest.approx(0.0)


def test_the_lens_is_last_where_it_was_solved() -> None:
    of_all = np.diag([*[0.0] * 18, 9.0, *[4.0] * 9])
    _, lens = tag_covariances(_adjusted(of_all), PROBLEM, 0.0, np.eye(4))
    assert lens is not None
    np.testing.assert_allclose(np.diag(lens), [4.0] * 9)


def test_a_tag_that_was_only_seen_narrow_is_told_less_sure_than_its_many_sightings_say() -> None:
    """80 px wide and 16 high: a border of 80 * 16 / 80 / 8 = 2 px."""
    narrow = _problem(SQUARE * np.array([1.0, 0.2]))
    clear, _ = tag_covariances(_adjusted(np.eye(18)), PROBLEM, 0.0, np.eye(4))
    doubted, _ = tag_covariances(_adjusted(np.eye(18)), narrow, 0.0, np.eye(4))
    np.testing.assert_allclose(doubted, NARROW_TIMES**2 * clear)
    one_clear = narrow.corners_px.copy()
    one_clear[2:4] = SQUARE
    np.testing.assert_allclose(
        narrow_times(one_clear, narrow.tag, 4), [NARROW_TIMES, 1.0, NARROW_TIMES, NARROW_TIMES]
    )
