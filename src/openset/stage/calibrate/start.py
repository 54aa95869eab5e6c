"""A first guess of a lens from views of a board: which focal length makes the views flat.

A dozen focal lengths are tried, for a pinhole and for an equidistant fisheye; each view's pose follows
from the homography of its straightened corners (Zhang 2000). The guess with the smallest error over all
views starts the bundle; nothing is assumed of the lens.
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
MOST_ERROR_PX = 1e5
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
    pose = _from_plane(points[:, :2], straight[:, :2] * [1.0, -1.0])
    if pose is None:
        pose = np.eye(4)
        pose[2, 3] = -1.0
    in_camera = points @ pose[:3, :3].T + pose[:3, 3]
    if np.any(in_camera[:, 2] > -1e-6):
        return pose, np.full((len(points), 2), MOST_ERROR_PX)
    error = project(lens, in_camera) - view.seen.corners_px
    return pose, np.clip(np.nan_to_num(error, nan=MOST_ERROR_PX), -MOST_ERROR_PX, MOST_ERROR_PX)


def _from_plane(points: F64, straight: F64) -> F64 | None:
    """Camera from board (4, 4) by the homography from the board's plane to straight sight lines: its
    columns are the board's two axes and its origin, up to one scale (Zhang 2000, section 3.1)."""
    middle, size = points.mean(axis=0), float(np.ptp(points, axis=0).max())
    homography, _ = cv2.findHomography((points - middle) / size, straight)
    if homography is None or not np.isfinite(homography).all():
        return None
    lengths = np.linalg.norm(homography[:, :2], axis=0)
    scale = float(np.sqrt(lengths[0] * lengths[1])) * (1.0 if homography[2, 2] > 0 else -1.0)
    if abs(scale) < 1e-12:
        return None
    axes = homography[:, :2] / scale
    left, _, right = np.linalg.svd(np.column_stack([axes, np.cross(axes[:, 0], axes[:, 1])]))
    turn = left @ np.diag([1.0, 1.0, float(np.linalg.det(left @ right))]) @ right
    move = homography[:, 2] * (size / scale) - turn @ [middle[0], middle[1], 0.0]
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = _FLIP @ turn, _FLIP @ move
    return out
