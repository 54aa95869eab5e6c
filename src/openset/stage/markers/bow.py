"""Corners of tags seen through a lens that bows straight edges.

A detector fits a straight line to each edge of a tag and crosses them. A lens bows the edge by tenths
of a pixel; the line through it lies off the edge's ends, and so do the corners: outwards through a lens
with barrel distortion, so that every tag seems larger and the camera nearer, by a quarter of a
millimetre under a ceiling. The lens tells the bow, and the line that was fitted to it is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import Lens, project, rays
from openset.stage.markers.model import SeenTag

MOST = 0.08
"""No lens bows an edge by more of its length; what says so was seen at the end of what it can show."""
_PLACES = (np.arange(16) + 1) / 17
"""Where along an edge its line is fitted: AprilTag looks at sixteen places or more, evenly spread."""
_OFF = _PLACES - 0.5
_SPREAD = float(_OFF @ _OFF)


def unbowed(tags: Sequence[SeenTag], lens: Lens) -> tuple[SeenTag, ...]:
    """The tags with the corners that their edges' straight lines put beside the true ones set right."""
    if not tags:
        return ()
    corners = np.stack([tag.corners_px for tag in tags])
    with np.errstate(divide="ignore", invalid="ignore"):  # a tag without a width, edges on one line
        right = _crossings(*_edges(corners, lens))
        off = np.linalg.norm(right - corners, axis=2).max(axis=1)
        size = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).min(axis=1)
        good = off < MOST * size
    return tuple(
        replace(tag, corners_px=right[index]) if good[index] else tag for index, tag in enumerate(tags)
    )


def _edges(start: F64, lens: Lens) -> tuple[F64, F64]:
    """The chords of the bowed edges, by their ends (n, 4, 2) twice, from the corners (n, 4, 2) that
    straight lines through those edges gave."""
    end = np.roll(start, -1, axis=1)
    along = end - start
    normal = np.stack([along[..., 1], -along[..., 0]], axis=2)
    normal /= np.linalg.norm(along, axis=2)[..., None]
    first = rays(lens, start)
    last = np.roll(first, -1, axis=1)
    edge = project(lens, first[:, :, None] + _PLACES[:, None] * (last - first)[:, :, None])
    chord = start[:, :, None] + _PLACES[:, None] * along[:, :, None]
    bow = ((edge - chord) * normal[:, :, None]).sum(axis=3)
    mean, slope = bow.mean(axis=2), bow @ _OFF / _SPREAD
    off_start, off_end = mean - 0.5 * slope, mean + 0.5 * slope
    return start - off_start[..., None] * normal, end - off_end[..., None] * normal


def _crossings(start: F64, end: F64) -> F64:
    """Where each edge, by its ends (n, 4, 2), meets the one before it."""
    before_start, before_end = np.roll(start, 1, axis=1), np.roll(end, 1, axis=1)
    along, before = end - start, before_end - before_start
    gap = before_start - start
    cross = along[..., 0] * before[..., 1] - along[..., 1] * before[..., 0]
    part = (gap[..., 0] * before[..., 1] - gap[..., 1] * before[..., 0]) / cross
    return np.asarray(start + part[..., None] * along)
