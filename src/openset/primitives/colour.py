"""Transfer curves and the BT.709 matrix, as plain numpy: the meaning that faster kernels agree with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from openset.primitives.image import U8Planes, Yuv420

Floats = npt.NDArray[np.floating]

LUMA_709 = (0.2126, 0.7152, 0.0722)
"""BT.709-6 §3.2: luma weights of R, G, B."""


def srgb_encode(linear: Floats) -> Floats:
    """Display-linear 0..1 to sRGB code values 0..1 (IEC 61966-2-1)."""
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def srgb_decode(code: Floats) -> Floats:
    """SRGB code values 0..1 to display-linear 0..1 (IEC 61966-2-1)."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def rgb_from_yuv420(picture: Yuv420) -> U8Planes:
    """BT.709 limited-range 4:2:0 to full-range planar R'G'B', uint8 (3, h, w); chroma repeated."""
    y = (picture.y.astype(np.float32) - 16.0) * (255.0 / 219.0)
    u = np.repeat(np.repeat(picture.u, 2, 0), 2, 1).astype(np.float32) - 128.0
    v = np.repeat(np.repeat(picture.v, 2, 0), 2, 1).astype(np.float32) - 128.0
    u, v = u * (255.0 / 224.0), v * (255.0 / 224.0)
    r = y + 1.5748 * v
    g = y - 0.187324 * u - 0.468124 * v
    b = y + 1.8556 * u
    return np.clip(np.stack([r, g, b]) + 0.5, 0, 255).astype(np.uint8)


def yuv420_from_rgb(planes: U8Planes) -> Yuv420:
    """Full-range planar R'G'B' uint8 (3, h, w) to BT.709 limited 4:2:0; chroma is a 2x2 mean."""
    r, g, b = planes.astype(np.float32)
    luma = LUMA_709[0] * r + LUMA_709[1] * g + LUMA_709[2] * b
    height, width = luma.shape

    def chroma(difference: npt.NDArray[np.float32], span: float) -> npt.NDArray[np.uint8]:
        mean = difference.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        return np.asarray(np.clip(mean / span * (224.0 / 255.0) + 128.5, 0, 255), np.uint8)

    return Yuv420(
        y=np.clip(luma * (219.0 / 255.0) + 16.5, 0, 255).astype(np.uint8),
        u=chroma(b - luma, 1.8556),
        v=chroma(r - luma, 1.5748),
    )
