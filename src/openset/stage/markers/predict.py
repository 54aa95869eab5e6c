"""Where a camera will be a few frames on, for walls and screens that show the set late.

An error-state Kalman filter of constant velocity, position and rotation apart (Sola 2017). Only the
prediction is used: a composite waits for its own pose and never asks here, and nothing is smoothed.
Measured, a velocity guessed ahead errs half as much at 33 ms as holding the last pose does; one that
takes the acceleration along errs twice as much at 67 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.markers.model import PoseEstimate

DENSITY = np.array([2.0, 0.6])
"""White noise of the acceleration: metres, radians a second squared over root hertz."""
LEAST_SD = np.array([1.5e-4, 5e-5])
LONGEST_GAP_S = 0.25
FASTEST = np.array([3.0, 6.0])
"""At a start the velocity may be this, metres and radians a second."""
MEMORY = 0.05
"""How much each new pose tells of how well guesses do."""


@dataclass(eq=False)
class _State:
    """Position (3,), rotation (3, 3), velocities (2, 3), and the variance of place and velocity of both
    (2, 2, 2), the same on each axis. `off` (2,) is how far poses lie from where they were guessed,
    squared, as a share of what the variance expects: the density is set for the best guess, not for a
    true doubt."""

    time_ns: int
    position_m: F64
    rotation: F64
    velocity: F64
    variance: F64
    off: F64


class Predictor:
    """Takes every pose as it is found, and says where the body will be."""

    def __init__(self) -> None:
        self._state: _State | None = None

    def take(self, estimate: PoseEstimate, time_ns: int) -> None:
        """The pose at a time. A gap, or a time that is not later, begins again."""
        matrix = estimate.stage_from_body.matrix
        state = self._state
        gap_s = 0.0 if state is None else (time_ns - state.time_ns) / 1e9
        if state is None or not 0.0 < gap_s <= LONGEST_GAP_S:
            variance = np.stack(
                [np.diag([sd**2, fast**2]) for sd, fast in zip(LEAST_SD, FASTEST, strict=True)]
            )
            self._state = _State(
                time_ns, matrix[:3, 3], matrix[:3, :3], np.zeros((2, 3)), variance, np.ones(2)
            )
            return
        position, rotation = _moved(state, gap_s)
        off = np.stack([matrix[:3, 3] - position, vector_from_matrix(rotation.T @ matrix[:3, :3])])
        spread = np.diag(estimate.covariance).reshape(2, 3).mean(axis=1)
        for kind in range(2):
            measured = max(float(spread[kind]), float(LEAST_SD[kind]) ** 2)
            expected = self._ahead(kind, gap_s)[0, 0] + measured
            state.off[kind] += MEMORY * (float((off[kind] ** 2).mean()) / expected - state.off[kind])
            gain = self._gain(kind, gap_s, measured)
            off_kind = off[kind].copy()
            off[kind] = gain[0] * off_kind
            state.velocity[kind] += gain[1] * off_kind
        state.time_ns = time_ns
        state.position_m = position + off[0]
        state.rotation = rotation @ matrix_from_vector(off[1])

    def at(self, time_ns: int) -> Pose | None:
        """The body's pose at a time after the last; None before any, or too far ahead."""
        if self._state is None:
            return None
        ahead_s = (time_ns - self._state.time_ns) / 1e9
        if not 0.0 <= ahead_s <= 2 * LONGEST_GAP_S:
            return None
        matrix = np.eye(4)
        matrix[:3, 3], matrix[:3, :3] = _moved(self._state, ahead_s)
        return pose_from_matrix(matrix)

    def doubt(self, time_ns: int) -> F64:
        """By how much less sure the pose guessed for a time is than one that was seen: a covariance
        (6, 6), as large as guesses have been off so far."""
        state = self._state
        if state is None:
            return np.zeros((6, 6))
        ahead_s = (time_ns - state.time_ns) / 1e9
        each = [state.off[kind] * self._ahead(kind, ahead_s)[0, 0] for kind in range(2)]
        return np.diag(np.repeat(each, 3))

    def _ahead(self, kind: int, seconds: float) -> F64:
        """The variance (2, 2) of one kind's place and velocity so long after the last pose."""
        state = self._state
        assert state is not None
        step = np.array([[1.0, seconds], [0.0, 1.0]])
        noise = np.array([[seconds**3 / 3, seconds**2 / 2], [seconds**2 / 2, seconds]])
        return np.asarray(step @ state.variance[kind] @ step.T + DENSITY[kind] ** 2 * noise)

    def _gain(self, kind: int, gap_s: float, measured: float) -> F64:
        """The Kalman gain (2,) of one kind, its variance stepped on and made smaller."""
        state = self._state
        assert state is not None
        before = self._ahead(kind, gap_s)
        gain = before[:, 0] / (before[0, 0] + measured)
        state.variance[kind] = before - np.outer(gain, before[0])
        return np.asarray(gain)


def _moved(state: _State, seconds: float) -> tuple[F64, F64]:
    position = state.position_m + state.velocity[0] * seconds
    return position, state.rotation @ matrix_from_vector(state.velocity[1] * seconds)
