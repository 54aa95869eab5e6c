"""A print that is seen mirrored: a printer set to mirror, or a camera that flips its picture.

Every mirrored 36h11 tag differs from every tag of the family in four bits or more, and one mended bit
is accepted, so nothing is read at all. Flipped back, the same picture is read: that is how it is told
apart from a picture without tags.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from openset.primitives.image import U8Plane

MIRRORED = (
    "the tags or the board are seen mirrored: switch off mirroring in the camera's settings, or print "
    "again without it (the writing on the sheet must read the right way round)"
)


def is_mirrored(luma: U8Plane, count: Callable[[U8Plane], int]) -> bool:
    """Whether `count` (how many tags or markers a detector finds) finds more in the picture (h, w) when
    left and right are exchanged. Two passes of the detector: asked only where nothing was found."""
    return count(np.ascontiguousarray(luma[:, ::-1])) > count(luma)
