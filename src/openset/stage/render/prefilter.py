"""The dome as a light for glossy surfaces: one panorama per roughness, each smaller than the last.

Source: Karis 2013, "Real shading in Unreal Engine 4" (split sum; view, normal and mirror direction
taken as one), samples read from a dome shrunk to fit their density (Křivánek and Colbert 2008).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Rgb
from openset.primitives.space import F64
from openset.stage.scene.dome import pixel_directions, pixels_of, shrink

F32 = npt.NDArray[np.float32]

LEVELS = 6
"""Roughness 0, 0.2, ... 1.0; each level has half the height of the one before."""
HIGHEST, LOWEST = 256, 64
_SAMPLES = 32


def glossy_levels(dome: F32Rgb) -> list[F32Rgb]:
    """The dome (h, 2h, 3) as reflected by roughness k / (LEVELS - 1), k = 0.. LEVELS - 1.

    Level 0 is the dome itself, brought to LOWEST to HIGHEST rows; level k has half the rows and
    columns of level k - 1. Negative radiance (ringing of a filter that made the dome) counts as none.
    """
    clean = np.maximum(np.asarray(dome, np.float32), np.float32(0.0))
    first = shrink(clean, -(-clean.shape[0] // HIGHEST))
    first = np.repeat(np.repeat(first, more := -(-LOWEST // len(first)), 0), more, 1)
    chain = [first]
    while chain[-1].shape[0] > 1:
        chain.append(shrink(chain[-1], 2))
    levels = [first]
    for k in range(1, LEVELS):
        looks = pixel_directions(first.shape[1] >> k, first.shape[0] >> k)
        levels.append(_reflected(chain, looks, k / (LEVELS - 1)))
    return levels


def _reflected(chain: list[F32Rgb], looks: F64, roughness: float) -> F32Rgb:
    """GGX-weighted mean of the dome around each of `looks` (h, w, 3)."""
    alpha = roughness * roughness
    right, up = _basis(looks)
    total = np.zeros((*looks.shape[:2], 3))
    weights = 0.0
    texel = 2.0 * np.pi**2 / (chain[0].shape[0] * chain[0].shape[1])  # solid angle at the horizon
    for k in range(_SAMPLES):
        u, turn = (k + 0.5) / _SAMPLES, 2.0 * np.pi * ((k * 0.6180339887498949) % 1.0)
        cos2 = (1.0 - u) / (1.0 + (alpha * alpha - 1.0) * u)
        cos_h, sin_h = np.sqrt(cos2), np.sqrt(1.0 - cos2)
        facing = 2.0 * cos2 - 1.0  # n.l with n = v
        if facing <= 0.0:
            continue
        density = alpha * alpha / (np.pi * (cos2 * (alpha * alpha - 1.0) + 1.0) ** 2) / 4.0
        level = 0.5 * np.log2(1.0 / (_SAMPLES * density * texel)) + 1.0
        ring = 2.0 * cos_h * sin_h
        light = facing * looks + ring * (np.cos(turn) * right + np.sin(turn) * up)
        picture = chain[int(np.clip(round(level), 0, len(chain) - 1))]
        total += facing * _bilinear(picture, light)
        weights += facing
    return np.asarray(total / weights, np.float32)


def _basis(normals: F64) -> tuple[F64, F64]:
    """Two directions square to each normal and to each other (Duff et al. 2017)."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    sign = np.where(z >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + z)
    b = x * y * a
    right = np.stack([1.0 + sign * x * x * a, sign * b, -sign * x], axis=-1)
    return right, np.stack([b, sign + y * y * a, -y], axis=-1)


def _bilinear(picture: F32Rgb, looks: F64) -> F64:
    """The panorama's radiance along `looks` (..., 3), wrapping sideways."""
    height, width = picture.shape[:2]
    at = pixels_of(looks, width, height) - 0.5
    x0, y0 = np.floor(at[..., 0]).astype(int), np.floor(at[..., 1]).astype(int)
    fx, fy = (at[..., 0] - x0)[..., None], (at[..., 1] - y0)[..., None]
    x1, y1 = (x0 + 1) % width, np.clip(y0 + 1, 0, height - 1)
    x0, y0 = x0 % width, np.clip(y0, 0, height - 1)
    upper = picture[y0, x0] * (1 - fx) + picture[y0, x1] * fx
    lower = picture[y1, x0] * (1 - fx) + picture[y1, x1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)
