"""Derivatives of the projection, against differences."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.stage.lens.derivatives import (
    PARAMETERS,
    parameters_of,
    pose_derivatives,
    project_with_derivatives,
    with_parameters,
)
from openset.stage.lens.model import Lens, project

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
RANDOM = np.random.default_rng(5)
POINTS = np.column_stack([RANDOM.uniform(-1, 1, (50, 2)), RANDOM.uniform(-4, -2, 50)])


def test_the_pixels_are_those_of_the_lens() -> None:
    np.testing.assert_allclose(project_with_derivatives(LENS, POINTS)[0], project(LENS, POINTS))


@pytest.mark.parametrize("axis", range(3))
def test_moving_the_point_moves_the_pixel_as_said(axis: int) -> None:
    step = np.zeros(3)
    step[axis] = 1e-6
    wanted = (project(LENS, POINTS + step) - project(LENS, POINTS - step)) / 2e-6
    np.testing.assert_allclose(
        project_with_derivatives(LENS, POINTS)[1][:, :, axis], wanted, rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize("index", range(9))
def test_changing_the_lens_moves_the_pixel_as_said(index: int) -> None:
    values = parameters_of(LENS)
    step = np.zeros(9)
    step[index] = 1e-6
    more, less = (with_parameters(LENS, values + sign * step) for sign in (1, -1))
    wanted = (project(more, POINTS) - project(less, POINTS)) / 2e-6
    found = project_with_derivatives(LENS, POINTS)[2][:, :, index]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4, err_msg=PARAMETERS[index])


def test_moving_the_camera_moves_the_points_as_said() -> None:
    rotation = matrix_from_vector(np.array([0.4, -0.3, 1.1]))
    position = np.array([1.0, -2.0, 1.5])
    stage = POINTS @ rotation.T + position
    found = pose_derivatives(POINTS, rotation)
    for index in range(6):
        step = np.zeros(6)
        step[index] = 1e-6
        moved = (stage - position - step[:3]) @ (rotation @ matrix_from_vector(step[3:]))
        np.testing.assert_allclose((moved - POINTS) / 1e-6, found[:, :, index], atol=2e-5)
