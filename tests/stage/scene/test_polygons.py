"""Cutting, shading and welding polygons, against areas and directions known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.scene.polygons import corner_normals, triangulate, weld


def area_along(points: np.ndarray, triangles: np.ndarray, axis: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a) @ axis / 2.0


L_SHAPE = np.array([[0, 0], [3, 0], [3, 1], [1, 1], [1, 3], [0, 3]], float)


@pytest.mark.parametrize("turn", range(6))
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_concave_face_is_cut_without_folding_over(turn: int, axis: int, reverse: bool) -> None:
    ring = np.insert(np.roll(L_SHAPE, turn, axis=0), axis, 2.0, axis=1)
    ring = ring[::-1] if reverse else ring
    triangles, face = triangulate(np.array([6]), ring)
    up = np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0)
    signed = area_along(ring, triangles, up / np.linalg.norm(up))
    assert signed.sum() == pytest.approx(5.0)
    assert np.all(signed > 0)
    assert face.tolist() == [0] * 4


@given(st.integers(3, 14), st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_any_star_shaped_face_keeps_its_area(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = (np.arange(size) + rng.uniform(0.1, 0.9, size)) * 2 * np.pi / size
    radius = rng.uniform(0.4, 2.0, size)
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(size)], axis=1)
    onward = np.roll(ring, -1, axis=0)
    whole = np.cross(ring, onward)[:, 2].sum() / 2
    triangles, _ = triangulate(np.array([size]), ring)
    signed = area_along(ring, triangles, np.array([0, 0, 1.0]))
    assert len(triangles) == size - 2
    np.testing.assert_allclose(signed.sum(), whole, rtol=1e-9)
    assert np.all(signed > -1e-9)


def test_faces_of_several_sizes_keep_their_order_and_bad_ones_go() -> None:
    ring = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    corners = np.concatenate([ring, ring[:2], ring[:3]])
    triangles, face = triangulate(np.array([4, 2, 3]), corners)
    assert sorted(face.tolist()) == [0, 0, 2]
    assert triangles[face == 2].tolist() == [[6, 7, 8]]


def test_a_cube_keeps_its_edges_and_a_fine_sphere_is_smooth() -> None:
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    faces = np.array([[0, 1, 3], [4, 6, 7], [0, 4, 5], [0, 5, 1], [0, 2, 6], [0, 6, 4]])
    normals = corner_normals(cube, faces)
    flat = np.cross(cube[faces[:, 1]] - cube[faces[:, 0]], cube[faces[:, 2]] - cube[faces[:, 0]])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    np.testing.assert_allclose(normals, np.repeat(flat[:, None], 3, axis=1), atol=1e-9)
    gentle = np.array([[0, 0, 0.1], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], float)
    fan = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1]])
    np.testing.assert_allclose(corner_normals(gentle, fan)[:, 0], [[0, 0, 1]] * 4, atol=1e-9)


def test_welding_joins_only_what_agrees_in_everything() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], float)
    normals = np.array([[0, 0, 1]] * 3 + [[1, 0, 0]], float)
    uvs = np.zeros((4, 2))
    kept, kept_normals, _, where = weld(points, normals, uvs)
    assert len(kept) == 3
    assert where[0] == where[2] != where[3]
    np.testing.assert_array_equal(kept[where], points)
    np.testing.assert_array_equal(kept_normals[where], normals)
