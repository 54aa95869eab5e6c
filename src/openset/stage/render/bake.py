"""Casts a set into a picture on the cpu: the panorama a shot's background is looked up in.

With `occlusion_rays` above zero each point gathers sky light and one bounce of sunlight through that
many rays, which is what makes a lane look like a lane; with zero the shading is the gpu's own. The
bake is done once per eye and takes seconds, not milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numba
import numpy as np
import numpy.typing as npt

from openset.primitives.errors import BadInput
from openset.primitives.image import F32Rgb
from openset.primitives.space import Pose
from openset.stage.lens.model import Lens, rays
from openset.stage.render.bvh import FAR, nearest
from openset.stage.render.smooth import smooth
from openset.stage.render.surfaces import (
    CLEAR_M,
    Surfaces,
    arriving,
    base_at,
    direct_at,
    dome_at,
    lay_out,
    normal_at,
    sky_on,
)
from openset.stage.scene.dome import directions_of, pixels_of
from openset.stage.scene.model import Scene

F32 = npt.NDArray[np.float32]
Progress = Callable[[float], None]

_ROWS_AT_ONCE = 32


class _Gathered(NamedTuple):
    """What a bake keeps of each pixel until its indirect light is smooth, each (h, w, 3) float32."""

    radiance: F32  # direct light, emission and sky, finished
    albedo: F32
    light: F32  # indirect irradiance over pi
    normal: F32
    position: F32  # relative to the eye


@dataclass(frozen=True)
class Sharp:
    """The part of a panorama worth its full width: around `towards` in the world, `within_rad` to
    every side. The rest is baked at a quarter of it: light spills from there, nobody looks there."""

    towards: tuple[float, float, float]
    within_rad: float = 0.9


def bake_panorama(
    scene: Scene,
    eye_in_world: tuple[float, float, float],
    width: int = 2048,
    progress: Progress | None = None,
    *,
    occlusion_rays: int = 16,
    sharp: Sharp | None = None,
) -> F32Rgb:
    """The set all around `eye_in_world`, scene-linear (width / 2, width, 3) float32.

    `progress(done)` is called with 0..1 after every few rows; whatever it raises ends the bake. With
    `sharp` only that part has the full width's detail, at about a fifth of the time.
    Raises BadInput for a width that is not a multiple of four, or of eight with `sharp`.
    """
    step = 4 if sharp is None else 8
    if width < step or width % step:
        raise BadInput(f"a panorama is not {width} pixels wide", todo="Use a power of two, as 2048")
    surfaces = lay_out(scene)
    if sharp is None:
        whole = _Window(width, 0, 0, width, width // 2)
        return _bake_window(surfaces, eye_in_world, whole, occlusion_rays, progress)
    coarse, fine = _Window(width // 4, 0, 0, width // 4, width // 8), _window_of(sharp, width)
    cost = coarse.pixels / (coarse.pixels + fine.pixels)
    rough = _bake_window(surfaces, eye_in_world, coarse, occlusion_rays, _part(progress, 0.0, cost))
    out = cv2.resize(rough, (width, width // 2), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    detail = _bake_window(surfaces, eye_in_world, fine, occlusion_rays, _part(progress, cost, 1.0))
    rows = slice(fine.top, fine.top + fine.high)
    out[rows, (fine.left + np.arange(fine.wide)) % width] = detail
    return out


class _Window(NamedTuple):
    """A part of a panorama `width` pixels wide; `left` may be negative and wraps."""

    width: int
    left: int
    top: int
    wide: int
    high: int

    @property
    def pixels(self) -> int:
        return self.wide * self.high


def _window_of(sharp: Sharp, width: int) -> _Window:
    """The least window of a panorama that holds the whole cone: every column if it holds a pole."""
    height = width // 2
    x, y = pixels_of(np.array(sharp.towards, np.float64), width, height).tolist()
    reach = sharp.within_rad / math.pi * height
    top, bottom = max(0, math.floor(y - reach)), min(height, math.ceil(y + reach))
    if top == 0 or bottom == height:
        return _Window(width, 0, top, width, bottom - top)
    lean = math.sin(sharp.within_rad) / math.sin(y / height * math.pi)
    half = math.asin(min(1.0, lean)) / math.pi * height
    return _Window(width, math.floor(x - half), top, min(width, math.ceil(2 * half) + 1), bottom - top)


def _part(progress: Progress | None, start: float, end: float) -> Progress | None:
    if progress is None:
        return None
    return lambda done: progress(start + done * (end - start))


def _bake_window(
    surfaces: Surfaces,
    eye: tuple[float, float, float],
    window: _Window,
    occlusion_rays: int,
    progress: Progress | None,
) -> F32Rgb:
    def look(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> F32:
        at = np.stack([x + window.left, y + window.top], axis=-1)
        return directions_of(at, window.width, window.width // 2).astype(np.float32)

    spread, wrap = 2.0 * math.pi / window.width, window.wide == window.width
    size = (window.high, window.wide)
    return _bake(surfaces, eye, size, look, spread, wrap, occlusion_rays, progress)


def bake_view(
    scene: Scene,
    world_from_camera: Pose,
    lens: Lens,
    progress: Progress | None = None,
    *,
    occlusion_rays: int = 16,
) -> F32Rgb:
    """The set through one lens, its distortion included, scene-linear (h, w, 3) float32."""
    turn = world_from_camera.matrix[:3, :3]

    def look(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> F32:
        directions = rays(lens, np.stack([x, y], axis=-1)) @ turn.T
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        return np.ascontiguousarray(directions, np.float32)

    size, eye = (lens.height_px, lens.width_px), world_from_camera.position_m
    return _bake(lay_out(scene), eye, size, look, 1.0 / lens.fx_px, False, occlusion_rays, progress)


def _bake(
    surfaces: Surfaces,
    eye: tuple[float, float, float],
    size: tuple[int, int],
    look: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], F32],
    spread: float,
    wrap: bool,
    occlusion_rays: int,
    progress: Progress | None,
) -> F32Rgb:
    height, width = size
    kept = _Gathered(*(np.zeros((height, width, 3), np.float32) for _ in range(5)))
    # Four samples a pixel, on a rotated grid so that upright and level edges both get four steps.
    across = np.repeat(np.arange(width), 4) + np.tile([0.375, 0.875, 0.125, 0.625], width)
    down = np.tile([0.125, 0.375, 0.625, 0.875], width)
    start = np.array(eye, np.float32)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = np.arange(top, min(top + _ROWS_AT_ONCE, height))
        x, y = np.broadcast_arrays(across[None, :], rows[:, None] + down[None, :])
        directions = look(x, y).reshape(len(rows), width, 4, 3)
        band = _Gathered(*(whole[top : top + len(rows)] for whole in kept))
        _cast(surfaces, start, directions, np.float32(spread), -(-occlusion_rays // 4), top, band)
        if progress is not None:
            progress((top + len(rows)) / height)
    light = kept.light
    if occlusion_rays:
        light = smooth(light, kept.normal, kept.position, wrap)
    return np.asarray(kept.radiance + kept.albedo * light, dtype=np.float32)


@numba.njit(cache=True, nogil=True)
def _random(seed):  # type: ignore[no-untyped-def]
    """A well-mixed 32-bit number of a seed (PCG's output hash, O'Neill 2014), as 0..1."""
    state = np.uint32(seed) * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    return np.float32(((word >> np.uint32(22)) ^ word) * (1.0 / 4294967296.0))


@numba.njit(cache=True, nogil=True, fastmath=True)
def _gather(s, px, py, pz, nx, ny, nz, number, seed):  # type: ignore[no-untyped-def]
    """Mean radiance over `number` cosine-spread rays: irradiance over pi. Points by the R2 sequence."""
    sign = np.float32(1.0) if nz >= 0 else np.float32(-1.0)  # Duff et al. 2017, orthonormal basis
    a = np.float32(-1.0) / (sign + nz)
    b = nx * ny * a
    ux, uy, uz = np.float32(1.0) + sign * nx * nx * a, sign * b, -sign * nx
    vx, vy, vz = b, sign + ny * ny * a, -ny
    first, second = _random(seed), _random(seed + 1)
    red, green, blue = np.float32(0), np.float32(0), np.float32(0)
    for k in range(number):
        p = (first + np.float32(0.7548776662) * k) % np.float32(1.0)
        q = (second + np.float32(0.5698402910) * k) % np.float32(1.0)
        ring, turn = np.float32(math.sqrt(p)), np.float32(2.0 * math.pi) * q
        i, j = ring * np.float32(math.cos(turn)), ring * np.float32(math.sin(turn))
        up = np.float32(math.sqrt(np.float32(1.0) - p))
        dx, dy, dz = i * ux + j * vx + up * nx, i * uy + j * vy + up * ny, i * uz + j * vz + up * nz
        r, g, bl, _ = arriving(s, px, py, pz, dx, dy, dz)
        red, green, blue = red + r, green + g, blue + bl
    share = np.float32(1.0) / np.float32(number)
    return red * share, green * share, blue * share


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _cast(s, eye, directions, spread, number, top, band):  # type: ignore[no-untyped-def]
    """A band of rows: directions (rows, w, 4, 3); `number` gathering rays a sample, 0 for none."""
    height, width = directions.shape[0], directions.shape[1]
    for pixel in numba.prange(height * width):
        j, i = pixel // width, pixel % width
        hits = 0
        for k in range(4):
            d = directions[j, i, k]
            seed = ((top + j) * width + i) * 8 + k * 2
            if _sample(s, eye, d[0], d[1], d[2], spread, number, seed, band, j, i):
                hits += 1
        _mean(band, j, i, np.float32(hits))


@numba.njit(cache=True, nogil=True, fastmath=True)
def _mean(band, j, i, hits):  # type: ignore[no-untyped-def]
    """Turns a pixel's sums over four samples, `hits` of them on surfaces, into means."""
    quarter, share = np.float32(0.25), np.float32(1.0) / max(hits, np.float32(1.0))
    n = band.normal[j, i]
    length = np.float32(math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]))
    unit = np.float32(1.0) / max(length, np.float32(1e-6))
    for c in range(3):
        band.radiance[j, i, c] = band.radiance[j, i, c] * quarter
        band.albedo[j, i, c] = band.albedo[j, i, c] * quarter
        band.light[j, i, c] = band.light[j, i, c] * share
        band.position[j, i, c] = band.position[j, i, c] * share
        n[c] = n[c] * unit


@numba.njit(cache=True, nogil=True, fastmath=True)
def _sample(s, eye, dx, dy, dz, spread, number, seed, band, j, i):  # type: ignore[no-untyped-def]
    """One ray of a pixel, added to the band; whether it met a surface."""
    row, t, u, v = nearest(s, eye[0], eye[1], eye[2], dx, dy, dz, FAR)
    if row < 0:
        r, g, b = dome_at(s, dx, dy, dz)
        band.radiance[j, i, 0] += r
        band.radiance[j, i, 1] += g
        band.radiance[j, i, 2] += b
        return False
    nx, ny, nz = normal_at(s, row, u, v, dx, dy, dz)
    facing = abs(nx * dx + ny * dy + nz * dz)
    albedo = base_at(s, row, u, v, t, spread, facing)
    back = t - max(CLEAR_M, t * np.float32(1e-5))
    px = eye[0] + back * dx + nx * CLEAR_M
    py = eye[1] + back * dy + ny * CLEAR_M
    pz = eye[2] + back * dz + nz * CLEAR_M
    direct = direct_at(s, px, py, pz, nx, ny, nz)
    if number:
        light = _gather(s, px, py, pz, nx, ny, nz, number, seed)
    else:
        light = sky_on(s, nx, ny, nz)
    emission = s.emission[s.material[row]]
    normal, position = (nx, ny, nz), (t * dx, t * dy, t * dz)
    for c in range(3):
        band.radiance[j, i, c] += emission[c] + albedo[c] * direct[c]
        band.albedo[j, i, c] += albedo[c]
        band.light[j, i, c] += light[c]
        band.normal[j, i, c] += normal[c]
        band.position[j, i, c] += position[c]
    return True
