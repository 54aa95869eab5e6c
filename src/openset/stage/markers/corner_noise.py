"""How sure the corners of a seen tag are, from how the tag is seen.

A detector fits a line along each of the four edges and takes the corners where the lines meet, so a
corner of a small or slanted tag is less sure, and less sure along its longer edge than across. The
errors of a line fitted to n points are those of its offset at the middle, sd s / sqrt(n), and of its
tilt, whose effect at either end has sd s sqrt(3 / n); both are independent of each other and of the
other edges. Turned into offsets at the middle and half the difference of the ends, eight corner errors
are therefore eight independent numbers.
"""

from __future__ import annotations

import math

import numpy as np

from openset.primitives.space import F64
from openset.stage.prints.patterns import TAG_MODULES

POINT_SD_PX = 0.1
"""Spread of one edge point, found in light, of a tag at 1080p with a camera's blur and noise."""
FLOOR_SD_PX = 0.02
"""What no edge length improves: bent paper, an uneven blur."""
NARROW_SD_PX, NARROW_PX, NARROWER_PX = 0.06, 2.5, 0.8
"""A black border so narrow is mixed with the cells inside it: an edge lies off by so much, and by e
times more when it is narrower by the last."""


def whitening_of(
    corners_px: F64, point_sd_px: float = POINT_SD_PX, floor_sd_px: float = FLOOR_SD_PX
) -> F64:
    """Corners (m, 4, 2) to (m, 8, 8): whitening @ errors.reshape(8) are eight numbers of spread 1."""
    count = len(corners_px)
    along = np.roll(corners_px, -1, axis=1) - corners_px
    length = np.maximum(np.linalg.norm(along, axis=2), 1.0)
    normal = np.stack([-along[..., 1], along[..., 0]], axis=-1) / length[..., None]
    across, down = corners_px[:, 2] - corners_px[:, 0], corners_px[:, 3] - corners_px[:, 1]
    area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])[:, None] / 2
    border = np.minimum(area / length / TAG_MODULES, 100.0)
    narrow = NARROW_SD_PX * np.exp(np.minimum((NARROW_PX - border) / NARROWER_PX, 3.0))
    middle_sd = np.sqrt(point_sd_px**2 / length + floor_sd_px**2 + narrow**2)
    tilt_sd = np.sqrt(3.0 * point_sd_px**2 / length + floor_sd_px**2)
    out = np.zeros((count, 8, 8))
    for edge in range(4):
        for end, sign in ((edge, -1.0), ((edge + 1) % 4, 1.0)):
            columns = slice(2 * end, 2 * end + 2)
            out[:, 2 * edge, columns] = 0.5 * normal[:, edge] / middle_sd[:, edge, None]
            out[:, 2 * edge + 1, columns] = sign * 0.5 * normal[:, edge] / tilt_sd[:, edge, None]
    return out


def even_whitening(count: int, sd_px: float) -> F64:
    """The same spread for every corner: (m, 8, 8)."""
    return np.broadcast_to(np.eye(8) / max(sd_px, math.ulp(1.0)), (count, 8, 8))
