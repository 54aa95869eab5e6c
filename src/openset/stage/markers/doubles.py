"""Two tags with one id: seen in one picture, or found in two places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.finding import Finding
from openset.stage.markers.grow import Look, corners_on_stage, misfit, tag_from_cameras
from openset.stage.markers.model import SeenTag

_FEW = 2
_PART = 0.15
"""Of a tag's looks, so many must speak for the second place."""
_FITS_PX = 3.0
_MISFITS = 3.0
"""The place on the map must fit these looks so many times worse than the second place."""
_APART = 0.25
"""Two places are two when they lie further apart than this part of the tag's size."""


def seen_twice(
    frames: Sequence[tuple[SeenTag, ...]],
) -> tuple[list[tuple[SeenTag, ...]], tuple[Finding, ...]]:
    """The pictures without the ids that stand twice in one of them, and those ids, named."""
    twice: dict[int, int] = {}
    for frame in frames:
        ids = [tag.id for tag in frame]
        for each in {each for each in ids if ids.count(each) > 1}:
            twice[each] = twice.get(each, 0) + 1
    cleaned = [tuple(tag for tag in frame if tag.id not in twice) for frame in frames]
    findings = tuple(
        Finding(
            "double",
            (number,),
            f"tag {number} hangs more than once: {count} of {len(frames)} pictures show it in two "
            "places",
            f"Take one of them down, or print it with a number of its own; tag {number} is left out",
        )
        for number, count in sorted(twice.items())
    )
    return cleaned, findings


def hung_twice(
    outside: Sequence[Look],
    cameras: Mapping[int, F64],
    tags: Mapping[int, F64],
    seen_in: Mapping[int, int],
    sizes_m: Mapping[int, float],
    focal_px: float,
) -> Finding | None:
    """Of the looks that did not fit the map: the tag whose own agree on another place, if one does;
    the one with most of them where several do. `seen_in` counts the looks that did fit, by id."""
    by_id: dict[int, list[Look]] = {}
    for look in outside:
        if look.picture in cameras and look.poses and look.id in tags:
            by_id.setdefault(look.id, []).append(look)
    best: Finding | None = None
    most = 0
    for number, looks in by_id.items():
        enough = max(_FEW, _PART * (len(looks) + seen_in.get(number, 0)))
        if len(looks) < enough or len(looks) <= most:
            continue
        size = sizes_m[number]
        other = tag_from_cameras(looks, cameras, size)
        if other is None:
            continue
        here, there = (
            focal_px * _usual_misfit(corners_on_stage(pose, size), looks, cameras)
            for pose in (tags[number], other)
        )
        away = float(np.linalg.norm(other[:3, 3] - tags[number][:3, 3]))
        if there < _FITS_PX and here > _MISFITS * there and here > _FITS_PX and away > _APART * size:
            most = len(looks)
            best = _double(number, away, len(looks))
    return best


def _usual_misfit(points_m: F64, looks: Sequence[Look], cameras: Mapping[int, F64]) -> float:
    return float(np.median([misfit(cameras[each.picture], points_m, each.flat) for each in looks]))


def _double(number: int, away_m: float, looks: int) -> Finding:
    return Finding(
        "double",
        (number,),
        f"tag {number} was found in two places {away_m:.2f} m apart ({looks} pictures show the second)",
        f"Two sheets carry this number, or it was moved while you filmed: take one down, or hang it "
        f"still and film again; tag {number} is left out",
        value=away_m * 1000,
    )
