"""The adjustment finds the least misfit from a poor start, and says how sure it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.stage.lens.model import Lens, project
from openset.stage.markers.adjust import adjust
from openset.stage.markers.corner_noise import even_whitening
from openset.stage.markers.network import Placed, Problem, State
from openset.stage.prints.model import tag_corners_m

LENS = Lens(1920, 1080, 1190.0, 1190.0, 960.0, 540.0)


def _seen(noise_px: float, seed: int = 1) -> tuple[Problem, State]:
    random = np.random.default_rng(seed)
    eyes = np.array([[x, y, 0.0] for x in (-0.8, 0.0, 0.8) for y in (-0.5, 0.5)])
    tags = np.array([[x, y, -3.0 + 0.2 * x * y] for x in (-0.7, 0.0, 0.7) for y in (-0.3, 0.4)])
    truth = State(
        matrix_from_vector(np.column_stack([-eyes[:, 1] * 0.2, eyes[:, 0] * 0.2, eyes[:, 0] * 0.3])),
        eyes,
        matrix_from_vector(random.normal(0.0, 0.2, (6, 3))),
        tags,
        np.zeros((6, 6)),
        LENS,
    )
    pairs = np.array([(camera, tag) for camera in range(6) for tag in range(6)])
    problem = Problem(
        pairs[:, 0],
        pairs[:, 1],
        np.zeros((36, 4, 2)),
        even_whitening(36, max(noise_px, 0.01)),
        np.tile(tag_corners_m(0.2), (6, 1, 1)),
        np.array([True, *[False] * 5]),
        LENS,
    )
    corners = project(LENS, Placed(problem, truth).in_camera)
    corners = corners + random.normal(0.0, noise_px, corners.shape) if noise_px else corners
    return replace(problem, corners_px=corners), truth


def test_from_centimetres_off_it_comes_to_the_truth() -> None:
    problem, truth = _seen(0.0)
    random = np.random.default_rng(2)
    off = random.normal(0.0, 0.03, (6, 3))
    off[0] = 0.0
    start = replace(
        truth,
        camera_m=truth.camera_m + random.normal(0.0, 0.05, (6, 3)),
        camera_rotation=truth.camera_rotation @ matrix_from_vector(random.normal(0.0, 0.02, (6, 3))),
        tag_m=truth.tag_m + off,
    )
    heard: list[int] = []
    found = adjust(problem, start, told=lambda step, cost: heard.append(step))
    np.testing.assert_allclose(found.state.tag_m, truth.tag_m, atol=1e-7)
    np.testing.assert_allclose(found.state.camera_m, truth.camera_m, atol=1e-7)
    assert heard
    assert heard[0] == 1


def test_the_stated_spread_is_that_of_repeated_walks() -> None:
    """Forty walks with other noise: the last tag's places scatter as each one says of itself."""
    places, said = [], []
    for seed in range(40):
        problem, truth = _seen(0.05, seed)
        problem = replace(problem, whitening=even_whitening(36, 0.05))
        found = adjust(problem, truth)
        places.append(found.state.tag_m[5] - truth.tag_m[5])
        said.append(np.diag(found.covariance)[24:27])
    scatter = np.sqrt(np.mean(np.square(places), axis=0))
    np.testing.assert_allclose(scatter, np.sqrt(np.mean(said, axis=0)), rtol=0.4)


def test_edges_seen_inside_of_where_they_are_are_found_and_the_map_is_as_true() -> None:
    problem, truth = _seen(0.0)
    corners = problem.corners_px - 0.3 * problem.outward
    found = adjust(replace(problem, corners_px=corners, edge_sd_px=10.0), truth)
    assert abs(found.state.edge_px + 0.3) < 0.002
    assert np.abs(found.state.tag_m - truth.tag_m).max() < 1e-4


def test_one_wild_sighting_hardly_moves_the_rest() -> None:
    problem, truth = _seen(0.05)
    wild = problem.corners_px.copy()
    wild[7] += 30.0
    found = adjust(replace(problem, corners_px=wild), truth)
    assert np.abs(found.state.tag_m - truth.tag_m).max() < 0.003
    assert int(np.argmax(found.misfit)) == 7


def test_the_degrees_of_freedom_are_counted() -> None:
    """36 sightings of 8 numbers, less 5 free tags and 6 cameras of 6 numbers each: 288 - 66 = 222."""
    assert adjust(*_seen(0.05)).degrees == 222
