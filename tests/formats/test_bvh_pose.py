"""Forward kinematics of BVH, against angles worked out by hand and against matrices."""

from __future__ import annotations

import numpy as np

from openset.formats.bvh_model import F64, Joint, Motion
from openset.formats.bvh_pose import local_poses, multiplied, turned, world_poses

ARM = (
    Joint("root", -1, (9.0, 9.0, 9.0), ("Xposition", "Yposition", "Zposition", "Zrotation")),
    Joint("elbow", 0, (10.0, 0.0, 0.0), ("Zrotation", "Xrotation", "Yrotation")),
    Joint("hand", 1, (5.0, 0.0, 0.0), ()),
)


def test_an_arm_bends_as_worked_out_by_hand() -> None:
    # The shoulder stands at (1, 2, 3), whatever its offset, and lifts the arm by 90 degrees: the elbow,
    # 10 along X, is at (1, 12, 3). It turns back by 90 degrees: the hand, 5 along X, at (6, 12, 3).
    motion = Motion(ARM, np.array([[1.0, 2, 3, 90, -90, 0, 0]]), 0.04)
    positions, rotations = world_poses(motion)
    assert np.allclose(positions[0], [(1, 2, 3), (1, 12, 3), (6, 12, 3)])
    half = np.sqrt(0.5)
    assert np.allclose(rotations[0], [(half, 0, 0, half), (1, 0, 0, 0), (1, 0, 0, 0)])


def test_channels_turn_in_the_order_they_are_named() -> None:
    # Z by 90, then X by 90 about the turned X: what was Y is now Z.  Y -> (X by 90) Z -> (Z by 90) Z.
    motion = Motion(ARM, np.array([[0.0, 0, 0, 0, 90, 90, 0]]), 0.04)
    _, rotations = local_poses(motion)
    assert np.allclose(turned(rotations[0, 1], np.array([0.0, 1, 0])), (0, 0, 1))
    # The other way round it would be -X: Y -> (Z by 90) -X -> (X by 90) -X.
    other = (ARM[0], Joint("elbow", 0, (10.0, 0, 0), ("Xrotation", "Zrotation", "Yrotation")), ARM[2])
    _, rotations = local_poses(Motion(other, np.array([[0.0, 0, 0, 0, 90, 90, 0]]), 0.04))
    assert np.allclose(turned(rotations[0, 1], np.array([0.0, 1, 0])), (-1, 0, 0))


def matrix(axis: str, degrees: float) -> F64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out: F64 = np.eye(3)
    one, two = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    out[one, one], out[one, two], out[two, one], out[two, two] = c, -s, s, c
    return out


def test_many_frames_agree_with_a_chain_of_matrices() -> None:
    frames = np.random.default_rng(1).uniform(-170, 170, (50, 7))
    positions, _ = world_poses(Motion(ARM, frames, 0.04))
    for row, found in zip(frames, positions, strict=True):
        shoulder = matrix("Z", row[3])
        elbow = shoulder @ matrix("Z", row[4]) @ matrix("X", row[5]) @ matrix("Y", row[6])
        at = row[:3] + shoulder @ (10, 0, 0)
        assert np.allclose(found, [row[:3], at, at + elbow @ (5, 0, 0)])


def test_quaternions_multiply_outer_by_inner() -> None:
    half = np.sqrt(0.5)
    z, x = np.array([half, 0, 0, half]), np.array([half, half, 0, 0])
    vector = np.array([0.0, 1.0, 0.0])
    assert np.allclose(turned(multiplied(z, x), vector), turned(z, turned(x, vector)))
