"""From a camera's sight lines back to a sheet of paper: which texel every sample of a pixel shows.

A sight line meets a sheet's plane by a homography; with a rolling shutter every row has its own.
Shares nothing with the stage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from scipy.interpolate import RectBivariateSpline

from openset.sim.optics import Optics, bend, unbend
from openset.sim.prints import Sheet

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
CameraAt = Callable[[float], tuple[F64, F64]]
"""The entrance pupil (3,) and stage_from_camera (3, 3), seconds from the picture's middle row."""

EXPOSURES = 4
NEAR_M = 0.03
MARGIN = 2
"""Pixels of sight lines kept around the picture, so that they can be drawn finer up to its edge."""
_ROWS_A_STRIP = 16


def middle(sheet: Sheet) -> F64:
    return np.asarray(sheet.outline_m.mean(axis=0))


@dataclass(frozen=True, eq=False)
class Moments:
    """Poses of every sub-exposure at the strips' edges: positions (e, s, 3), rotations (e, s, 3, 3),
    and the rows (s,) they belong to; s = 1 where all rows are taken at once."""

    positions: F64
    rotations: F64
    rows: F64


def moments_of(optics: Optics, camera_at: CameraAt, exposure_s: float, readout_s: float) -> Moments:
    count = EXPOSURES if exposure_s > 0 else 1
    opened = ((np.arange(count) + 0.5) / count - 0.5) * exposure_s
    strips = -(-optics.height_px // _ROWS_A_STRIP) + 1 if readout_s else 1
    rows = np.linspace(0.0, optics.height_px, strips) if readout_s else np.array([optics.height_px / 2])
    read = (rows / optics.height_px - 0.5) * readout_s
    poses = [[camera_at(float(o + r)) for r in read] for o in opened]
    return Moments(
        np.array([[pose[0] for pose in line] for line in poses]),
        np.array([[pose[1] for pose in line] for line in poses]),
        rows,
    )


@lru_cache(maxsize=6)
def sights(optics: Optics) -> tuple[F32, F32, float]:
    """The sight lines of all pixels and of a margin around (x, y each (h + 2m, w + 2m)), and how far
    from the axis the farthest goes. Solved on every eighth pixel, a cubic spline between."""
    w, h, m = optics.width_px, optics.height_px, MARGIN
    coarse_u = np.linspace(-2 * m, w + 2 * m, w // 8 + 2)
    coarse_v = np.linspace(-2 * m, h + 2 * m, h // 8 + 2)
    u, v = np.meshgrid(coarse_u, coarse_v)
    x, y = unbend(optics, (u - optics.cx_px) / optics.f_px, (v - optics.cy_px) / optics.down_px)
    fine_u, fine_v = np.arange(-m, w + m) + 0.5, np.arange(-m, h + m) + 0.5
    lines_x = RectBivariateSpline(coarse_v, coarse_u, x)(fine_v, fine_u).astype(np.float32)
    lines_y = RectBivariateSpline(coarse_v, coarse_u, y)(fine_v, fine_u).astype(np.float32)
    return lines_x, lines_y, float(np.hypot(x, y).max())


def reach(optics: Optics) -> float:
    return sights(optics)[2]


def finer(lines: F32, samples: int) -> F32:
    """Sight lines of a box with one pixel around it, to those of its samples (a side) without."""
    size = (lines.shape[1] * samples, lines.shape[0] * samples)
    grown = cv2.resize(np.ascontiguousarray(lines), size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(grown[samples:-samples, samples:-samples])


def _paper_from_sight(position_m: F64, rotation: F64, sheet: Sheet, size: tuple[int, int]) -> F64:
    """The homography (3, 3) that takes a sight line (x right, y down, 1) to (column, row, weight) of
    the texture of `size` (rows, columns), in texels with whole numbers in their middles. The weight is
    above nought in front of the camera on the printed side."""
    sight = sheet.rotation.T @ rotation @ np.diag([1.0, -1.0, -1.0])
    eye = sheet.rotation.T @ (position_m - sheet.position_m)
    x0, y0 = sheet.left_bottom_m
    # The line eye + t sight meets the paper at t = -eye.z / sight.z; on the paper's own plane
    # x = (eye.x sight.z - eye.z sight.x) / sight.z.
    meet_x = eye[0] * sight[2] - eye[2] * sight[0]
    meet_y = eye[1] * sight[2] - eye[2] * sight[1]
    weight = sight[2]
    across = (meet_x - x0 * weight) * (size[1] / sheet.width_m) - 0.5 * weight
    down = (y0 + sheet.height_m) * weight - meet_y
    down = down * (size[0] / sheet.height_m) - 0.5 * weight
    return np.stack([across, down, weight]) * -1.0


def texels(
    moments: Moments,
    exposure: int,
    sheet: Sheet,
    rows: F64,
    size: tuple[int, ...],
    x: F32,
    y: F32,
) -> tuple[F32, F32, npt.NDArray[np.bool_]] | None:
    """For every sample of a box: the texture's column and row, and whether it falls on the paper."""
    shape = (size[0], size[1])
    poses = zip(moments.positions[exposure], moments.rotations[exposure], strict=True)
    planes = np.array([_paper_from_sight(p, r, sheet, shape) for p, r in poses])
    if len(planes) == 1:
        h = planes.reshape(1, 9).astype(np.float32)
    else:
        flat = planes.reshape(-1, 9)
        h = np.stack([np.interp(rows, moments.rows, flat[:, i]) for i in range(9)], axis=-1).astype(
            np.float32
        )
    g = [h[:, i, None] for i in range(9)]
    weight = g[6] * x + g[7] * y + g[8]
    front = weight > 1e-9
    inverse = 1.0 / np.where(front, weight, 1.0)
    across = (g[0] * x + g[1] * y + g[2]) * inverse
    down = (g[3] * x + g[4] * y + g[5]) * inverse
    inside = (
        front & (across >= -0.5) & (across < shape[1] - 0.5) & (down >= -0.5) & (down < shape[0] - 0.5)
    )
    if not inside.any():
        return None
    return np.asarray(across, np.float32), np.asarray(down, np.float32), np.asarray(inside)


def _in_front(points: F64) -> F64:
    """A polygon (n, 3) in camera coordinates, cut off at the near plane."""
    kept: list[F64] = []
    for here, after in zip(points, np.roll(points, -1, axis=0), strict=True):
        a, b = -here[2] - NEAR_M, -after[2] - NEAR_M
        if a > 0:
            kept.append(here)
        if (a > 0) != (b > 0):
            kept.append(here + (after - here) * (a / (a - b)))
    return np.array(kept).reshape(-1, 3)


def box_of(optics: Optics, moments: Moments, sheet: Sheet) -> tuple[int, int, int, int] | None:
    """The pixels a sheet may reach during the exposure: left, top, right, bottom."""
    farthest = reach(optics) * 1.02
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    outline, out = sheet.outline_m, sheet.rotation[:, 2]
    for eye, rotation in _ends(moments):
        if float((eye - outline[0]) @ out) <= 0:
            continue
        points = _in_front((outline - eye) @ rotation)
        if not len(points):
            continue
        flat = np.stack([points[:, 0], -points[:, 1]], axis=-1) / -points[:, 2:]
        low, high = np.minimum(low, flat.min(axis=0)), np.maximum(high, flat.max(axis=0))
    low, high = np.clip(low, -farthest, farthest), np.clip(high, -farthest, farthest)
    if np.any(high <= low):
        return None
    along = np.linspace(0.0, 1.0, 17)[:, None]
    a, b, c, d = low, np.array([high[0], low[1]]), high, np.array([low[0], high[1]])
    edge = np.concatenate([p + (q - p) * along for p, q in ((a, b), (b, c), (c, d), (d, a))])
    seen_x, seen_y = bend(optics, edge[:, 0], edge[:, 1])
    u, v = optics.f_px * seen_x + optics.cx_px, optics.down_px * seen_y + optics.cy_px
    left, right = max(0, int(u.min()) - 2), min(optics.width_px, int(u.max()) + 3)
    top, bottom = max(0, int(v.min()) - 2), min(optics.height_px, int(v.max()) + 3)
    return (left, top, right, bottom) if right > left and bottom > top else None


def _ends(moments: Moments) -> list[tuple[F64, F64]]:
    """Poses at the ends and the middle of the exposure, of the first, middle and last rows."""
    exposures, strips = moments.positions.shape[:2]
    which = [(e, s) for e in {0, exposures - 1} for s in {0, strips // 2, strips - 1}]
    return [(moments.positions[e, s], moments.rotations[e, s]) for e, s in which]


def fitting(optics: Optics, moments: Moments, sheet: Sheet, samples: int) -> U8:
    """The texture reduced until a sample steps over less than two texels in the tighter direction."""
    eye = moments.positions[0, moments.positions.shape[1] // 2]
    rotation = moments.rotations[0, moments.positions.shape[1] // 2]
    points = (sheet.outline_m - eye) @ rotation
    depth = max(float(-points[:, 2].max()), NEAR_M)
    away = eye - middle(sheet)
    slant = abs(float(away @ sheet.rotation[:, 2])) / max(float(np.linalg.norm(away)), 1e-6)
    nearest_px_a_m = optics.f_px * samples / depth
    texels_a_sample = sheet.texture.shape[1] / sheet.width_m / (nearest_px_a_m * max(slant, 0.35))
    halvings = int(np.clip(np.floor(np.log2(max(texels_a_sample, 1.0))), 0, 6))
    return _halved(_Key(sheet.texture), halvings)


class _Key:
    """A texture as a cache's key, by identity."""

    def __init__(self, texture: U8) -> None:
        self.texture = texture

    def __hash__(self) -> int:
        return id(self.texture)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.texture is self.texture


@lru_cache(maxsize=400)
def _halved(key: _Key, halvings: int) -> U8:
    """The texture with its sides halved so many times, as far as they are even, by means of texels."""
    texture = key.texture
    for _ in range(halvings):
        if texture.shape[0] % 2 or texture.shape[1] % 2:
            break
        size = (texture.shape[1] // 2, texture.shape[0] // 2)
        texture = np.asarray(cv2.resize(texture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return texture
