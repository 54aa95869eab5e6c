"""A cloth, a subject of known matte before it, and the picture a camera makes of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from openset.primitives.colour import yuv420_from_rgb
from openset.primitives.image import Yuv420

Floats = npt.NDArray[np.float32]
GREEN = (62, 165, 78)
BLUE = (52, 84, 170)


@dataclass(frozen=True)
class Shot:
    picture: Yuv420
    matte: Floats  # (h, w) true
    foreground: Floats  # (3, h, w) premultiplied, code²
    bare: Yuv420


def cloth(width: int, height: int, colour: tuple[int, int, int], uneven: bool = True) -> Floats:
    """Linear (3, h, w): hot spot 0.6-1.1, folds, weave."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width, y / height
    light = np.ones_like(u)
    if uneven:
        light = 0.66 + 0.45 * np.exp(-(((u - 0.4) / 0.4) ** 2) - ((v - 0.3) / 0.5) ** 2)
        light *= 1 + 0.05 * np.sin(40 * u + 2 * np.sin(5 * v)) + 0.03 * np.sin(17 * u - 3 * v)
    base = (np.array(colour, np.float32) / 255) ** 2
    return base[:, None, None] * light


def shoot(
    width: int = 320,
    height: int = 180,
    colour: tuple[int, int, int] = GREEN,
    subject: tuple[int, int, int] = (190, 140, 115),
    grain: float = 0.006,
    uneven: bool = True,
    at: float = 0.5,
) -> Shot:
    """A soft-edged figure (ellipse and a stand) over the cloth, mixed in linear light, with grain."""
    rng = np.random.default_rng(7)
    screen = cloth(width, height, colour, uneven)
    mask = np.zeros((height * 4, width * 4), np.float32)
    centre = (int(at * width * 4), int(0.45 * height * 4))
    cv2.ellipse(mask, centre, (height * 3 // 5, height), 0, 0, 360, 1.0, -1)
    cv2.rectangle(mask, (centre[0] - height, height * 3), (centre[0] + height, height * 4), 1.0, -1)
    matte = cv2.GaussianBlur(
        cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 0.7
    )
    foreground = ((np.array(subject, np.float32) / 255) ** 2)[:, None, None] * matte

    def camera(linear: Floats) -> Yuv420:
        code = np.sqrt(linear) + rng.normal(0, grain, linear.shape)
        return yuv420_from_rgb(np.clip(code * 255 + 0.5, 0, 255).astype(np.uint8))

    return Shot(camera(foreground + (1 - matte) * screen), matte, foreground, camera(screen))


@pytest.fixture(scope="session")
def shot_of() -> Callable[..., Shot]:
    """shoot(), for the tests beside this file."""
    return shoot
