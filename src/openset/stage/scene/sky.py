"""A late-afternoon sky painted by arithmetic: gradient, sun glow, thin cloud, hills in haze.

The sun's disc is left out: a set lights with a `Sun`, and the disc would count twice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Rgb
from openset.stage.scene.dome import pixel_directions
from openset.stage.scene.textures import mix, noise, step

F64 = npt.NDArray[np.float64]

ZENITH = np.array([0.20, 0.40, 0.84])
HORIZON = np.array([1.15, 1.06, 0.90])
GLOW = np.array([2.6, 1.75, 0.95])
GROUND = np.array([0.40, 0.33, 0.24])
CLOUD = np.array([1.6, 1.36, 1.12])

# Ridge lines: mean elevation (rad), roughness (rad), fall-off of the noise, colour.
HILLS = (
    (0.125, 0.034, 1.35, np.array([0.50, 0.57, 0.74])),
    (0.082, 0.026, 1.25, np.array([0.36, 0.40, 0.44])),
    (0.045, 0.016, 1.15, np.array([0.25, 0.27, 0.19])),
)


def late_afternoon(
    rng: np.random.Generator, sun_towards: tuple[float, float, float], height_px: int = 1024
) -> F32Rgb:
    """A panorama (height, 2 height, 3), scene-linear float32, lit from `sun_towards` (unit)."""
    looks = pixel_directions(2 * height_px, height_px)
    elevation = np.arcsin(np.clip(looks[..., 2], -1.0, 1.0))
    towards_sun = np.clip(looks @ np.array(sun_towards), -1.0, 1.0)
    sky = _air(elevation, towards_sun)
    sky = mix(sky, CLOUD * (0.8 + 0.5 * step(0.3, 1.0, towards_sun))[..., None], _cloud(rng, looks))
    for ridge in HILLS:
        sky = _hill(rng, sky, elevation, towards_sun, ridge)
    below = step(-0.012, 0.004, elevation)
    return np.asarray(mix(np.broadcast_to(GROUND, sky.shape), sky, below), dtype=np.float32)


def _air(elevation: F64, towards_sun: F64) -> F64:
    """Blue overhead, pale at the horizon, warm around the sun."""
    height = np.clip(elevation, 0.0, None) / (np.pi / 2)
    sky = mix(HORIZON, ZENITH, 1.0 - np.exp(-4.6 * height))
    angle = np.arccos(towards_sun)
    glow = 0.8 * np.exp(-((angle / 0.16) ** 2)) + 0.2 * np.exp(-angle / 0.33)
    return np.asarray(sky + GLOW * glow[..., None])


def _cloud(rng: np.random.Generator, looks: F64) -> F64:
    """Cover 0..1: thin streaked cloud on a flat layer overhead, fading towards the horizon."""
    size = 1024
    layer = 0.7 * noise(rng, size, 1.55, stretch=2.2) + 0.3 * noise(rng, size, 1.05)
    up = np.maximum(looks[..., 2], 0.02)
    y, x = looks[..., 1] / up * 130.0 + 300.0, looks[..., 0] / up * 130.0 + 500.0
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = y - y0, x - x0
    above = layer[y0 % size, x0 % size] * (1 - fx) + layer[y0 % size, (x0 + 1) % size] * fx
    y1 = (y0 + 1) % size
    below = layer[y1, x0 % size] * (1 - fx) + layer[y1, (x0 + 1) % size] * fx
    cover = step(0.5, 2.2, above * (1 - fy) + below * fy)
    return np.asarray(0.5 * cover * step(0.06, 0.3, looks[..., 2]))


def _hill(
    rng: np.random.Generator,
    sky: F64,
    elevation: F64,
    towards_sun: F64,
    ridge: tuple[float, float, float, F64],
) -> F64:
    """One ridge in front of the sky, paler low down and warmer towards the sun."""
    mean, rough, fall, colour = ridge
    width = sky.shape[1]
    spectrum = np.fft.rfft(rng.standard_normal(width))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0)
    spectrum = spectrum / np.maximum(frequency, 3.0) ** fall
    line = np.fft.irfft(spectrum, n=width)
    line = mean + rough * line / line.std()
    edge = step(-0.0008, 0.0008, line[None, :] - elevation)
    haze = np.exp(-np.clip(elevation, 0.0, None) / 0.05)
    lit = colour * (0.8 + 0.55 * step(0.0, 1.0, towards_sun))[..., None]
    return mix(sky, mix(lit, HORIZON * 0.75, 0.35 * haze), edge)
