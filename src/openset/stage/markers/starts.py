"""Where a pose search begins when nothing is known: closed-form poses from one camera's tags.

Corners on one plane have two poses that look nearly alike (Collins and Bartoli 2014); both are given.
Others have one (SQPnP, Terzakis and Lourakis 2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import rays
from openset.stage.markers.equations import SeenCorners

FLAT = 0.01
"""Corners whose spread out of their plane is less than this part of their spread in it are flat."""
MOST_SINGLE = 6
_UPRIGHT = np.diag([1.0, -1.0, -1.0])
"""OpenCV's camera looks along its +Z, Y down."""

Place = tuple[F64, F64]
"""A body's position (3,) and rotation (3, 3), stage from body."""


def is_flat(points_m: F64) -> bool:
    """True where points (n, 3) lie on one plane, or nearly."""
    spread = np.linalg.svd(points_m - points_m.mean(axis=0), compute_uv=False)
    return bool(spread[2] < FLAT * spread[0])


def starts_from_all(seen: Sequence[SeenCorners]) -> list[Place]:
    """Poses from all corners of the camera that sees most: two where they are flat."""
    best = max(seen, key=lambda one: len(one.pixels))
    return _closed_form(best)


def starts_from_single_tags(seen: Sequence[SeenCorners]) -> Iterator[Place]:
    """Poses from one tag at a time, the largest in the picture first: some survive a map of which most
    is wrong."""
    singles = [one.kept(one.ids == number) for one in seen for number in np.unique(one.ids)]
    singles.sort(key=lambda one: -float(np.ptp(one.pixels, axis=0).prod()))
    for one in singles[:MOST_SINGLE]:
        yield from _closed_form(one)


def _closed_form(one: SeenCorners) -> list[Place]:
    middle = one.points_m.mean(axis=0)
    points, method = one.points_m - middle, cv2.SOLVEPNP_SQPNP
    plane = np.eye(3)
    if is_flat(one.points_m):
        # The two poses of a plane are worked out for corners that lie on one exactly.
        plane = np.linalg.svd(points, full_matrices=False)[2].astype(np.float64)
        plane[2] *= np.sign(np.linalg.det(plane))
        points = points @ plane.T * [1.0, 1.0, 0.0]
        method = cv2.SOLVEPNP_IPPE
    ideal = rays(one.lens, one.pixels)[:, :2] * [1.0, -1.0]
    try:
        _, turns, shifts, _ = cv2.solvePnPGeneric(points, ideal[:, None], np.eye(3), None, flags=method)
    except cv2.error:
        return []
    out = []
    for turn, shift in zip(turns, shifts, strict=True):
        matrix = np.eye(4)
        matrix[:3, :3] = _UPRIGHT @ cv2.Rodrigues(turn)[0] @ plane
        matrix[:3, 3] = _UPRIGHT @ shift.ravel() - matrix[:3, :3] @ middle
        stage_from_body = np.linalg.inv(matrix) @ one.camera_from_body
        if np.isfinite(stage_from_body).all():
            out.append((stage_from_body[:3, 3], stage_from_body[:3, :3]))
    return out
