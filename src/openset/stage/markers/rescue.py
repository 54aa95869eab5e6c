"""Where to look again for tags that a quick look missed: the map and the last pose say where."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from openset.primitives.space import F64, Pose
from openset.stage.lens.model import Lens, project
from openset.stage.markers.detect import Box

MOST_BOXES = 4
LEAST_SIDE_PX = 12.0
"""A tag smaller than this, across its narrowest, cannot be read."""
BORDER = 0.6
"""How much is looked at around a tag, in tags: its white margin, and what the camera has moved."""
EASY_PX = 60.0
"""Larger tags are missed because they are covered or blurred: looking closer does not help."""


def boxes_of_missing(
    corners_m: Mapping[int, F64],
    seen: Collection[int],
    lens: Lens,
    stage_from_camera: Pose,
    given_up: Collection[int] = (),
) -> dict[int, Box]:
    """Pieces of the picture where mapped tags must be that were not found, the largest first.

    `corners_m` are all mapped tags' corners (4, 3); `given_up` the ids that were looked for in vain.
    """
    numbers = [number for number in corners_m if number not in seen and number not in given_up]
    if not numbers:
        return {}
    matrix = stage_from_camera.matrix
    points = np.stack([corners_m[number] for number in numbers])
    in_camera = (points - matrix[:3, 3]) @ matrix[:3, :3]
    depth = -in_camera[..., 2].max(axis=1)
    across = points[:, 1] - points[:, 0]
    up = points[:, 0] - points[:, 3]
    outward = np.cross(across, up)
    facing = np.einsum("ni,ni->n", outward, matrix[:3, 3] - points.mean(axis=1)) > 0
    ahead = (depth > 0.1) & facing
    found: list[tuple[float, int, Box]] = []
    for index in np.flatnonzero(ahead):
        pixels = project(lens, in_camera[index])
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        inside = (low > 2).all() and (high < [lens.width_px - 2, lens.height_px - 2]).all()
        side = float((high - low).min())
        if not inside or not LEAST_SIDE_PX <= side <= EASY_PX:
            continue
        border = BORDER * (high - low) + 6
        left, top = np.floor(low - border).astype(int).tolist()
        right, bottom = np.ceil(high + border).astype(int).tolist()
        found.append((side, numbers[index], (left, top, right, bottom)))
    found.sort(reverse=True)
    return {number: box for _, number, box in found[:MOST_BOXES]}
