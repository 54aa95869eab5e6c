"""Where marks land in the picture, along a path and through lenses that are still being found.

A mark is kept as a place it was first seen from, a direction, and nearness (one over the distance):
what is far away then needs no large numbers, and a mark seen from one place only is no trouble
(Civera, Davison and Montiel 2008). A corner of a tag is kept as its point on the stage: seen from the
stage's origin, nearness one.

Rows of a rolling shutter are exposed one after another, the middle one at the frame's own moment: a
sighting at row v has its camera moved by the frame's velocity times (v / height - 1/2) read-outs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector, skew
from openset.primitives.space import F64
from openset.stage.lens.derivatives import parameters_of, project_with_derivatives, with_parameters
from openset.stage.lens.model import Lens, rays
from openset.stage.solve.model import (
    EDGE,
    I64,
    LENS,
    READOUT,
    SEEN,
    Bools,
    Path,
    Problem,
    Sightings,
)

_NEAREST = 0.02
"""How far in front of the camera, as a part of the mark's own scale, a mark must be to be projected."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where p marks are believed to be: `origin` and `direction` (p, 3), `nearness` (p,), and which are
    points on the stage rather than sights."""

    origin: F64
    direction: F64
    nearness: F64
    points: Bools

    def moved(self, steps: F64) -> Places:
        """Every mark moved by its three numbers (p, 3)."""
        first, second = across(self.direction)
        sights = self.direction + first * steps[:, :1] + second * steps[:, 1:2]
        sights = sights / np.maximum(np.linalg.norm(sights, axis=1, keepdims=True), 1e-12)
        direction = np.where(self.points[:, None], self.direction + steps, sights)
        nearness = np.where(self.points, 1.0, np.clip(self.nearness + steps[:, 2], -0.1, 10.0))
        return replace(self, direction=direction, nearness=nearness)


@dataclass(frozen=True, eq=False)
class Linear:
    """Sightings against the model: what is seen less what is expected (k, 2), which are in front of the
    camera (k,), and how what is expected changes with the frame's pose (k, 2, 6), the first ten shared
    numbers (k, 2, 10) and the mark (k, 2, 3)."""

    off: F64
    usable: Bools
    by_pose: F64
    by_shared: F64
    by_mark: F64


def across(directions: F64) -> tuple[F64, F64]:
    """Two unit vectors (p, 3) at right angles to each direction and to each other."""
    least = np.argmin(np.abs(directions), axis=1)
    first = np.cross(directions, np.eye(3)[least])
    length = np.linalg.norm(first, axis=1, keepdims=True)
    first = first / np.maximum(length, 1e-12)
    second = np.cross(directions, first)
    return first, second / np.maximum(np.linalg.norm(second, axis=1, keepdims=True), 1e-12)


def lens_with(lens: Lens, shared: F64) -> Lens:
    """A lens of the take with the solve's corrections, the first eight shared numbers."""
    values = parameters_of(lens)
    values[:2] *= shared[0]
    values[2:] += shared[1:8]
    return with_parameters(lens, values)


def sight_lines(problem: Problem, sightings: Sightings, shared: F64) -> F64:
    """The unit directions (k, 3) in camera coordinates along which sightings lie."""
    out = np.empty((len(sightings.frame), 3))
    kinds = problem.lens_of[sightings.frame]
    for kind in np.unique(kinds):
        chosen = kinds == kind
        out[chosen] = rays(lens_with(problem.lenses[kind], shared), sightings.pixels[chosen])
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True))


def expected(
    problem: Problem, sightings: Sightings, path: Path, twist: F64, places: Places, shared: F64
) -> Linear:
    """What the path, its velocities (n, 6), the marks and the shared numbers (17,) say of sightings."""
    frame, mark = sightings.frame, sightings.mark
    late = sightings.pixels[:, 1] / problem.size_px[1] - 0.5
    drag = twist[frame] * late[:, None]
    position = path.positions_m[frame] + drag[:, :3] * shared[READOUT]
    rotation = path.rotations[frame] @ matrix_from_vector(drag[:, 3:] * shared[READOUT])
    back = np.swapaxes(rotation, 1, 2)
    near = places.nearness[mark][:, None]
    reach = places.origin[mark] - position
    sight = np.einsum("kij,kj->ki", back, places.direction[mark] + near * reach)
    usable = -sight[:, 2] > _NEAREST * np.linalg.norm(sight, axis=1)
    sight[~usable] = (0.0, 0.0, -1.0)
    pixels, by_sight, by_lens = _projected(problem, problem.lens_of[frame], sight, shared)
    turn = np.concatenate([-near[:, :, None] * back, skew(sight)], axis=2)
    by_pose = by_sight @ turn
    by_shared = np.empty((len(frame), 2, SEEN))
    by_shared[:, :, LENS] = by_lens
    by_shared[:, :, READOUT] = np.einsum("kab,kb->ka", by_pose, drag)
    by_shared[:, :, EDGE] = 0.0 if sightings.outward is None else sightings.outward
    pixels = pixels + shared[EDGE] * by_shared[:, :, EDGE]
    first, second = across(places.direction)
    ways = np.stack([first[mark], second[mark], reach], axis=2)
    ways = np.where(places.points[mark][:, None, None], np.eye(3), ways)
    return Linear(sightings.pixels - pixels, usable, by_pose, by_shared, by_sight @ (back @ ways))


def _projected(problem: Problem, kinds: I64, sight: F64, shared: F64) -> tuple[F64, F64, F64]:
    """Pixels (k, 2), their derivatives by the point (k, 2, 3) and the corrections (k, 2, 8)."""
    pixels, by_sight = np.empty((len(sight), 2)), np.empty((len(sight), 2, 3))
    by_lens = np.empty((len(sight), 2, 8))
    for kind in np.unique(kinds):
        chosen = slice(None) if len(problem.lenses) == 1 else kinds == kind
        base = problem.lenses[kind]
        there, move, lens = project_with_derivatives(lens_with(base, shared), sight[chosen])
        pixels[chosen], by_sight[chosen] = there, move
        by_lens[chosen, :, 0] = lens[:, :, 0] * base.fx_px + lens[:, :, 1] * base.fy_px
        by_lens[chosen, :, 1:] = lens[:, :, 2:]
    return pixels, by_sight, by_lens
