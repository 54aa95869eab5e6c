"""Turning between and beyond solved poses, on a motion known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.markers.handheld import BRIDGE_S, Gyro, Handheld

SPREAD = np.diag([1e-6] * 3 + [1e-8] * 3)  # 1 mm, 0.1 mrad
RATE = np.array([0.2, -0.7, 0.4])
MS = 1_000_000


def truth(time_ns: int) -> Pose:
    """Constant turning about one axis, and a slow walk."""
    matrix = np.eye(4)
    matrix[:3, :3] = matrix_from_vector(RATE * time_ns / 1e9)
    matrix[:3, 3] = [0.3 * time_ns / 1e9, 1.0, 1.5]
    return pose_from_matrix(matrix)


def off_rad(pose: Pose, time_ns: int) -> float:
    turned = pose.matrix[:3, :3].T @ truth(time_ns).matrix[:3, :3]
    return float(np.linalg.norm(vector_from_matrix(turned)))


def fed(last_ms: int, *, bias: F64 | None = None, every_ms: int = 10) -> Handheld:
    fusion = Handheld()
    for at in range(0, last_ms + 1, every_ms):
        fusion.gyro.add(at * MS, RATE + (0.0 if bias is None else bias))
    return fusion


def test_between_two_poses_sixty_a_second_follow_the_gyroscope() -> None:
    fusion = fed(400)
    first = fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    told = fusion.solved(200 * MS, truth(200 * MS), SPREAD)
    assert [each.state for each in first] == ["solved"]
    # 100 ms in steps of a sixtieth: six, of which the last is the solved one.
    assert [each.state for each in told] == ["between"] * 5 + ["solved"]
    assert max(off_rad(each.pose, each.time_ns) for each in told) < 1e-6
    assert told[2].pose.position_m[0] == pytest.approx(0.3 * told[2].time_ns / 1e9)


def test_a_biased_gyroscope_is_held_by_both_ends() -> None:
    fusion = fed(400, bias=np.array([0.05, 0.0, 0.0]))
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    told = fusion.solved(200 * MS, truth(200 * MS), SPREAD)
    # Alone it would be off by 0.05 rad/s * 0.1 s = 5 mrad at the end.
    assert max(off_rad(each.pose, each.time_ns) for each in told) < 2e-4


def test_beyond_the_last_pose_the_turning_goes_on_the_place_stands_and_the_spread_grows() -> None:
    fusion = fed(900)
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    bridged = [fusion.beyond(at * MS) for at in range(120, 600, 40)]
    assert all(each is not None and each.state == "bridged" for each in bridged)
    kept = [each for each in bridged if each is not None]
    assert max(off_rad(each.pose, each.time_ns) for each in kept) < 1e-6
    assert {each.pose.position_m for each in kept} == {truth(100 * MS).position_m}
    spreads = [each.covariance[0, 0] for each in kept]
    assert spreads == sorted(spreads)
    assert spreads[-1] > 100 * spreads[0]


def test_a_bridge_ends_after_half_a_second() -> None:
    fusion = fed(900)
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    assert fusion.beyond(100 * MS + round(BRIDGE_S * 1e9)) is not None
    assert fusion.beyond(100 * MS + round(BRIDGE_S * 1e9) + MS) is None


def test_without_a_gyroscope_nothing_is_bridged_or_put_between() -> None:
    fusion = Handheld()
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    assert fusion.beyond(150 * MS) is None
    assert [each.state for each in fusion.solved(200 * MS, truth(200 * MS), SPREAD)] == ["solved"]


def test_a_gyroscope_that_paused_says_nothing_of_the_pause() -> None:
    gyro = Gyro()
    for at in (0, 10, 20, 200, 210):
        gyro.add(at * MS, RATE)
    assert gyro.covers(0, 20 * MS)
    assert not gyro.covers(10 * MS, 205 * MS)
    assert not gyro.covers(205 * MS, 400 * MS)


def test_a_step_after_a_bridge_is_named_with_its_size() -> None:
    fusion = fed(900)
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    fusion.beyond(300 * MS)
    (back,) = fusion.solved(350 * MS, truth(350 * MS), SPREAD)
    # 0.3 m/s for 0.25 s the place stood: 7.5 cm; the turning was right.
    assert back.note.startswith("tags again after a step of 7.5 cm")


@pytest.mark.parametrize("gyroscope", [True, False])
def test_a_step_after_a_long_silence_is_named_too(gyroscope: bool) -> None:
    fusion = fed(900) if gyroscope else Handheld()
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    for at in range(120, 800, 20):
        fusion.beyond(at * MS)
    (told,) = fusion.solved(5100 * MS, truth(5100 * MS), SPREAD)
    # 5 s at 0.3 m/s.
    assert told.note.startswith("tags again after a step of 150.0 cm")


def test_a_step_too_small_to_see_is_not_named() -> None:
    fusion = fed(900)
    fusion.solved(100 * MS, truth(100 * MS), SPREAD)
    fusion.beyond(110 * MS)
    (back,) = fusion.solved(115 * MS, truth(115 * MS), SPREAD)
    assert back.note == ""


def test_a_pose_that_comes_late_is_left_out() -> None:
    fusion = fed(400)
    fusion.solved(200 * MS, truth(200 * MS), SPREAD)
    assert fusion.solved(150 * MS, truth(150 * MS), SPREAD) == []
    assert fusion.last_ns == 200 * MS


def test_readings_out_of_order_are_left_out_and_old_ones_forgotten() -> None:
    gyro = Gyro()
    gyro.add(100, RATE)
    gyro.add(50, 9 * RATE)
    assert gyro.newest_ns == 100
    gyro.add(100 + 4_000 * MS, RATE)
    assert gyro.mean(0, 200) is None
