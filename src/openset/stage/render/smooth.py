"""Smooths gathered light within surfaces and never across their edges.

The a-trous filter of Dammertz et al. 2010, "Edge-avoiding A-Trous wavelet transform for fast global
illumination filtering", guided by position and normal; textures are not in what it smooths.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]

_WEIGHTS = np.array([1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16], np.float32)


def smooth(light: F32, normal: F32, position: F32, wrap: bool, passes: int = 4) -> F32:
    """`light` (h, w, 3) smoothed where neighbours lie on the same surface.

    `normal` (h, w, 3) is zero where nothing was hit, and light there stays as it is; `position`
    (h, w, 3) is relative to the eye, in metres. `wrap` joins left and right for a panorama.
    """
    for k in range(passes):
        out = np.empty_like(light)
        _pass(light, normal, position, wrap, 2**k, out)
        light = out
    return light


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _pass(light, normal, position, wrap, step, out):  # type: ignore[no-untyped-def]
    height, width = light.shape[0], light.shape[1]
    for y in numba.prange(height):
        for x in range(width):
            n, p = normal[y, x], position[y, x]
            if n[0] * n[0] + n[1] * n[1] + n[2] * n[2] < np.float32(0.5):
                out[y, x] = light[y, x]
                continue
            distance = math.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])
            near = np.float32(1.0 / (0.004 * distance + 0.005))
            r, g, b, total = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for j in range(-2, 3):
                row = y + j * step
                if row < 0 or row >= height:
                    continue
                for i in range(-2, 3):
                    column = x + i * step
                    if wrap:
                        column %= width
                    elif column < 0 or column >= width:
                        continue
                    m, q = normal[row, column], position[row, column]
                    same = n[0] * m[0] + n[1] * m[1] + n[2] * m[2]
                    if same < np.float32(0.8):
                        continue
                    dx, dy, dz = q[0] - p[0], q[1] - p[1], q[2] - p[2]
                    off = abs(n[0] * dx + n[1] * dy + n[2] * dz) * near
                    weight = _WEIGHTS[j + 2] * _WEIGHTS[i + 2] * same**8 * np.float32(math.exp(-off))
                    r += weight * light[row, column, 0]
                    g += weight * light[row, column, 1]
                    b += weight * light[row, column, 2]
                    total += weight
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total
