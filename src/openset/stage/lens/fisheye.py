"""OpenCV's fisheye model as Openset's lens, where the field of view is small enough for that.

A direction at the angle t from the axis is drawn at t (1 + k1 t^2 + k2 t^4 + k3 t^6 + k4 t^8) focal
lengths from the middle (Kannala and Brandt 2006, in OpenCV's form). Brown-Conrady counts in tan t
instead, which grows beyond all bounds at a right angle: wide pictures cannot be fitted with it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.lens.model import Lens, fisheye_radius
from openset.stage.lens.report import Fitted, fit

WIDEST = math.radians(100.0)
"""Field of view over the picture's diagonal beyond which no fit is made."""


def lens_from_fisheye(bare: Lens, coefficients: tuple[float, ...]) -> Fitted:
    """The Brown-Conrady lens nearest to a fisheye one of the same focal lengths and centre, and how far
    its picture strays, at most, in pixels.

    Raises BadInput where the picture is wider than `WIDEST` over its diagonal.
    """
    bare = replace(bare, fisheye=None)
    x = np.array([-bare.cx_px, bare.width_px - bare.cx_px]) / bare.fx_px
    y = np.array([-bare.cy_px, bare.height_px - bare.cy_px]) / bare.fy_px
    corners = np.hypot(*np.meshgrid(x, y)).ravel()
    table = np.linspace(0.0, WIDEST * 0.75, 4001)
    drawn = fisheye_radius(table, coefficients)
    end = np.flatnonzero(drawn >= corners.max())
    if not end.size or not (np.diff(drawn[: end[0] + 1]) > 0).all():
        raise _too_wide("more than 150")
    rising = slice(0, int(end[0]) + 1)
    angles = np.interp(corners, drawn[rising], table[rising]).reshape(2, 2)
    field = math.degrees(max(angles[0, 0] + angles[1, 1], angles[0, 1] + angles[1, 0]))
    if field > math.degrees(WIDEST):
        raise _too_wide(f"{field:.0f}")

    def function(distorted: F64) -> F64:
        radius = np.hypot(distorted[..., 0], distorted[..., 1])
        angle = _angle(radius, coefficients, table[rising], drawn[rising])
        factor = np.tan(angle) / np.where(radius > 0, radius, 1.0)
        return np.asarray(distorted * np.where(radius > 0, factor, 1.0)[..., None])

    return fit(bare, function, forward=False, skewed=False)


def _angle(radius: F64, coefficients: tuple[float, ...], table: F64, drawn: F64) -> F64:
    """Angles of drawn radii: from a table, then two steps of Newton with the slope taken from it."""
    angle = np.interp(radius, drawn, table)
    slopes = np.gradient(drawn, table)
    for _ in range(3):
        error = fisheye_radius(angle, coefficients) - radius
        angle = np.maximum(angle - error / np.interp(angle, table, slopes), 0.0)
    return np.asarray(angle)


def _too_wide(degrees: str) -> BadInput:
    return BadInput(
        f"a fisheye lens of {degrees} degrees: only {math.degrees(WIDEST):.0f} can be told as the lens "
        "model Openset works with",
        todo="Calibrate the lens in Openset, or straighten the picture first",
    )
