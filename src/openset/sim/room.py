"""The simulated studio: a green cloth on the back wall that runs onto the floor, uneven and creased.

The cloth is one developable sheet: floor, quarter curve, wall. Its radiance (albedo times light) is
baked once into a picture over (x, s), s being the length along the sheet from its front edge. Colours
and the kinds of unevenness follow the keying notes: base (62, 165, 78) sRGB, a hot spot, folds of about
10 %, weave 2 %, a drift of hue; all of it scene-linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from openset.sim.plan import DayPlan

F32 = npt.NDArray[np.float32]

TEXEL_M = 0.005
FRONT_Y_M = -2.0
HALF_WIDTH_M = 5.0
TOP_M = 4.2
CURVE_M = 0.55
CLOTH_LEFT_M = -4.6
CLOTH_FRONT_Y_M = -1.15
CLOTH_TOP_M = 3.45
GREEN_LINEAR = (0.0482, 0.3763, 0.0762)
SPILL_LINEAR = (0.10 * 0.36, 0.62 * 0.36, 0.16 * 0.36)
"""Light the cloth throws on things near it, linear (keying notes, 5.2)."""


@dataclass(frozen=True, eq=False)
class Room:
    """The baked sheet: `radiance` (rows, columns, 4) float32, scene-linear RGB and how much is cloth;
    row 0 at s = 0, column 0 at x = -HALF_WIDTH_M. `shape` is (wall y, curve radius, front y, texel)."""

    radiance: F32
    shape: tuple[float, float, float, float]


def _smooth_noise(random: np.random.Generator, shape: tuple[int, int], texels: float) -> F32:
    """Gaussian noise of unit variance with features of about `texels`."""
    rows, columns = int(shape[0] / texels) + 4, int(shape[1] / texels) + 4
    coarse = random.standard_normal((rows, columns)).astype(np.float32)
    out = np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32
    )
    return np.asarray(out / max(float(out.std()), 1e-6), np.float32)


def _step(value: F32, edge: float, softness: float) -> F32:
    return np.asarray(np.clip((value - edge) / softness + 0.5, 0.0, 1.0), np.float32)


def _height_and_depth(s: F32, wall_y: float) -> tuple[F32, F32, F32]:
    """Along the sheet: height above the floor, stage y, and how much the sheet faces up (0..1)."""
    flat = wall_y - CURVE_M - FRONT_Y_M
    turn = np.clip((s - flat) / CURVE_M, 0.0, np.pi / 2)
    z = CURVE_M * (1 - np.cos(turn)) + np.maximum(s - flat - CURVE_M * np.pi / 2, 0)
    y = FRONT_Y_M + np.minimum(s, flat) + CURVE_M * np.sin(turn)
    return z.astype(np.float32), y.astype(np.float32), np.cos(turn).astype(np.float32)


def _folds(x: F32, z: F32, up: F32, random: np.random.Generator) -> F32:
    """Shading of drapery and wrinkles around 1: drapes on the wall, flatter wrinkles on the floor."""
    p = random.uniform(0, 2 * np.pi, 8).astype(np.float32)
    drift = 0.10 * np.sin(z / 0.9 + p[0]) + 0.05 * np.sin(z / 0.33 + p[1])
    where = 0.45 + 0.55 * np.sin(x / 1.3 + p[2]) ** 2
    hang = (
        0.055 * np.sin((x + drift) / 0.085 + 1.4 * np.sin(z / 0.50 + p[3]))
        + 0.040 * np.sin((x + 1.5 * drift) / 0.19 + 1.4 * np.sin(z / 0.31 + p[4]) + p[5])
        + 0.022 * np.sin((x + drift) / 0.041 + 2.0 * np.sin(z / 0.24) + p[6])
    )
    wrinkle = 0.035 * np.sin((x - 0.8 * z) / 0.16 + 1.8 * np.sin(x / 0.47 + p[7]))
    return np.asarray(1.0 + 1.25 * (1 - up) * where * hang + up * 0.8 * wrinkle, np.float32)


def _creases(x: F32, s: F32) -> F32:
    """The lines a folded cloth keeps: a light side and a dark side, every 1.15 m both ways."""
    out = np.ones(np.broadcast_shapes(x.shape, s.shape), np.float32)
    for along, period, depth, origin in ((x, 1.15, 0.055, 0.31), (s, 1.15, 0.045, 0.55)):
        away = (along - origin + period / 2) % period - period / 2
        out = out * (1.0 - depth * (away / 0.012) * np.exp(-((away / 0.016) ** 2)))
    return np.asarray(out, np.float32)


def _light(x: F32, z: F32, y: F32, up: F32) -> F32:
    """Light on the sheet: a hot spot left of centre, a weaker lamp right, the floor darker."""
    hot = 0.54 * np.exp(-(((x + 0.75) / 1.75) ** 2) - ((z - 1.85) / 1.15) ** 2)
    second = 0.20 * np.exp(-(((x - 1.9) / 1.3) ** 2) - ((z - 1.5) / 1.3) ** 2)
    wall = 0.70 + hot + second - 0.05 * z
    floor = 0.66 + 0.16 * np.exp(-((x / 1.9) ** 2) - ((y - 0.2) / 1.3) ** 2)
    bend = 1.0 - 0.16 * np.exp(-(((up - 0.55) / 0.33) ** 2))
    return np.asarray((wall * (1 - up) + floor * up) * bend, np.float32)


def _marks(x: F32, z: F32, up: F32) -> F32:
    """Crosses of lighter green tape on the wall, every 1.1 m."""
    ax = np.abs((x - 0.2 + 0.55) % 1.1 - 0.55)
    az = np.abs((z - 1.35 + 0.55) % 1.1 - 0.55)
    arms = ((ax < 0.012) & (az < 0.06)) | ((az < 0.012) & (ax < 0.06))
    return np.asarray(arms & (up < 0.05), np.float32)


def _extent(x: F32, y: F32, z: F32, right_m: float) -> tuple[F32, F32]:
    """Where the sheet is cloth (0..1), and how far each place lies past the cloth's right edge."""
    past_right = x + 0.012 * np.sin(z / 0.21) + 0.02 * np.sin(z / 0.9) - np.float32(right_m)
    front = CLOTH_FRONT_Y_M + 0.03 * np.sin(x / 0.6) + 0.01 * np.sin(x / 0.13)
    mask = _step(x, CLOTH_LEFT_M, 0.01) * (1 - _step(past_right, 0.0, 0.006))
    mask = mask * _step(y - front, 0.0, 0.01) * (1 - _step(z, CLOTH_TOP_M, 0.01))
    return np.asarray(mask, np.float32), np.asarray(np.maximum(past_right, 0), np.float32)


def bake_room(plan: DayPlan) -> Room:
    """The studio of a plan; takes of one seed share one cloth, and its picture is kept for them."""
    return _baked(plan.seed, plan.cloth_y_m, plan.cloth_ends, plan.marks)


@lru_cache(maxsize=2)
def _baked(seed: int, wall_y: float, ends: bool, marks: bool) -> Room:
    random = np.random.default_rng([seed, 11])
    flat = wall_y - CURVE_M - FRONT_Y_M
    length = flat + CURVE_M * np.pi / 2 + TOP_M - CURVE_M
    shape = (int(length / TEXEL_M), int(2 * HALF_WIDTH_M / TEXEL_M))
    s = ((np.arange(shape[0], dtype=np.float32) + 0.5) * np.float32(TEXEL_M))[:, None]
    x = ((np.arange(shape[1], dtype=np.float32) + 0.5) * np.float32(TEXEL_M) - HALF_WIDTH_M)[None, :]
    z, y, up = _height_and_depth(s, wall_y)
    light = _light(x, z, y, up)

    weave = cv2.GaussianBlur(random.standard_normal(shape).astype(np.float32), (0, 0), 0.8)
    weave = np.asarray(weave / weave.std(), np.float32)
    shade = light * _folds(x, z, up, random) * _creases(x, s) * (1.0 + 0.02 * weave * (1 - 0.7 * up))
    shade *= 1.0 + 0.02 * _smooth_noise(random, shape, 60.0)
    hue = 0.04 * np.sin(x / 1.02 + 0.5 * z)
    base = np.array(GREEN_LINEAR, np.float32)
    drift = np.stack([1.0 + hue, 1.0 - 0.2 * hue, 1.0 + 0.6 * hue], axis=-1)
    cloth = shade[..., None] * base * drift
    if marks:
        cloth = cloth * (1.0 + 0.5 * _marks(x, z, up)[..., None])

    grime = 1.0 + 0.05 * _smooth_noise(random, shape, 90.0) + 0.03 * _smooth_noise(random, shape, 7.0)
    grey = np.where(up > 0.5, 0.10, 0.23) * light * grime
    bare = grey[..., None] * np.array([1.0, 0.985, 0.95], np.float32)

    right = 1.8 if ends else 4.6
    mask, past_right = _extent(x, y, z, right)
    bare = bare * (1.0 - 0.45 * np.exp(-((past_right / 0.09) ** 2)))[..., None]
    radiance = bare * (1 - mask)[..., None] + cloth * mask[..., None]
    texels = np.concatenate([radiance, mask[..., None]], axis=-1).astype(np.float32)
    return Room(np.ascontiguousarray(texels), (wall_y, CURVE_M, FRONT_Y_M, TEXEL_M))


@njit(cache=True, inline="always")
def meet_room(ox, oy, oz, dx, dy, dz, wall_y, curve):  # type: ignore[no-untyped-def]
    """Where a ray from inside the room meets the sheet: (x, y, z, s) with s from y = 0 of a flat floor.

    The ray must go towards +Y. `s` is the length along the sheet measured from stage y = 0.
    """
    t = (wall_y - oy) / dy
    z = oz + t * dz
    bend_y = wall_y - curve
    if z >= curve:
        return ox + t * dx, wall_y, z, bend_y + curve * np.float32(1.5707964) + z - curve
    t = -oz / dz
    y = oy + t * dy
    if y <= bend_y:
        return ox + t * dx, y, np.float32(0.0), y
    qy, qz = oy - bend_y, oz - curve
    a = dy * dy + dz * dz
    b = qy * dy + qz * dz
    c = qy * qy + qz * qz - curve * curve
    t = (-b + np.sqrt(max(b * b - a * c, np.float32(0.0)))) / a
    y, z = oy + t * dy, oz + t * dz
    turn = np.arctan2(y - bend_y, curve - z)
    return ox + t * dx, y, z, bend_y + curve * turn


def lamp_stand(texel_m: float = 0.004) -> tuple[F32, tuple[float, float]]:
    """A lamp on its stand as a flat sprite: premultiplied linear (rows, columns, 4) and (left, top) in
    metres from the foot of the stand."""
    width, height = 1.1, 2.5
    columns, rows = int(width / texel_m), int(height / texel_m)
    x = ((np.arange(columns) + 0.5) * texel_m - width / 2)[None, :]
    z = (height - (np.arange(rows) + 0.5) * texel_m)[:, None]

    def near(distance: npt.NDArray[np.floating], radius: float) -> npt.NDArray[np.floating]:
        return np.asarray(np.clip((radius - np.abs(distance)) / texel_m + 0.5, 0, 1))

    pole = near(x, 0.014) * (z < 2.05)
    legs = np.maximum(near(x - (0.62 - z) * 0.62, 0.010), near(x + (0.62 - z) * 0.62, 0.010)) * (
        z < 0.62
    )
    knob = np.clip((0.024 - np.hypot(x, z - 1.25)) / texel_m + 0.5, 0, 1)
    head = near(x - 0.02, 0.20) * near(z - 2.18, 0.14)
    doors = near(x + 0.19 + 0.35 * (z - 2.18), 0.012) * near(z - 2.18, 0.24)
    metal = np.maximum(np.maximum(pole, legs), knob)
    black = np.maximum(head, doors)
    alpha = np.maximum(metal, black)
    glow = near(x + 0.16, 0.035) * near(z - 2.18, 0.12)
    colour = (0.045 + 0.10 * np.clip(0.012 - x, 0, 0.02) / 0.02)[..., None] * np.array([1.0, 1.0, 1.05])
    colour = np.where((black > metal)[..., None], 0.018, colour)
    colour = colour * (1 - glow[..., None]) + glow[..., None] * np.array([1.6, 1.5, 1.3])
    out = np.concatenate([colour * alpha[..., None], alpha[..., None]], axis=-1)
    return np.asarray(out, np.float32), (-width / 2, height)
