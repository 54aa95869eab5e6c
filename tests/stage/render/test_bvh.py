"""The hierarchy finds what trying every triangle finds."""

from __future__ import annotations

import numpy as np

from openset.stage.render.bvh import FAR, blocked, build_tree, nearest


def every_triangle(
    points: np.ndarray, triangles: np.ndarray, origin: np.ndarray, direction: np.ndarray
) -> tuple[int, float]:
    best, found = np.inf, -1
    for number, (i, j, k) in enumerate(triangles):
        matrix = np.stack([-direction, points[j] - points[i], points[k] - points[i]], axis=1)
        if abs(np.linalg.det(matrix)) < 1e-12:
            continue
        t, u, v = np.linalg.solve(matrix, origin - points[i])
        if t > 0 and u >= 0 and v >= 0 and u + v <= 1 and t < best:
            best, found = t, number
    return found, best


def random_soup(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-3, 3, (number, 1, 3))
    points = (middle + rng.normal(0, 0.5, (number, 3, 3))).reshape(-1, 3).astype(np.float32)
    return points, np.arange(3 * number, dtype=np.int32).reshape(-1, 3)


def test_the_nearest_hit_is_the_nearest_of_all_triangles() -> None:
    points, triangles = random_soup(3, 120)
    tree = build_tree(points, triangles)
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(150):
        origin = rng.uniform(-4, 4, 3).astype(np.float32)
        direction = rng.normal(size=3)
        direction = (direction / np.linalg.norm(direction)).astype(np.float32)
        row, distance, _, _ = nearest(tree, *origin, *direction, FAR)
        number, expected = every_triangle(points, triangles, origin, direction)
        assert (tree.order[row] if row >= 0 else -1) == number
        if number >= 0:
            hits += 1
            np.testing.assert_allclose(distance, expected, rtol=1e-3, atol=1e-4)
            assert blocked(tree, *origin, *direction, FAR)
            assert not blocked(tree, *origin, *direction, np.float32(expected * 0.99))
    assert hits > 15


def test_triangles_all_in_one_place_still_make_a_tree() -> None:
    points = np.tile(np.array([[0, 1, 0], [1, 1, 0], [0, 1, 1]], np.float32), (200, 1))
    tree = build_tree(points, np.arange(600, dtype=np.int32).reshape(-1, 3))
    eye, ahead = np.array([0.2, 0, 0.2], np.float32), np.array([0, 1, 0], np.float32)
    row, distance, u, v = nearest(tree, *eye, *ahead, FAR)
    assert row >= 0
    np.testing.assert_allclose([distance, u, v], [1.0, 0.2, 0.2], atol=1e-5)


def test_a_set_without_triangles_stops_no_ray() -> None:
    tree = build_tree(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
    ahead = np.array([0, 0, 0, 0, 1, 0], np.float32)
    assert nearest(tree, *ahead, FAR)[0] == -1
    assert not blocked(tree, *ahead, FAR)
