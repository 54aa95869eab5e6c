"""The cpu back end: each pixel's ray looked up in a panorama, in numba, at the picture's rate.

The panorama turns with the camera and does not move with it: true for a distant dome, and for a set
with meshes baked from the shot's own eye (bake.py) as long as the camera stays near that eye.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from openset.primitives.errors import BadInput
from openset.primitives.image import F32Rgb, U8Planes
from openset.primitives.space import Pose
from openset.stage.lens.model import Lens
from openset.stage.lens.stmap import ray_map
from openset.stage.render.view import display_planes, picture_for

F32 = npt.NDArray[np.float32]

_LENSES_KEPT = 4
_ROWS_AT_ONCE = 16
_RB, _G = np.uint32(0x00FF00FF), np.uint32(0x0000FF00)
_HALF, _HALF_G = np.uint32(0x00800080), np.uint32(0x00008000)
_TURN = np.float32(1.0 / (2.0 * math.pi))


class PanoramaRenderer:
    """Renders a panorama, scene-linear (h, 2h, 3) float32 or display-encoded (3, h, 2h) uint8.

    A linear panorama is exposed and encoded once, here; pixels are then mixed as display codes. The
    rays of the last few lenses are kept, so that a steady lens costs only the look-up.
    """

    name = "cpu"

    def __init__(self, panorama: F32Rgb | U8Planes, exposure_ev: float = 0.0) -> None:
        planes = encoded(panorama, exposure_ev)
        if planes.ndim != 3 or planes.shape[0] != 3 or planes.shape[2] != 2 * planes.shape[1]:
            raise BadInput(
                f"a panorama is twice as wide as it is high, not {panorama.shape}",
                todo="Give an equirectangular picture",
            )
        # One word a texel: a look-up then touches one cache line, not three.
        red, green, blue = planes.astype(np.uint32)
        self._texels = red | green << 8 | blue << 16
        self._rays: dict[Lens, F32] = {}

    def render(self, world_from_camera: Pose, lens: Lens, out: U8Planes | None = None) -> U8Planes:
        """The background for this pose and lens, planar uint8 (3, h, w), into `out` if given."""
        picture = picture_for(lens, out)
        rotation = world_from_camera.matrix[:3, :3].astype(np.float32)
        look_up(self._texels, self._rays_of(lens), rotation, picture)
        return picture

    def close(self) -> None:
        """Forget the panorama and the rays."""
        self._texels = np.zeros((1, 2), np.uint32)
        self._rays.clear()

    def _rays_of(self, lens: Lens) -> F32:
        if lens not in self._rays:
            while len(self._rays) >= _LENSES_KEPT:
                del self._rays[next(iter(self._rays))]
            self._rays[lens] = ray_map(lens)
        return self._rays[lens]


def encoded(panorama: F32Rgb | U8Planes, exposure_ev: float) -> U8Planes:
    """A panorama of either kind as display-encoded planes (3, h, 2h)."""
    if panorama.dtype == np.uint8:
        return np.asarray(panorama, np.uint8)
    return display_planes(np.asarray(panorama, np.float32), exposure_ev)


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _arctan(t):  # type: ignore[no-untyped-def]
    """atan of 0..1 in float32, within 2e-6 rad (minimax polynomial of odd powers to the 11th)."""
    s = t * t
    p = np.float32(-0.01172120) * s + np.float32(0.05265332)
    p = p * s + np.float32(-0.11643287)
    p = p * s + np.float32(0.19354346)
    p = p * s + np.float32(-0.33262347)
    return t * (p * s + np.float32(0.99997726))


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _arctan2(y, x):  # type: ignore[no-untyped-def]
    """atan2 in float32: the octant, then the polynomial, without a branch the loop cannot vectorise."""
    ax, ay = abs(x), abs(y)
    most, least = max(ax, ay), min(ax, ay)
    angle = _arctan(least / max(most, np.float32(1e-30)))
    angle = np.float32(math.pi / 2) - angle if ay > ax else angle
    angle = np.float32(math.pi) - angle if x < np.float32(0.0) else angle
    return -angle if y < np.float32(0.0) else angle


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def look_up(texels, rays, rotation, out):  # type: ignore[no-untyped-def]
    """Texels (h, 2h) 0x00bbggrr along rays (rows, columns, 3) turned by `rotation`, into out (3, rows,
    columns) uint8: bilinear, wrapping sideways, clamped at the poles."""
    rows, columns = rays.shape[0], rays.shape[1]
    height, width = texels.shape[0], texels.shape[1]
    r00, r01, r02 = rotation[0, 0], rotation[0, 1], rotation[0, 2]
    r10, r11, r12 = rotation[1, 0], rotation[1, 1], rotation[1, 2]
    r20, r21, r22 = rotation[2, 0], rotation[2, 1], rotation[2, 2]
    across, down = np.float32(width) * _TURN, np.float32(2 * height) * _TURN
    for band in numba.prange((rows + _ROWS_AT_ONCE - 1) // _ROWS_AT_ONCE):
        xs, ys = np.empty(columns, np.float32), np.empty(columns, np.float32)
        for j in range(band * _ROWS_AT_ONCE, min(rows, (band + 1) * _ROWS_AT_ONCE)):
            for i in range(columns):
                a, b, c = rays[j, i, 0], rays[j, i, 1], rays[j, i, 2]
                x = r00 * a + r01 * b + r02 * c
                y = r10 * a + r11 * b + r12 * c
                z = r20 * a + r21 * b + r22 * c
                xs[i] = _arctan2(x, y) * across + np.float32(0.5 * width - 0.5 + width)
                ys[i] = _arctan2(np.float32(math.sqrt(x * x + y * y)), z) * down - np.float32(0.5)
            for i in range(columns):
                line = min(max(ys[i], np.float32(0.0)), np.float32(height - 1))
                x0, y0 = np.int32(xs[i]), np.int32(line)
                fx = np.uint32((xs[i] - np.float32(x0)) * np.float32(256.0))
                fy = np.uint32((line - np.float32(y0)) * np.float32(256.0))
                x0 = x0 - width if x0 >= width else x0
                x1 = x0 + 1 if x0 + 1 < width else 0
                y1 = min(y0 + 1, height - 1)
                # Weights of four texels, 256 in all; red and blue ride in one word, green in another.
                w11 = (fx * fy + np.uint32(128)) >> np.uint32(8)
                w01, w10 = fx - w11, fy - w11
                w00 = np.uint32(256) - fx - w10
                a, b, c, d = texels[y0, x0], texels[y0, x1], texels[y1, x0], texels[y1, x1]
                rb = (a & _RB) * w00 + (b & _RB) * w01 + (c & _RB) * w10 + (d & _RB) * w11 + _HALF
                g = (a & _G) * w00 + (b & _G) * w01 + (c & _G) * w10 + (d & _G) * w11 + _HALF_G
                out[0, j, i] = (rb >> np.uint32(8)) & np.uint32(255)
                out[1, j, i] = (g >> np.uint32(16)) & np.uint32(255)
                out[2, j, i] = rb >> np.uint32(24)
