"""Poses and rotations. Right-handed, metres, radians, world Z up; a camera looks down its own -Z, Y up.

A transform is named for what it maps: `world_from_camera` takes camera coordinates to the world.
Quaternions are (w, x, y, z), unit length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
Xyz = tuple[float, float, float]
Wxyz = tuple[float, float, float, float]


@dataclass(frozen=True)
class Pose:
    """A rigid transform: `position_m` (3,) and unit quaternion `rotation_wxyz` (4,)."""

    position_m: tuple[float, float, float]
    rotation_wxyz: tuple[float, float, float, float]

    @property
    def matrix(self) -> F64:
        """(4, 4) homogeneous matrix, e.g. world_from_camera."""
        out = np.eye(4)
        out[:3, :3] = matrix_from_quaternion(np.array(self.rotation_wxyz))
        out[:3, 3] = self.position_m
        return out

    def after(self, inner: Pose) -> Pose:
        """a_from_b.after(b_from_c) is a_from_c."""
        w, x, y, z = product(self.rotation_wxyz, inner.rotation_wxyz)
        scale = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
        if w < 0:
            scale = -scale
        dx, dy, dz = turned(self.rotation_wxyz, inner.position_m)
        px, py, pz = self.position_m
        moved = (float(px + dx), float(py + dy), float(pz + dz))
        return Pose(moved, (w * scale, x * scale, y * scale, z * scale))

    def inverse(self) -> Pose:
        """world_from_camera to camera_from_world."""
        w, x, y, z = self.rotation_wxyz
        scale = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
        if w < 0:
            scale = -scale
        back = (w * scale, -x * scale, -y * scale, -z * scale)
        dx, dy, dz = turned(back, self.position_m)
        return Pose((-dx, -dy, -dz), back)


def product(left: Wxyz, right: Wxyz) -> Wxyz:
    """The quaternion that turns by `right`, then by `left`."""
    aw, ax, ay, az = left
    bw, bx, by, bz = right
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def turned(rotation_wxyz: Wxyz, vector: Xyz) -> Xyz:
    """A vector turned by a quaternion of any length but zero: v + 2 u x (u x v + w v), u the vector
    part."""
    w, x, y, z = rotation_wxyz
    vx, vy, vz = vector
    twice = 2.0 / (w * w + x * x + y * y + z * z)
    cx, cy, cz = y * vz - z * vy + w * vx, z * vx - x * vz + w * vy, x * vy - y * vx + w * vz
    return (
        vx + twice * (y * cz - z * cy),
        vy + twice * (z * cx - x * cz),
        vz + twice * (x * cy - y * cx),
    )


def moved_along_sight(pose: Pose, distance_m: float) -> Pose:
    """The pose moved along its own line of sight (its -Z); backwards if negative."""
    if distance_m == 0.0:
        return pose
    w, x, y, z = pose.rotation_wxyz
    px, py, pz = pose.position_m
    step = 2.0 * distance_m / (w * w + x * x + y * y + z * z)
    moved = (
        px - step * (x * z + w * y),
        py - step * (y * z - w * x),
        pz - distance_m + step * (x * x + y * y),
    )
    return Pose(moved, pose.rotation_wxyz)


IDENTITY = Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


def matrix_from_quaternion(wxyz: F64) -> F64:
    """Unit quaternion (4,) to rotation matrix (3, 3)."""
    w, x, y, z = wxyz / np.linalg.norm(wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_from_matrix(rotation: F64) -> F64:
    """Rotation matrix (3, 3) to unit quaternion (4,) with w >= 0 (Shepperd's method)."""
    m = np.asarray(rotation, dtype=np.float64)
    candidates = np.array(
        [
            m.trace(),
            m[0, 0] - m[1, 1] - m[2, 2],
            m[1, 1] - m[0, 0] - m[2, 2],
            m[2, 2] - m[0, 0] - m[1, 1],
        ]
    )
    biggest = int(np.argmax(candidates))
    root = np.sqrt(1.0 + candidates[biggest])
    half = 0.5 / root
    if biggest == 0:
        q = [
            root / 2,
            (m[2, 1] - m[1, 2]) * half,
            (m[0, 2] - m[2, 0]) * half,
            (m[1, 0] - m[0, 1]) * half,
        ]
    elif biggest == 1:
        q = [
            (m[2, 1] - m[1, 2]) * half,
            root / 2,
            (m[0, 1] + m[1, 0]) * half,
            (m[0, 2] + m[2, 0]) * half,
        ]
    elif biggest == 2:
        q = [
            (m[0, 2] - m[2, 0]) * half,
            (m[0, 1] + m[1, 0]) * half,
            root / 2,
            (m[1, 2] + m[2, 1]) * half,
        ]
    else:
        q = [
            (m[1, 0] - m[0, 1]) * half,
            (m[0, 2] + m[2, 0]) * half,
            (m[1, 2] + m[2, 1]) * half,
            root / 2,
        ]
    out = np.array(q)
    return out if out[0] >= 0 else -out


def pose_from_matrix(matrix: F64) -> Pose:
    """(4, 4) rigid matrix to a pose."""
    w, x, y, z = quaternion_from_matrix(matrix[:3, :3]).tolist()
    px, py, pz = matrix[:3, 3].tolist()
    return Pose((px, py, pz), (w, x, y, z))


def slerp(start_wxyz: F64, end_wxyz: F64, fraction: float) -> F64:
    """Shortest-arc interpolation of two unit quaternions; fraction 0..1 (Shoemake 1985)."""
    dot = float(np.dot(start_wxyz, end_wxyz))
    if dot < 0:
        end_wxyz, dot = -end_wxyz, -dot
    if dot > 0.9995:
        out = start_wxyz + fraction * (end_wxyz - start_wxyz)
        return np.asarray(out / np.linalg.norm(out))
    angle = np.arccos(dot)
    weights = np.sin((1 - fraction) * angle), np.sin(fraction * angle)
    return np.asarray((weights[0] * start_wxyz + weights[1] * end_wxyz) / np.sin(angle))


def interpolate(start: Pose, end: Pose, fraction: float) -> Pose:
    """The pose `fraction` (0..1) of the way: linear in position, slerp in rotation."""
    position = (1 - fraction) * np.array(start.position_m) + fraction * np.array(end.position_m)
    w, x, y, z = slerp(np.array(start.rotation_wxyz), np.array(end.rotation_wxyz), fraction).tolist()
    px, py, pz = position.tolist()
    return Pose((px, py, pz), (w, x, y, z))


def angle_between_rad(first: Pose, second: Pose) -> float:
    """The rotation angle between two poses, radians, 0..pi."""
    dot = abs(float(np.dot(np.array(first.rotation_wxyz), np.array(second.rotation_wxyz))))
    return 2.0 * float(np.arccos(min(1.0, dot)))


def pose_from_pan_tilt_roll(
    position_m: tuple[float, float, float], pan_rad: float, tilt_rad: float, roll_rad: float
) -> Pose:
    """OpenTrackIO's angles to world_from_camera.

    Intrinsic Z-X-Y: pan about Z, tilt about X, roll about Y, right-handed; at zero the camera looks
    along world +Y with Z up (OpenTrackIO 1.0.1, transforms). With the quarter turn about X that sets
    the camera upright, a roll about Y is a turn about -Z: the whole is Z(pan) X(tilt + 90 degrees)
    Z(-roll), whose quaternion is known in closed form.
    """
    quarter = 0.5 * tilt_rad + math.pi / 4
    less, more = 0.5 * (pan_rad - roll_rad), 0.5 * (pan_rad + roll_rad)
    up, over = math.cos(quarter), math.sin(quarter)
    w, x, y, z = up * math.cos(less), over * math.cos(more), over * math.sin(more), up * math.sin(less)
    px, py, pz = position_m
    place = (float(px), float(py), float(pz))
    return Pose(place, (w, x, y, z) if w >= 0 else (-w, -x, -y, -z))


def pan_tilt_roll_from_pose(pose: Pose) -> tuple[float, float, float]:
    """world_from_camera to OpenTrackIO's pan, tilt, roll in radians; roll is 0 at tilt +-90 degrees."""
    w, x, y, z = pose.rotation_wxyz
    twice = 2.0 / (w * w + x * x + y * y + z * z)
    rise = twice * (x * x + y * y) - 1.0  # how much the line of sight, -Z, points up
    tilt = math.asin(max(-1.0, min(1.0, rise)))
    if abs(rise) > 1 - 1e-9:
        return math.atan2(twice * (x * y + w * z), 1.0 - twice * (y * y + z * z)), tilt, 0.0
    return math.atan2(x * z + w * y, w * x - y * z), tilt, math.atan2(w * y - x * z, y * z + w * x)


def look_at(position_m: tuple[float, float, float], target_m: tuple[float, float, float]) -> Pose:
    """A camera at `position_m` looking at `target_m`, world Z up in the picture.

    Looking straight down or up, world +Y is up in the picture. Raises ValueError if both are one point.
    """
    eye = np.array(position_m, dtype=np.float64)
    back = eye - np.array(target_m, dtype=np.float64)
    distance = np.linalg.norm(back)
    if distance == 0.0:
        raise ValueError("a camera cannot look at the point where it stands")
    back /= distance
    right = np.cross([0.0, 0.0, 1.0], back)
    if np.linalg.norm(right) < 1e-9:
        right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    out = np.eye(4)
    out[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    out[:3, 3] = eye
    return pose_from_matrix(out)
