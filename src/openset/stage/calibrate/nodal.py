"""Where the lens's entrance pupil sits on the tracker's body: the nodal offset.

Hand-eye calibration in closed form (Park and Martin 1994) from the tracker's poses and the camera's
poses before a board, over all pairs of views that turn against each other. The spread is a jackknife:
each view left out in turn. A fit that trusts the tracker's poses to be exact is measurably worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix

LEAST_POSES = 5
LEAST_TURN_RAD = 0.06
"""Pairs of views that turn by less than this (3.4 degrees) say little."""
LEAST_SPREAD_RAD = 0.17
"""The turning, rms, about the second best axis that is needed: ten degrees."""


@dataclass(frozen=True, eq=False)
class Mount:
    """`tracker_from_camera`, its standard deviations (metres and radians, per axis of the tracker),
    and how far the board's place on the stage wanders between views: rms metres and radians."""

    tracker_from_camera: Pose
    sd_m: F64
    sd_rad: F64
    residual_m: float
    residual_rad: float
    views: int


def solve_mount(stage_from_tracker: F64, camera_from_board: F64) -> Mount:
    """The mount from n views, (n, 4, 4) each. Raises BadInput for too few, or too little turning."""
    count = len(stage_from_tracker)
    if count < LEAST_POSES:
        raise BadInput(
            f"{count} views with a pose of the tracker, and the mount needs {LEAST_POSES}",
            todo="Shoot the board from ten or more sides, the camera turned about two axes",
        )
    _refuse_little_turning(stage_from_tracker)
    everyone = list(range(count))
    best = _park_martin(stage_from_tracker, camera_from_board, everyone)
    kept = _consistent(stage_from_tracker, camera_from_board, best)
    if len(kept) < count and len(kept) >= LEAST_POSES:
        best = _park_martin(stage_from_tracker, camera_from_board, kept)
    else:
        kept = everyone
    sd_m, sd_rad = _jackknife(stage_from_tracker, camera_from_board, kept, best)
    moved, turned = _wander(stage_from_tracker[kept], camera_from_board[kept], best)
    return Mount(
        pose_from_matrix(best),
        sd_m,
        sd_rad,
        float(np.sqrt((moved**2).sum(axis=-1).mean())),
        float(np.sqrt((turned**2).sum(axis=-1).mean())),
        len(kept),
    )


def _refuse_little_turning(stage_from_tracker: F64) -> None:
    turns = vector_from_matrix(
        np.swapaxes(stage_from_tracker[0, :3, :3][None], -1, -2) @ stage_from_tracker[:, :3, :3]
    )
    spread = np.linalg.svd(turns - turns.mean(axis=0), compute_uv=False) / np.sqrt(len(turns))
    if spread[1] < LEAST_SPREAD_RAD:
        raise BadInput(
            f"the camera turned too little: {np.degrees(spread[0]):.0f} degrees about one axis and "
            f"{np.degrees(spread[1]):.0f} about the next",
            todo="Pan, tilt and roll it by 30 degrees and more between the views",
        )


def _pairs(tracker: F64, camera: F64, which: list[int]) -> tuple[F64, F64]:
    """Movements between views: of the tracker's body, and of the camera (k, 4, 4)."""
    one, two = np.array(list(combinations(which, 2))).T
    body = np.linalg.inv(tracker[one]) @ tracker[two]
    seen = camera[one] @ np.linalg.inv(camera[two])
    turn = np.linalg.norm(vector_from_matrix(body[:, :3, :3]), axis=-1)
    enough = turn > LEAST_TURN_RAD
    return body[enough], seen[enough]


def _park_martin(tracker: F64, camera: F64, which: list[int]) -> F64:
    body, seen = _pairs(tracker, camera, which)
    alpha, beta = vector_from_matrix(body[:, :3, :3]), vector_from_matrix(seen[:, :3, :3])
    left, _, right = np.linalg.svd(alpha.T @ beta)
    turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    rows = (body[:, :3, :3] - np.eye(3)).reshape(-1, 3)
    wanted = (seen[:, :3, 3] @ turn.T - body[:, :3, 3]).reshape(-1)
    move, *_ = np.linalg.lstsq(rows, wanted, rcond=None)
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, move
    return out


def _wander(tracker: F64, camera: F64, mount: F64) -> tuple[F64, F64]:
    """How far the board's place on the stage differs from its middle: (n, 3) metres, radians."""
    board = tracker @ mount @ camera
    middle = np.median(board[:, :3, 3], axis=0)
    mean = board[0, :3, :3]
    for _ in range(3):
        off = vector_from_matrix(mean.T @ board[:, :3, :3])
        mean = mean @ matrix_from_vector(np.median(off, axis=0))
    return board[:, :3, 3] - middle, vector_from_matrix(mean.T @ board[:, :3, :3])


def _consistent(tracker: F64, camera: F64, mount: F64) -> list[int]:
    """The views whose board stands where most put it: a stopped or jumped tracker falls out."""
    moved, turned = _wander(tracker, camera, mount)
    away, twisted = np.linalg.norm(moved, axis=-1), np.linalg.norm(turned, axis=-1)
    far = away > 5.0 * max(1e-4, float(np.median(away)))
    bent = twisted > 5.0 * max(1e-4, float(np.median(twisted)))
    return [index for index in range(len(tracker)) if not (far[index] or bent[index])]


def _jackknife(tracker: F64, camera: F64, which: list[int], best: F64) -> tuple[F64, F64]:
    moves, turns = [], []
    for left_out in which:
        part = [index for index in which if index != left_out]
        other = _park_martin(tracker, camera, part)
        moves.append(other[:3, 3] - best[:3, 3])
        turns.append(vector_from_matrix(other[:3, :3] @ best[:3, :3].T))
    share = (len(which) - 1) / len(which)
    sums = [np.square(np.array(each) - np.mean(each, axis=0)).sum(axis=0) for each in (moves, turns)]
    return np.sqrt(share * sums[0]), np.sqrt(share * sums[1])
