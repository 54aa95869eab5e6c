"""Pieces of a picture set side by side in a small one, so that a detector looks at them in one go.

Where a map and the last pose say where tags must be, a twentieth of the picture holds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import F64

Box = tuple[int, int, int, int]
"""A piece of a picture: left, top, right, bottom in whole pixels."""
GROUND = 128
GAP_PX = 4
INSIDE_PX = 4.0
"""A tag nearer to a piece's edge is cut by it."""
LEAST_WIDTH_PX = 256


@dataclass(frozen=True, eq=False)
class Sheet:
    """The small picture, and the pieces on it: where each came from, (n, 2) left and top, and where it
    lies now (n, 4), as boxes."""

    luma: U8Plane
    from_px: F64
    places: F64

    def whole(self, corners_px: F64) -> F64 | None:
        """Corners (k, 2) found on the sheet, back in the picture; None where no piece has them all."""
        low, high = corners_px.min(axis=0), corners_px.max(axis=0)
        on = (self.places[:, :2] + INSIDE_PX <= low).all(axis=1)
        on &= (self.places[:, 2:] - INSIDE_PX >= high).all(axis=1)
        if not on.any():
            return None
        piece = int(np.argmax(on))
        return np.asarray(corners_px - self.places[piece, :2] + self.from_px[piece])


def lay_out(luma: U8Plane, boxes: Sequence[Box]) -> Sheet | None:
    """The pieces of a picture (h, w) in rows, the tallest first; None where none is left inside it."""
    height, width = luma.shape
    cut = [(max(0, a), max(0, b), min(width, c), min(height, d)) for a, b, c, d in boxes]
    inside = sorted(
        (box for box in cut if box[2] > box[0] and box[3] > box[1]), key=lambda box: box[1] - box[3]
    )
    if not inside:
        return None
    area = sum((c - a + GAP_PX) * (d - b + GAP_PX) for a, b, c, d in inside)
    across = max(LEAST_WIDTH_PX, round(1.2 * area**0.5), max(c - a for a, _, c, _ in inside))
    places: list[tuple[int, int]] = []
    left = top = row = 0
    for a, b, c, d in inside:
        if left and left + c - a > across:
            left, top, row = 0, top + row + GAP_PX, 0
        places.append((left, top))
        left += c - a + GAP_PX
        row = max(row, d - b)
    sheet = np.full((top + row, across), GROUND, np.uint8)
    for (a, b, c, d), (x, y) in zip(inside, places, strict=True):
        sheet[y : y + d - b, x : x + c - a] = luma[b:d, a:c]
    put = [(x, y, x + c - a, y + d - b) for (a, b, c, d), (x, y) in zip(inside, places, strict=True)]
    return Sheet(
        sheet,
        np.array([box[:2] for box in inside], dtype=np.float64),
        np.array(put, dtype=np.float64),
    )
