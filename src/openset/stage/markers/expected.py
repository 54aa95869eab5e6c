"""Where in the next picture mapped tags must be, by the map and by how the camera moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from openset.primitives.space import F64, Pose
from openset.stage.lens.model import Lens, project
from openset.stage.markers.pieces import Box

LEAST_SIDE_PX = 12.0
"""A tag smaller than this, across its narrowest, cannot be read."""
BORDER = 0.25
"""How much is looked at around a tag, in tags: its white margin and some more."""
BORDER_PX = 16.0
"""And what the guess of where it is may be off."""
INSIDE_PX = 4.0


def expected_boxes(
    corners_m: Mapping[int, F64],
    lens: Lens,
    stage_from_camera: Pose,
    given_up: Collection[int] = (),
) -> dict[int, Box]:
    """Pieces of the picture where mapped tags must be, by id.

    `corners_m` are all mapped tags' corners (4, 3); `given_up` the ids that are looked for in vain. A
    tag that is too small, turned away, or not whole in the picture is not expected.
    """
    numbers = [number for number in corners_m if number not in given_up]
    if not numbers:
        return {}
    matrix = stage_from_camera.matrix
    points = np.stack([corners_m[number] for number in numbers])
    in_camera = (points - matrix[:3, 3]) @ matrix[:3, :3]
    outward = np.cross(points[:, 1] - points[:, 0], points[:, 0] - points[:, 3])
    facing = np.einsum("ni,ni->n", outward, matrix[:3, 3] - points.mean(axis=1)) > 0
    # Far outside the picture a lens's model may fold back into it.
    reach = 0.75 * max(lens.width_px / lens.fx_px, lens.height_px / lens.fy_px)
    depth = -in_camera[..., 2]
    ahead = (depth > 0.1).all(axis=1) & facing
    ahead &= np.abs(in_camera[..., :2]).max(axis=(1, 2)) < reach * depth.min(axis=1)
    out: dict[int, Box] = {}
    if not ahead.any():
        return out
    pixels = project(lens, in_camera[ahead])
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    size = high - low
    most = np.array([lens.width_px, lens.height_px]) - INSIDE_PX
    good = (low > INSIDE_PX).all(axis=1) & (high < most).all(axis=1)
    good &= size.min(axis=1) >= LEAST_SIDE_PX
    border = BORDER * size + BORDER_PX
    first, last = np.floor(low - border).astype(int), np.ceil(high + border).astype(int)
    for index, which in enumerate(np.flatnonzero(ahead).tolist()):
        if good[index]:
            left, top = first[index].tolist()
            right, bottom = last[index].tolist()
            out[numbers[which]] = (left, top, right, bottom)
    return out
