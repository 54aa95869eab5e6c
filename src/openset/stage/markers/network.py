"""The network of sightings that a map of tags is solved from, and where everything in it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openset.primitives.rotation import matrix_from_vector, skew
from openset.primitives.space import F64
from openset.stage.lens.derivatives import parameters_of, with_parameters
from openset.stage.lens.model import Lens, project
from openset.stage.markers.edge import EDGE_SD_PX, outward

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NEAREST_M = 0.02
"""No corner is nearer to a camera than this."""
HUBER = 2.0
"""Spreads beyond which a sighting weighs less."""
LENS_NUMBERS = 9


@dataclass(frozen=True, eq=False)
class Problem:
    """What was seen: in picture `camera` (m,) the tag `tag` (m,) had its corners at `corners_px`
    (m, 4, 2); `whitening` (m, 8, 8) makes eight numbers of spread 1 of their eight errors. A tag stands
    once in a picture. `local_m` (t, 4, 3) are the corners on each tag, `held` (t,) the tags whose pose
    is given. `lens_information` (9, 9) is the inverse covariance of the lens, None where the lens is
    taken as it is; `slip_sd` (6,) is the usual slip, None for a global shutter. `edge_sd_px` is how far
    the camera may see edges outside of where they are (edge.py)."""

    camera: I64
    tag: I64
    corners_px: F64
    whitening: F64
    local_m: F64
    held: npt.NDArray[np.bool_]
    lens: Lens
    lens_information: F64 | None = None
    slip_sd: F64 | None = None
    edge_sd_px: float = EDGE_SD_PX

    @cached_property
    def outward(self) -> F64:
        """How the corners (m, 4, 2) move when every edge is seen a pixel farther out."""
        return outward(self.corners_px)

    def only(self, kept: npt.NDArray[np.bool_]) -> Problem:
        """The problem with these sightings (m,) alone."""
        return replace(
            self,
            camera=self.camera[kept],
            tag=self.tag[kept],
            corners_px=self.corners_px[kept],
            whitening=self.whitening[kept],
        )


@dataclass(frozen=True, eq=False)
class State:
    """Where everything is: stage_from_camera and stage_from_tag as rotations (n, 3, 3) and positions
    (n, 3), the slips (n, 6), the lens, and how far its camera sees edges outside, pixels."""

    camera_rotation: F64
    camera_m: F64
    tag_rotation: F64
    tag_m: F64
    slip: F64
    lens: Lens
    edge_px: float = 0.0


class Placed:
    """Every corner in the camera that saw it, at the moment its row was read."""

    def __init__(self, problem: Problem, state: State) -> None:
        camera, tag = problem.camera, problem.tag
        self.local = problem.local_m[tag]
        self.tag_rotation = state.tag_rotation[tag][:, None]
        points = self.local @ np.swapaxes(state.tag_rotation[tag], 1, 2) + state.tag_m[tag][:, None]
        self.row = (problem.corners_px[..., 1] / state.lens.height_px - 0.5)[..., None]
        slip = state.slip[camera][:, None]
        if problem.slip_sd is None:
            self.turn = self.turn_by_slip = np.broadcast_to(np.eye(3), (*self.row.shape[:2], 3, 3))
        else:
            self.turn = matrix_from_vector(self.row * slip[..., 3:])
            half = skew(self.row * slip[..., 3:])
            # A rotation vector's small change turns by this much in the turned camera (to 2nd order).
            self.turn_by_slip = np.eye(3) - half / 2.0 + half @ half / 6.0
        self.rotation = state.camera_rotation[camera][:, None] @ self.turn
        eye = state.camera_m[camera][:, None] + self.row * slip[..., :3]
        self.in_camera: F64 = np.einsum("mkji,mkj->mki", self.rotation, points - eye)


def errors_of(problem: Problem, state: State) -> F64:
    """Seen less said (m, 4, 2), pixels; nan where a corner would lie behind the camera."""
    points = Placed(problem, state).in_camera
    said = project(state.lens, np.where(points[..., 2:] > -NEAREST_M, np.nan, points))
    return problem.corners_px - said - state.edge_px * problem.outward


def misfit_of(problem: Problem, errors_px: F64) -> F64:
    """The rms (m,) of each sighting's whitened errors; infinite where a corner lies behind."""
    white = np.einsum("mij,mj->mi", problem.whitening, errors_px.reshape(-1, 8))
    return np.asarray(np.sqrt(np.nan_to_num(np.mean(white**2, axis=1), nan=np.inf)))


def cost_of(problem: Problem, state: State) -> float:
    """What the adjustment makes least: whitened squares, Huber beyond two spreads, and the priors."""
    misfit = misfit_of(problem, errors_of(problem, state))
    total = float(np.sum(8.0 * np.where(misfit < HUBER, misfit**2, HUBER * (2 * misfit - HUBER))))
    total += (state.edge_px / problem.edge_sd_px) ** 2
    if problem.slip_sd is not None:
        total += float(np.sum((state.slip / problem.slip_sd) ** 2))
    if problem.lens_information is not None:
        away = parameters_of(state.lens) - parameters_of(problem.lens)
        total += float(away @ problem.lens_information @ away)
    return total


def moved(problem: Problem, state: State, cameras: F64, rest: F64) -> State:
    """The state after a step: cameras by (f, 6 or 12), tags not held, the edges and the lens by
    (g,)."""
    free = np.flatnonzero(~problem.held)
    tags = rest[: 6 * len(free)].reshape(-1, 6)
    tag_m, tag_rotation = state.tag_m.copy(), state.tag_rotation.copy()
    tag_m[free] += tags[:, :3]
    tag_rotation[free] = tag_rotation[free] @ matrix_from_vector(tags[:, 3:])
    lens = state.lens
    if problem.lens_information is not None:
        lens = with_parameters(lens, parameters_of(lens) + rest[-LENS_NUMBERS:])
    return State(
        state.camera_rotation @ matrix_from_vector(cameras[:, 3:6]),
        state.camera_m + cameras[:, :3],
        tag_rotation,
        tag_m,
        state.slip if problem.slip_sd is None else state.slip + cameras[:, 6:],
        lens,
        state.edge_px + float(rest[6 * len(free)]),
    )
