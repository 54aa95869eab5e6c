"""A pose, and where asked its velocity, moved until the corners fit best (Levenberg 1944, Marquardt
1963, on the derivatives of equations.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
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
    where the velocity is taken as it is, and steady. Where it is solved its acceleration is too, which
    is 0 but for `pull_sd` (6,).

    A velocity that was told by the pose itself and those before holds at the place `told_at`, and is
    `per_pose` (1 / s) more for every metre and radian that the pose is further on."""

    twist: F64
    sd: F64 | None = None
    pull_sd: F64 = field(default_factory=lambda: np.ones(6))
    told_at: Place | None = None
    per_pose: float = 0.0

    def at(self, position_m: F64, rotation: F64) -> F64:
        """The velocity and acceleration (12,) to expect of a pose."""
        twist = self.twist
        if self.told_at is not None:
            turned = vector_from_matrix(self.told_at[1].T @ rotation)
            twist = twist + self.per_pose * np.concatenate([position_m - self.told_at[0], turned])
        return np.concatenate([twist, np.zeros(6)])

    def off(self, fit_at: Place, moving: F64) -> float:
        """How far a velocity and acceleration (12,) are from what is known, in squared deviations."""
        if self.sd is None:
            return 0.0
        spread = np.concatenate([self.sd, self.pull_sd])
        return float((((moving - self.at(*fit_at)) / spread) ** 2).sum())


STILL = Motion(np.zeros(6))


@dataclass(frozen=True, eq=False)
class Edges:
    """What is known beforehand of how far each camera (c,) sees edges outside, and its spreads (c,)."""

    px: F64
    sd_px: F64

    @classmethod
    def of(cls, seen: Sequence[SeenCorners]) -> Edges:
        """As the cameras say it themselves."""
        return cls(np.array([one.edge_px for one in seen]), np.array([one.edge_sd_px for one in seen]))

    def off(self, edges_px: F64) -> float:
        """How far edges (c,) are from it, in squared deviations."""
        return float((((edges_px - self.px) / self.sd_px) ** 2).sum())

    def hold(self, matrix: F64, gradient: F64, edges_px: F64) -> None:
        """Add it to normal equations whose last c numbers are the edges."""
        sure = 1.0 / self.sd_px**2
        last = range(len(matrix) - len(sure), len(matrix))
        matrix[last, last] += sure
        gradient[last] += sure * (self.px - edges_px)


@dataclass(frozen=True, eq=False)
class Fit:
    """A pose that fits: `equations` are those at its end, `cost` what was made small."""

    position_m: F64
    rotation: F64
    motion: F64
    """Velocity and acceleration (12,)."""
    edges_px: F64
    """How far each camera (c,) sees edges outside of where they are."""
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
    moving = motion.at(position, rotation)
    known = Edges.of(seen)
    edges = known.px
    now = equations(seen, position, rotation, moving, edges)
    if now is None:
        return None
    weights, cost = _weighed(now, spread, robust)
    cost += motion.off(start, moving)
    damping = 0.0
    for _ in range(MOST_STEPS):
        matrix, gradient = _normal(now, weights, (position, rotation), moving, motion, spread)
        known.hold(matrix, gradient, edges)
        try:
            damped = matrix + damping * np.diag(np.diag(matrix))
            step = np.linalg.solve(damped, gradient).astype(np.float64)
        except np.linalg.LinAlgError:
            return None
        moved = position + step[:3]
        turned = rotation @ matrix_from_vector(step[3:6])
        faster = moving + step[6:18] if motion.sd is not None else moving
        wider = edges + step[-len(edges) :]
        then = equations(seen, moved, turned, faster, wider)
        if then is not None:
            new_weights, new_cost = _weighed(then, spread, robust)
            new_cost += motion.off((moved, turned), faster) + known.off(wider)
        small = float(np.abs(step[:6]).max()) < SMALL_STEP
        if then is None or new_cost > cost * (1 + 1e-9):
            if small or damping > HOPELESS:
                break
            damping = max(1e-4, 10 * damping)
            continue
        position, rotation, moving, edges, now = moved, turned, faster, wider, then
        weights, cost = new_weights, new_cost
        damping = damping / 10 if damping > 1e-6 else 0.0
        if small:
            break
    return Fit(position, rotation, moving, edges, now, cost)


def information(seen: Sequence[SeenCorners], fit: Fit, motion: Motion, spread: float) -> F64:
    """How surely the corners and what was known before hold the pose, its velocity and acceleration
    where they are solved, and the edges of c cameras: the inverse of the covariance (6 + c, 6 + c) or
    (18 + c, 18 + c)."""
    ones = np.ones(len(fit.equations.whitening))
    matrix, gradient = _normal(fit.equations, ones, fit.place, fit.motion, motion, spread)
    Edges.of(seen).hold(matrix, gradient, fit.edges_px)
    return matrix


def _weighed(now: Equations, spread: float, robust: bool) -> tuple[F64, float]:
    """Each tag's weight (n,) and what the corners cost."""
    squares = (now.sure_residuals**2).sum(axis=1)
    if not robust:
        return np.ones(len(squares)), float(squares.sum()) / spread**2
    most = 8 * ROBUST**2
    far = squares / most
    return 1.0 / (1.0 + far), most * float(np.log1p(far).sum()) / spread**2


def _normal(
    now: Equations, weights: F64, place: Place, moving: F64, motion: Motion, spread: float
) -> tuple[F64, F64]:
    free = 6 if motion.sd is None else 18
    slopes = now.sure(np.concatenate([now.by_motion[:, :free], now.by_edges], axis=1))
    size = slopes.shape[2]
    weighted = (slopes * (weights / spread**2)[:, None, None]).reshape(-1, size).T
    matrix = weighted @ slopes.reshape(-1, size)
    gradient = weighted @ now.sure_residuals.reshape(-1)
    if motion.sd is not None:
        sure = 1.0 / np.concatenate([motion.sd, motion.pull_sd])
        by = np.concatenate([np.zeros((12, 6)), np.eye(12)], axis=1)
        by[:6, :6] -= motion.per_pose * np.eye(6)
        by *= sure[:, None]
        matrix[:18, :18] += by.T @ by
        gradient[:18] += by.T @ (sure * (motion.at(*place) - moving))
    return matrix, gradient
