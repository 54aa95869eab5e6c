"""A pinhole camera over the frames of a shot: what every camera file of post holds, in Openset's terms.

World Z up, metres; the camera looks down its own -Z with Y up (docs/conventions.md). The formats that
write it turn it into their own axes and units; `Y_UP` is the turn most of them begin with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from openset.primitives.space import F64, Pose, pose_from_matrix

Y_UP: F64 = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
"""Our world to one with Y up: x, y, z becomes x, z, -y."""

Angles = tuple[float, float, float]


@dataclass(frozen=True)
class Optics:
    """A pinhole and its sensor. `offset_mm` is where the optical axis meets the picture, right and down
    of its middle, as OpenTrackIO's projectionOffset."""

    focal_length_mm: float
    sensor_width_mm: float
    sensor_height_mm: float
    offset_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Key:
    """The camera at one frame: `world_from_camera` of the entrance pupil, and the lens where known."""

    frame: int
    pose: Pose
    optics: Optics | None = None
    focus_distance_m: float | None = None
    f_stop: float | None = None


@dataclass(frozen=True)
class CameraShot:
    """Keys in order of frame. `rate` in frames a second and `size_px` where they are known;
    `start_timecode` is that of the first key as it is written on a slate, empty where unknown."""

    name: str
    keys: tuple[Key, ...]
    rate: Fraction | None = None
    size_px: tuple[int, int] | None = None
    start_timecode: str = ""


def turned(pose: Pose, turn: F64) -> F64:
    """(4, 4) `world_from_camera` in a world that `turn` (3, 3) makes of ours."""
    matrix = pose.matrix
    matrix[:3] = turn @ matrix[:3]
    return matrix


def unturned(matrix: F64, turn: F64) -> Pose:
    """The pose in our world of a (4, 4) rigid matrix in the world that `turn` makes."""
    out = np.eye(4)
    out[:3] = turn.T @ matrix[:3]
    return pose_from_matrix(out)


def rotation(axis: str, degrees: float) -> F64:
    """(3, 3) right-handed rotation about "X", "Y" or "Z"."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    one = "XYZ".index(axis)
    two, three = (one + 1) % 3, (one + 2) % 3
    out = np.eye(3)
    out[two, two] = out[three, three] = c
    out[three, two], out[two, three] = s, -s
    return out


def rotation_from_angles(angles_deg: Angles, order: str) -> F64:
    """(3, 3) of angles about X, Y, Z applied in `order`, its first letter first: "ZXY" is Ry Rx Rz."""
    out = np.eye(3)
    for axis in order:
        out = rotation(axis, angles_deg["XYZ".index(axis)]) @ out
    return out


def angles_zxy(matrix: F64) -> Angles:
    """Degrees about X, Y, Z that give a rotation (3, 3) in the order ZXY.

    Ry Rx Rz has the second row (cx sz, cx cz, -sx) and the third column (sy cx, -sx, cy cx). Looking
    straight up or down, Z keeps still.
    """
    x = math.asin(max(-1.0, min(1.0, -float(matrix[1, 2]))))
    if abs(matrix[1, 2]) > 1 - 1e-12:
        return math.degrees(x), math.degrees(math.atan2(-matrix[2, 0], matrix[0, 0])), 0.0
    y, z = math.atan2(matrix[0, 2], matrix[2, 2]), math.atan2(matrix[1, 0], matrix[1, 1])
    return math.degrees(x), math.degrees(y), math.degrees(z)


def continuous_zxy(angles: Iterable[Angles]) -> Iterator[Angles]:
    """The same rotations without jumps: each written as near as can be to the one before."""
    last: Angles | None = None
    for x, y, z in angles:
        if last is None:
            last = (x, y, z)
        else:
            ways = [_nearest(way, last) for way in ((x, y, z), (180.0 - x, y + 180.0, z + 180.0))]
            before = last
            last = min(
                ways, key=lambda way: sum((a - b) ** 2 for a, b in zip(way, before, strict=True))
            )
        yield last


def _nearest(angles: Angles, last: Angles) -> Angles:
    x, y, z = (a + 360.0 * round((b - a) / 360.0) for a, b in zip(angles, last, strict=True))
    return x, y, z


def same_side(quaternions: Iterable[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    """Quaternions of the same rotations, none on the far side of the one before."""
    last: tuple[float, ...] | None = None
    for each in quaternions:
        if last is not None and sum(a * b for a, b in zip(each, last, strict=True)) < 0:
            each = tuple(-part for part in each)
        last = each
        yield each
