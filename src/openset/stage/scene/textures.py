"""Surfaces painted by arithmetic: plaster, paving, wood, cloth. Every texture tiles and is repeatable.

Each function takes a numpy Generator and a size in pixels and gives (size, size, 3) uint8,
sRGB-encoded. Most are near-white so that a material's base colour tints them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from openset.primitives.colour import srgb_encode

F64 = npt.NDArray[np.float64]
Texture = npt.NDArray[np.uint8]


def noise(rng: np.random.Generator, size: int, fall: float, stretch: float = 1.0) -> F64:
    """Tiling noise (size, size), mean 0, standard deviation 1, amplitude ~ 1 / frequency**fall.

    `stretch` > 1 draws it out downwards (wood grain, rain streaks).
    """
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    down = np.fft.fftfreq(size)[:, None] * size * stretch
    across = np.fft.rfftfreq(size)[None, :] * size
    frequency = np.hypot(down, across)
    frequency[0, 0] = np.inf
    picture = np.fft.irfft2(spectrum / frequency**fall, s=(size, size))
    return np.asarray((picture - picture.mean()) / picture.std())


def paint(linear: F64) -> Texture:
    """Linear reflectance (h, w) or (h, w, 3) to a texture."""
    if linear.ndim == 2:
        linear = np.repeat(linear[..., None], 3, axis=2)
    return np.asarray(srgb_encode(linear) * 255.0 + 0.5).astype(np.uint8)


def mix(first: F64, second: F64, amount: F64) -> F64:
    """`first` (1 - amount) + `second` amount, colours (3,) or pictures (h, w, 3), amount (h, w)."""
    weight = np.clip(amount, 0.0, 1.0)[..., None]
    return np.asarray(first * (1.0 - weight) + second * weight)


def step(low: float, high: float, value: F64) -> F64:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def plaster(rng: np.random.Generator, size: int = 512) -> Texture:
    """Limewashed plaster: trowel clouds, grain, rain streaks, hairline cracks, a few bare patches."""
    clouds, grain = noise(rng, size, 1.5), noise(rng, size, 0.6)
    streaks = noise(rng, size, 1.2, stretch=10.0)
    tone = 0.86 + 0.045 * clouds + 0.02 * grain + 0.035 * streaks
    ridge = np.abs(noise(rng, size, 1.6))
    crack = (1.0 - step(0.0, 0.018, ridge)) * step(0.3, 1.0, noise(rng, size, 1.8))
    bare = step(1.75, 1.95, noise(rng, size, 1.7) + 0.1 * grain)
    white = np.stack([tone, tone * 0.985, tone * 0.96], axis=-1)
    mortar = np.array([0.46, 0.36, 0.27]) * (0.9 + 0.12 * grain[..., None])
    return paint(mix(mix(white, white * 0.45, crack), mortar, bare * 0.85))


def paving(rng: np.random.Generator, size: int = 1024, rows: int = 8) -> Texture:
    """Worn stone setts in courses of uneven length, dark joints, each stone its own grey-brown."""
    grain, dirt = noise(rng, size, 0.7), noise(rng, size, 1.6)
    y, x = np.mgrid[0:size, 0:size] / size
    x = x + 0.004 * noise(rng, size, 1.8)
    y = y + 0.004 * noise(rng, size, 1.8)
    course = np.floor(y * rows).astype(int) % rows
    edge_y = np.abs((y * rows) % 1.0 - 0.5) * 2.0 / rows
    tone, edge_x = np.zeros((size, size)), np.zeros((size, size))
    warmth = np.zeros((size, size))
    for row in range(rows):
        joints = np.sort((np.arange(6) + rng.uniform(-0.28, 0.28, 6)) / 6.0 + rng.uniform(0, 1)) % 1.0
        joints.sort()
        here = course == row
        along = x[here] % 1.0
        stone = np.searchsorted(joints, along) % 6
        gap = np.abs((along[:, None] - joints[None] + 0.5) % 1.0 - 0.5).min(axis=1)
        edge_x[here] = gap
        tone[here] = rng.uniform(0.30, 0.50, 6)[stone]
        warmth[here] = rng.uniform(0.0, 1.0, 6)[stone]
    distance = np.minimum(edge_x, (1.0 / rows - edge_y) / 2.0)
    joint = 0.85 * (1.0 - step(0.001, 0.0065, distance + 0.0012 * grain))
    worn = tone * (0.85 + 0.25 * step(0.0, 0.035, distance)) + 0.028 * grain + 0.03 * dirt
    grey, brown = np.array([0.98, 0.96, 0.92]), np.array([1.06, 0.93, 0.76])
    stones = worn[..., None] * mix(grey, brown, warmth)
    return paint(np.clip(mix(stones, np.array([0.13, 0.11, 0.085]), joint), 0.02, 1.0))


def flagstones(rng: np.random.Generator, size: int = 512) -> Texture:
    """Long worn gutter stones, three to the tile, darker and wetter than the paving."""
    return paint(_blocks(rng, size, rows=3, columns=1, tone=(0.2, 0.3), joint=0.07))


def brick(rng: np.random.Generator, size: int = 512) -> Texture:
    """Adobe brick in running bond, near-white for tinting."""
    return paint(_blocks(rng, size, rows=10, columns=4, tone=(0.55, 0.85), joint=0.4))


def _blocks(
    rng: np.random.Generator,
    size: int,
    rows: int,
    columns: int,
    tone: tuple[float, float],
    joint: float,
) -> F64:
    y, x = np.mgrid[0:size, 0:size] / size
    y = y + 0.003 * noise(rng, size, 1.6)
    row = np.floor(y * rows).astype(int) % rows
    along = (x + 0.003 * noise(rng, size, 1.6)) * columns + 0.5 * (row % 2)
    column = np.floor(along).astype(int) % columns
    shade = rng.uniform(*tone, (rows, columns))[row, column] + 0.03 * noise(rng, size, 0.7)
    down = np.minimum(y * rows % 1.0, 1.0 - y * rows % 1.0) / rows
    side = np.minimum(along % 1.0, 1.0 - along % 1.0) / columns
    gap = 1.0 - step(0.004, 0.012, np.minimum(down, side))
    return np.asarray(np.clip(shade * (1.0 - gap) + joint * gap, 0.02, 1.0))


def planks(rng: np.random.Generator, size: int = 512, boards: int = 5) -> Texture:
    """Upright boards with grain running down, dark gaps, near-white for tinting."""
    x = np.mgrid[0:size, 0:size][1] / size
    board = np.floor(x * boards).astype(int) % boards
    shift = rng.integers(0, size, boards)[board]
    grain = noise(rng, size, 1.1, stretch=14.0)
    rows = (np.arange(size)[:, None] + shift) % size
    grain = np.take_along_axis(grain, rows, axis=0)
    tone = rng.uniform(0.62, 0.86, boards)[board] + 0.07 * grain + 0.02 * noise(rng, size, 0.6)
    edge = np.abs((x * boards) % 1.0 - 0.5) * 2.0
    return paint(np.clip(tone * (1.0 - 0.8 * step(0.94, 0.985, edge)), 0.03, 1.0))


def stripes(
    rng: np.random.Generator,
    colours: tuple[tuple[float, float, float], ...],
    size: int = 512,
    bands: int = 8,
) -> Texture:
    """Sun-bleached awning cloth: upright bands through `colours` (linear), a weave, and dirt."""
    x = np.mgrid[0:size, 0:size][1] / size
    band = np.floor((x + 0.002 * noise(rng, size, 1.4)) * bands).astype(int) % len(colours)
    cloth = np.array(colours)[band]
    bleach = 1.0 + 0.07 * noise(rng, size, 1.5) + 0.05 * noise(rng, size, 1.1, stretch=6.0)
    weave = 1.0 + 0.05 * noise(rng, size, 0.3)
    return paint(np.clip(cloth * (bleach * weave)[..., None], 0.01, 1.0))


def burlap(rng: np.random.Generator, size: int = 256) -> Texture:
    """Sackcloth: an open weave, near-white for tinting."""
    y, x = np.mgrid[0:size, 0:size] / size
    weave = np.sin(2 * np.pi * 32 * x) * np.sin(2 * np.pi * 32 * y)
    tone = 0.72 + 0.12 * weave + 0.06 * noise(rng, size, 0.9)
    return paint(np.clip(tone, 0.05, 1.0))


def basketry(rng: np.random.Generator, size: int = 256) -> Texture:
    """Woven cane: over and under, near-white for tinting."""
    y, x = np.mgrid[0:size, 0:size] / size
    over = np.floor(x * 16).astype(int) % 2 == np.floor(y * 16).astype(int) % 2
    round_off = np.where(over, np.sin(np.pi * (x * 16 % 1.0)), np.sin(np.pi * (y * 16 % 1.0)))
    return paint(np.clip(0.3 + 0.5 * round_off + 0.04 * noise(rng, size, 0.8), 0.03, 1.0))


def rug(rng: np.random.Generator, ground: tuple[float, float, float], size: int = 512) -> Texture:
    """A woven rug: stepped diamonds in bands between borders, on a `ground` colour (linear)."""
    y, x = np.mgrid[0:size, 0:size] / size
    cell = np.floor(np.stack([x, y]) * 64) / 64
    diamond = (np.abs(cell[0] * 4 % 1.0 - 0.5) + np.abs(cell[1] * 6 % 1.0 - 0.5)) * 2.0
    palette = np.array([ground, (0.62, 0.5, 0.32), (0.05, 0.07, 0.16), (0.5, 0.16, 0.06)])
    picked = np.digitize(diamond, (0.35, 0.7, 1.1)) % len(palette)
    border = (np.minimum(cell[0], 1 - cell[0]) < 0.09) | (np.minimum(cell[1], 1 - cell[1]) < 0.06)
    picked = np.where(border, (np.floor(cell[0] * 32) + np.floor(cell[1] * 32)) % 2 * 2, picked)
    wool = palette[picked.astype(int)] * (1.0 + 0.09 * noise(rng, size, 0.4))[..., None]
    return paint(np.clip(wool, 0.01, 1.0))


def tiles(rng: np.random.Generator, size: int = 256) -> Texture:
    """Clay roof tiles seen from above: rounded courses, near-white for tinting."""
    y, x = np.mgrid[0:size, 0:size] / size
    barrel = np.abs(np.sin(np.pi * x * 6))
    lip = step(0.0, 0.25, y * 4 % 1.0)
    tone = rng.uniform(0.6, 0.9, (4, 6))[
        np.floor(y * 4).astype(int) % 4, np.floor(x * 6).astype(int) % 6
    ]
    return paint(np.clip(tone * (0.35 + 0.65 * barrel) * (0.55 + 0.45 * lip), 0.03, 1.0))


def leaves(rng: np.random.Generator, size: int = 256) -> Texture:
    """Foliage seen as mass: light and dark greens."""
    clumps, fine = noise(rng, size, 1.0), noise(rng, size, 0.5)
    dark, light = np.array([0.035, 0.07, 0.02]), np.array([0.16, 0.24, 0.06])
    return paint(np.clip(mix(dark, light, 0.45 + 0.25 * clumps + 0.2 * fine), 0.01, 1.0))
