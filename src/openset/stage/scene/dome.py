"""The panorama's geometry: which direction each pixel looks in, and the light the whole of it gives.

Layout (docs/conventions.md): equirectangular, width = 2 * height, the middle column looks along world
+Y, the first row is straight up, x grows towards +X. Pixel (0, 0)'s centre is at (0.5, 0.5).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Rgb

F64 = npt.NDArray[np.float64]

# Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance environment maps":
# the cosine lobe's weight per band (pi, 2 pi / 3, pi / 4).
_LOBE = np.array([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5)


def directions_of(pixels: F64, width_px: int, height_px: int) -> F64:
    """Panorama pixels (..., 2) to unit world directions (..., 3)."""
    azimuth = (pixels[..., 0] / width_px - 0.5) * 2.0 * np.pi
    polar = pixels[..., 1] / height_px * np.pi
    ring = np.sin(polar)
    return np.stack([ring * np.sin(azimuth), ring * np.cos(azimuth), np.cos(polar)], axis=-1)


def pixels_of(directions: F64, width_px: int, height_px: int) -> F64:
    """World directions (..., 3), of any length, to panorama pixels (..., 2); x in 0..width."""
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    azimuth = np.arctan2(x, y)
    polar = np.arctan2(np.hypot(x, y), z)
    return np.stack([(azimuth / (2.0 * np.pi) + 0.5) * width_px, polar / np.pi * height_px], axis=-1)


def pixel_directions(width_px: int, height_px: int) -> F64:
    """Unit world directions of all pixel centres, (height, width, 3)."""
    x, y = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    return directions_of(np.stack([x, y], axis=-1), width_px, height_px)


def harmonics(directions: F64) -> F64:
    """The nine real spherical harmonics of bands 0..2 at unit directions (..., 3), as (..., 9).

    Order: 1, y, z, x, xy, yz, 3z2-1, xz, x2-y2 (the paper's, in world axes).
    """
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    return np.stack(
        [
            np.full_like(x, 0.28209479177387814),
            0.4886025119029199 * y,
            0.4886025119029199 * z,
            0.4886025119029199 * x,
            1.0925484305920792 * x * y,
            1.0925484305920792 * y * z,
            0.31539156525252005 * (3.0 * z * z - 1.0),
            1.0925484305920792 * x * z,
            0.5462742152960396 * (x * x - y * y),
        ],
        axis=-1,
    )


def irradiance_terms(dome: F32Rgb) -> F64:
    """The dome's irradiance as (9, 3): irradiance(n) is `harmonics(n) @ terms`, clipped at zero.

    `dome` is scene-linear (h, 2h, 3). The cosine lobe is folded in, so that a dome of radiance 1 gives
    pi in every direction.
    """
    height = min(dome.shape[0], 128)
    small = shrink(dome, dome.shape[0] // height)
    height, width, _ = small.shape
    polar = (np.arange(height) + 0.5) / height * np.pi
    solid_angle = np.sin(polar) * (2.0 * np.pi / width) * (2.0 * np.sin(np.pi / (2.0 * height)))
    basis = harmonics(pixel_directions(width, height))
    light = np.maximum(small.astype(np.float64), 0.0) * solid_angle[:, None, None]
    return np.asarray(np.einsum("hwk,hwc->kc", basis, light) * _LOBE[:, None])


def irradiance(terms: F64, normals: F64) -> F64:
    """Irradiance (..., 3) on surfaces of unit normals (..., 3), from `irradiance_terms`."""
    return np.maximum(harmonics(normals) @ terms, 0.0)


def shrink(picture: F32Rgb, factor: int) -> F32Rgb:
    """The picture at 1/factor of its size, each pixel the mean of factor x factor (edges cut off)."""
    if factor <= 1:
        return picture
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    cut = picture[: height * factor, : width * factor]
    means = cut.reshape(height, factor, width, factor, picture.shape[2]).mean(axis=(1, 3))
    return np.asarray(means, dtype=np.float32)
