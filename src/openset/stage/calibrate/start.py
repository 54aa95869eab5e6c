"""A first guess of a lens from views of a board: which focal length makes the views flat.

A dozen focal lengths are tried, for a pinhole and for an equidistant fisheye; each view's pose follows
from the straightened corners (Collins and Bartoli 2014, as OpenCV's IPPE). The guess with the smallest
error over all views starts the bundle; nothing is assumed of the lens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from openset.primitives.space import F64
from openset.stage.calibrate.sighting import View
from openset.stage.lens.model import Lens, project, rays

_FOCALS = np.geomspace(0.3, 8.0, 14)
"""Focal lengths tried, in picture widths' larger sides: 118 to 7 degrees."""
_FLIP = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Guess:
    """A lens, the camera from the board in each view (v, 4, 4), and the error over all, rms pixels."""

    lens: Lens
    poses: F64
    rms_px: float


def bare_lens(width_px: int, height_px: int, f_px: float, *, fisheye: bool) -> Lens:
    """A lens of this focal length without distortion, or an equidistant one."""
    return Lens(
        width_px,
        height_px,
        f_px,
        f_px,
        width_px / 2,
        height_px / 2,
        fisheye=(0.0, 0.0, 0.0, 0.0) if fisheye else None,
    )


def guess(
    views: Sequence[View], board_m: F64, width_px: int, height_px: int, *, fisheye: bool
) -> Guess:
    """The best focal length of its kind."""
    tries = [
        posed(
            views,
            board_m,
            bare_lens(width_px, height_px, float(f) * max(width_px, height_px), fisheye=fisheye),
        )
        for f in _FOCALS
    ]
    best = min(range(len(tries)), key=lambda index: tries[index].rms_px)
    for _ in range(3):
        focal = tries[best].lens.fx_px
        step = (_FOCALS[1] / _FOCALS[0]) ** 0.25
        around = [tries[best]] + [
            posed(views, board_m, bare_lens(width_px, height_px, focal * step**power, fisheye=fisheye))
            for power in (-1, 1)
        ]
        tries, best = around, min(range(3), key=lambda index: around[index].rms_px)
        if best == 0:
            break
    return tries[best]


def posed(views: Sequence[View], board_m: F64, lens: Lens) -> Guess:
    """The lens with each view's pose, from its corners straightened."""
    poses = np.tile(np.eye(4), (len(views), 1, 1))
    total, count = 0.0, 0
    for place, view in enumerate(views):
        pose, error = view_pose(view, board_m, lens)
        poses[place] = pose
        total += float((error**2).sum())
        count += len(error)
    return Guess(lens, poses, float(np.sqrt(total / max(1, count))))


def view_pose(view: View, board_m: F64, lens: Lens) -> tuple[F64, F64]:
    """The camera from the board (4, 4), and what is left of each corner (n, 2) in pixels."""
    points = board_m[view.seen.index]
    straight = rays(lens, view.seen.corners_px)
    flat = np.ascontiguousarray(straight[:, :2] * [1.0, -1.0])
    _, turns, moves, _ = cv2.solvePnPGeneric(points, flat, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    best, least = np.eye(4), np.full((len(points), 2), 1e6)
    for turn, move in zip(turns, moves, strict=True):
        pose = np.eye(4)
        pose[:3, :3] = _FLIP @ cv2.Rodrigues(turn)[0]
        pose[:3, 3] = _FLIP @ np.asarray(move).reshape(3)
        in_camera = points @ pose[:3, :3].T + pose[:3, 3]
        if np.any(in_camera[:, 2] > -1e-6):
            continue
        error = project(lens, in_camera) - view.seen.corners_px
        if float((error**2).sum()) < float((least**2).sum()):
            best, least = pose, np.asarray(error)
    if least[0, 0] == 1e6:
        best[2, 3] = -1.0
    return best, np.clip(least, -1e6, 1e6)
