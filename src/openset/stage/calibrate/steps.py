"""Where the profiles across a board's edges step from white to black.

Light that falls off over the board tilts the white side of an edge and not the black one, which pulls a
fitted step towards the light by thousandths of a pixel, everywhere outwards in: enough to be seen in a
lens. It is taken out first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from openset.primitives.space import F64

Bool = npt.NDArray[np.bool_]
ACROSS = 11
"""Samples of a profile."""
_BLURS = np.geomspace(0.5, 4.0, 13)
_MOST_LEFT = 0.2
"""What a profile may be off the step, rms, as a part of the step's half height."""
_MOST_SLOPE = 0.01
"""The most by which light may fall off in a pixel, as a part."""


def evened(profiles: F64, grid: F64, normal: F64, along_px: F64, width_px: F64) -> F64:
    """The profiles (n, axis, arm, across) as under even light: the whites around the corners, as a
    curve of the second order over the board, say how it falls off. `grid` (n, 2) is where the corners
    are in squares, `along_px` (n, axis, 2) pixels a square, `normal` (n, axis, 2) the way across."""
    ends = np.stack([profiles[..., :2].mean(axis=-1), profiles[..., -2:].mean(axis=-1)])
    white = np.maximum(ends.max(axis=0).mean(axis=(1, 2)), 1.0)
    x, y = (grid - grid.mean(axis=0)).T
    none, one = np.zeros_like(x), np.ones_like(x)
    rows = np.stack([one, x, y, x * x, x * y, y * y], axis=-1)
    used = np.ones(len(x), bool)
    for _ in range(3):
        weights, *_ = np.linalg.lstsq(rows[used], np.log(white[used]), rcond=None)
        off = np.abs(np.log(white) - rows @ weights)
        used = off <= 4.0 * float(np.median(off)) + 1e-3
    a_square = np.array([[none, one, none, 2 * x, y, none], [none, none, one, none, x, 2 * y]])
    falls = np.einsum("akn,k->na", a_square, weights)
    slope = np.einsum("nai,ni->na", normal, np.linalg.solve(along_px, falls[..., None])[..., 0])
    slope = np.clip(slope, -_MOST_SLOPE, _MOST_SLOPE)
    across = width_px[..., None] * np.linspace(-1.0, 1.0, ACROSS)
    return np.asarray(profiles / (1.0 + slope[..., None] * across)[:, :, None])


def steps(profiles: F64, width_px: F64) -> tuple[F64, Bool, float]:
    """Where each arm's profile steps, pixels along the normal (n, axis, arm), whether a corner's four
    profiles are steps, black on the side it should be (n,), and the blur of all, the sd in pixels."""
    across = width_px[..., None, None] * np.linspace(-1.0, 1.0, ACROSS)
    fits = [_fitted(profiles, np.broadcast_to(across, profiles.shape), blur) for blur in _BLURS]
    best = min(range(len(fits)), key=lambda place: float(np.median(fits[place][2])))
    offset, height, left = fits[best]
    opposite = (height[..., 0] * height[..., 1] < 0).all(axis=-1)
    crossed = height[:, 0, 0] * height[:, 1, 0] < 0
    clean = (left < _MOST_LEFT * np.abs(height)).all(axis=(1, 2))
    return offset, np.asarray(opposite & crossed & clean), float(_BLURS[best])


def _fitted(profiles: F64, across: F64, blur_px: float) -> tuple[F64, F64, F64]:
    """A blurred step fitted to each profile: its place, half its height, and what is left, rms."""
    offset = np.zeros(profiles.shape[:-1])
    height = np.zeros_like(offset)
    for turn in range(4):
        at = (across - offset[..., None]) / blur_px
        rows = [np.ones_like(at), erf(at / np.sqrt(2.0))]
        if turn:
            slope = -np.sqrt(2.0 / np.pi) / blur_px * np.exp(-0.5 * at**2)
            rows.append(height[..., None] * slope)
        basis = np.stack(rows, axis=-1)
        square = np.einsum("...ki,...kj->...ij", basis, basis) + 1e-6 * np.eye(len(rows))
        found = np.linalg.solve(square, np.einsum("...ki,...k->...i", basis, profiles)[..., None])
        height = found[..., 1, 0]
        if turn:
            offset = np.clip(offset + found[..., 2, 0], -3.0, 3.0)
    left = profiles - np.einsum("...ki,...i->...k", basis, found[..., 0])
    return offset, height, np.sqrt((left**2).mean(axis=-1))
