"""How sure each tag's place is."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.lens.model import pinhole
from openset.stage.markers.adjust import Adjusted
from openset.stage.markers.network import State
from openset.stage.markers.spread import tag_covariances

LENS = pinhole(1920, 1080, 28.0, 36.0)
PLACES = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.5]])
HELD = np.array([True, False, False, False])


def _adjusted(covariance: np.ndarray, misfit: float = 1.0) -> Adjusted:
    turns = np.tile(np.eye(3), (4, 1, 1))
    state = State(np.zeros((0, 3, 3)), np.zeros((0, 3)), turns, PLACES, np.zeros((0, 6)), LENS)
    return Adjusted(state, np.zeros((10, 4, 2)), np.full(10, misfit), covariance, 80, 1)


def test_the_spread_grows_with_how_badly_the_corners_fit() -> None:
    """Ten sightings of 8 numbers and misfit 2 on 80 degrees of freedom: the variance is 4 times."""
    one, _ = tag_covariances(_adjusted(np.eye(18)), HELD, 0.0, np.eye(4))
    two, _ = tag_covariances(_adjusted(np.eye(18), 2.0), HELD, 0.0, np.eye(4))
    np.testing.assert_allclose(two, 4.0 * one)


def test_a_map_that_is_only_turned_as_a_whole_is_sure_within_itself() -> None:
    """Errors that are all one rotation about the held tag: all that is left is that tag's own turn
    against the others."""
    turn = np.array([0.0, 0.0, 1e-3])
    moved = np.concatenate([[*np.cross(turn, place), *turn] for place in PLACES[1:]])
    whole, _ = tag_covariances(_adjusted(np.outer(moved, moved)), HELD, 1e-12, np.eye(4))
    spread = np.sqrt(np.diag(whole)).reshape(4, 6)
    np.testing.assert_allclose(spread[0], [0.0, 0.0, 0.0, 0.0, 0.0, 1e-3], atol=1e-9)
    assert spread[1:].max() < 1e-9


def test_an_unsure_scale_stretches_the_map_from_its_middle() -> None:
    """0.1 % of the distance to the middle (0.5, 0.5, 0.125): 0.5 mm along X for tag 0."""
    whole, _ = tag_covariances(_adjusted(np.zeros((18, 18))), HELD, 1e-3, np.eye(4))
    assert np.sqrt(whole[0, 0]) == pytest.approx(0.5e-3)
    assert whole[0, 6] < 0  # tag 1 lies on the other side


def test_the_stages_axes_are_those_of_the_answer() -> None:
    """The map's X is the stage's Y."""
    turned = np.eye(4)
    turned[:3, :3] = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    covariance = np.zeros((18, 18))
    covariance[0, 0] = 1.0
    whole, _ = tag_covariances(
        _adjusted(covariance), np.array([True, False, False, False]), 0.0, turned
    )
    assert whole[7, 7] == pytest.approx(1.0)
    assert whole[6, 6] == pytest.approx(0.0)


def test_the_lens_is_last_where_it_was_solved() -> None:
    _, lens = tag_covariances(_adjusted(np.diag([*[0.0] * 18, *[4.0] * 9])), HELD, 0.0, np.eye(4))
    assert lens is not None
    np.testing.assert_allclose(np.diag(lens), 4.0)
