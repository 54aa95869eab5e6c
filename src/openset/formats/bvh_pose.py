"""Where the joints of a BVH skeleton are, frame by frame: forward kinematics.

A joint's rotation is the product of its rotation channels in the order the file names them, each
turning the axes the one before has left (Meredith and Maddock 2001, section 3.2). Position channels
replace the offset.
"""

from __future__ import annotations

import numpy as np

from openset.formats.bvh_model import F64, Motion

_AXES = {"X": 1, "Y": 2, "Z": 3}


def local_poses(motion: Motion) -> tuple[F64, F64]:
    """Each joint in its parent: translations (n, joints, 3) in the file's unit, and rotations
    (n, joints, 4) as quaternions (w, x, y, z)."""
    count = len(motion.frames)
    translations = np.empty((count, len(motion.joints), 3))
    rotations = np.zeros((count, len(motion.joints), 4))
    rotations[..., 0] = 1.0
    column = 0
    for index, joint in enumerate(motion.joints):
        translations[:, index] = joint.offset
        for channel in joint.channels:
            values = motion.frames[:, column]
            column += 1
            axis = _AXES[channel[0]]
            if channel.endswith("position"):
                translations[:, index, axis - 1] = values
                continue
            turn = np.zeros((count, 4))
            turn[:, 0] = np.cos(np.radians(values) / 2)
            turn[:, axis] = np.sin(np.radians(values) / 2)
            rotations[:, index] = multiplied(rotations[:, index], turn)
    return translations, rotations


def world_poses(motion: Motion) -> tuple[F64, F64]:
    """Each joint in the file's world: positions (n, joints, 3) and rotations (n, joints, 4)."""
    positions, rotations = local_poses(motion)
    for index, joint in enumerate(motion.joints):
        if joint.parent >= 0:
            above = rotations[:, joint.parent]
            positions[:, index] = positions[:, joint.parent] + turned(above, positions[:, index])
            rotations[:, index] = multiplied(above, rotations[:, index])
    return positions, rotations


def multiplied(outer: F64, inner: F64) -> F64:
    """The quaternions (..., 4) that turn by `inner`, then by `outer`."""
    w0, v0 = outer[..., :1], outer[..., 1:]
    w1, v1 = inner[..., :1], inner[..., 1:]
    w = w0 * w1 - (v0 * v1).sum(-1, keepdims=True)
    return np.concatenate([w, w0 * v1 + w1 * v0 + np.cross(v0, v1)], axis=-1)


def turned(rotation: F64, vector: F64) -> F64:
    """The vectors (..., 3) turned by unit quaternions (..., 4)."""
    twice = 2.0 * np.cross(rotation[..., 1:], vector)
    turned_: F64 = vector + rotation[..., :1] * twice + np.cross(rotation[..., 1:], twice)
    return turned_
