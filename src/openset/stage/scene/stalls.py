"""What a market sells and hangs up: stalls, awnings, fruit, sacks, pots, rugs, lanterns, plants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.stage.scene.building import (
    Builder,
    Frame,
    Point,
    ball,
    box,
    lathe,
    sagging,
    tube,
)

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Goods:
    """Material numbers for stalls and what lies on them."""

    wood: int
    dark_wood: int
    rope: int
    sack: int
    basket: int
    clay: int
    lantern: int
    lantern_cap: int
    bulb: int
    leaf: int
    flower: int
    bark: int
    fruits: tuple[int, ...]
    spices: tuple[int, ...]


def stall(
    builder: Builder,
    goods: Goods,
    frame: Frame,
    rng: np.random.Generator,
    awning: int,
    skirt: int,
    width_m: float = 2.4,
    depth_m: float = 1.15,
    fruits: Sequence[int] = (0, 1, 2),
) -> None:
    """A stall against a wall: the frame's origin at its left foot, w out into the lane."""
    for at in (0.06, width_m - 0.06):
        lean = rng.uniform(-0.03, 0.03)
        pole = np.array([frame.at(at, 0.0, depth_m), frame.at(at + lean, 2.14, depth_m + 0.02)])
        tube(builder, goods.wood, pole, 0.028, 7)
    rail = np.array([frame.at(-0.05, 2.12, depth_m), frame.at(width_m + 0.05, 2.12, depth_m)])
    tube(builder, goods.wood, rail, 0.022, 6)
    _awning(builder, awning, frame, width_m, depth_m, rng)
    _table(builder, goods, frame, width_m, depth_m, skirt, rng)
    places = np.linspace(0.12, width_m - 0.12, len(fruits) + 1)
    near = 0.0 < frame.origin[1] < 11.0
    for kind, left, right in zip(fruits, places, places[1:], strict=False):
        place, size = frame.moved(float(left), 0.80, 0.22), (float(right - left) - 0.05, depth_m - 0.42)
        if near:
            tray(builder, goods, place, size, goods.fruits[kind], rng)
        else:
            heap(builder, goods, place, size, goods.fruits[kind], rng)


def _awning(
    builder: Builder, cloth: int, frame: Frame, width_m: float, depth_m: float, rng: np.random.Generator
) -> None:
    """Sloping cloth with a belly between its poles, and a scalloped edge hanging in front."""
    out_m = depth_m + 0.22
    along, out = np.meshgrid(np.linspace(-0.12, width_m + 0.12, 19), np.linspace(0.0, 1.0, 9))
    belly = np.sin(np.pi * np.clip(along / width_m, 0, 1)) * np.sin(np.pi * out)
    up = 2.78 - 0.66 * out - 0.09 * belly + 0.012 * np.sin(along * 9 + rng.uniform(0, 6)) * out
    grid = _points(frame, along, up, out * out_m)
    uvs = np.stack([along, out * np.hypot(out_m, 0.66)], axis=-1)
    _sheet(builder, cloth, frame, grid, uvs)
    along, drop = np.meshgrid(np.linspace(-0.12, width_m + 0.12, 49), np.linspace(0.0, 1.0, 3))
    scallop = 0.19 + 0.07 * np.abs(np.sin(np.pi * along / 0.3))
    edge = 2.78 - 0.66 + 0.012 * np.sin(along * 9)
    sway = out_m + 0.02 * np.sin(along * 5) * drop
    grid = _points(frame, along, edge - drop * scallop, sway)
    _sheet(builder, cloth, frame, grid, np.stack([along, 1.4 + drop * 0.2], axis=-1))


def _points(frame: Frame, along: F64, up: F64, out: F64) -> F64:
    u, w = np.array([*frame.u, 0.0]), np.array([*frame.w, 0.0])
    flat = along[..., None] * u + out[..., None] * w + np.array(frame.origin)
    return np.asarray(flat + up[..., None] * np.array([0.0, 0.0, 1.0]))


def _sheet(builder: Builder, material: int, frame: Frame, grid: F64, uvs: F64) -> None:
    """A cloth whose rows run outwards or down; its face is up and out whichever way the frame turns."""
    if frame.u[0] * frame.w[1] - frame.u[1] * frame.w[0] < 0:
        grid, uvs = grid[:, ::-1], uvs[:, ::-1]
    builder.surface(material, grid, uvs)


def _table(
    builder: Builder,
    goods: Goods,
    frame: Frame,
    width_m: float,
    depth_m: float,
    skirt: int,
    rng: np.random.Generator,
) -> None:
    top, out = 0.78, depth_m - 0.12
    box(builder, goods.wood, frame, (0.05, top - 0.05, 0.15), (width_m - 0.05, top, out))
    for at in (0.1, width_m - 0.16):
        for leg in (0.2, out - 0.1):
            box(builder, goods.dark_wood, frame, (at, 0.0, leg), (at + 0.06, top - 0.05, leg + 0.06))
    along, drop = np.meshgrid(np.linspace(0.03, width_m - 0.03, 41), np.linspace(0.0, 1.0, 4))
    fold = 0.025 * np.sin(along * 17 + rng.uniform(0, 6)) * (0.3 + drop)
    grid = _points(frame, along, top + 0.01 - drop * 0.56, out + 0.02 + fold)
    _sheet(builder, skirt, frame, grid, np.stack([along, drop * 0.56], axis=-1))


def tray(
    builder: Builder,
    goods: Goods,
    frame: Frame,
    size: tuple[float, float],
    fruit: int,
    rng: np.random.Generator,
    radius_m: float = 0.058,
) -> None:
    """A shallow wooden tray (width along u, depth along w) heaped with fruit, falling to the front."""
    wide, deep = size
    _boards(builder, goods, frame, size)
    pitch = radius_m * 1.9
    for layer in range(2):
        inset = radius_m + layer * pitch * 0.6
        for along in np.arange(inset, wide - inset + 0.01, pitch):
            for out in np.arange(inset, deep - inset + 0.01, pitch):
                covered = inset < along < wide - inset - pitch and inset < out < deep - inset - pitch
                if layer == 0 and covered:
                    continue
                shift = rng.uniform(-0.2, 0.2, 3) * radius_m
                up = 0.075 + layer * radius_m * 1.35 + 0.03 * (1.0 - out / deep)
                centre = frame.at(along + shift[0], up + shift[1], out + shift[2])
                ball(
                    builder, fruit, centre, radius_m * rng.uniform(0.85, 1.1), 7, rng.uniform(0.85, 1.0)
                )


def heap(
    builder: Builder,
    goods: Goods,
    frame: Frame,
    size: tuple[float, float],
    fruit: int,
    rng: np.random.Generator,
) -> None:
    """A tray for the distance: its fruit is one lumpy sheet."""
    wide, deep = size
    _boards(builder, goods, frame, size)
    along, out = np.meshgrid(np.linspace(0.02, wide - 0.02, 13), np.linspace(0.02, deep - 0.02, 11))
    lumps = 0.025 * rng.uniform(0.0, 1.0, along.shape)
    up = 0.09 + 0.09 * np.sin(np.pi * along / wide) * np.sin(np.pi * out / deep) + lumps
    _sheet(builder, fruit, frame, _points(frame, along, up, out), np.stack([along, out], axis=-1))


def _boards(builder: Builder, goods: Goods, frame: Frame, size: tuple[float, float]) -> None:
    wide, deep = size
    board = 0.018
    for low, high in (
        ((0.0, 0.0, 0.0), (wide, 0.11, board)),
        ((0.0, 0.0, deep - board), (wide, 0.11, deep)),
        ((0.0, 0.0, 0.0), (board, 0.11, deep)),
        ((wide - board, 0.0, 0.0), (wide, 0.11, deep)),
        ((0.0, 0.0, 0.0), (wide, 0.02, deep)),
    ):
        box(builder, goods.wood, frame, low, high)


def crate(
    builder: Builder, goods: Goods, frame: Frame, size: tuple[float, float, float] = (0.55, 0.32, 0.38)
) -> None:
    """A slatted crate (width, height, depth), open on top."""
    wide, tall, deep = size
    slat = tall / 3 * 0.78
    for k in range(3):
        low = k * tall / 3
        box(builder, goods.wood, frame, (0.0, low, 0.0), (wide, low + slat, 0.015))
        box(builder, goods.wood, frame, (0.0, low, deep - 0.015), (wide, low + slat, deep))
        box(builder, goods.wood, frame, (0.0, low, 0.0), (0.015, low + slat, deep))
        box(builder, goods.wood, frame, (wide - 0.015, low, 0.0), (wide, low + slat, deep))
    for at in (0.0, wide - 0.03):
        for out in (0.0, deep - 0.03):
            box(builder, goods.dark_wood, frame, (at, 0.0, out), (at + 0.03, tall, out + 0.03))
    box(builder, goods.dark_wood, frame, (0.0, 0.0, 0.0), (wide, 0.02, deep))


def sack(
    builder: Builder,
    goods: Goods,
    centre: Point,
    spice: int,
    rng: np.random.Generator,
    height_m: float = 0.52,
) -> None:
    """An open sack with a rolled rim, heaped with grain or spice."""
    phase = rng.uniform(0.0, 6.28)

    def dents(angle: F64, height: F64) -> F64:
        return np.asarray(
            1.0 + 0.05 * np.sin(3 * angle + phase) + 0.03 * np.sin(7 * angle + height * 9)
        )

    h = height_m
    body = [(0.16, 0.0), (0.24, 0.04), (0.27, 0.3 * h), (0.26, 0.65 * h), (0.235, 0.92 * h)]
    rim = [(0.26, 0.96 * h), (0.265, h), (0.245, 1.02 * h), (0.215, 0.97 * h)]
    lathe(builder, goods.sack, centre, body + rim, 16, dents)
    heap = [(0.225, 0.94 * h), (0.18, 1.01 * h), (0.11, 1.09 * h), (0.04, 1.14 * h), (0.001, 1.15 * h)]
    lathe(builder, spice, centre, heap, 14, dents)


def pot(
    builder: Builder, material: int, centre: Point, height_m: float = 0.5, belly: float = 0.5
) -> None:
    """A clay jar."""
    h, r = height_m, height_m * belly
    profile = [(0.45 * r, 0.0), (0.8 * r, 0.15 * h), (r, 0.45 * h), (0.85 * r, 0.7 * h)]
    profile += [
        (0.5 * r, 0.86 * h),
        (0.48 * r, 0.93 * h),
        (0.62 * r, h),
        (0.56 * r, h),
        (0.4 * r, 0.85 * h),
    ]
    lathe(builder, material, centre, profile, 18)


def basket(builder: Builder, goods: Goods, centre: Point, radius_m: float, filling: int) -> None:
    """A wide basket heaped to the rim."""
    r = radius_m
    profile = [(0.7 * r, 0.0), (0.92 * r, 0.12), (r, 0.26), (1.03 * r, 0.28), (0.95 * r, 0.26)]
    lathe(builder, goods.basket, centre, profile, 18)
    lathe(
        builder,
        filling,
        centre,
        [(0.96 * r, 0.25), (0.6 * r, 0.32), (0.2 * r, 0.36), (0.001, 0.365)],
        16,
    )


def lantern(builder: Builder, goods: Goods, centre: Point, hang_m: float, size_m: float = 0.16) -> None:
    """A glowing lantern with metal ends, hung from a cord `hang_m` long."""
    s = size_m
    body = [
        (0.32 * s, -0.75 * s),
        (0.8 * s, -0.45 * s),
        (s, 0.0),
        (0.8 * s, 0.45 * s),
        (0.32 * s, 0.75 * s),
    ]
    lathe(builder, goods.lantern, centre, body, 14)
    cap = [(0.4 * s, 0.7 * s), (0.36 * s, 0.85 * s), (0.1 * s, 1.0 * s), (0.001, 1.02 * s)]
    lathe(builder, goods.lantern_cap, centre, cap, 10)
    lathe(
        builder,
        goods.lantern_cap,
        centre,
        [(0.001, -0.95 * s), (0.2 * s, -0.9 * s), (0.36 * s, -0.7 * s)],
        10,
    )
    x, y, z = np.array(centre, dtype=np.float64).tolist()
    tube(builder, goods.rope, np.array([[x, y, z + s], [x, y, z + s + hang_m]]), 0.006, 4)


def festoon(
    builder: Builder, goods: Goods, start: Point, end: Point, sag_m: float, spacing_m: float = 0.55
) -> None:
    """A cable across the lane with a bulb every `spacing_m`."""
    path = sagging(start, end, sag_m, 28)
    tube(builder, goods.rope, path, 0.009, 4)
    length = float(np.linalg.norm(path[-1] - path[0]))
    for t in np.arange(0.5, length / spacing_m) * spacing_m / length:
        spot = t * (len(path) - 1)
        k = min(int(spot), len(path) - 2)
        hang = path[k] + (spot - k) * (path[k + 1] - path[k])
        lathe(builder, goods.lantern_cap, hang - [0, 0, 0.07], [(0.016, 0.0), (0.014, 0.07)], 6)
        ball(builder, goods.bulb, hang - [0, 0, 0.105], 0.036, 6, 1.2)


def bunting(
    builder: Builder, goods: Goods, cloths: Sequence[int], start: Point, end: Point, sag_m: float
) -> None:
    """A string of small cloth flags across the lane."""
    path = sagging(start, end, sag_m, 24)
    tube(builder, goods.rope, path, 0.005, 4)
    for k in range(1, 23):
        middle = (path[k] + path[k + 1]) / 2 - [0.0, 0.03 * np.sin(k * 2.1), 0.26]
        builder.quad(
            cloths[k % len(cloths)],
            [
                path[k] * 0.9 + path[k + 1] * 0.1,
                middle,
                middle + 0.003,
                path[k] * 0.1 + path[k + 1] * 0.9,
            ],
        )


def hanging(builder: Builder, cloth: int, frame: Frame, width_m: float, drop_m: float) -> None:
    """A rug or cloth hung on a wall, top edge at the frame's origin, w out of the wall."""
    along, drop = np.meshgrid(np.linspace(0.0, 1.0, 21), np.linspace(0.0, 1.0, 9))
    out = 0.05 + 0.02 * np.sin(along * 13) * drop
    grid = _points(frame, along * width_m, -drop * drop_m, out)
    _sheet(builder, cloth, frame, grid, np.stack([along, 1.0 - drop], axis=-1))


def foliage(
    builder: Builder,
    materials: Sequence[int],
    centre: Point,
    radius: tuple[float, float, float],
    count: int,
    rng: np.random.Generator,
    leaf_m: float = 0.13,
) -> None:
    """A bush or creeper: `count` small leaves scattered in an ellipsoid, denser at its skin."""
    middle = np.array(centre, dtype=np.float64)
    for k in range(count):
        outward = rng.standard_normal(3)
        outward /= np.linalg.norm(outward)
        spot = middle + outward * np.array(radius) * rng.uniform(0.55, 1.0)
        across = np.cross(outward, rng.standard_normal(3))
        across *= leaf_m * rng.uniform(0.6, 1.3) / np.linalg.norm(across)
        along = np.cross(outward + 0.7 * rng.standard_normal(3), across)
        along *= leaf_m * rng.uniform(0.8, 1.6) / np.linalg.norm(along)
        tip = spot + along
        side = spot + along * 0.5
        builder.quad(
            materials[k % len(materials)], [spot, side + across * 0.5, tip, side - across * 0.5]
        )


def palm(
    builder: Builder, goods: Goods, foot: Point, height_m: float, rng: np.random.Generator
) -> None:
    """A palm: a leaning trunk and drooping fronds of single leaflets."""
    t = np.linspace(0.0, 1.0, 10)[:, None]
    lean = np.array([0.5, -0.3, 0.0])
    trunk = np.array(foot, dtype=np.float64) + t * [0.0, 0.0, height_m] + t**2 * lean
    tube(builder, goods.bark, trunk, 0.13, 9)
    for k in range(17):
        turn = k * 2.399 + rng.uniform(-0.2, 0.2)
        rise = rng.uniform(-0.1, 0.75)
        out = np.array([np.cos(turn), np.sin(turn), 0.0])
        s = np.linspace(0.0, 1.0, 20)[:, None]
        spine = (
            trunk[-1]
            + 2.1 * s * out
            + np.array([0.0, 0.0, 1.0]) * (rise * s - (0.9 + 0.6 * rise) * s**2) * 1.3
        )
        tube(builder, goods.leaf, spine[::3], 0.02, 4)
        side = np.cross(out, [0.0, 0.0, 1.0])
        for j in range(1, 19):
            reach = 0.55 * np.sin(np.pi * (0.12 + 0.85 * j / 19))
            for way in (-1.0, 1.0):
                tip = spine[j] + way * side * reach + out * reach * 0.55 - [0.0, 0.0, 0.3 * reach]
                builder.quad(goods.leaf, [spine[j], tip, tip + out * 0.004, spine[j] + out * 0.06])


def ladder(builder: Builder, goods: Goods, foot: Frame, height_m: float, lean_m: float) -> None:
    """A ladder leaning on the wall behind the frame."""
    for at in (0.0, 0.42):
        rail = np.array([foot.at(at, 0.0, lean_m), foot.at(at, height_m, 0.03)])
        tube(builder, goods.wood, rail, 0.026, 6)
    for rung in np.arange(0.3, height_m, 0.32):
        out = lean_m + (0.03 - lean_m) * rung / height_m
        ends = np.array([foot.at(0.0, rung, out), foot.at(0.42, rung, out)])
        tube(builder, goods.wood, ends, 0.018, 6)


def bench(builder: Builder, goods: Goods, frame: Frame, width_m: float = 1.3) -> None:
    """A plank bench."""
    box(builder, goods.wood, frame, (0.0, 0.42, 0.0), (width_m, 0.46, 0.3))
    for at in (0.08, width_m - 0.16):
        box(builder, goods.dark_wood, frame, (at, 0.0, 0.03), (at + 0.08, 0.42, 0.27))
