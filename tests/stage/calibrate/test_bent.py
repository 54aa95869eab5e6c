"""A bow in the board is told from noise."""

from __future__ import annotations

import numpy as np

from openset.stage.calibrate.bent import bend_of, bent_views, shared_bend_m
from openset.stage.calibrate.intrinsics import calibrate
from openset.stage.lens.model import Lens
from openset.stage.prints.model import parse_board

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09)
BOARD = parse_board("charuco:9x6:30")


def bow(height_m: float) -> np.ndarray:
    """The board's long middle line raised by `height_m` over its ends."""
    x = BOARD.points_m[:, 0] - BOARD.points_m[:, 0].mean()
    lift = np.zeros_like(BOARD.points_m)
    lift[:, 2] = height_m * (1.0 - (x / x.max()) ** 2)
    return lift


def test_a_bow_of_three_millimetres_is_measured(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(1)
    poses = make_poses(LENS, BOARD, 2, random)  # type: ignore[operator]
    poses = poses[1:]  # a tilted one
    view = make_views(LENS, BOARD, poses, random, lift_m=bow(0.003))[0]  # type: ignore[operator]
    found = bend_of(LENS, view, poses[0], BOARD.points_m)
    assert found.counts
    assert abs(found.sagitta_m - 0.003) < 0.0006


def test_noise_is_no_bow(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(2)
    poses = make_poses(LENS, BOARD, 30, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random, noise_px=0.1)  # type: ignore[operator]
    both = zip(views, poses, strict=True)
    assert not any(bend_of(LENS, view, pose, BOARD.points_m).counts for view, pose in both)


def test_views_in_which_the_board_was_bowed_are_named(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(3)
    poses = make_poses(LENS, BOARD, 16, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random)  # type: ignore[operator]
    views[6] = make_views(LENS, BOARD, poses[6:7], random, lift_m=bow(0.004))[0]  # type: ignore[operator]
    views[6] = type(views[6])("bowed", views[6].seen)
    found = calibrate(views, BOARD, 1920, 1080, thorough=False)
    assert [refusal.view for _, refusal in bent_views(found, BOARD.points_m)] == ["bowed"]


def test_a_board_bowed_in_all_views_is_measured(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(4)
    poses = make_poses(LENS, BOARD, 16, random)  # type: ignore[operator]
    views = make_views(LENS, BOARD, poses, random, lift_m=bow(0.003))  # type: ignore[operator]
    found = calibrate(views, BOARD, 1920, 1080)
    assert found.shaped
    assert abs(shared_bend_m(found, BOARD.points_m) - 0.003) < 0.001
