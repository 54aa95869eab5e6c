"""What keying means, in plain numpy: the definition that the fast kernel agrees with within 1/255.

Linear light is the code value squared. With P the clean plate, I the picture, w the balance, and k,
p, q the screen's own channel and the two others:

    D(c) = k - w max(p, q) - (1 - w) min(p, q)
    a    = clip((1 - gain D(I) / D(P) - black) / (white - black), 0, 1)      then at least `core`
    F    = clip(I - (1 - a) P, 0, a (0.8 + 0.45 a))                  premultiplied foreground
    L(c) = limit (despill max(p, q) + (1 - despill) (p + q) / 2)
    F    = max(F - max(F.k - L(F), 0) / (P.k - L(P)) P, 0)           the screen's light taken off
    out  = keep F + (1 - keep a) background

Spill is light of the screen's own colour, so it is taken off all three channels: a yellowish cloth
leaves no yellow edge. `limit` is 1 inside a subject; at its edge, where 4:2:0 lets the screen's colour
run in, it follows the subject's own colour just inside. The bound on F says that a foreground is not
brighter than white, and less so where it hardly covers: bare cloth adds no light of its own, and the
bright line that a camera's sharpening draws around a dark coat stays fainter.
Source: the colour-difference key of Vlahos (US 3,595,987), with a clean plate for each pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Plane, F32Planes, U8Plane, U8Planes, Yuv420
from openset.stage.key.settings import KeySettings

Floats = npt.NDArray[np.floating]

PLATE_R, PLATE_G, PLATE_B, INVERSE, SPILL, LIMIT, CORE, KEEP = range(8)
"""Rows of `Screen.planes`."""

FAINT_WHITE, WHITE_MORE = 0.8, 0.45
"""No foreground is brighter than this, linear, where it covers nothing; and so much more where all."""


@dataclass(frozen=True)
class Screen:
    """The screen behind the subject, at 1/factor of the picture's size.

    `planes` float32 (8, ceil(height/factor), ceil(width/factor)): the clean plate R, G, B in linear
    light; 1 / D(P) and 1 / (P.k - L(P)), zero where there is no screen at all; `limit`; `core`, the
    least the matte may be; `keep`, 0 where nothing is subject, else 1. Cell i is centred on pixel
    factor*i + (factor-1)/2.
    """

    key: Literal["green", "blue"]
    planes: npt.NDArray[np.float32]
    factor: int


def code_from_yuv(picture: Yuv420) -> F32Planes:
    """R'G'B' float32 (3, h, w), 0..1 and a little beyond, chroma interpolated from its left siting."""
    u, v = upsample_chroma(picture.u), upsample_chroma(picture.v)
    y = (picture.y.astype(np.float32) - 16.0) / 219.0
    planes = np.stack([y + 1.5748 * v, y - 0.187324 * u - 0.468124 * v, y + 1.8556 * u])
    return np.asarray(np.maximum(planes, 0.0), dtype=np.float32)


def upsample_chroma(plane: U8Plane) -> F32Plane:
    """A chroma plane (h/2, w/2) to (h, w), -0.5..0.5: bilinear, sited left and between two rows."""
    c = (plane.astype(np.float32) - 128.0) / 224.0
    above, below = np.roll(c, 1, axis=0), np.roll(c, -1, axis=0)
    above[0], below[-1] = c[0], c[-1]
    rows = np.stack([0.75 * c + 0.25 * above, 0.75 * c + 0.25 * below], axis=1)
    rows = rows.reshape(2 * c.shape[0], c.shape[1])
    right = np.concatenate([rows[:, 1:], rows[:, -1:]], axis=1)
    return np.stack([rows, 0.5 * (rows + right)], axis=2).reshape(rows.shape[0], -1).astype(np.float32)


def upsample_screen(screen: Screen, width: int, height: int) -> npt.NDArray[np.float32]:
    """`screen.planes` as (8, height, width): bilinear, the same for both rows of a pair."""
    f = screen.factor
    pair = np.arange(height) // 2 * 2 + 0.5
    rows = _between(screen.planes, (pair - (f - 1) / 2) / f, axis=1)
    return _between(rows, (np.arange(width) - (f - 1) / 2) / f, axis=2)


def _between(planes: npt.NDArray[np.float32], at: Floats, axis: int) -> npt.NDArray[np.float32]:
    last = planes.shape[axis] - 1
    at = np.clip(at, 0, last)
    low = np.minimum(at.astype(np.int64), last)
    t = (at - low).astype(np.float32).reshape([-1 if i == axis else 1 for i in range(3)])
    high = np.minimum(low + 1, last)
    return np.asarray(np.take(planes, low, axis) * (1 - t) + np.take(planes, high, axis) * t)


def colour_difference(linear: Floats, balance: float, blue: bool) -> Floats:
    """D of planes (3, ...), linear light: how far the screen's channel stands above the two others."""
    own, p, q = (linear[2], linear[0], linear[1]) if blue else (linear[1], linear[0], linear[2])
    return np.asarray(own - balance * np.maximum(p, q) - (1 - balance) * np.minimum(p, q))


def limit_of(linear: Floats, despill: float, blue: bool) -> Floats:
    """L of planes (3, ...) for limit 1: how bright the screen's channel of a foreground may be."""
    p, q = (linear[0], linear[1]) if blue else (linear[0], linear[2])
    return np.asarray(despill * np.maximum(p, q) + (1 - despill) * 0.5 * (p + q))


def spill_scale(plate: F32Planes, limit: F32Plane, settings: KeySettings, blue: bool) -> F32Plane:
    """1 / (P.k - L(P)) of a clean plate (3, ...), the SPILL plane of a screen."""
    stands_out = plate[2 if blue else 1] - limit * limit_of(plate, settings.despill, blue)
    return np.asarray(1.0 / np.maximum(stands_out, 1e-3), dtype=np.float32)


def matte_and_foreground(
    linear: F32Planes, screen: npt.NDArray[np.float32], settings: KeySettings, blue: bool
) -> tuple[F32Plane, F32Planes]:
    """Linear picture (3, h, w), full-size screen (8, h, w) to matte (h, w) and premultiplied F."""
    plate = screen[:3]
    ratio = settings.gain * colour_difference(linear, settings.balance, blue) * screen[INVERSE]
    a = (1.0 - ratio - settings.clip_black) / (settings.clip_white - settings.clip_black)
    a = np.maximum(np.clip(a, 0.0, 1.0), screen[CORE])
    f = np.clip(linear - (1.0 - a) * plate, 0.0, a * (FAINT_WHITE + WHITE_MORE * a))
    limit = screen[LIMIT] * limit_of(f, settings.despill, blue)
    excess = np.maximum(f[2 if blue else 1] - limit, 0.0)
    f = np.maximum(f - excess * screen[SPILL] * plate, 0.0)
    return (a * screen[KEEP]).astype(np.float32), (f * screen[KEEP]).astype(np.float32)


def composite(
    picture: Yuv420, background: U8Planes, screen: Screen, settings: KeySettings
) -> tuple[Yuv420, U8Plane]:
    """`picture` keyed over `background` (3, h, w): the composite and the matte, 255 = subject."""
    linear = code_from_yuv(picture) ** 2
    full = upsample_screen(screen, picture.width, picture.height)
    a, f = matte_and_foreground(linear, full, settings, screen.key == "blue")
    behind = (background.astype(np.float32) / 255.0) ** 2
    code = np.sqrt(f + (1.0 - a) * behind)
    return _yuv_from_code(code), (a * 255.0 + 0.5).astype(np.uint8)


def _yuv_from_code(code: F32Planes) -> Yuv420:
    luma = 0.2126 * code[0] + 0.7152 * code[1] + 0.0722 * code[2]

    def chroma(own: F32Plane, span: float) -> U8Plane:
        difference = (own - luma) / span
        height, width = difference.shape
        mean = difference.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        return np.asarray(np.clip(mean * 224.0 + 128.5, 0, 255), dtype=np.uint8)

    return Yuv420(
        y=np.clip(luma * 219.0 + 16.5, 0, 255).astype(np.uint8),
        u=chroma(code[2], 1.8556),
        v=chroma(code[0], 1.5748),
    )
