"""The camera before a board in one view, the lens being known."""

from __future__ import annotations

import numpy as np

from openset.primitives.space import F64
from openset.stage.calibrate.bundle import Corners, Freedom, Prior, bundle
from openset.stage.calibrate.sighting import View
from openset.stage.calibrate.start import view_pose
from openset.stage.lens.model import Lens


def view_from(view: View, points_m: F64, lens: Lens) -> F64:
    """The camera from the board (4, 4): the best fit of the corners, those far off left out once."""
    flat = points_m * [1.0, 1.0, 0.0]
    pose, _ = view_pose(view, flat, lens)
    nothing = Prior(np.zeros((0, 9)), np.zeros(0), np.zeros(0))
    held = Freedom(np.zeros(9, bool))
    count = len(view.seen.index)
    corners = Corners(
        view.seen.index, np.zeros(count, np.intp), view.seen.corners_px, np.ones(count, bool)
    )
    found = bundle(corners, points_m, lens, pose[None], nothing, held)
    off = np.linalg.norm(found.residuals_px, axis=-1)
    far = off > max(0.3, 3.0 * 1.4826 * float(np.median(off)))
    if far.any() and count - int(far.sum()) >= 6:
        found = bundle(corners.without(far), points_m, lens, found.poses, nothing, held)
    return np.asarray(found.poses[0])
