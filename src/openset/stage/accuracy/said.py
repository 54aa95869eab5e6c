"""A tracker's own spread in words, as it travels in OpenTrackIO's tracker.status.

    tracked, sd 0.31 0.30 0.52 mm 4.2 3.1 2.2 mdeg, r 1200 -9934 …

The six numbers are the standard deviations of a pose as stage/lens/derivatives.py counts it: along the
stage's axes, then about the camera's own. After "r" come the fifteen correlations above the diagonal,
row by row, in ten-thousandths: a tag seen far off fixes where the picture points much better than where
the camera stands, and without them the error at the mark would be overstated many times over.
OpenTrackIO has no field for it; a receiver that does not know the words shows them.
"""

from __future__ import annotations

import re

import numpy as np

from openset.primitives.space import F64

_NUMBER = r"\d{1,7}(?:\.\d{1,6})?"
_SAID = re.compile(
    rf"\bsd((?: {_NUMBER}){{3}}) mm((?: {_NUMBER}){{3}}) mdeg(?:, r((?: -?\d{{1,5}}){{15}}))?"
)
_ABOVE = np.triu_indices(6, 1)
_SCALE = np.array([1e-3] * 3 + [float(np.radians(1e-3))] * 3)
_SHORTEST = 1e-6
SIDES = ("left", "right", "top", "bottom")
_WEAK = re.compile(r"\bno tags (left|right|top|bottom)\b")


def say_spread(covariance: F64) -> str:
    """A pose's covariance (6, 6) in words; "" where it is not finite or not positive."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not np.isfinite(covariance).all() or not (spread > 0).all():
        return ""
    correlation = (covariance / np.outer(spread, spread))[_ABOVE]
    shown = spread / _SCALE
    if shown.max() >= 1e6:
        return ""
    numbers = [f"{value:.1f}" if value >= 100 else f"{value:.3f}" for value in shown]
    related = " ".join(str(round(1e4 * value)) for value in correlation.tolist())
    return f"sd {' '.join(numbers[:3])} mm {' '.join(numbers[3:])} mdeg, r {related}"


def spread_from_status(text: str) -> F64 | None:
    """The covariance (6, 6) said in a status; None where none is, or one that cannot be.

    Rounded correlations may leave the matrix a hair from positive: it is put right (Higham 1988).
    """
    found = _SAID.search(text)
    if found is None:
        return None
    spread = np.array([float(each) for each in (found[1] + found[2]).split()])
    spread = np.maximum(spread, _SHORTEST) * _SCALE
    related = np.eye(6)
    if found[3]:
        related[_ABOVE] = np.array([int(each) for each in found[3].split()]) / 1e4
        related = related + related.T - np.eye(6)
    if np.abs(related).max() > 1.0:
        return None
    values, vectors = np.linalg.eigh(related)
    related = (vectors * np.maximum(values, 1e-9)) @ vectors.T
    return np.asarray(related * np.outer(spread, spread))


def say_weak_side(side: str) -> str:
    """Which part of the picture holds no tag, for the status; "" where `side` is ""."""
    return f"no tags {side}" if side else ""


def weak_side_from_status(text: str) -> str:
    """The side said to hold no tag, one of SIDES; "" where none is said."""
    found = _WEAK.search(text)
    return found[1] if found else ""


def weak_side(corners_px: F64, width_px: int, height_px: int) -> str:
    """The side of the picture furthest from any tag corner (n, 2), where that is more than a third of
    the picture; "" where tags stand all around, or none are seen."""
    if len(corners_px) == 0:
        return ""
    x, y = corners_px[:, 0] / width_px, corners_px[:, 1] / height_px
    empty = dict(zip(SIDES, (x.min(), 1 - x.max(), y.min(), 1 - y.max()), strict=True))
    side = max(empty, key=lambda each: float(empty[each]))
    return side if empty[side] > 1 / 3 else ""
