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


WIDE = Lens(1920, 1080, 900.0, 905.0, 951.0, 533.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
WIDE_POINTS = np.column_stack([RANDOM.uniform(-4, 4, (50, 2)), RANDOM.uniform(-4, -1, 50)])


def test_a_fisheye_lens_changes_as_said() -> None:
    pixels, by_point, by_lens = project_with_derivatives(WIDE, WIDE_POINTS)
    np.testing.assert_allclose(pixels, project(WIDE, WIDE_POINTS))
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-6
        wanted = (project(WIDE, WIDE_POINTS + step) - project(WIDE, WIDE_POINTS - step)) / 2e-6
        np.testing.assert_allclose(by_point[:, :, axis], wanted, rtol=1e-5, atol=1e-4)
    for index in range(9):
        moved = np.zeros(9)
        moved[index] = 1e-6
        more, less = (with_parameters(WIDE, parameters_of(WIDE) + sign * moved) for sign in (1, -1))
        wanted = (project(more, WIDE_POINTS) - project(less, WIDE_POINTS)) / 2e-6
        np.testing.assert_allclose(by_lens[:, :, index], wanted, rtol=1e-5, atol=1e-4)
