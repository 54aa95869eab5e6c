"""A tag that is not as large as it was said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.finding import Finding
from openset.stage.markers.grow import Look

_LEAST_LOOKS = 3
_OFF = 0.03
"""Paper and toner do not stretch by more."""
_SURE = 6.0
_FITS_M = 0.02
_APART_RAD = 0.2
"""Lines of sight that part less than this, 11 degrees, meet anywhere."""


def wrong_size(
    looks: Sequence[Look], cameras: Mapping[int, F64], sizes_m: Mapping[int, float]
) -> Finding | None:
    """The tag whose size contradicts its own pictures most, if one does.

    A tag of the wrong size is seen in the right direction at the wrong distance, by one factor in
    every picture: where the lines of sight meet tells the factor. `looks` are all there were, also
    those that did not fit the map.
    """
    by_id: dict[int, list[Look]] = {}
    for look in looks:
        if look.picture in cameras and look.poses:
            by_id.setdefault(look.id, []).append(look)
    worst: tuple[float, int, float] | None = None
    for number, mine in by_id.items():
        found = size_factor(mine, cameras)
        if found is None:
            continue
        factor, spread, miss_m = found
        off = abs(factor - 1.0)
        if off > max(_OFF, _SURE * spread) and miss_m < _FITS_M and (worst is None or off > worst[0]):
            worst = (off, number, factor)
    if worst is None:
        return None
    _, number, factor = worst
    real_mm, said_mm = 1000 * sizes_m[number] * factor, 1000 * sizes_m[number]
    return Finding(
        "size",
        (number,),
        f"tag {number} is {real_mm:.0f} mm wide beside the others, not {said_mm:g} mm",
        f"Measure its black square and give --size-of {number}:{real_mm:.0f}; tag {number} is left out",
        value=real_mm,
    )


def size_factor(looks: Sequence[Look], cameras: Mapping[int, F64]) -> tuple[float, float, float] | None:
    """By what factor a tag is larger than its looks took it to be, how sure that is, and by how much
    the lines of sight miss each other, metres, rms; None from too few cameras or all in one place.

    Each camera at c sees the middle at c + k d, d as far as the size given makes it: k and the middle
    are those that fit all best.
    """
    if len(looks) < _LEAST_LOOKS:
        return None
    rows, right = [], []
    for look in looks:
        camera = cameras[look.picture]
        away = camera[:3, :3] @ look.poses[0][:3, 3]
        weight = 1.0 / max(float(np.linalg.norm(away)), 0.1)
        rows.append(np.column_stack([-away, np.eye(3)]) * weight)
        right.append(camera[:3, 3] * weight)
    sights = np.array([row[:, 0] / np.linalg.norm(row[:, 0]) for row in rows])
    if float(np.min(sights @ sights.T)) > np.cos(_APART_RAD):
        return None
    matrix, wanted = np.concatenate(rows), np.concatenate(right)
    solved, _, rank, _ = np.linalg.lstsq(matrix, wanted)
    if rank < 4:
        return None
    left = matrix @ solved - wanted
    variance = float(left @ left) / max(1, len(left) - 4)
    spread = float(np.sqrt(variance * np.linalg.inv(matrix.T @ matrix)[0, 0]))
    distance = 1.0 / float(np.mean([np.max(np.abs(row[:, 1:])) for row in rows]))
    return float(solved[0]), spread, float(np.sqrt(np.mean(left**2))) * distance
