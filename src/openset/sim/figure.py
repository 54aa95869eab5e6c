"""The simulated storyteller: painted, lit sprites on joints, hair strand by strand, and a gauze scarf.

A paper puppet in the studio: every part is a sprite on its own upright plane (y constant), turned about
its joint, so that perspective and parallax are right for any camera. Sprites hold scene-linear
premultiplied colour without green spill, coverage, and how strongly the cloth's light spills onto them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from openset.sim import body
from openset.sim.body import Sculpture
from openset.sim.motion import FigureState
from openset.sim.plan import DayPlan

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

SPILL_REACH_M = 0.021
SPILL_FLOOR, SPILL_EDGE = 0.03, 0.16
KEY = (np.array([-0.56, -0.66, 0.50]), np.array([1.22, 1.14, 1.02]))
FILL = (np.array([0.78, -0.60, 0.12]), np.array([0.13, 0.15, 0.19]))
RIM = (np.array([0.62, 0.62, 0.48]), np.array([0.70, 0.72, 0.76]))
AMBIENT = np.array([0.105, 0.11, 0.12])
HAIR_COLOURS = np.array(
    [[0.020, 0.012, 0.008], [0.060, 0.032, 0.016], [0.17, 0.10, 0.05], [0.42, 0.33, 0.24]]
)
HAIR_WEIGHTS = np.array([0.45, 0.33, 0.16, 0.06])
STRAND_POINTS = 9
CUFF_M = -0.185
PARTS = (
    "forearm right",
    "upper arm right",
    "head",
    "forearm left",
    "upper arm left",
    "body",
    "hair",
    "back hair",
    "scarf",
)
"""Front to back."""
HAIR = PARTS.index("hair")
DEPTHS_M = (-0.13, -0.07, -0.02, -0.05, -0.03, 0.0, 0.02, 0.05, 0.09)


@dataclass(frozen=True, eq=False)
class Sprite:
    """`texels` (h, w, 5): premultiplied linear R, G, B, coverage, spill (premultiplied too)."""

    texels: F32
    left_m: float
    top_m: float
    texel_m: float


@dataclass(frozen=True, eq=False)
class Figure:
    """All sprites by part (None for hair, which is drawn strand by strand) and the strands.

    `strands` (n, points, 2) in the head's frame, `sway` (n,) how far the tips move, `rgb` (n, 3)
    linear, `width_m` and `opacity` (n,), `phase` (n,).
    """

    sprites: tuple[Sprite | None, ...]
    strands: F64
    sway: F64
    rgb: F64
    width_m: F64
    opacity: F64
    phase: F64


def _noise(random: np.random.Generator, shape: tuple[int, int], across: float, down: float) -> F32:
    rows, columns = max(4, int(shape[0] / down) + 3), max(4, int(shape[1] / across) + 3)
    coarse = random.standard_normal((rows, columns)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), dtype=np.float32
    )


def _print(x: F32, z: F32, hem_z: float) -> F32:
    """The printed cotton of the tunic: indigo, ochre diamonds, leaf-green dots, cream below `hem_z`."""
    u, v = x / 0.062, z / 0.074
    a, b = np.abs((u % 1.0) - 0.5), np.abs(((v + 0.5 * np.floor(u)) % 1.0) - 0.5)
    diamond = a + b
    out = np.empty((*np.broadcast_shapes(x.shape, z.shape), 3), np.float32)
    out[:] = (0.035, 0.045, 0.150)
    out[(diamond < 0.43) & (diamond > 0.30)] = (0.56, 0.27, 0.045)
    out[diamond < 0.22] = (0.40, 0.055, 0.035)
    out[np.hypot(a, b) < 0.10] = (0.13, 0.26, 0.075)
    out[diamond > 0.86] = (0.10, 0.21, 0.085)
    hem = z + 0.0 * x < hem_z
    motif = np.abs((x / 0.03) % 1.0 - 0.5) + np.abs((z - hem_z) / 0.055 + 0.95)
    out[hem] = (0.55, 0.50, 0.38)
    out[hem & (motif < 0.42)] = (0.13, 0.16, 0.045)
    return out


def _neckline(shape: Sculpture, albedo: F32) -> None:
    """An open collar with a cream band on the body's front."""
    x, z = shape.places()
    depth = np.abs(x) / 0.62 - (z - 1.315)
    front = shape.material == body.TUNIC
    albedo[front & (depth < 0.022) & (z > 1.29)] = (0.55, 0.50, 0.38)
    open_part = front & (depth < 0)
    albedo[open_part] = (0.235, 0.112, 0.066)
    shape.material[open_part] = body.SKIN


def _face_paint(shape: Sculpture, albedo: F32) -> None:
    """Brows, irises, lashes, warmer cheeks and thin glasses, in the turned head's own place."""
    x, z = shape.places()
    x = x + 0.0 * z
    z = z + 0.0 * x
    turn = 0.30
    own = np.cos(turn) * x - np.sin(turn) * shape.depth
    skin = shape.material == body.SKIN
    for side in (-1.0, 1.0):
        brow = (np.abs(z - 0.0335 - 0.10 * (0.03 - np.abs(own - side * 0.031))) < 0.0026) & (
            np.abs(own - side * 0.031) < 0.019
        )
        albedo[brow & skin] *= 0.22
        lash = (np.abs(z - 0.0200 + 9.0 * (own - side * 0.031) ** 2) < 0.0014) & (
            np.abs(own - side * 0.031) < 0.0135
        )
        albedo[lash] *= 0.25
        iris = np.hypot(own - side * 0.030 + 0.0015, z - 0.0155) < 0.0062
        albedo[iris & (shape.material == body.EYE)] = (0.03, 0.016, 0.008)
        cheek = np.exp(-(((own - side * 0.042) / 0.02) ** 2) - ((z + 0.02) / 0.018) ** 2)[..., None]
        albedo[:] = np.where(
            skin[..., None], albedo * (1 + cheek * np.array([0.14, -0.02, -0.04])), albedo
        )
        ring = np.abs(np.hypot((own - side * 0.032) / 1.12, z - 0.0145) - 0.0185) < 0.0011
        albedo[ring & (shape.material != body.HAIR)] = (0.015, 0.012, 0.010)
    bridge = (np.abs(z - 0.019) < 0.0011) & (np.abs(own) < 0.0125)
    albedo[bridge] = (0.015, 0.012, 0.010)


def _albedo(shape: Sculpture, random: np.random.Generator, hem_z: float) -> F32:
    """Surface colour by material, linear, with the weave and unevenness of each."""
    x, z = shape.places()
    size = shape.coverage.shape
    albedo = np.zeros((*size, 3), np.float32)
    mottled = (
        1.0 + 0.05 * _noise(random, size, 9, 9) + 0.02 * random.standard_normal(size).astype(np.float32)
    )
    weave = 1.0 + 0.05 * _noise(random, size, 1.3, 5) + 0.05 * _noise(random, size, 5, 1.3)
    streak = np.exp(0.32 * _noise(random, size, 1.4, 26) + 0.22 * _noise(random, size, 2.6, 60))
    paints: dict[int, F32] = {
        body.SKIN: np.array([0.235, 0.112, 0.066]) * mottled[..., None],
        body.TUNIC: _print(x + 0.03 * shape.normal[..., 0], z + 0 * x, hem_z) * weave[..., None],
        body.TROUSERS: np.array([0.160, 0.156, 0.066]) * weave[..., None],
        body.SHOE: np.array([0.060, 0.032, 0.022]) * mottled[..., None],
        body.HAIR: np.array([0.026, 0.016, 0.011]) * streak[..., None],
        body.EYE: np.array([0.42, 0.39, 0.36]) * np.ones((*size, 1)),
        body.LIP: np.array([0.235, 0.075, 0.062]) * mottled[..., None],
    }
    for material, paint in paints.items():
        where = shape.material == material
        albedo[where] = paint[where]
    return albedo


def _cloth_normals(shape: Sculpture, random: np.random.Generator) -> F32:
    """Normals with the small creases of cloth, more on the trousers, none on skin."""
    rows, columns = shape.coverage.shape
    drape = _noise(random, (rows, columns), 34, 150) + 0.4 * _noise(random, (rows, columns), 18, 40)
    drape = cv2.GaussianBlur(drape, (0, 0), 3.0)
    slope_z, slope_x = np.gradient(drape)
    depth = np.where(
        shape.material == body.TUNIC, 13.0, np.where(shape.material == body.TROUSERS, 8.0, 0.0)
    )
    normal = shape.normal.astype(np.float64).copy()
    normal[..., 0] += depth * slope_x
    normal[..., 2] -= depth * slope_z
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    return normal.astype(np.float32)


def _lit(shape: Sculpture, normal: F32, albedo: F32) -> F32:
    """Soft key from the left, cool fill, a rim from behind, sky by openness; skin wraps and shines."""
    skin = np.isin(shape.material, (body.SKIN, body.LIP, body.EYE))[..., None]
    glossy = np.isin(shape.material, (body.SKIN, body.LIP, body.EYE, body.SHOE, body.HAIR))[..., None]
    sky = shape.open_sky[..., None]
    light = AMBIENT * (0.35 + 0.65 * sky) * (0.85 + 0.15 * normal[..., 2:3])
    shine = np.zeros_like(light)
    for (towards, colour), share in ((KEY, 1.0), (FILL, 1.0), (RIM, 1.0)):
        direction = towards / np.linalg.norm(towards)
        facing = (normal @ direction)[..., None]
        wrap = np.where(skin, 0.28, 0.14)
        hit = np.clip((facing + wrap) / (1 + wrap), 0, 1) * (0.25 + 0.75 * sky)
        red = np.where(skin, np.array([1.12, 0.98, 0.92]), 1.0) ** (1 - np.clip(facing, 0, 1))
        light = light + share * hit * colour * red
        half = direction + np.array([0.0, -1.0, 0.0])
        half /= np.linalg.norm(half)
        gloss = np.clip((normal @ half)[..., None], 0, 1) ** 28
        shine = shine + np.where(glossy, 0.075, 0.004) * gloss * colour * sky
    return np.asarray(albedo * light + shine, np.float32)


def _spill(coverage: F32, texel_m: float, normal: F32 | None) -> F32:
    """How strongly the cloth's light lies on each texel: a floor, and an edge that falls off
    inwards."""
    inside = (coverage > 0.9).astype(np.uint8)
    away = cv2.distanceTransform(inside, cv2.DIST_L2, 5) * texel_m
    out = SPILL_FLOOR + SPILL_EDGE * np.exp(-away / SPILL_REACH_M)
    if normal is not None:
        out = out * (1.0 + 0.35 * np.clip(-normal[..., 2], 0, 1))
    return np.asarray(out * coverage, np.float32)


def _sprite(shape: Sculpture, random: np.random.Generator, hem_z: float = 0.815) -> Sprite:
    albedo = _albedo(shape, random, hem_z)
    if np.any(shape.material == body.SHOE):
        _neckline(shape, albedo)
    if np.any(shape.material == body.EYE):
        _face_paint(shape, albedo)
    normal = _cloth_normals(shape, random)
    colour = _lit(shape, normal, albedo) * shape.coverage[..., None]
    spill = _spill(shape.coverage, shape.texel_m, normal)
    texels = np.concatenate([colour, shape.coverage[..., None], spill[..., None]], axis=-1)
    return Sprite(np.ascontiguousarray(texels, np.float32), shape.left_m, shape.top_m, shape.texel_m)


def _mirrored(shape: Sculpture) -> Sculpture:
    normal = shape.normal[:, ::-1].copy()
    normal[..., 0] *= -1
    return Sculpture(
        shape.coverage[:, ::-1].copy(),
        normal,
        shape.depth[:, ::-1].copy(),
        shape.open_sky[:, ::-1].copy(),
        shape.material[:, ::-1].copy(),
        -shape.left_m - shape.texel_m * shape.coverage.shape[1],
        shape.top_m,
        shape.texel_m,
    )


def _scarf(random: np.random.Generator, texel_m: float = 0.002) -> Sprite:
    """A gauze shawl end, hanging from its pivot: see-through, thicker in its folds, fringed."""
    width, length = 0.30, 0.86
    columns, rows = int((width + 0.1) / texel_m), int((length + 0.08) / texel_m)
    left, top = -(width + 0.1) / 2, 0.04
    x = (left + (np.arange(columns) + 0.5) * texel_m)[None, :]
    z = (top - (np.arange(rows) + 0.5) * texel_m)[:, None]
    down = np.clip(-z / length, 0, 1)
    half = 0.045 + (width / 2 - 0.045) * down**0.6 + 0.008 * np.sin(z / 0.05)
    inside = np.clip((half - np.abs(x - 0.01 * np.sin(z / 0.13))) / texel_m, 0, 1)
    inside = inside * np.clip((0.02 - z) / texel_m, 0, 1)
    hem = -length + 0.015 * np.sin(x / 0.045)
    threads = np.sin(x / 0.0016 + 2 * np.sin(x / 0.05)) > 0.35
    body_part = np.clip((z - hem) / texel_m, 0, 1)
    fringe = ((z <= hem) & (z > hem - 0.045) & threads) * 1.0
    across = x / np.maximum(half, 1e-3)
    folds = 0.5 + 0.5 * np.sin(9.0 * across + 1.3 * np.sin(z / 0.17) + 0.6)
    weave = 1.0 + 0.10 * _noise(random, (rows, columns), 1.2, 4)
    alpha = inside * (body_part * np.clip((0.34 + 0.26 * folds) * weave, 0, 0.92) + 0.5 * fringe)
    border = np.abs(down - 0.90) < 0.035
    alpha = np.where(border, np.minimum(alpha * 1.5, 0.9), alpha)
    colour = np.where(border[..., None], np.array([0.45, 0.20, 0.045]), np.array([0.66, 0.62, 0.56]))
    lit = colour * (0.55 + 0.50 * folds[..., None]) * np.array([1.0, 0.98, 0.95])
    coverage = alpha.astype(np.float32)
    spill = (0.13 * coverage).astype(np.float32)
    texels = np.concatenate([lit * alpha[..., None], coverage[..., None], spill[..., None]], axis=-1)
    return Sprite(np.ascontiguousarray(texels, np.float32), left, top, texel_m)


def _strands(random: np.random.Generator, count: int = 460) -> dict[str, F64]:
    """Hair in the head's frame: most start on the outline of the hair, curl outwards and fall."""
    angle = random.uniform(-0.32 * np.pi, 1.32 * np.pi, count)
    reach = random.uniform(0.86, 1.0, count)
    root = np.stack([0.098 * np.cos(angle), 0.030 + 0.105 * np.sin(angle)], axis=-1) * reach[:, None]
    low = random.random(count) < 0.62
    side = np.where(random.random(count) < 0.5, -1.0, 1.0)
    fall = random.uniform(-0.19, 0.02, count)
    swell = 0.112 * np.sqrt(np.clip(1 - ((fall + 0.05) / 0.155) ** 2, 0.05, 1))
    root[low] = np.stack([side * swell * random.uniform(0.75, 0.98, count), fall], axis=-1)[low]
    out = root - np.array([0.0, -0.01])
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    length = np.where(low, random.uniform(0.05, 0.15, count), random.uniform(0.02, 0.07, count))
    bend = random.normal(0, 0.45, count)
    along = np.linspace(0, 1, STRAND_POINTS)[None, :, None]
    turned = np.stack([-out[:, 1], out[:, 0]], axis=-1)
    across = (
        np.where(low, 0.42, 0.30)[:, None] * out
        + np.where(low, 0.0, 0.55)[:, None] * turned * np.sign(bend)[:, None]
    )
    heavy = np.array([0.0, -1.0]) * np.where(low, 0.95, 0.15)[:, None]
    curl = 0.004 * np.sin(
        along[..., 0] * random.uniform(5, 14, (count, 1)) + random.uniform(0, 6, (count, 1))
    )
    points = root[:, None] + length[:, None, None] * (
        along * across[:, None]
        + along**2 * (heavy[:, None] + bend[:, None, None] * turned[:, None] * 0.6)
    )
    points = points + curl[..., None] * along * turned[:, None]
    colour = HAIR_COLOURS[random.choice(4, count, p=HAIR_WEIGHTS)]
    towards = np.clip(0.5 + 0.5 * (out @ np.array([0.6, 0.8])), 0, 1)[:, None]
    return {
        "strands": points,
        "sway": length * random.uniform(0.10, 0.30, count),
        "rgb": colour * random.uniform(0.6, 1.2, (count, 1)) + 0.05 * towards**3,
        "width_m": random.uniform(0.0009, 0.0026, count),
        "opacity": random.uniform(0.6, 1.0, count),
        "phase": random.uniform(0, 2 * np.pi, count),
    }


def make_figure(plan: DayPlan) -> Figure:
    """The figure of a plan; takes of one seed share one person in the same clothes."""
    return _dressed(plan.seed)


@lru_cache(maxsize=2)
def _dressed(seed: int) -> Figure:
    random = np.random.default_rng([seed, 23])
    upper = body.sculpt(body.UPPER_ARM, (-0.11, -0.34, 0.11, 0.08), 0.0015)
    lower = body.sculpt(body.FOREARM, (-0.09, -0.45, 0.09, 0.06), 0.00125)
    made: dict[str, Sprite] = {
        "forearm right": _sprite(lower, random),
        "upper arm right": _sprite(upper, random, CUFF_M),
        "head": _sprite(body.sculpt(body.HEAD, (-0.15, -0.23, 0.15, 0.17), 0.001), random),
        "forearm left": _sprite(_mirrored(lower), random),
        "upper arm left": _sprite(_mirrored(upper), random, CUFF_M),
        "body": _sprite(body.sculpt(body.BODY, (-0.30, -0.09, 0.30, 1.52), 0.0015), random),
        "back hair": _sprite(body.sculpt(body.BACK_HAIR, (-0.14, -0.24, 0.14, 0.14), 0.001), random),
        "scarf": _scarf(random),
    }
    return Figure(sprites=tuple(made.get(name) for name in PARTS), **_strands(random))


SHOULDERS_M = ((-0.166, 1.392), (0.166, 1.392))
NECK_M = (0.0, 1.50)
HEAD_M = (0.0, 0.105)
UPPER_ARM_M = 0.275


def joints(state: FigureState) -> F64:
    """Where each part's pivot is on its plane and how it is turned: (parts, 4) of x, z, angle, stretch.

    Angles are counter-clockwise seen from the camera; the figure leans about the mark.
    """
    lean = state.lean_rad

    def leant(x: float, z: float) -> tuple[float, float]:
        return x * np.cos(lean) - z * np.sin(lean), x * np.sin(lean) + z * np.cos(lean)

    out = np.zeros((len(PARTS), 4))
    out[:, 3] = 1.0
    out[PARTS.index("body"), 2] = lean
    neck = leant(*NECK_M)
    turn = lean + state.head_rad
    head = (
        neck[0] - HEAD_M[1] * np.sin(turn) + state.head_shift_m[0],
        neck[1] + HEAD_M[1] * np.cos(turn) + state.head_shift_m[1],
        turn,
        1.0,
    )
    out[PARTS.index("head")] = out[HAIR] = out[PARTS.index("back hair")] = head
    for side, name in enumerate(("left", "right")):
        shoulder = leant(*SHOULDERS_M[side])
        upper = lean + state.shoulders_rad[side]
        elbow = shoulder[0] + UPPER_ARM_M * np.sin(upper), shoulder[1] - UPPER_ARM_M * np.cos(upper)
        out[PARTS.index(f"upper arm {name}")] = (*shoulder, upper, 1.0)
        out[PARTS.index(f"forearm {name}")] = (*elbow, upper + state.elbows_rad[side], 1.0)
    hang = leant(-0.150, 1.405)
    out[PARTS.index("scarf")] = (*hang, lean + state.scarf_rad, state.scarf_stretch)
    return out


def texel_maps(figure: Figure, state: FigureState) -> F64:
    """For each part, the affine (6,) from a point (x, z) of its plane to texel (column, row): (parts,
    6).

    column = a x + b z + c, row = d x + e z + f, in texels whose first centre is (0, 0).
    """
    out = np.zeros((len(PARTS), 6))
    for part, (x, z, angle, stretch) in enumerate(joints(state)):
        sprite = figure.sprites[part]
        if sprite is None:
            continue
        cos, sin, k = np.cos(angle), np.sin(angle), 1.0 / sprite.texel_m
        a, b = cos * k / stretch, sin * k / stretch
        d, e = sin * k, -cos * k
        out[part] = (
            a,
            b,
            -(a * x + b * z) - sprite.left_m * k - 0.5,
            d,
            e,
            -(d * x + e * z) + sprite.top_m * k - 0.5,
        )
    return out


def part_box(figure: Figure, part: int, joint: F64) -> F64:
    """The corners (4, 3) of a part's sprite on the stage, or of the hair's reach."""
    sprite = figure.sprites[part]
    if sprite is None:
        left, right, bottom, top = -0.30, 0.30, -0.46, 0.24
    else:
        rows, columns = sprite.texels.shape[:2]
        left, right = sprite.left_m, sprite.left_m + columns * sprite.texel_m
        top, bottom = sprite.top_m, sprite.top_m - rows * sprite.texel_m
    x, z, angle, stretch = joint.tolist()
    corners = np.array([[left, bottom], [right, bottom], [right, top], [left, top]]) * (stretch, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    across = x + cos * corners[:, 0] - sin * corners[:, 1]
    up = z + sin * corners[:, 0] + cos * corners[:, 1]
    return np.stack([across, np.full(4, DEPTHS_M[part]), up], axis=-1)


def strands_on_stage(figure: Figure, state: FigureState, time_s: float) -> F64:
    """Every strand's points on the stage at `time_s`, (n, points, 3), swaying more towards the tips."""
    x, z, angle, _ = joints(state)[HAIR].tolist()
    along = np.linspace(0, 1, STRAND_POINTS)[None, :] ** 1.6
    push = figure.sway[:, None] * along
    wave = 0.8 * state.breeze + 0.5 * np.sin(2 * np.pi * 0.9 * time_s + figure.phase)
    flat = figure.strands.copy()
    flat[..., 0] += push * wave[:, None]
    flat[..., 1] += 0.3 * push * np.cos(2 * np.pi * 0.7 * time_s + figure.phase)[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    across = x + cos * flat[..., 0] - sin * flat[..., 1]
    up = z + sin * flat[..., 0] + cos * flat[..., 1]
    return np.stack([across, np.full_like(across, DEPTHS_M[HAIR]), up], axis=-1)
