"""Where points land in the picture, and how that changes with the point and with the lens.

Every solver of this stage stands on it: the map of tags, poses, lenses, the joint solve. The order of
a lens's nine numbers in derivatives and covariances is `PARAMETERS`. Differentiated by hand
from stage/lens/model.py (Brown 1966 in OpenCV's form). Of a fisheye lens the last five are its four
coefficients and a nought that nothing depends on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.lens.model import Lens, fisheye_radius, fisheye_slope

PARAMETERS = ("fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "p1", "p2", "k3")


def parameters_of(lens: Lens) -> F64:
    """The lens's nine numbers (9,) in the order of PARAMETERS."""
    if lens.fisheye is not None:
        return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.fisheye, 0.0])
    return np.array([getattr(lens, name) for name in PARAMETERS])


def with_parameters(lens: Lens, values: F64) -> Lens:
    """The lens with other numbers (9,), all else kept."""
    if lens.fisheye is not None:
        fx, fy, cx, cy, k1, k2, k3, k4, _ = values.tolist()
        return replace(lens, fx_px=fx, fy_px=fy, cx_px=cx, cy_px=cy, fisheye=(k1, k2, k3, k4))
    numbers: dict[str, Any] = dict(zip(PARAMETERS, values.tolist(), strict=True))
    return replace(lens, **numbers)


def project_with_derivatives(lens: Lens, points_in_camera: F64) -> tuple[F64, F64, F64]:
    """Points (n, 3) in camera coordinates, in front of the camera, to pixels (n, 2), their derivatives
    by the point (n, 2, 3) and by the lens (n, 2, 9)."""
    if lens.fisheye is not None:
        return _fisheye_with_derivatives(lens, lens.fisheye, points_in_camera)
    depth = -points_in_camera[:, 2]
    x, y = points_in_camera[:, 0] / depth, -points_in_camera[:, 1] / depth
    r2 = x * x + y * y
    radial = 1.0 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3))
    slope = lens.k1 + r2 * (2.0 * lens.k2 + r2 * 3.0 * lens.k3)
    seen_x = x * radial + 2.0 * lens.p1 * x * y + lens.p2 * (r2 + 2.0 * x * x)
    seen_y = y * radial + lens.p1 * (r2 + 2.0 * y * y) + 2.0 * lens.p2 * x * y
    pixels = np.stack([lens.fx_px * seen_x + lens.cx_px, lens.fy_px * seen_y + lens.cy_px], axis=-1)

    bend = np.empty((len(x), 2, 2))
    bend[:, 0, 0] = radial + 2.0 * x * x * slope + 2.0 * lens.p1 * y + 6.0 * lens.p2 * x
    bend[:, 0, 1] = bend[:, 1, 0] = 2.0 * x * y * slope + 2.0 * lens.p1 * x + 2.0 * lens.p2 * y
    bend[:, 1, 1] = radial + 2.0 * y * y * slope + 6.0 * lens.p1 * y + 2.0 * lens.p2 * x
    bend[:, 0] *= lens.fx_px
    bend[:, 1] *= lens.fy_px
    flat = np.zeros((len(x), 2, 3))
    flat[:, 0, 0] = 1.0 / depth
    flat[:, 0, 2] = x / depth
    flat[:, 1, 1] = -1.0 / depth
    flat[:, 1, 2] = y / depth

    by_lens = np.zeros((len(x), 2, 9))
    by_lens[:, 0, 0], by_lens[:, 1, 1] = seen_x, seen_y
    by_lens[:, 0, 2] = by_lens[:, 1, 3] = 1.0
    across, down = lens.fx_px * x, lens.fy_px * y
    by_lens[:, 0, 4], by_lens[:, 1, 4] = across * r2, down * r2
    by_lens[:, 0, 5], by_lens[:, 1, 5] = across * r2**2, down * r2**2
    by_lens[:, 0, 8], by_lens[:, 1, 8] = across * r2**3, down * r2**3
    by_lens[:, 0, 6], by_lens[:, 1, 6] = 2.0 * across * y, lens.fy_px * (r2 + 2.0 * y * y)
    by_lens[:, 0, 7], by_lens[:, 1, 7] = lens.fx_px * (r2 + 2.0 * x * x), 2.0 * x * down
    return pixels, bend @ flat, by_lens


def _fisheye_with_derivatives(
    lens: Lens, coefficients: tuple[float, ...], points: F64
) -> tuple[F64, F64, F64]:
    """The same for a fisheye lens: the angle from the axis and the direction around it, apart."""
    across, down, depth = points[:, 0], -points[:, 1], -points[:, 2]
    side = np.maximum(np.hypot(across, down), 1e-12)
    far2 = side**2 + depth**2
    angle = np.arctan2(side, depth)
    ux, uy = across / side, down / side
    drawn, slope = fisheye_radius(angle, coefficients), fisheye_slope(angle, coefficients)
    near_axis = side < 1e-9 * np.abs(depth)
    around = np.where(near_axis, 1.0 / np.abs(depth), drawn / side)
    focal = np.array([lens.fx_px, lens.fy_px])
    unit = np.stack([ux, uy], axis=-1)
    pixels = unit * drawn[:, None] * focal + [lens.cx_px, lens.cy_px]

    outward = np.stack([ux * depth / far2, -uy * depth / far2, side / far2], axis=-1)
    turning = np.stack([-uy, -ux, np.zeros_like(ux)], axis=-1) * around[:, None]
    tangent = np.stack([-uy, ux], axis=-1)
    by_point = unit[:, :, None] * (slope[:, None] * outward)[:, None, :]
    by_point = (by_point + tangent[:, :, None] * turning[:, None, :]) * focal[None, :, None]

    by_lens = np.zeros((len(points), 2, 9))
    by_lens[:, 0, 0], by_lens[:, 1, 1] = ux * drawn, uy * drawn
    by_lens[:, 0, 2] = by_lens[:, 1, 3] = 1.0
    for power in range(4):
        by_lens[:, :, 4 + power] = unit * (angle ** (3 + 2 * power))[:, None] * focal
    return pixels, by_point, by_lens


def pose_derivatives(points_in_camera: F64, stage_from_camera: F64) -> F64:
    """How points (n, 3) in camera coordinates, fixed on the stage, move in the camera when its pose
    does: (n, 3, 6).

    A pose moves by six numbers everywhere in this stage: three metres added to its position in stage
    axes, then a rotation vector in the camera's own axes, rotation @ matrix_from_vector(v). The
    covariances of poses, (6, 6), are of these. `stage_from_camera` is (3, 3) or (4, 4).
    """
    out = np.empty((len(points_in_camera), 3, 6))
    out[:, :, :3] = -stage_from_camera[:3, :3].T
    out[:, :, 3:] = skew(points_in_camera)
    return out
