"""What is neither screen nor subject: beyond the cloth's edge, marks on it, shapes the operator drew.

Works on the low-resolution matte. The cloth's convex hull is cut along an edge only where the cloth
really ends in a straight line there: where it lies along most of that edge. A person in front of a
corner leaves a ragged outline, which supports no edge, so nothing of them is cut. The bottom is never
cut by itself: a table or a floor that is not cloth looks the same as a cloth's lower edge.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Plane
from openset.stage.key.settings import KeySettings

Mask = npt.NDArray[np.bool_]

SUPPORT, SUPPORT_HELD = 0.7, 0.5
"""Share of an edge the cloth must lie along to cut there, and to go on cutting."""
SHORTEST_EDGE, NEAR_EDGE = 0.25, 0.02
"""Length of an edge worth cutting, how near the cloth must lie to it: of the picture's height."""
LARGEST_MARK = 0.00028
"""A mark covers at most this share of the picture (260 pixels of 1280x720)."""


def keep_mask(
    matte: F32Plane, seen: Mask, settings: KeySettings, *, cut_before: bool
) -> tuple[F32Plane, bool]:
    """(1 where subject may be, else 0, (rows, cells); whether an edge of the cloth was cut)."""
    keep = np.ones(matte.shape, np.float32)
    cut = False
    if settings.garbage == "auto":
        cut = _cut_beyond_cloth(keep, seen, SUPPORT_HELD if cut_before else SUPPORT)
    if settings.marks:
        keep[_marks(matte)] = 0.0
    for shape in settings.garbage_shapes:
        rows, cells = matte.shape
        corners = np.array([(x * cells, y * rows) for x, y in shape]) - 0.5
        cv2.fillPoly(keep, [np.round(corners).astype(np.int32)], 0.0)
    return keep, cut


def _cut_beyond_cloth(keep: F32Plane, seen: Mask, support: float) -> bool:
    """Clear `keep` outside each supported edge of the cloth's hull."""
    rows, cells = seen.shape
    cloth = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if np.count_nonzero(cloth) < 0.02 * seen.size:
        return False
    outlines, _ = cv2.findContours(cloth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(outlines))
    hull = cv2.approxPolyDP(hull, 0.01 * rows, True)[:, 0, :].astype(np.float64)
    away = cv2.distanceTransform(1 - cloth, cv2.DIST_L2, 3)
    middle = hull.mean(0)
    y, x = np.ogrid[0:rows, 0:cells]
    cut = False
    for start, end in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        along = end - start
        length = float(np.hypot(*along))
        if length < SHORTEST_EDGE * rows or _on_border(start, end, rows, cells):
            continue
        outward = np.array([along[1], -along[0]]) / length
        if outward @ (middle - start) > 0:
            outward = -outward
        if outward[1] > 0.5:
            continue
        at = start + np.linspace(0.0, 1.0, max(int(length), 2))[:, None] * along
        px, py = np.clip(at.round().astype(int), 0, (cells - 1, rows - 1)).T
        if np.mean(away[py, px] <= NEAR_EDGE * rows) >= support:
            beyond = (x - start[0]) * outward[0] + (y - start[1]) * outward[1]
            keep[beyond > 0.5] = 0.0
            cut = True
    return cut


def _on_border(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], rows: int, cells: int
) -> bool:
    ends = np.stack([start, end])
    return bool(
        (ends[:, 0] <= 2).all()
        or (ends[:, 1] <= 2).all()
        or (ends[:, 0] >= cells - 3).all()
        or (ends[:, 1] >= rows - 3).all()
    )


def _marks(matte: F32Plane) -> Mask:
    """Small islands of the matte, away from anything larger, with a cell around them."""
    solid = (matte > 0.1).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] <= max(2.0, LARGEST_MARK * matte.size)
    small[0] = False
    if not small.any():
        return np.zeros(matte.shape, np.bool_)
    is_large = ~small
    is_large[0] = False
    large = is_large[labels].astype(np.uint8)
    reach = 2 * max(3, round(0.03 * matte.shape[0])) + 1
    near = cv2.dilate(large, np.ones((reach, reach), np.uint8)) > 0
    small &= np.bincount(labels[near], minlength=count) == 0
    marks = cv2.dilate(small[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray((marks > 0) & (large == 0))
