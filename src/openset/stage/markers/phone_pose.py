"""Poses a browser gives by itself: WebXR's, and a phone that only knows how it is turned.

WebXR: metres, quaternion (x, y, z, w), Y up; its viewer looks down -Z with Y up, as our cameras do
(WebXR Device API, 7). Orientation: alpha, beta, gamma in degrees, intrinsic Z-X-Y against an earth with
Z up (DeviceOrientation Event, W3C). Both know what is level, so only a heading and a place are missing:
a person stands on the mark, looks ahead and presses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64, IDENTITY, Pose, pose_from_matrix

_UPRIGHT = Pose((0.0, 0.0, 0.0), (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0))
"""Z up from Y up: a quarter turn about X."""


def pose_from_xr(position_m: tuple[float, ...], quaternion_xyzw: tuple[float, ...]) -> Pose | None:
    """A WebXR viewer's pose in a frame with Z up, its origin the session's; None where the quaternion
    is none."""
    x, y, z, w = quaternion_xyzw
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if not 0.9 < length < 1.1:
        return None
    px, py, pz = position_m
    turned = (w / length, x / length, y / length, z / length)
    return _UPRIGHT.after(Pose((px, py, pz), turned))


def pose_from_facing(alpha_deg: float, beta_deg: float, gamma_deg: float, screen_deg: float) -> Pose:
    """How the phone's rear camera is turned, at the origin."""
    turns = [
        matrix_from_vector(np.radians(angle) * np.eye(3)[axis])
        for angle, axis in ((alpha_deg, 2), (beta_deg, 0), (gamma_deg, 1), (-screen_deg, 2))
    ]
    out: F64 = np.eye(4)
    out[:3, :3] = turns[0] @ turns[1] @ turns[2] @ turns[3]
    return pose_from_matrix(out)


@dataclass(frozen=True)
class Alignment:
    """Where the browser's own level frame stands on the stage."""

    stage_from_own: Pose = IDENTITY

    def of(self, own_from_camera: Pose) -> Pose:
        """stage_from_camera."""
        return self.stage_from_own.after(own_from_camera)


def aligned_on_mark(
    own_from_camera: Pose, mark_m: tuple[float, float, float], heading_rad: float = 0.0
) -> Alignment:
    """The alignment that puts the camera, as it is held now, over the mark looking along `heading_rad`
    (0 is stage +Y, counted to the left). `mark_m` is where the camera itself is: x, y and its height.

    Held straight up or down there is no heading to read: the top of the picture is then taken.
    """
    matrix = own_from_camera.matrix
    ahead = -matrix[:3, 2]
    if math.hypot(ahead[0], ahead[1]) < 0.2:
        ahead = matrix[:3, 1] * (1.0 if ahead[2] < 0 else -1.0)
    own_heading = math.atan2(-ahead[0], ahead[1])
    turn = heading_rad - own_heading
    turned = Pose((0.0, 0.0, 0.0), (math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2)))
    x, y, z = turned.after(Pose(own_from_camera.position_m, (1.0, 0.0, 0.0, 0.0))).position_m
    place = (mark_m[0] - x, mark_m[1] - y, mark_m[2] - z)
    return Alignment(Pose(place, turned.rotation_wxyz))
