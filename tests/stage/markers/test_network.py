"""Corners in the cameras that see them, and the cost of not meeting them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.stage.lens.model import Lens
from openset.stage.markers.corner_noise import even_whitening
from openset.stage.markers.edge import outward
from openset.stage.markers.network import (
    HUBER,
    Placed,
    Problem,
    State,
    cost_of,
    errors_of,
    misfit_of,
    moved,
)
from openset.stage.prints.model import tag_corners_m

LENS = Lens(1000, 500, 1000.0, 1000.0, 500.0, 250.0)


def _state(slip: np.ndarray | None = None) -> State:
    """A camera at the origin that looks along -Z, a tag three metres before it, facing it."""
    return State(
        np.eye(3)[None],
        np.zeros((1, 3)),
        np.eye(3)[None],
        np.array([[0.0, 0.0, -3.0]]),
        np.zeros((1, 6)) if slip is None else slip,
        LENS,
    )


def _problem(corners_px: np.ndarray, slip_sd: np.ndarray | None = None) -> Problem:
    one = np.zeros(1, dtype=np.int64)
    return Problem(
        one,
        one,
        corners_px[None],
        even_whitening(1, 0.5),
        tag_corners_m(0.3)[None],
        np.array([False]),
        LENS,
        slip_sd=slip_sd,
    )


SEEN = np.array([[450.0, 200.0], [550.0, 200.0], [550.0, 300.0], [450.0, 300.0]])
"""0.15 m at 3 m with a focal length of 1000 px: 50 px from the middle."""


def test_corners_that_lie_where_they_are_seen_cost_nothing() -> None:
    problem = _problem(SEEN)
    np.testing.assert_allclose(errors_of(problem, _state()), 0.0, atol=1e-9)
    assert cost_of(problem, _state()) < 1e-12


def test_an_error_counts_in_spreads_and_a_large_one_less() -> None:
    """Half a pixel of spread 0.5 is 1; beyond two spreads the cost grows straight."""
    near, far = _problem(SEEN + 0.5), _problem(SEEN + 5.0)
    np.testing.assert_allclose(misfit_of(near, errors_of(near, _state())), 1.0)
    assert cost_of(near, _state()) == 8.0
    assert cost_of(far, _state()) == 8.0 * HUBER * (2 * 10.0 - HUBER)


def test_a_tag_behind_the_camera_is_never_a_fit() -> None:
    turned = matrix_from_vector(np.array([0.0, np.pi, 0.0]))[None]
    behind = State(
        turned, np.zeros((1, 3)), *(_state().tag_rotation, _state().tag_m), np.zeros((1, 6)), LENS
    )
    problem = _problem(SEEN)
    assert np.isinf(misfit_of(problem, errors_of(problem, behind))).all()


def test_a_rolling_shutter_sees_every_row_from_its_own_place() -> None:
    """The camera moves 0.1 m to the right over the picture: at row 200 of 500, 0.1 of the picture above
    its middle, it stands 0.01 m to the left, and a point at 3 m lies 3.33 px further right."""
    slip = np.array([[0.1, 0.0, 0.0, 0.0, 0.0, 0.0]])
    problem = _problem(SEEN, np.full(6, 0.1))
    off = errors_of(problem, _state(slip))
    np.testing.assert_allclose(off[0, :, 0], [-10 / 3, -10 / 3, 10 / 3, 10 / 3])
    assert Placed(problem, _state(slip)).in_camera.shape == (1, 4, 3)


def test_the_priors_of_slip_and_lens_count() -> None:
    problem = _problem(SEEN, np.full(6, 0.1))
    away = cost_of(problem, _state(np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.2]])))
    assert away > 4.0  # two spreads squared, and what the corners say


def test_edges_seen_outside_of_where_they_are_are_taken_back_and_cost() -> None:
    outside = _problem(SEEN + 0.1 * outward(SEEN[None])[0])
    seen_so = replace(_state(), edge_px=0.1)
    right = errors_of(_problem(SEEN), _state())
    np.testing.assert_allclose(errors_of(outside, seen_so), right, atol=1e-9)
    # A tenth of a pixel of a spread of 0.15 px.
    added = cost_of(outside, seen_so) - cost_of(_problem(SEEN), _state())
    np.testing.assert_allclose(added, (0.1 / 0.15) ** 2, atol=1e-9)


def test_a_step_moves_the_free_tags_and_the_cameras_in_their_own_axes() -> None:
    step = np.array([[0.1, 0.2, 0.3, 0.0, 0.0, 0.5]])
    found = moved(_problem(SEEN), _state(), step, np.array([1.0, 2.0, 3.0, 0.0, 0.0, 0.25, 0.05]))
    assert found.edge_px == 0.05
    np.testing.assert_allclose(found.camera_m, [[0.1, 0.2, 0.3]])
    np.testing.assert_allclose(found.tag_m, [[1.0, 2.0, 0.0]])
    np.testing.assert_allclose(found.tag_rotation[0], matrix_from_vector(np.array([0.0, 0.0, 0.25])))


def test_a_problem_can_be_cut_down_to_some_of_its_sightings() -> None:
    assert len(_problem(SEEN).only(np.array([False])).camera) == 0
