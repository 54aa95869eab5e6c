"""The normal equations, against the derivatives taken by differences and solved in full."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64
from openset.stage.lens.model import Lens, project
from openset.stage.markers.blocks import NormalEquations
from openset.stage.markers.corner_noise import even_whitening
from openset.stage.markers.network import Placed, Problem, State, errors_of, moved
from openset.stage.prints.model import tag_corners_m

LENS = Lens(1920, 1080, 1190.0, 1185.0, 963.0, 534.0, -0.1, 0.03, 4e-4, -3e-4, -0.004)
SLIP = np.array([0.01, -0.02, 0.015, 0.01, 0.02, -0.015])
INFORMATION = np.diag([1.0, 1.0, 1.0, 1.0, 1e4, 1e4, 1e6, 1e6, 1e4])


def _network(rolling: bool, lens_free: bool) -> tuple[Problem, State]:
    """Two cameras, three tags, the first held; corners a little off, so that residuals are not nil."""
    random = np.random.default_rng(4)
    tags = np.array([[-0.5, 0.1, -3.0], [0.4, 0.0, -3.2], [0.1, -0.4, -2.8]])
    state = State(
        matrix_from_vector(random.normal(0.0, 0.05, (2, 3))),
        random.normal(0.0, 0.1, (2, 3)),
        matrix_from_vector(random.normal(0.0, 0.3, (3, 3))),
        tags,
        np.stack([SLIP, -SLIP]) if rolling else np.zeros((2, 6)),
        LENS,
    )
    pairs = np.array([(camera, tag) for camera in range(2) for tag in range(3)])
    problem = Problem(
        pairs[:, 0],
        pairs[:, 1],
        np.full((6, 4, 2), 540.0),
        even_whitening(6, 0.1),
        np.tile(tag_corners_m(0.2), (3, 1, 1)),
        np.array([True, False, False]),
        LENS,
        INFORMATION if lens_free else None,
        np.full(6, 0.05) if rolling else None,
    )
    for _ in range(4):
        seen = project(LENS, Placed(problem, state).in_camera)
        problem = replace(problem, corners_px=seen)
    return problem, replace(state, edge_px=0.03)


@pytest.mark.parametrize(("rolling", "lens_free"), [(False, False), (True, False), (True, True)])
def test_a_step_is_that_of_the_whole_system(rolling: bool, lens_free: bool) -> None:
    problem, state = _network(rolling, lens_free)
    random = np.random.default_rng(6)
    noise = random.normal(0.0, 0.05, problem.corners_px.shape)
    problem = replace(problem, corners_px=problem.corners_px + noise)
    width = 12 if rolling else 6
    size = 2 * width + 13 + (9 if lens_free else 0)
    jacobian = _by_differences(problem, state, width, size)
    errors = errors_of(problem, state).ravel() / 0.1
    matrix, pull = jacobian.T @ jacobian, jacobian.T @ errors
    if rolling:
        for camera in range(2):
            place = np.arange(camera * 12 + 6, camera * 12 + 12)
            matrix[place, place] += 1 / 0.05**2
            pull[place] -= state.slip[camera] / 0.05**2
    edge = 2 * width + 12
    matrix[edge, edge] += 1 / problem.edge_sd_px**2
    pull[edge] -= state.edge_px / problem.edge_sd_px**2
    if lens_free:
        matrix[-9:, -9:] += INFORMATION
    wanted = np.linalg.solve(matrix, pull)
    cameras, rest = NormalEquations(problem, state).step(0.0)
    np.testing.assert_allclose(np.concatenate([cameras.ravel(), rest]), wanted, rtol=2e-3, atol=1e-6)
    spread = np.sqrt(np.diag(NormalEquations(problem, state).covariance()))
    inverse = np.linalg.inv(matrix)[2 * width :, 2 * width :]
    np.testing.assert_allclose(spread, np.sqrt(np.diag(inverse)), rtol=2e-3)


def _by_differences(problem: Problem, state: State, width: int, size: int) -> F64:
    columns = []
    for index in range(size):
        sides = []
        for sign in (1e-6, -1e-6):
            step = np.zeros(size)
            step[index] = sign
            there = moved(problem, state, step[: 2 * width].reshape(2, width), step[2 * width :])
            sides.append(-errors_of(problem, there).ravel())
        columns.append((sides[0] - sides[1]) / 2e-6 / 0.1)
    return np.stack(columns, axis=-1)
