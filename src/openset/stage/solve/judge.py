"""The solve held against what it has not seen: sightings that were kept out, before and after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.solve.image import Places, expected, sight_lines
from openset.stage.solve.model import I64, Bools, Path, Problem, Residuals, Sightings
from openset.stage.solve.path import twists
from openset.stage.solve.start import places

_ROUNDS = 8
_KEPT = 0.95


def residuals(problem: Problem, sightings: Sightings, path: Path, shared: F64, known_m: F64) -> F64:
    """How far (k,) each sighting is from where a path and shared numbers put its mark. Marks with a
    place stand there (`known_m` (p, 3), NaN elsewhere); each other one where this path and lens
    themselves see it best, so that no path is judged by another one's marks."""
    if not len(sightings.frame):
        return np.zeros(0)
    numbers, mark = np.unique(sightings.mark, return_inverse=True)
    own = replace(sightings, mark=mark.astype(np.int64))
    origin, direction, nearness = places(path, own, sight_lines(problem, own, shared), len(numbers))
    points = np.isfinite(known_m[numbers, 0])
    spots = Places(
        np.where(points[:, None], 0.0, origin),
        np.where(points[:, None], known_m[numbers], direction),
        np.where(points, 1.0, nearness),
        points,
    )
    twist = twists(path, problem.times_s)
    for _ in range(_ROUNDS):
        seen = expected(problem, own, path, twist, spots, shared)
        spots = spots.moved(_steps(seen.off, seen.by_mark, seen.usable, own.mark, points))
    seen = expected(problem, own, path, twist, spots, shared)
    length = np.hypot(seen.off[:, 0], seen.off[:, 1])
    return np.where(seen.usable, length, float(np.hypot(*problem.size_px)))


def summary(lengths: F64) -> Residuals:
    """Residuals as three figures; the worst twentieth is not in `rms_px`."""
    if not len(lengths):
        return Residuals(0.0, 0.0, 0.0, 0)
    kept = np.sort(lengths)[: max(1, int(_KEPT * len(lengths)))]
    return Residuals(
        float(np.sqrt(np.mean(kept**2))), float(np.median(lengths)), float(kept[-1]), len(lengths)
    )


def _steps(off: F64, by_mark: F64, usable: Bools, mark: I64, points: Bools) -> F64:
    """Gauss-Newton's steps (p, 3) of marks that are not known, robustly."""
    count = len(points)
    length = np.hypot(off[:, 0], off[:, 1])
    scale = 3.0 * max(0.05, float(np.median(length)))
    weight = np.where(usable, 1.0 / (1.0 + (length / scale) ** 2), 0.0)
    square = np.einsum("k,kea,keb->kab", weight, by_mark, by_mark)
    right = np.einsum("k,kea,ke->ka", weight, by_mark, off)
    normal = np.zeros((count, 3, 3))
    pull = np.zeros((count, 3))
    np.add.at(normal, mark, square)
    np.add.at(pull, mark, right)
    hold = np.trace(normal, axis1=1, axis2=2)[:, None, None] * 1e-7 + 1e-9
    step = np.linalg.solve(normal + hold * np.eye(3), pull[..., None])[..., 0]
    return np.where(points[:, None], 0.0, np.clip(step, -0.3, 0.3))
