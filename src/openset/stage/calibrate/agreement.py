"""How far two lenses disagree over the whole picture, in pixels: what a composite would show.

Rays of a grid through one lens are projected with the other; the best small rotation is taken out,
since the camera's pose takes it up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import matrix_from_vector, skew
from openset.primitives.space import F64
from openset.stage.lens.derivatives import project_with_derivatives
from openset.stage.lens.model import Lens, rays

COLUMNS, ROWS = 33, 19


@dataclass(frozen=True)
class Disagreement:
    """Over the whole picture, after the best rotation: root mean square and largest, in pixels."""

    rms_px: float
    most_px: float


def whole_picture(lens: Lens) -> F64:
    """The grid's points (627, 2), from edge to edge."""
    x, y = np.meshgrid(np.linspace(0, lens.width_px, COLUMNS), np.linspace(0, lens.height_px, ROWS))
    return np.stack([x.ravel(), y.ravel()], axis=-1)


def disagreement(one: Lens, other: Lens) -> Disagreement:
    """How far `other` draws the rays of `one` from where `one` does."""
    pixels = whole_picture(one)
    away = _apart(rays(one, pixels), pixels, other)
    length = np.linalg.norm(away, axis=-1)
    return Disagreement(float(np.sqrt(np.mean(length**2))), float(length.max()))


def _apart(sights: F64, pixels: F64, other: Lens) -> F64:
    turn = np.eye(3)
    residual = np.zeros_like(pixels)
    for _ in range(8):
        turned = sights @ turn.T
        drawn, by_point, _ = project_with_derivatives(other, turned)
        residual = drawn - pixels
        slope = (by_point @ -skew(turned)).reshape(-1, 3)
        step, *_ = np.linalg.lstsq(slope, -residual.ravel(), rcond=None)
        turn = matrix_from_vector(np.asarray(step, np.float64)) @ turn
        if float(np.abs(step).max()) < 1e-12:
            break
    return residual


def map_spread_px(lens: Lens, covariance: F64) -> float:
    """What a covariance (9, 9) of the lens's numbers means over the picture: rms pixels after the best
    rotation, on average over such lenses."""
    pixels = whole_picture(lens)
    sights = rays(lens, pixels)
    _, by_point, by_lens = project_with_derivatives(lens, sights)
    turning = (by_point @ -skew(sights)).reshape(-1, 3)
    slope = by_lens.reshape(-1, 9)
    left = slope - turning @ np.linalg.lstsq(turning, slope, rcond=None)[0]
    return float(np.sqrt(max(0.0, np.trace(left @ covariance @ left.T)) / len(pixels)))
