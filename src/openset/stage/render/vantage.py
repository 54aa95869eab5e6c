"""Where a set is baked from: the middle of a camera's move, and the part of the sphere it looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.space import Pose
from openset.stage.lens.model import Lens, rays

MARGIN_RAD = 0.05
LIVE_MARGIN_RAD = 0.3
"""What an operator is given to pan away from where the camera looked first."""


@dataclass(frozen=True)
class Vantage:
    """`eye_m` on the stage, the unit vector it looks `towards`, and how far (radians) to every side the
    picture will ever reach."""

    eye_m: tuple[float, float, float]
    towards: tuple[float, float, float]
    within_rad: float


def vantage_of(poses: Sequence[Pose], lens: Lens, margin_rad: float = MARGIN_RAD) -> Vantage:
    """The vantage that sees everything a move through a lens sees.

    The eye is the middle of the positions' bounding box: parallax is then smallest at the extremes.
    """
    places = np.array([pose.position_m for pose in poses])
    looks = np.array([-pose.matrix[:3, 2] for pose in poses])
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    mean = looks.mean(axis=0)
    towards = mean / np.linalg.norm(mean) if np.linalg.norm(mean) > 1e-3 else looks[0]
    turned = float(np.arccos(np.clip(looks @ towards, -1.0, 1.0)).max())
    within = min(math.pi, turned + _half_view_rad(lens) + margin_rad)
    return Vantage(_point(middle), _point(towards), within)


def _half_view_rad(lens: Lens) -> float:
    """The angle from the lens's axis to the corner of the picture that is farthest from it."""
    width, height = lens.width_px, lens.height_px
    corners = rays(lens, np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]]))
    corners /= np.linalg.norm(corners, axis=-1, keepdims=True)
    return float(np.arccos(np.clip(-corners[:, 2], -1.0, 1.0)).max())


def _point(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return (x, y, z)
