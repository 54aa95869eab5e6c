"""How far a tag's edges are seen outside of where they are: one number of a camera, in pixels.

Whatever a camera does to a bright and a dark side of an edge, its curve, its sharpening, a lens out of
focus, moves all edges of all black squares alike, outwards or inwards, by the same part of a pixel at
every distance. So a small tag seems farther than it is and a large one hardly, and a few tags at
different distances tell the number.
"""

from __future__ import annotations

import math

import numpy as np

from openset.primitives.space import F64

EDGE_SD_PX = 0.15
"""What is not known of it beforehand, once edges were found in light (edge_light.py)."""
EDGE_DRIFT_PX = 0.003
"""What it changes by from picture to picture: light, focus and iris change."""


def outward(corners_px: F64) -> F64:
    """How corners (n, 4, 2) move, pixels, when every edge of their tag moves outwards by one."""
    along = np.roll(corners_px, -1, axis=1) - corners_px
    length = np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    normal = np.stack([along[..., 1], -along[..., 0]], axis=2) / length
    across, down = corners_px[:, 2] - corners_px[:, 0], corners_px[:, 3] - corners_px[:, 1]
    turns = np.sign(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])
    normal *= turns[:, None, None]
    before = np.roll(normal, 1, axis=1)
    # The corner keeps to both edges: it moves by d with d . n = 1 for either normal.
    open_ = np.maximum(1.0 + (normal * before).sum(axis=2, keepdims=True), 0.05)
    return np.asarray((normal + before) / open_)


def learned(known: tuple[float, float], told: tuple[float, float] | None) -> tuple[float, float]:
    """What is known of a camera's edges for its next picture, and the sd, after what one picture told:
    what was known before is in that already."""
    edge_px, sd_px = told or known
    return edge_px, min(EDGE_SD_PX, math.hypot(sd_px, EDGE_DRIFT_PX))
