"""How far a point of the stage may lie off in the picture, and on the floor, for what is not known.

Covariances of pose, lens and delay are carried through the projection to first order (ISO/IEC Guide
98-3, 5.1): a pose moves by the six numbers of stage/lens/derivatives.py, a lens by its nine, a delay by
the camera's own motion during it. What a viewer sees slide is the part across the line of sight; it is
given as the radius within which the truth lies nine times in ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64, Pose
from openset.stage.lens.derivatives import pose_derivatives, project_with_derivatives
from openset.stage.lens.model import Lens

SURE = 0.90
"""The part of all truths that lies within a stated radius."""
NEAREST_M = 0.05
OUTSIDE = 0.5
"""How far outside the picture, in pictures, a mark still counts: feet just below the frame do."""


@dataclass(frozen=True, eq=False)
class Doubt:
    """What is not known at one moment. `pose` (6, 6) and `lens` (9, 9) are covariances in the order of
    stage/lens/derivatives.py, `velocity` (6,) is the camera's: metres a second along the stage's axes,
    radians a second in its own. `pose_by_lens` (6, 9) says how the pose moves with the lens where it
    was solved through that same lens; the two are taken as independent where it is None, which states
    too much rather than too little."""

    pose: F64
    lens: F64 | None = None
    delay_sd_s: float = 0.0
    velocity: F64 | None = None
    pose_by_lens: F64 | None = None


@dataclass(frozen=True, eq=False)
class MarkError:
    """The error at one point of the stage: its distance along the line of sight, the covariance (2, 2)
    of its place in the picture in pixels, the radius in pixels and in metres within which the truth
    lies nine times in ten, and what share of the variance (0..1) pose, lens and delay have."""

    distance_m: float
    covariance_px: F64
    radius_px: float
    slide_m: float
    shares: dict[str, float]


def carried(covariance: F64, stage_from_camera: Pose, tracker_from_camera: Pose) -> F64:
    """The covariance (6, 6) of the camera's pose, from that of the tracker it sits on at
    `tracker_from_camera`: a turn of the tracker swings the camera about it."""
    mount = tracker_from_camera.matrix
    stage_from_tracker = stage_from_camera.matrix[:3, :3] @ mount[:3, :3].T
    move = np.eye(6)
    move[:3, 3:] = -stage_from_tracker @ skew(mount[None, :3, 3])[0]
    move[3:, 3:] = mount[:3, :3].T
    return np.asarray(move @ covariance @ move.T)


def error_at(lens: Lens, stage_from_camera: Pose, point_m: F64, doubt: Doubt) -> MarkError | None:
    """The error at a point (3,) of the stage; None where it lies behind the camera or far outside the
    picture, where a lens's polynomial says nothing."""
    matrix = stage_from_camera.matrix
    in_camera = (np.asarray(point_m, dtype=np.float64) - matrix[:3, 3]) @ matrix[:3, :3]
    distance_m = -float(in_camera[2])
    if distance_m < NEAREST_M or not _near_picture(lens, in_camera):
        return None
    _, by_point, by_lens = project_with_derivatives(lens, in_camera[None])
    by_pose = by_point[0] @ pose_derivatives(in_camera[None], matrix)[0]
    parts = {"pose": by_pose @ doubt.pose @ by_pose.T}
    if doubt.lens is not None:
        through = by_lens[0]
        if doubt.pose_by_lens is not None:
            through = through + by_pose @ doubt.pose_by_lens
        parts["lens"] = through @ doubt.lens @ through.T
    if doubt.velocity is not None and doubt.delay_sd_s > 0.0:
        smear = by_pose @ doubt.velocity * doubt.delay_sd_s
        parts["delay"] = np.outer(smear, smear)
    covariance = np.sum(list(parts.values()), axis=0)
    radius_px = radius(covariance)
    whole = float(np.trace(covariance))
    shares = {name: float(np.trace(part)) / whole if whole else 0.0 for name, part in parts.items()}
    focal_px = (lens.fx_px + lens.fy_px) / 2
    return MarkError(distance_m, covariance, radius_px, radius_px * distance_m / focal_px, shares)


def _near_picture(lens: Lens, in_camera: F64) -> bool:
    """Whether a point before the camera lies in the picture or within OUTSIDE of it, its bends left
    out: they may fold what is far outside back in."""
    x, y = in_camera[:2] / -in_camera[2]
    across = (lens.fx_px * x + lens.cx_px) / lens.width_px
    down = (lens.cy_px - lens.fy_px * y) / lens.height_px
    return bool(max(abs(across - 0.5), abs(down - 0.5)) <= 0.5 + OUTSIDE)


def radius(covariance: F64) -> float:
    """The circle about the middle of a normal distribution in the plane that holds SURE of it.

    Its radius over the larger sd depends on the ratio of the two alone: 1.645 on a line, 2.146 where
    both are equal.
    """
    small, large = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0.0)).tolist()
    return large * float(np.interp(small / large, _RATIOS, _RADII)) if large > 0 else 0.0


def _radius_of(ratio: float) -> float:
    """The radius for sds of 1 and `ratio`, by bisection of the exact share in polar form."""
    angle = (np.arange(720) + 0.5) * (np.pi / 1440)  # a quarter is enough: the rest mirrors it
    slope = np.cos(angle) ** 2 + np.sin(angle) ** 2 / ratio**2
    low, high = 1.0, 3.0
    for _ in range(40):
        middle = (low + high) / 2
        held = float(np.mean((1.0 - np.exp(-0.5 * middle**2 * slope)) / slope)) / ratio
        low, high = (middle, high) if held < SURE else (low, middle)
    return low


_RATIOS = np.linspace(0.0, 1.0, 41)
_RADII = np.array([1.6448536] + [_radius_of(float(ratio)) for ratio in _RATIOS[1:]])
