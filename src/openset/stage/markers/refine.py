"""A pose, and where asked its velocity, moved until the corners fit best (Levenberg 1944, Marquardt
1963, on the derivatives of equations.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64
from openset.stage.markers.equations import Equations, SeenCorners, equations
from openset.stage.markers.starts import Place

MOST_STEPS = 25
SMALL_STEP = 1e-7
"""Metres and radians: a ten-thousandth of what the corners can tell."""
HOPELESS = 1e8
ROBUST = 10.0
"""A tag that is off by this many times what is expected, a pixel or so, pulls half as hard."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What is known of the body's velocity (6,) beforehand, and its standard deviations (6,); None
    where the velocity is taken as it is."""

    twist: F64
    sd: F64 | None = None


STILL = Motion(np.zeros(6))


@dataclass(frozen=True, eq=False)
class Fit:
    """A pose that fits: `equations` are those at its end, `cost` what was made small."""

    position_m: F64
    rotation: F64
    twist: F64
    equations: Equations
    cost: float

    @property
    def place(self) -> Place:
        """Position and rotation."""
        return self.position_m, self.rotation

    @property
    def distances_px(self) -> F64:
        """How far each corner (n,) lies from where it should."""
        return np.asarray(np.linalg.norm(self.equations.residuals.reshape(-1, 2), axis=1))


def refine(
    seen: Sequence[SeenCorners],
    start: Place,
    motion: Motion = STILL,
    *,
    spread: float = 1.0,
    robust: bool = False,
) -> Fit | None:
    """The best pose near a start; None where the start does not see the corners. `robust` weighs far
    tags down (Cauchy), so that a few wrong ones do not pull. `spread` is how many times worse corners
    are than corner_noise.py expects."""
    position, rotation = start
    twist = motion.twist
    now = equations(seen, position, rotation, twist)
    if now is None:
        return None
    weights, cost = _weighed(now, twist, motion, spread, robust)
    damping = 0.0
    for _ in range(MOST_STEPS):
        matrix, gradient = _normal(now, weights, twist, motion, spread)
        try:
            damped = matrix + damping * np.diag(np.diag(matrix))
            step = np.linalg.solve(damped, gradient).astype(np.float64)
        except np.linalg.LinAlgError:
            return None
        moved = position + step[:3]
        turned = rotation @ matrix_from_vector(step[3:6])
        faster = twist + step[6:] if motion.sd is not None else twist
        then = equations(seen, moved, turned, faster)
        if then is not None:
            new_weights, new_cost = _weighed(then, faster, motion, spread, robust)
        small = float(np.abs(step[:6]).max()) < SMALL_STEP
        if then is None or new_cost > cost * (1 + 1e-9):
            if small or damping > HOPELESS:
                break
            damping = max(1e-4, 10 * damping)
            continue
        position, rotation, twist, now = moved, turned, faster, then
        weights, cost = new_weights, new_cost
        damping = damping / 10 if damping > 1e-6 else 0.0
        if small:
            break
    return Fit(position, rotation, twist, now, cost)


def information(fit: Fit, motion: Motion, spread: float) -> F64:
    """How surely the corners and what was known before hold the pose (6, 6) or the pose and its
    velocity (12, 12): the inverse of its covariance."""
    ones = np.ones(len(fit.equations.whitening))
    return _normal(fit.equations, ones, fit.twist, motion, spread)[0]


def _weighed(
    now: Equations, twist: F64, motion: Motion, spread: float, robust: bool
) -> tuple[F64, float]:
    """Each tag's weight (n,) and the whole cost."""
    squares = (now.sure_residuals**2).sum(axis=1)
    prior = 0.0 if motion.sd is None else float((((twist - motion.twist) / motion.sd) ** 2).sum())
    if not robust:
        return np.ones(len(squares)), float(squares.sum()) / spread**2 + prior
    most = 8 * ROBUST**2
    far = squares / most
    return 1.0 / (1.0 + far), most * float(np.log1p(far).sum()) / spread**2 + prior


def _normal(now: Equations, weights: F64, twist: F64, motion: Motion, spread: float) -> tuple[F64, F64]:
    free = 6 if motion.sd is None else 12
    slopes = now.sure(now.by_motion[:, :free])
    weighted = (slopes * (weights / spread**2)[:, None, None]).reshape(-1, free).T
    matrix = weighted @ slopes.reshape(-1, free)
    gradient = weighted @ now.sure_residuals.reshape(-1)
    if motion.sd is not None:
        sure = 1.0 / motion.sd**2
        matrix[range(6, 12), range(6, 12)] += sure
        gradient[6:] += sure * (motion.twist - twist)
    return matrix, gradient
