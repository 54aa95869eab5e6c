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
U32 = npt.NDArray[np.uint32]

ALONE_PIXELS = 1280 * 720
"""Up to this many pixels one thread is fast enough, and never waits for another."""
_LENSES_KEPT = 4
_ROWS_AT_ONCE = 16
_RB, _G = np.uint32(0x00FF00FF), np.uint32(0x0000FF00)
_HALF, _HALF_G = np.uint32(0x00800080), np.uint32(0x00008000)
_NONE, _STEP, _SHARE, _SHIFT = np.int32(0), np.int32(1), np.int32(255), np.int32(8)
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
        self._texels = _packed(planes)
        self._rays: dict[Lens, F32] = {}

    def render(self, world_from_camera: Pose, lens: Lens, out: U8Planes | None = None) -> U8Planes:
        """The background for this pose and lens, planar uint8 (3, h, w), into `out` if given."""
        picture = picture_for(lens, out)
        rotation = world_from_camera.matrix[:3, :3].astype(np.float32)
        alone = lens.width_px * lens.height_px <= ALONE_PIXELS
        kernel = look_up_alone if alone else look_up
        kernel(self._texels, self._rays_of(lens), rotation, picture)
        return picture

    def close(self) -> None:
        """Forget the panorama and the rays."""
        self._texels = np.zeros((2, 3), np.uint32)
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


def _packed(planes: U8Planes) -> U32:
    """Planes (3, h, 2h) as look_up takes them: one word a texel, so that a look-up touches one cache
    line and not three, and a border, so that a neighbour is always the next word."""
    _, height, width = planes.shape
    out = np.empty((height + 1, width + 1), np.uint32)
    inside = out[:height, :width]
    inside[:] = planes[0]
    for plane, shift in ((planes[1], 8), (planes[2], 16)):
        inside |= np.left_shift(plane, shift, dtype=np.uint32)
    out[:height, width] = out[:height, 0]
    out[height] = out[height - 1]
    return out


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


@numba.njit(cache=True, nogil=True, fastmath=True)
def _rows(texels, rays, rotation, out, first, last):  # type: ignore[no-untyped-def]
    """Rows `first` up to `last` of look_up. Each row in two loops, so that the first one vectorises."""
    columns, stride = rays.shape[2], np.int32(texels.shape[1])
    height, width = np.int32(texels.shape[0] - 1), np.int32(texels.shape[1] - 1)
    flat = texels.ravel()
    r00, r01, r02 = rotation[0, 0], rotation[0, 1], rotation[0, 2]
    r10, r11, r12 = rotation[1, 0], rotation[1, 1], rotation[1, 2]
    r20, r21, r22 = rotation[2, 0], rotation[2, 1], rotation[2, 2]
    across, down = np.float32(width) * _TURN, np.float32(2 * height) * _TURN
    middle = np.float32(1.5 * width - 0.5)
    at, shares = np.empty(columns, np.int32), np.empty(columns, np.int32)
    for j in range(first, last):
        a, b = rays[0, j], rays[1, j]
        for i in range(columns):
            x = r00 * a[i] + r01 * b[i] - r02
            y = r10 * a[i] + r11 * b[i] - r12
            z = r20 * a[i] + r21 * b[i] - r22
            column = _arctan2(x, y) * across + middle
            line = _arctan2(np.float32(math.sqrt(x * x + y * y)), z) * down - np.float32(0.5)
            line = max(line, np.float32(0.0))
            x0, y0 = np.int32(column), np.int32(line)
            fx = np.int32((column - np.float32(x0)) * np.float32(256.0))
            fy = np.int32((line - np.float32(y0)) * np.float32(256.0))
            x0 = x0 - width if x0 >= width else x0
            # Whatever the pose and the lens were, nothing outside the panorama is read.
            at[i] = min(max(y0, _NONE), height - _STEP) * stride + min(max(x0, _NONE), width - _STEP)
            shares[i] = (fx & _SHARE) | (fy & _SHARE) << _SHIFT
        red, green, blue = out[0, j], out[1, j], out[2, j]
        for i in range(columns):
            k, wx, wy = at[i], np.uint32(shares[i] & _SHARE), np.uint32(shares[i] >> _SHIFT)
            # Weights of four texels, 256 in all; red and blue ride in one word, green in another.
            w11 = (wx * wy + np.uint32(128)) >> np.uint32(8)
            w01, w10 = wx - w11, wy - w11
            w00 = np.uint32(256) - wx - w10
            p, q, r, s = flat[k], flat[k + 1], flat[k + stride], flat[k + stride + 1]
            rb = (p & _RB) * w00 + (q & _RB) * w01 + (r & _RB) * w10 + (s & _RB) * w11 + _HALF
            g = (p & _G) * w00 + (q & _G) * w01 + (r & _G) * w10 + (s & _G) * w11 + _HALF_G
            red[i] = np.uint8(rb >> np.uint32(8))
            green[i] = np.uint8(g >> np.uint32(16))
            blue[i] = np.uint8(rb >> np.uint32(24))


@numba.njit(cache=True, nogil=True, fastmath=True)
def look_up_alone(texels, rays, rotation, out):  # type: ignore[no-untyped-def]
    """look_up on the calling thread: steadier where other work fills the processor."""
    _rows(texels, rays, rotation, out, 0, out.shape[1])


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def look_up(texels, rays, rotation, out):  # type: ignore[no-untyped-def]
    """A panorama along rays, planes X and Y (2, rows, columns) at Z = -1, turned by `rotation`, into
    out (3, rows, columns) uint8: bilinear, wrapping sideways, clamped at the poles.

    Texels (h + 1, 2h + 1) 0x00bbggrr: the first column again at the right, the last row again below.
    """
    rows = out.shape[1]
    for band in numba.prange((rows + _ROWS_AT_ONCE - 1) // _ROWS_AT_ONCE):
        first = band * _ROWS_AT_ONCE
        _rows(texels, rays, rotation, out, first, min(rows, first + _ROWS_AT_ONCE))
