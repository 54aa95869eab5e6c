"""The simulated camera's own optics: where a point of the studio lands in the picture, and back.

This module judges the stage's lens and tracking code, so it shares nothing with it: numpy only. It
follows docs/conventions.md: stage metres, Z up; a camera looks down its own -Z; (0, 0) is the picture's
top-left corner; Brown-Conrady coefficients k1 k2 p1 p2 k3 bend ideal directions to seen ones (Brown
1966), or, for a fisheye, a polynomial of the angle to the axis does (Kannala and Brandt 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

WIDEST_RAD = np.radians(89.0)


@dataclass(frozen=True)
class Optics:
    """One lens on one sensor: focal length and axis in pixels, Brown-Conrady coefficients.

    `fisheye` (k1 k2 k3 k4 of the angle a) replaces those: seen = a (1 + k1 a^2 + ... + k4 a^8). `fy_px`
    is the vertical focal length where pixels are not square.
    """

    width_px: int
    height_px: int
    f_px: float
    cx_px: float
    cy_px: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    fisheye: tuple[float, float, float, float] | None = None
    fy_px: float | None = None

    @property
    def down_px(self) -> float:
        """The vertical focal length in pixels."""
        return self.f_px if self.fy_px is None else self.fy_px


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
    if optics.fisheye is not None:
        radius = np.sqrt(r2)
        angle = np.arctan(radius)
        stretch = _over(angle * _angle_polynomial(optics.fisheye, angle), radius)
        return x * stretch, y * stretch
    stretch = 1.0 + r2 * (optics.k1 + r2 * (optics.k2 + r2 * optics.k3))
    return (
        x * stretch + 2.0 * optics.p1 * x * y + optics.p2 * (r2 + 2.0 * x * x),
        y * stretch + optics.p1 * (r2 + 2.0 * y * y) + 2.0 * optics.p2 * x * y,
    )


def unbend(optics: Optics, seen_x: F64, seen_y: F64, rounds: int = 60) -> tuple[F64, F64]:
    """The inverse of `bend`, by iteration; for lenses that bend less than a fold.

    Directions of a fisheye 89 degrees off its axis or more come back as those of 89 degrees.
    """
    if optics.fisheye is not None:
        return _unbend_fisheye(optics.fisheye, seen_x, seen_y)
    x, y = seen_x.copy(), seen_y.copy()
    for _ in range(rounds):
        bent_x, bent_y = bend(optics, x, y)
        off_x, off_y = seen_x - bent_x, seen_y - bent_y
        x, y = x + off_x, y + off_y
        if max(float(np.abs(off_x).max(initial=0.0)), float(np.abs(off_y).max(initial=0.0))) < 1e-13:
            break
    return x, y


def _angle_polynomial(k: tuple[float, float, float, float], angle: F64) -> F64:
    a2 = angle * angle
    return np.asarray(1.0 + a2 * (k[0] + a2 * (k[1] + a2 * (k[2] + a2 * k[3]))))


def _over(part: F64, whole: F64) -> F64:
    """part / whole, and 1 on the axis, where both are nothing."""
    return np.where(whole < 1e-12, 1.0, part / np.where(whole < 1e-12, 1.0, whole))


def _unbend_fisheye(k: tuple[float, float, float, float], x: F64, y: F64) -> tuple[F64, F64]:
    seen = np.hypot(x, y)
    angle = seen.copy()
    for _ in range(20):
        a2 = angle * angle
        slope = 1.0 + a2 * (3 * k[0] + a2 * (5 * k[1] + a2 * (7 * k[2] + a2 * 9 * k[3])))
        angle = np.clip(angle - (angle * _angle_polynomial(k, angle) - seen) / slope, 0.0, WIDEST_RAD)
    stretch = _over(np.tan(angle), seen)
    return x * stretch, y * stretch


def project(optics: Optics, position_m: F64, rotation: F64, points_m: F64) -> F64:
    """Stage points (..., 3) in front of the camera to picture pixels (..., 2).

    `rotation` is stage_from_camera (3, 3), `position_m` (3,) the entrance pupil.
    """
    seen = (points_m - position_m) @ rotation
    depth = -seen[..., 2]
    x, y = bend(optics, seen[..., 0] / depth, -seen[..., 1] / depth)
    return np.stack([optics.f_px * x + optics.cx_px, optics.down_px * y + optics.cy_px], axis=-1)


def sight_lines(optics: Optics, right_px: float = 0.0, down_px: float = 0.0) -> npt.NDArray[np.float32]:
    """Ideal directions (2, h, w): x right, y down per unit of depth, through every pixel's centre
    moved by (right_px, down_px)."""
    columns = np.arange(optics.width_px) + 0.5 + right_px
    rows = np.arange(optics.height_px) + 0.5 + down_px
    u, v = np.meshgrid(columns, rows)
    x, y = unbend(optics, (u - optics.cx_px) / optics.f_px, (v - optics.cy_px) / optics.down_px)
    return np.stack([x, y]).astype(np.float32)
