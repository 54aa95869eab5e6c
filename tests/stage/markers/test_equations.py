"""What a corner says of a pose: its derivatives are those of differences."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import Pose, look_at
from openset.stage.markers.equations import equations, seen_corners
from openset.stage.markers.model import CameraView, SeenTag

from .seen import LENS, ceiling, see

WITNESS = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 2.7))
MOUNT = Pose((0.1, -0.05, 0.03), look_at((0, 0, 0), (0.1, 0.05, -1.0)).rotation_wxyz)


def test_derivatives_by_pose_velocity_and_acceleration_are_those_of_differences() -> None:
    tags = ceiling()
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    seen = see(tags, lambda _: WITNESS, body_from_camera=MOUNT, readout_s=0.03)
    made = seen_corners([CameraView(LENS, seen, MOUNT, 0.03)], corners, [0.004])
    place, turned = WITNESS.matrix[:3, 3], WITNESS.matrix[:3, :3]
    twist = np.array([0.3, -0.1, 0.2, 0.4, 0.2, -0.3, 2.0, 1.0, -1.0, 5.0, -3.0, 4.0])
    here = equations(made, place, turned, twist)
    assert here is not None
    step = 1e-6
    for number in range(18):
        moved = np.zeros(18)
        moved[number] = step
        there = equations(
            made, place + moved[:3], turned @ matrix_from_vector(moved[3:6]), twist + moved[6:]
        )
        assert there is not None
        # Residuals are seen less expected: they fall as what is expected grows.
        by_difference = (here.residuals - there.residuals) / step
        scale = np.abs(by_difference).max()
        assert here.by_motion[:, number] == pytest.approx(by_difference, abs=0.015 * scale + 1e-3)


def test_a_view_without_mapped_tags_and_an_id_seen_twice_say_nothing() -> None:
    square = np.array([[10.0, 10], [50, 10], [50, 50], [10, 50]])
    corners = {3: np.zeros((4, 3)), 4: np.zeros((4, 3))}
    views = [
        CameraView(LENS, (SeenTag(9, square),)),
        CameraView(LENS, (SeenTag(3, square), SeenTag(3, square + 200), SeenTag(4, square + 400))),
    ]
    (only,) = seen_corners(views, corners)
    assert only.ids.tolist() == [4, 4, 4, 4]
    assert not only.rolling


def test_rows_are_late_by_their_place_in_the_picture_and_by_their_camera() -> None:
    square = np.array([[10.0, 0], [50, 0], [50, 1080], [10, 1080]])
    view = CameraView(LENS, (SeenTag(3, square),), readout_s=0.02)
    (seen,) = seen_corners([view], {3: np.zeros((4, 3))}, [0.005])
    # The first row is half a read-out before the middle, the last half after it.
    assert seen.late_s == pytest.approx([-0.005, -0.005, 0.015, 0.015])
    assert seen.rolling


def test_a_corner_behind_the_camera_is_no_equation() -> None:
    tags = ceiling()
    seen = see(tags, lambda _: WITNESS)
    made = seen_corners([CameraView(LENS, seen)], {n: t.corners_m for n, t in tags.tags.items()})
    down = look_at((0.1, -0.2, 1.2), (0.1, 0.1, 0.0)).matrix
    assert equations(made, down[:3, 3], down[:3, :3], np.zeros(12)) is None
    assert equations([], down[:3, 3], down[:3, :3], np.zeros(12)) is None
