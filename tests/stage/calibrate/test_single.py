"""The camera before a board, the lens being known."""

from __future__ import annotations

import numpy as np

from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.calibrate.single import view_from
from openset.stage.lens.model import Lens
from openset.stage.prints.model import parse_board

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09)
BOARD = parse_board("charuco:9x6:30")


def test_a_corner_far_off_does_not_move_the_camera(make_poses: object, make_views: object) -> None:
    random = np.random.default_rng(5)
    poses = make_poses(LENS, BOARD, 1, random)  # type: ignore[operator]
    view = make_views(LENS, BOARD, poses, random, noise_px=0.01)[0]  # type: ignore[operator]
    spoilt = view.seen.corners_px.copy()
    spoilt[3] += [6.0, -4.0]
    found = view_from(View("", SeenBoard(view.seen.index, spoilt)), BOARD.points_m, LENS)
    np.testing.assert_allclose(found[:3, 3], poses[0, :3, 3], atol=2e-4)
