"""The bundle finds what the corners were made with, and says how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.calibrate.bundle import Corners, Freedom, Prior, bundle
from openset.stage.calibrate.sighting import View
from openset.stage.lens.derivatives import parameters_of
from openset.stage.lens.model import Lens, pinhole
from openset.stage.prints.model import parse_board

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
BOARD = parse_board("charuco:9x6:30")
NOTHING = Prior(np.zeros((0, 9)), np.zeros(0), np.zeros(0))
ALL = Freedom(np.ones(9, bool))


def corners_of(views: list[View]) -> Corners:
    count = [len(view.seen.index) for view in views]
    return Corners(
        np.concatenate([view.seen.index for view in views]),
        np.repeat(np.arange(len(views)), count),
        np.concatenate([view.seen.corners_px for view in views]),
        np.ones(sum(count), bool),
    )


def test_without_noise_the_lens_comes_back(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(1)
    poses = make_poses(LENS, BOARD, 10, random)  # type: ignore[operator]
    corners = corners_of(make_views(LENS, BOARD, poses, random, noise_px=0.0))  # type: ignore[operator]
    begin = pinhole(1920, 1080, 27.0, 36.0)
    moved = poses.copy()
    moved[:, :3, 3] += random.normal(0, 0.01, (10, 3))
    found = bundle(corners, BOARD.points_m, begin, moved, NOTHING, ALL)
    np.testing.assert_allclose(parameters_of(found.lens), parameters_of(LENS), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.poses, poses, atol=1e-6)


def test_what_is_held_stays(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(2)
    poses = make_poses(LENS, BOARD, 6, random)  # type: ignore[operator]
    corners = corners_of(make_views(LENS, BOARD, poses, random))  # type: ignore[operator]
    held = np.ones(9, bool)
    held[8] = False
    begin = pinhole(1920, 1080, 27.2, 36.0)
    found = bundle(corners, BOARD.points_m, begin, poses, NOTHING, Freedom(held))
    assert found.lens.k3 == 0.0
    assert found.covariance[8, 8] == 0.0


def test_a_strong_prior_wins_over_few_views(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(3)
    poses = make_poses(LENS, BOARD, 4, random)  # type: ignore[operator]
    corners = corners_of(make_views(LENS, BOARD, poses, random))  # type: ignore[operator]
    square = Prior(np.array([[1.0, -1.0, 0, 0, 0, 0, 0, 0, 0]]), np.zeros(1), np.array([1e-6]))
    found = bundle(corners, BOARD.points_m, LENS, poses, square, ALL)
    assert found.lens.fx_px == pytest.approx(found.lens.fy_px, abs=1e-4)


def test_a_view_with_more_noise_weighs_less(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(4)
    poses = make_poses(LENS, BOARD, 8, random)  # type: ignore[operator]
    quiet = make_views(LENS, BOARD, poses[:7], random, noise_px=0.05)  # type: ignore[operator]
    loud = make_views(LENS, BOARD, poses[7:], random, noise_px=1.0)  # type: ignore[operator]
    found = bundle(corners_of(quiet + loud), BOARD.points_m, LENS, poses, NOTHING, ALL)
    assert found.noise_px[7] > 5 * found.noise_px[0]


def test_the_stated_spread_of_the_focal_length_is_the_true_one(
    make_poses: object, make_views: object
) -> None:
    errors = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        poses = make_poses(LENS, BOARD, 12, random)  # type: ignore[operator]
        corners = corners_of(make_views(LENS, BOARD, poses, random, noise_px=0.1))  # type: ignore[operator]
        found = bundle(corners, BOARD.points_m, LENS, poses, NOTHING, ALL)
        errors.append((found.lens.fx_px - LENS.fx_px) / np.sqrt(found.covariance[0, 0]))
    inside = np.mean(np.abs(errors) < 1.645)
    # 90 % of forty are 36; thirty-two or more have a chance of 95 %.
    assert inside >= 0.8
    assert np.sqrt(np.mean(np.square(errors))) < 1.35


def test_a_bent_board_is_found_when_its_shape_is_free(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(6)
    poses = make_poses(LENS, BOARD, 14, random)  # type: ignore[operator]
    middle = BOARD.points_m[:, :2] - BOARD.points_m[:, :2].mean(axis=0)
    lift = np.zeros_like(BOARD.points_m)
    lift[:, 2] = 0.1 * (middle**2).sum(axis=-1)  # 2 mm at the corners, 0.14 m out
    corners = corners_of(make_views(LENS, BOARD, poses, random, lift_m=lift))  # type: ignore[operator]
    flat = bundle(corners, BOARD.points_m, LENS, poses, NOTHING, ALL)
    free = Freedom(np.ones(9, bool), np.array([1e-4, 1e-4, 1e-3]))
    bent = bundle(corners, BOARD.points_m, LENS, poses, NOTHING, free)
    assert np.abs(bent.residuals_px).mean() < 0.5 * np.abs(flat.residuals_px).mean()
    assert abs(bent.lens.fx_px - LENS.fx_px) < abs(flat.lens.fx_px - LENS.fx_px)
