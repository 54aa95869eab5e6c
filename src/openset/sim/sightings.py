"""Pictures of printed sheets by the simulated camera: the truth the stage's solvers are judged by.

Every pixel of a sheet's part of the picture looks back along its sight line to the paper (inverse
ray-cast, several samples a pixel). Motion blur is the mean of sub-exposures, a rolling shutter
gives every row its own pose. Sharing nothing with the stage; pixel (0, 0)'s middle is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from openset.sim.optics import Optics, project
from openset.sim.prints import Sheet
from openset.sim.raycast import (
    F32,
    F64,
    MARGIN,
    NEAR_M,
    U8,
    CameraAt,
    Moments,
    box_of,
    finer,
    fitting,
    middle,
    moments_of,
    reach,
    sights,
    texels,
)

_BACKGROUND = 118.0


@dataclass(frozen=True)
class Look:
    """What the camera does to the light. `blur_px` is the point spread's sd, `noise_codes` the noise's,
    `jpeg` a quality or None, `vignette` what the corners lose, `exposure_s` the open shutter.
    `linear_light` mixes light as a sensor does, before the display curve, instead of codes. A pixel is
    the mean of `samples` by `samples` sight lines."""

    blur_px: float = 0.7
    noise_codes: float = 3.0
    jpeg: int | None = 85
    vignette: float = 0.25
    exposure_s: float = 1 / 120
    linear_light: bool = True
    samples: int = 3


CLEAN = Look(0.6, 0.0, None, 0.0, 0.0)


def picture(
    optics: Optics,
    camera_at: CameraAt,
    sheets: Sequence[Sheet],
    look: Look,
    random: np.random.Generator,
    readout_s: float = 0.0,
) -> U8:
    """What the camera sees, luma (h, w). Backdrops lie behind all else; nearer sheets (by their
    middles) cover farther ones; one is seen from its printed side alone."""
    moments = moments_of(optics, camera_at, look.exposure_s, readout_s)
    eye, rotation = camera_at(0.0)
    canvas = _background(optics, rotation)
    if look.linear_light:
        canvas = _to_light(canvas)
    order = sorted(
        sheets, key=lambda sheet: (not sheet.backdrop, -float(np.linalg.norm(middle(sheet) - eye)))
    )
    for sheet in order:
        _paste(canvas, optics, moments, sheet, look)
    return _exposed(canvas, optics, look, random)


def still(position_m: F64, rotation: F64) -> CameraAt:
    """A camera that does not move."""
    return lambda _time_s: (position_m, rotation)


def tag_corners(optics: Optics, position_m: F64, rotation: F64, sheet: Sheet) -> F64:
    """Where a sheet's points (n, 3) land in the picture (n, 2), for a camera that stands still."""
    return project(optics, position_m, rotation, sheet.stage_points_m)


def rolling_corners(optics: Optics, camera_at: CameraAt, sheet: Sheet, readout_s: float) -> F64:
    """Where a sheet's points (n, 2) land when every row is taken at its own time."""
    times = np.zeros(len(sheet.points_m))
    points = sheet.stage_points_m
    seen = np.zeros((len(points), 2))
    for _ in range(6):
        for index, time_s in enumerate(times):
            seen[index] = project(optics, *camera_at(float(time_s)), points[index])
        times = (seen[:, 1] / optics.height_px - 0.5) * readout_s
    return seen


def in_view(
    optics: Optics, position_m: F64, rotation: F64, sheet: Sheet, border_px: float = 0.0
) -> bool:
    """Whether the camera sees a sheet's printed side with all of its points inside the picture."""
    points = sheet.stage_points_m
    seen = (points - position_m) @ rotation
    if (
        np.any(seen[:, 2] > -NEAR_M)
        or float((position_m - sheet.position_m) @ sheet.rotation[:, 2]) <= 0
    ):
        return False
    if np.hypot(seen[:, 0], seen[:, 1]).max() > reach(optics) * -seen[:, 2].max():
        return False
    pixels = project(optics, position_m, rotation, points)
    size = np.array([optics.width_px, optics.height_px])
    return bool(np.all(pixels > border_px) and np.all(pixels < size - border_px))


def _background(optics: Optics, rotation: F64) -> F32:
    """A plain grey room with soft, far off clouds, fixed to the stage."""
    x, y, _ = sights(optics)
    few_x, few_y = x[MARGIN::16, MARGIN::16], y[MARGIN::16, MARGIN::16]
    lines = np.stack([few_x, -few_y, -np.ones_like(few_x)], axis=-1) @ rotation.T.astype(np.float32)
    lines = lines / np.linalg.norm(lines, axis=-1, keepdims=True)
    cloud = (
        np.sin(5.0 * lines[..., 0] + 1.3)
        + np.sin(7.0 * lines[..., 1] - 0.4)
        + np.sin(6.0 * lines[..., 2])
    )
    small = (_BACKGROUND + 5.0 * cloud).astype(np.float32)
    grown = cv2.resize(
        small, (small.shape[1] * 16, small.shape[0] * 16), interpolation=cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(grown[: optics.height_px, : optics.width_px], dtype=np.float32)


def _to_light(codes: npt.NDArray[np.generic]) -> F32:
    return np.asarray(255.0 * (np.asarray(codes, np.float32) / 255.0) ** 2.2, dtype=np.float32)


def _paste(canvas: F32, optics: Optics, moments: Moments, sheet: Sheet, look: Look) -> None:
    """Lay one sheet over the canvas where it is seen."""
    box = box_of(optics, moments, sheet)
    if box is None:
        return
    left, top, right, bottom = box
    samples = look.samples
    codes = fitting(optics, moments, sheet, samples)
    texture: F32 | U8 = _to_light(codes) if look.linear_light else codes
    x, y, _ = sights(optics)
    inner = np.s_[top + MARGIN - 1 : bottom + MARGIN + 1, left + MARGIN - 1 : right + MARGIN + 1]
    fine_x, fine_y = finer(x[inner], samples), finer(y[inner], samples)
    rows = top + (np.arange((bottom - top) * samples) + 0.5) / samples
    light = np.zeros((bottom - top, right - left), np.float32)
    cover = np.zeros_like(light)
    for exposure in range(len(moments.positions)):
        maps = texels(moments, exposure, sheet, rows, texture.shape, fine_x, fine_y)
        if maps is None:
            continue
        across, down, inside = maps
        seen = cv2.remap(texture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lit = np.where(inside, seen, 0).astype(np.float32)
        size = (right - left, bottom - top)
        light += np.asarray(cv2.resize(lit, size, interpolation=cv2.INTER_AREA))
        cover += np.asarray(cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    share = np.float32(1.0 / len(moments.positions))
    part = canvas[top:bottom, left:right]
    part *= 1.0 - cover * share
    part += light * share


def _exposed(canvas: F32, optics: Optics, look: Look, random: np.random.Generator) -> U8:
    """Point spread, vignette, display curve, noise, codec."""
    seen = canvas
    if look.blur_px > 0:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), look.blur_px), dtype=np.float32)
    if look.vignette:
        seen = seen * _shade(optics, look.vignette)
    if look.linear_light:
        seen = (255.0 * (np.maximum(seen, 0.0) / 255.0) ** (1 / 2.2)).astype(np.float32)
    if look.noise_codes:
        seen = seen + random.standard_normal(seen.shape, dtype=np.float32) * np.float32(
            look.noise_codes
        )
    codes = np.clip(seen + 0.5, 0, 255).astype(np.uint8)
    if look.jpeg is None:
        return np.asarray(codes)
    _, packed = cv2.imencode(".jpg", codes, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@lru_cache(maxsize=4)
def _shade(optics: Optics, vignette: float) -> F32:
    u, v = np.meshgrid(np.arange(optics.width_px) + 0.5, np.arange(optics.height_px) + 0.5)
    half_w, half_h = optics.width_px / 2, optics.height_px / 2
    r2 = ((u - half_w) ** 2 + (v - half_h) ** 2) / (half_w**2 + half_h**2)
    return np.asarray(1.0 - vignette * r2, dtype=np.float32)
