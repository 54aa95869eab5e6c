"""A tracker's noise, from its own reports, where it does not say how sure it is.

Second differences of a steady stream of poses hold next to nothing of a hand's move and sqrt(6) times
the noise. What drifts slowly does not show: this is the least the error can be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64, matrix_from_quaternion
from openset.stage.tracking.samples import TrackSample

ENOUGH = 20
QUIETEST = np.array([1e-4] * 3 + [float(np.radians(2e-3))] * 3)
"""No tracker is trusted further than this, whatever it says: metres and radians."""
_SD_OVER_MEDIAN = 1.4826


def noise_of(samples: Sequence[TrackSample]) -> F64 | None:
    """The covariance (6, 6), diagonal, of one report's noise, QUIETEST at least; None for fewer than
    ENOUGH reports, and for a tracker that says the same again and again: it tells nothing of its noise.

    The scale is the median's, so that a lost report or a knock counts for nothing.
    """
    if len(samples) < ENOUGH:
        return None
    positions = np.array([sample.stage_from_camera.position_m for sample in samples])
    turns = np.stack(
        [matrix_from_quaternion(np.array(sample.stage_from_camera.rotation_wxyz)) for sample in samples]
    )
    steps = vector_from_matrix(np.swapaxes(turns[:-1], 1, 2) @ turns[1:])
    seconds = np.concatenate([np.diff(positions, n=2, axis=0), np.diff(steps, axis=0)], axis=1)
    sd = _SD_OVER_MEDIAN * np.median(np.abs(seconds), axis=0) / np.sqrt(6.0)
    return np.asarray(np.diag(np.maximum(sd, QUIETEST) ** 2)) if sd.any() else None
