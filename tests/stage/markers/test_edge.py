"""Edges seen outside of where they are move corners so that both their edges move alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.markers.edge import outward

SQUARE = np.array([[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]])


def test_a_squares_corners_move_out_along_its_diagonals() -> None:
    # Both edges of a right angle move by 1, so the corner moves by 1 in x and 1 in y.
    np.testing.assert_allclose(outward(SQUARE)[0], [[-1, -1], [1, -1], [1, 1], [-1, 1]], atol=1e-12)


def test_a_tag_read_in_a_mirror_moves_outwards_too() -> None:
    mirrored = SQUARE[:, [1, 0, 3, 2]]
    np.testing.assert_allclose(outward(mirrored)[0], [[1, -1], [-1, -1], [-1, 1], [1, 1]], atol=1e-12)


@given(st.lists(st.floats(-2.0, 2.0), min_size=8, max_size=8))
def test_every_edge_of_any_seen_tag_moves_by_one_pixel(push: list[float]) -> None:
    corners = SQUARE + np.reshape(push, (1, 4, 2))
    moved = corners + outward(corners)
    middle = corners.mean(axis=1)[0]
    for edge in range(4):
        start, end = corners[0, edge], corners[0, (edge + 1) % 4]
        normal = np.array([end[1] - start[1], start[0] - end[0]]) / np.linalg.norm(end - start)
        normal *= np.sign(normal @ (start - middle))
        np.testing.assert_allclose((moved[0, edge] - start) @ normal, 1.0, atol=1e-9)
        np.testing.assert_allclose((moved[0, (edge + 1) % 4] - start) @ normal, 1.0, atol=1e-9)
