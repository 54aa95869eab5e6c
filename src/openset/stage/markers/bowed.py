"""A tag's edges are bowed by the lens, and a detector fits straight lines to them: its corners lie too
far out, by the same amount wherever the tag is seen at that place of the picture.

A line fitted to an arc lies two thirds of the arc's height off its ends. The height follows from the
lens, so that much is taken back: a barrel of a few percent moves corners by a tenth of a pixel, which
makes a ceiling of tags appear 0.2 mm nearer than it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import Lens, project, rays
from openset.stage.markers.model import SeenTag

PART_OF_HEIGHT = 2.0 / 3.0


def straightened(lens: Lens, corners_px: F64) -> F64:
    """Corners (m, 4, 2) where lines fitted to bowed edges meet, to those of the edges themselves."""
    if not len(corners_px):
        return corners_px
    sight = rays(lens, corners_px)
    after = np.roll(corners_px, -1, axis=1)
    middle = project(lens, (sight + np.roll(sight, -1, axis=1)) / 2)
    along = after - corners_px
    length = np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    normal = np.stack([-along[..., 1], along[..., 0]], axis=-1) / length
    height = np.sum((middle - (corners_px + after) / 2) * normal, axis=-1)
    lines = np.stack([normal, np.roll(normal, 1, axis=1)], axis=-2)
    off = PART_OF_HEIGHT * np.stack([height, np.roll(height, 1, axis=1)], axis=-1)
    flat = np.abs(np.linalg.det(lines)) < 0.1
    lines[flat], off[flat] = np.eye(2), 0.0
    return np.asarray(corners_px - np.linalg.solve(lines, off[..., None])[..., 0])


def straightened_tags(lens: Lens, tags: Iterable[SeenTag]) -> tuple[SeenTag, ...]:
    """The same tags with their corners where they are."""
    seen = tuple(tags)
    if not seen:
        return seen
    corners = straightened(lens, np.array([tag.corners_px for tag in seen]))
    return tuple(replace(tag, corners_px=each) for tag, each in zip(seen, corners, strict=True))
