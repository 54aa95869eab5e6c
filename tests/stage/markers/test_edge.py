"""Edges seen outside of where they are move corners so that both their edges move alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.markers.edge import EDGE_SD_PX, learned, outward

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


def test_what_is_learned_fades_a_little_and_never_beyond_what_was_unknown() -> None:
    # A drift of 0.003 px on top of 0.004 px is 0.005 px.
    assert learned((0.0, EDGE_SD_PX), (0.2, 0.004)) == pytest.approx((0.2, 0.005))
    known = (0.2, 0.004)
    for _ in range(10_000):
        known = learned(known, None)
    assert known == (0.2, EDGE_SD_PX)
