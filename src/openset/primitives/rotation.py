"""Small and large rotations as vectors, for whoever solves for poses. Radians, right-handed.

A rotation vector points along the axis and is as long as the angle. All functions take leading axes.
"""

from __future__ import annotations

import numpy as np

from openset.primitives.space import F64


def skew(vectors: F64) -> F64:
    """(..., 3) to (..., 3, 3): skew(a) @ b is the cross product of a and b."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    nought = np.zeros_like(x)
    rows = [[nought, -z, y], [z, nought, -x], [-y, x, nought]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def matrix_from_vector(vectors: F64) -> F64:
    """Rotation vectors (..., 3) to matrices (..., 3, 3) (Rodrigues)."""
    vectors = np.asarray(vectors, dtype=np.float64)
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 1.0 - angle**2 / 6.0, np.sin(safe) / safe)
    second = np.where(small, 0.5 - angle**2 / 24.0, (1.0 - np.cos(safe)) / safe**2)
    cross = skew(vectors)
    return np.asarray(np.eye(3) + first * cross + second * (cross @ cross))


def vector_from_matrix(rotations: F64) -> F64:
    """Matrices (..., 3, 3) to rotation vectors (..., 3), angles 0..pi.

    By the unit quaternion of largest component, so that half turns are as sure as small ones.
    """
    m = np.asarray(rotations, dtype=np.float64)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    four = np.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], axis=-1)
    wx, wy, wz = (
        m[..., 2, 1] - m[..., 1, 2],
        m[..., 0, 2] - m[..., 2, 0],
        m[..., 1, 0] - m[..., 0, 1],
    )
    xy, xz, yz = (
        m[..., 1, 0] + m[..., 0, 1],
        m[..., 2, 0] + m[..., 0, 2],
        m[..., 2, 1] + m[..., 1, 2],
    )
    rows = np.stack(
        [
            np.stack([four[..., 0], wx, wy, wz], axis=-1),
            np.stack([wx, four[..., 1], xy, xz], axis=-1),
            np.stack([wy, xy, four[..., 2], yz], axis=-1),
            np.stack([wz, xz, yz, four[..., 3]], axis=-1),
        ],
        axis=-2,
    )
    best = np.argmax(four, axis=-1)[..., None, None]
    quaternion = np.take_along_axis(rows, best, axis=-2)[..., 0, :]
    quaternion = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    length = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(length, quaternion[..., :1])
    factor = np.where(length < 1e-9, 2.0, angle / np.where(length < 1e-9, 1.0, length))
    return np.asarray(quaternion[..., 1:] * factor)
