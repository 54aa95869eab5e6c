"""The map of tags and all cameras that saw them, solved at once so that the corners fit best.

Levenberg-Marquardt over camera and tag poses (Triggs et al., "Bundle adjustment: a modern synthesis",
2000), the lens's nine numbers with a prior, and for each camera a slip (6,): how far its pose moves
from the first row of the picture to the last. Poses move as stage/lens/derivatives.py says. A sighting
that fits badly as a whole weighs less (Huber).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openset.primitives.space import F64
from openset.stage.markers.blocks import NormalEquations
from openset.stage.markers.network import Problem, State, cost_of, errors_of, misfit_of, moved


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A solved problem. `errors_px` (m, 4, 2) is seen less said; `misfit` (m,) the rms of each
    sighting's whitened errors; `covariance` (g, g) is of the poses of the tags not held, in their
    order, six each, of the edges' number, and of the lens's nine last where it was solved; it is in
    units of the whitening, not yet scaled by the misfit. `degrees` of freedom are left."""

    state: State
    errors_px: F64
    misfit: F64
    covariance: F64
    degrees: int
    steps: int


def adjust(
    problem: Problem,
    start: State,
    *,
    most_steps: int = 60,
    told: Callable[[int, float], None] | None = None,
) -> Adjusted:
    """The best poses near `start`. `told` hears every step and its cost."""
    state, damping, step = start, 1e-4, 0
    cost = cost_of(problem, state)
    system = NormalEquations(problem, state)
    while step < most_steps:
        step += 1
        tried = moved(problem, state, *system.step(damping))
        lower = cost_of(problem, tried)
        if lower < cost:
            gain = (cost - lower) / cost
            state, cost, damping = tried, lower, max(damping * 0.1, 1e-12)
            if told:
                told(step, cost)
            if gain < 1e-7:
                break
            system = NormalEquations(problem, state)
        elif damping > 1e8:
            break
        else:
            damping = max(damping * 8.0, 1e-9)
    system = NormalEquations(problem, state)
    errors = errors_of(problem, state)
    count = 8 * len(problem.camera) - 6 * int((~problem.held).sum()) - 6 * len(state.camera_m)
    return Adjusted(state, errors, misfit_of(problem, errors), system.covariance(), max(count, 1), step)
