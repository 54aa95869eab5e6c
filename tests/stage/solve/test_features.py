"""Corners are followed without creeping, and let go when they change their looks."""

import cv2
import numpy as np
import pytest

from openset.stage.solve.features import CELLS, Follower


@pytest.fixture(scope="module")
def wall() -> np.ndarray:
    """A wall of stains, larger than the picture."""
    random = np.random.default_rng(3)
    out = np.zeros((700, 1100), np.float32)
    for size in (3.0, 8.0, 25.0):
        layer = cv2.GaussianBlur(random.normal(size=out.shape).astype(np.float32), (0, 0), size)
        out += layer / layer.std()
    return np.clip(120 + 35 * out, 0, 255).astype(np.uint8)


def seen_at(wall: np.ndarray, x: float, y: float) -> np.ndarray:
    """The wall moved by a part of a pixel, with noise of its own."""
    move = np.float32([[1, 0, -x], [0, 1, -y]])
    picture = cv2.warpAffine(wall, move, (960, 540), flags=cv2.INTER_CUBIC)
    noise = np.random.default_rng([int(10 * x) + 999, 1]).normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_corners_go_where_the_picture_goes_to_a_tenth_of_a_pixel(wall: np.ndarray) -> None:
    follower = Follower(960, 540)
    first = dict(zip(*map(list, follower.add(seen_at(wall, 20.0, 20.0))), strict=True))
    for step in range(1, 12):
        x, y = 20 + 3.3 * step, 20 + 1.7 * step
        numbers, pixels = follower.add(seen_at(wall, x, y))
    moved = np.array([first[n] - p for n, p in zip(numbers, pixels, strict=True) if n in first])
    assert len(moved) > 40
    off = moved - [3.3 * 11, 1.7 * 11]
    assert np.sqrt((off**2).mean()) < 0.1


def test_pixels_are_of_the_whole_picture_whatever_it_is_worked_at(wall: np.ndarray) -> None:
    large = cv2.resize(seen_at(wall, 20.0, 20.0), (1920, 1080), interpolation=cv2.INTER_LINEAR)
    numbers, pixels = Follower(1920, 1080).add(large)
    _, small = Follower(960, 540).add(seen_at(wall, 20.0, 20.0))
    assert len(numbers) <= CELLS[0] * CELLS[1]
    nearest = np.linalg.norm(pixels[:, None] / 2 - small[None], axis=2).min(axis=1)
    assert np.median(nearest) < 0.3


def test_a_flat_wall_bears_nothing_and_a_cut_lets_all_go(wall: np.ndarray) -> None:
    numbers, pixels = Follower(960, 540).add(np.full((540, 960), 90, np.uint8))
    assert len(numbers) == 0
    assert pixels.shape == (0, 2)
    follower = Follower(960, 540)
    before, _ = follower.add(seen_at(wall, 20.0, 20.0))
    after, _ = follower.add(seen_at(wall[::-1, ::-1].copy(), 20.0, 20.0))
    assert len(np.intersect1d(before, after)) < 0.2 * len(before)
    follower.restart()
    fresh, _ = follower.add(seen_at(wall, 20.0, 20.0))
    assert not set(fresh.tolist()) & set(after.tolist())
