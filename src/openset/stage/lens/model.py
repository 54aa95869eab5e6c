"""One lens state: pinhole plus Brown-Conrady or fisheye distortion, its maps between rays and pixels.

Picture coordinates are in pixels with (0, 0) the top-left *corner* of the picture, x right, y down, so
the first pixel's centre is (0.5, 0.5). OpenCV puts that centre at (0, 0): add 0.5 to its cx, cy.
Camera coordinates are metres, X right, Y up, looking down -Z. Normalised coordinates are
x = X / -Z, y = -Y / -Z (y down, as in the picture). Source: Brown 1966 in OpenCV's form; for lenses
above about 100 degrees Kannala and Brandt 2006: a direction at the angle t from the axis is seen
t (1 + k1 t^2 + k2 t^4 + k3 t^6 + k4 t^8) focal lengths from the middle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

_FARTHEST = 20.0
"""Normalised coordinate that no picture reaches: 174 degrees of view."""


@dataclass(frozen=True)
class Lens:
    """Pinhole intrinsics in pixels and Brown-Conrady coefficients (undistorted to distorted).

    A lens with `fisheye` (k1, k2, k3, k4) is drawn by those alone; k1 to k3 and p1, p2 are then 0."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    sensor_width_mm: float = 36.0
    entrance_pupil_offset_m: float = 0.0
    focus_distance_m: float | None = None
    f_stop: float | None = None
    fisheye: tuple[float, float, float, float] | None = None

    @property
    def is_bent(self) -> bool:
        """Whether the lens draws anything but a pinhole's picture."""
        return self.fisheye is not None or any((self.k1, self.k2, self.k3, self.p1, self.p2))

    @property
    def focal_length_mm(self) -> float:
        """Pinhole focal length on the stated sensor width."""
        return self.fx_px * self.sensor_width_mm / self.width_px

    def scaled_to(self, width_px: int, height_px: int) -> Lens:
        """The same lens for a picture of another size of the same framing."""
        sx, sy = width_px / self.width_px, height_px / self.height_px
        return replace(
            self,
            width_px=width_px,
            height_px=height_px,
            fx_px=self.fx_px * sx,
            fy_px=self.fy_px * sy,
            cx_px=self.cx_px * sx,
            cy_px=self.cy_px * sy,
        )


def pinhole(width_px: int, height_px: int, focal_length_mm: float, sensor_width_mm: float) -> Lens:
    """A lens without distortion, square pixels, its axis in the middle of the picture."""
    f_px = focal_length_mm / sensor_width_mm * width_px
    return Lens(
        width_px,
        height_px,
        f_px,
        f_px,
        width_px / 2,
        height_px / 2,
        sensor_width_mm=sensor_width_mm,
    )


def distort(lens: Lens, undistorted: F64) -> F64:
    """Normalised undistorted (..., 2) to normalised distorted (..., 2)."""
    if lens.fisheye is not None:
        away = np.hypot(undistorted[..., 0], undistorted[..., 1])
        drawn = fisheye_radius(np.arctan(away), lens.fisheye)
        shrink = np.where(away > 1e-9, drawn / np.where(away > 1e-9, away, 1.0), 1.0)
        return np.asarray(undistorted * shrink[..., None])
    x, y = undistorted[..., 0], undistorted[..., 1]
    r2 = x * x + y * y
    radial = 1.0 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3))
    return np.stack(
        [
            x * radial + 2.0 * lens.p1 * x * y + lens.p2 * (r2 + 2.0 * x * x),
            y * radial + lens.p1 * (r2 + 2.0 * y * y) + 2.0 * lens.p2 * x * y,
        ],
        axis=-1,
    )


def undistort(lens: Lens, distorted: F64, steps: int = 30) -> F64:
    """Normalised distorted (..., 2) to undistorted (..., 2), by Newton on the exact Jacobian.

    Converges wherever the model is one-to-one. Steps are bounded, so that points past the model's fold
    end somewhere finite instead of running away.
    """
    target = np.asarray(distorted, dtype=np.float64)
    if lens.fisheye is not None:
        return _undistort_fisheye(lens.fisheye, target, steps)
    guess = target.copy()
    for _ in range(steps):
        error = distort(lens, guess) - target
        if float(np.max(np.abs(error), initial=0.0)) < 1e-13:
            break
        x, y = guess[..., 0], guess[..., 1]
        r2 = x * x + y * y
        radial = 1.0 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3))
        slope = lens.k1 + r2 * (2.0 * lens.k2 + r2 * 3.0 * lens.k3)
        jxx = radial + 2.0 * x * x * slope + 2.0 * lens.p1 * y + 6.0 * lens.p2 * x
        jxy = 2.0 * x * y * slope + 2.0 * lens.p1 * x + 2.0 * lens.p2 * y
        jyy = radial + 2.0 * y * y * slope + 6.0 * lens.p1 * y + 2.0 * lens.p2 * x
        determinant = jxx * jyy - jxy * jxy
        determinant = np.where(np.abs(determinant) < 1e-6, 1e-6, determinant)
        step = np.stack(
            [
                (jyy * error[..., 0] - jxy * error[..., 1]) / determinant,
                (jxx * error[..., 1] - jxy * error[..., 0]) / determinant,
            ],
            axis=-1,
        )
        reach = 0.5 * (1.0 + np.sqrt(r2))[..., None]
        guess = np.clip(guess - np.clip(step, -reach, reach), -_FARTHEST, _FARTHEST)
    return guess


def fisheye_radius(angle: F64, coefficients: tuple[float, ...]) -> F64:
    """How far from the middle, in focal lengths, a direction at `angle` (radians) is drawn."""
    k1, k2, k3, k4 = coefficients
    t2 = angle * angle
    return np.asarray(angle * (1.0 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4)))))


def fisheye_slope(angle: F64, coefficients: tuple[float, ...]) -> F64:
    """The derivative of `fisheye_radius` by the angle."""
    k1, k2, k3, k4 = coefficients
    t2 = angle * angle
    return np.asarray(1.0 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4))))


def _undistort_fisheye(coefficients: tuple[float, ...], target: F64, steps: int) -> F64:
    """By Newton on the angle, which ends where the widest picture does."""
    drawn = np.hypot(target[..., 0], target[..., 1])
    widest = float(np.arctan(_FARTHEST))
    angle = np.minimum(drawn, widest)
    for _ in range(steps):
        error = fisheye_radius(angle, coefficients) - drawn
        if float(np.max(np.abs(error), initial=0.0)) < 1e-13:
            break
        slope = np.maximum(fisheye_slope(angle, coefficients), 0.05)
        angle = np.clip(angle - np.clip(error / slope, -0.3, 0.3), 0.0, widest)
    stretch = np.where(drawn > 1e-9, np.tan(angle) / np.where(drawn > 1e-9, drawn, 1.0), 1.0)
    return np.asarray(target * stretch[..., None])


def project(lens: Lens, points_in_camera: F64) -> F64:
    """Points (..., 3) in camera coordinates, in front of the camera, to distorted pixels (..., 2)."""
    depth = -points_in_camera[..., 2]
    ideal = np.stack([points_in_camera[..., 0] / depth, -points_in_camera[..., 1] / depth], axis=-1)
    seen = distort(lens, ideal)
    return np.stack(
        [lens.fx_px * seen[..., 0] + lens.cx_px, lens.fy_px * seen[..., 1] + lens.cy_px],
        axis=-1,
    )


def rays(lens: Lens, pixels: F64) -> F64:
    """Distorted pixels (..., 2) to directions (..., 3) in camera coordinates with Z = -1."""
    seen = np.stack(
        [
            (pixels[..., 0] - lens.cx_px) / lens.fx_px,
            (pixels[..., 1] - lens.cy_px) / lens.fy_px,
        ],
        axis=-1,
    )
    ideal = undistort(lens, seen)
    return np.stack([ideal[..., 0], -ideal[..., 1], -np.ones_like(ideal[..., 0])], axis=-1)


def pixel_grid(width_px: int, height_px: int) -> F64:
    """The centres of all pixels, (height, width, 2)."""
    x, y = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    return np.stack([x, y], axis=-1)
