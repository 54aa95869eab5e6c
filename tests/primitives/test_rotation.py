"""Rotation vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.rotation import matrix_from_vector, skew, vector_from_matrix

parts = st.floats(-1, 1)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    turn = matrix_from_vector(np.array([0.0, 0.0, np.pi / 2]))
    np.testing.assert_allclose(turn @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-15)


def test_skew_is_the_cross_product() -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([-2.0, 0.5, 4.0])
    np.testing.assert_allclose(skew(a) @ b, np.cross(a, b))


@given(st.tuples(parts, parts, parts), st.floats(0, np.pi - 1e-6))
@settings(max_examples=200, deadline=None)
def test_a_vector_comes_back_from_its_matrix(axis: tuple[float, float, float], angle: float) -> None:
    length = np.linalg.norm(axis)
    if length < 1e-3:
        return
    vector = np.array(axis) / length * angle
    np.testing.assert_allclose(vector_from_matrix(matrix_from_vector(vector)), vector, atol=1e-8)


@given(st.tuples(parts, parts, parts), st.floats(0, 4))
@settings(max_examples=100, deadline=None)
def test_every_vector_gives_a_rotation(axis: tuple[float, float, float], scale: float) -> None:
    turn = matrix_from_vector(np.array(axis) * scale)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) > 0


def test_half_turns_keep_their_axis() -> None:
    for axis in np.eye(3):
        found = vector_from_matrix(matrix_from_vector(axis * np.pi))
        np.testing.assert_allclose(np.abs(found), axis * np.pi, atol=1e-7)


def test_many_at_once_are_as_one_by_one() -> None:
    vectors = np.random.default_rng(3).normal(0, 1, (4, 5, 3))
    together = matrix_from_vector(vectors)
    alone = np.array([[matrix_from_vector(v) for v in row] for row in vectors])
    np.testing.assert_allclose(together, alone)
    np.testing.assert_allclose(matrix_from_vector(vector_from_matrix(together)), together, atol=1e-9)
