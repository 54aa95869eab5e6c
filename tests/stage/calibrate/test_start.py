"""A first guess from nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.stage.calibrate.start import bare_lens, guess, posed, view_pose
from openset.stage.lens.model import Lens
from openset.stage.prints.model import parse_board

BOARD = parse_board("charuco:9x6:30")
TELE = Lens(1920, 1080, 4200.0, 4200.0, 960.0, 540.0, 0.1, -0.4)
NORMAL = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09)
WIDE = Lens(1920, 1080, 700.0, 700.0, 955.0, 545.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))


@pytest.mark.parametrize("lens", [TELE, NORMAL])
def test_a_guess_is_near_enough_to_begin_with(
    lens: Lens, make_poses: object, make_views: object
) -> None:
    random = np.random.default_rng(1)
    poses = make_poses(lens, BOARD, 8, random)  # type: ignore[operator]
    views = make_views(lens, BOARD, poses, random)  # type: ignore[operator]
    found = guess(views, BOARD.points_m, 1920, 1080, fisheye=False)
    assert 0.6 < found.lens.fx_px / lens.fx_px < 1.6
    assert found.rms_px < 30


def test_a_fisheye_is_guessed_as_one(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(2)
    views = make_views(WIDE, BOARD, make_poses(WIDE, BOARD, 8, random), random)  # type: ignore[operator]
    wide = guess(views, BOARD.points_m, 1920, 1080, fisheye=True)
    plain = guess(views, BOARD.points_m, 1920, 1080, fisheye=False)
    assert wide.rms_px < plain.rms_px
    assert wide.lens.fx_px == pytest.approx(700.0, rel=0.1)


def test_a_pose_is_exact_where_the_lens_is_known(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(3)
    poses = make_poses(NORMAL, BOARD, 3, random)  # type: ignore[operator]
    views = make_views(NORMAL, BOARD, poses, random, noise_px=0.0)  # type: ignore[operator]
    pose, left = view_pose(views[1], BOARD.points_m, NORMAL)
    np.testing.assert_allclose(pose, poses[1], atol=1e-6)
    assert np.abs(left).max() < 1e-3
    assert posed(views, BOARD.points_m, NORMAL).rms_px < 1e-3


def test_a_bare_lens_draws_straight_or_by_angle() -> None:
    assert bare_lens(1920, 1080, 1000.0, fisheye=False) == replace(
        Lens(1920, 1080, 1000.0, 1000.0, 960.0, 540.0)
    )
    assert bare_lens(1920, 1080, 1000.0, fisheye=True).fisheye == (0.0, 0.0, 0.0, 0.0)
