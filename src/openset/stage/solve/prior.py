"""What is believed before the picture is looked at, and how the tracker may err over a take."""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64, Pose
from openset.stage.lens.model import Lens
from openset.stage.markers.edge import EDGE_SD_PX
from openset.stage.solve.model import (
    COUNT,
    DELAY,
    EDGE,
    FOCAL,
    I64,
    NODAL,
    PART_OF,
    READOUT,
    Prior,
)

FOCAL_SD = 0.003
"""A measured lens keeps its focal length to about this: focus breathing, a mount that gives."""
UNKNOWN_FOCAL_SD = 0.05
DELAY_SD_S = 0.1
READOUT_SD_S = 0.012
MEASURED_READOUT_SD_S = 0.001
NODAL_SD_M, NODAL_SD_RAD = 0.05, 0.02
_BEND_SD = (0.02, 0.05, 5e-4, 5e-4, 0.05)
_CENTRE_SD = 0.004
_HELD = 1e-4
"""A number that is not to be solved keeps its value to this part of what was believed of it."""

KNOT_S = 2.0
MOST_KNOTS = 40
DRIFT_S = 12.0
"""A tracker's slow error forgets itself in about this time."""


def prior_of(
    lens: Lens,
    *,
    measured: F64 | None = None,
    lens_known: bool = True,
    readout_s: float | None = None,
) -> Prior:
    """The belief in a take's shared numbers: `measured` is the lens's own covariance (9, 9) where it
    was calibrated, `readout_s` the sensor's read-out where it was."""
    values = np.zeros(COUNT)
    values[FOCAL] = 1.0
    values[READOUT] = readout_s or 0.0
    sd = np.empty(COUNT)
    sd[FOCAL] = FOCAL_SD if lens_known else UNKNOWN_FOCAL_SD
    sd[1:3] = _CENTRE_SD * lens.width_px
    sd[3:8] = _BEND_SD
    sd[READOUT] = READOUT_SD_S if readout_s is None else MEASURED_READOUT_SD_S
    sd[EDGE] = EDGE_SD_PX
    sd[DELAY] = DELAY_SD_S
    sd[NODAL] = [NODAL_SD_M] * 3 + [NODAL_SD_RAD] * 3
    covariance = np.diag(sd**2)
    if measured is not None:
        covariance[:8, :8] = _of_lens(lens, measured)
    return Prior(values, covariance)


def _of_lens(lens: Lens, measured: F64) -> F64:
    """A calibration's covariance as that of one focal factor and seven corrections, the factor widened
    by what changes between calibration and take."""
    mean = np.zeros((8, 9))
    mean[0, 0], mean[0, 1] = 0.5 / lens.fx_px, 0.5 / lens.fy_px
    mean[1:, 2:] = np.eye(7)
    out = mean @ measured @ mean.T
    out[0, 0] += FOCAL_SD**2
    return np.asarray(out)


def precision(prior: Prior, free: frozenset[str]) -> F64:
    """The inverse covariance (17, 17), very large for what is not to be solved."""
    covariance = prior.covariance.copy()
    held = [index for index, part in enumerate(PART_OF) if part not in free]
    variance = np.diag(covariance).copy()
    covariance[held, :] = covariance[:, held] = 0.0
    covariance[held, held] = np.maximum(variance[held], 1e-24) * _HELD**2
    scale = 1.0 / np.sqrt(np.diag(covariance))
    return np.asarray(np.linalg.inv(covariance * np.outer(scale, scale)) * np.outer(scale, scale))


def knots(times_s: F64) -> F64:
    """The moments between which the tracker's slow error runs straight."""
    span = float(times_s[-1] - times_s[0])
    count = int(np.clip(np.ceil(span / KNOT_S) + 1, 2, MOST_KNOTS))
    return np.linspace(times_s[0], times_s[-1] + 1e-9, count)


def knot_weights(knots_s: F64, moments_s: F64) -> tuple[I64, F64]:
    """The two knots around each moment (k, 2) and their weights (k, 2)."""
    left = np.clip(np.searchsorted(knots_s, moments_s, "right") - 1, 0, len(knots_s) - 2)
    part = np.clip((moments_s - knots_s[left]) / (knots_s[left + 1] - knots_s[left]), 0.0, 1.0)
    return np.stack([left, left + 1], axis=1), np.stack([1 - part, part], axis=1)


def drift_precision(knots_s: F64, drift_m: float, drift_rad: float) -> F64:
    """The inverse covariance (6 k, 6 k) of the slow error at the knots, six numbers each: a
    Gauss-Markov process."""
    alike = np.exp(-np.abs(knots_s[:, None] - knots_s[None]) / DRIFT_S)
    inverse = np.linalg.inv(alike + 1e-9 * np.eye(len(knots_s)))
    scale = np.array([drift_m] * 3 + [drift_rad] * 3)
    return np.asarray(np.kron(inverse, np.diag(1.0 / np.maximum(scale, 1e-9) ** 2)))


def nodal_between(assumed: Pose, measured: Pose) -> F64:
    """A measured tracker_from_camera against the assumed one, as the six nodal numbers."""
    step = assumed.inverse().after(measured)
    turn = vector_from_matrix(step.matrix[:3, :3])
    return np.concatenate([np.array(step.position_m), turn])
