"""The simulated camera's own optics: where a point of the studio lands in the picture, and back.

This module judges the stage's lens and tracking code, so it shares nothing with it: numpy only. It
follows docs/conventions.md: stage metres, Z up; a camera looks down its own -Z; (0, 0) is the picture's
top-left corner; Brown-Conrady coefficients k1 k2 p1 p2 bend ideal directions to seen ones (Brown 1966).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Optics:
    """One lens on one sensor: focal length and axis in pixels, Brown-Conrady coefficients."""

    width_px: int
    height_px: int
    f_px: float
    cx_px: float
    cy_px: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0


def rotation_from_angles(pan_rad: float, tilt_rad: float, roll_rad: float) -> F64:
    """Pan about Z, tilt about X, roll about Y, each in the turned frame, to stage_from_camera (3, 3).

    The columns are the camera's right, up and back seen from the stage; with all angles zero the camera
    looks along +Y (OpenTrackIO 1.0.1, transforms).
    """
    cp, sp = np.cos(pan_rad), np.sin(pan_rad)
    ct, st = np.cos(tilt_rad), np.sin(tilt_rad)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    right = (cp * cr - sp * st * sr, sp * cr + cp * st * sr, -ct * sr)
    up = (cp * sr + sp * st * cr, sp * sr - cp * st * cr, ct * cr)
    back = (sp * ct, -cp * ct, -st)
    return np.array([right, up, back]).T


def angles_towards(eye_m: F64, target_m: F64) -> tuple[float, float]:
    """The pan and tilt, radians, that point a camera at `eye_m` (3,) to `target_m` (3,)."""
    dx, dy, dz = (target_m - eye_m).tolist()
    return float(np.arctan2(-dx, dy)), float(np.arctan2(dz, np.hypot(dx, dy)))


def bend(optics: Optics, x: F64, y: F64) -> tuple[F64, F64]:
    """Ideal directions (x right, y down, per unit of depth) to the ones the lens shows."""
    r2 = x * x + y * y
    stretch = 1.0 + optics.k1 * r2 + optics.k2 * r2 * r2
    return (
        x * stretch + 2.0 * optics.p1 * x * y + optics.p2 * (r2 + 2.0 * x * x),
        y * stretch + optics.p1 * (r2 + 2.0 * y * y) + 2.0 * optics.p2 * x * y,
    )


def unbend(optics: Optics, seen_x: F64, seen_y: F64, rounds: int = 40) -> tuple[F64, F64]:
    """The inverse of `bend`, by fixed-point iteration; for lenses that bend less than a fold."""
    x, y = seen_x.copy(), seen_y.copy()
    for _ in range(rounds):
        bent_x, bent_y = bend(optics, x, y)
        x, y = x + (seen_x - bent_x), y + (seen_y - bent_y)
    return x, y


def project(optics: Optics, position_m: F64, rotation: F64, points_m: F64) -> F64:
    """Stage points (..., 3) in front of the camera to picture pixels (..., 2).

    `rotation` is stage_from_camera (3, 3), `position_m` (3,) the entrance pupil.
    """
    seen = (points_m - position_m) @ rotation
    depth = -seen[..., 2]
    x, y = bend(optics, seen[..., 0] / depth, -seen[..., 1] / depth)
    return np.stack([optics.f_px * x + optics.cx_px, optics.f_px * y + optics.cy_px], axis=-1)


def sight_lines(optics: Optics, right_px: float = 0.0, down_px: float = 0.0) -> npt.NDArray[np.float32]:
    """Ideal directions (2, h, w): x right, y down per unit of depth, through every pixel's centre
    moved by (right_px, down_px)."""
    columns = np.arange(optics.width_px) + 0.5 + right_px
    rows = np.arange(optics.height_px) + 0.5 + down_px
    u, v = np.meshgrid(columns, rows)
    x, y = unbend(optics, (u - optics.cx_px) / optics.f_px, (v - optics.cy_px) / optics.f_px)
    return np.stack([x, y]).astype(np.float32)
