"""Where the stage's frame lies in a map of tags: level on the floor's tags, or as one tag hangs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64
from openset.stage.markers.finding import Finding
from openset.stage.markers.grow import corners_on_stage

_OFF_M = 0.005
"""A tag that lies higher or lower than this does not lie on the floor."""
_LYING = 0.7
"""The cosine between a tag's and the floor's normal from which it lies, or hangs overhead."""


def map_from_stage(
    tags: Mapping[int, F64],
    sizes_m: Mapping[int, float],
    floor: Sequence[int] = (),
    origin: int | None = None,
    towards: int | None = None,
) -> F64:
    """The stage's frame (4, 4) in a map of tags, map_from_tag (4, 4) by id.

    With tags on the floor: z = 0 is the plane fitted through their corners, the origin lies at the
    middle of tag `origin` (the first of the floor where none is named), or on the floor below it; +Y
    points to the middle of tag `towards`, else along the origin tag's own up, or, however it is turned,
    into the wall it hangs on. Without: the frame of the tag `origin` as it hangs. Raises BadInput where
    a named tag is not on the map.
    """
    named = [*floor, *(each for each in (origin, towards) if each is not None)]
    for each in named:
        if each not in tags:
            raise BadInput(
                f"tag {each} is not on the map",
                where="--floor, --origin, --towards",
                todo="Name tags that were seen, or film that one too",
            )
    first = origin if origin is not None else (floor[0] if floor else min(tags))
    if not floor:
        return tags[first]
    middle, up = floor_plane(tags, sizes_m, floor)
    place = tags[first][:3, 3]
    place = place - up * float(np.dot(place - middle, up))
    ahead = _ahead(tags, first, towards, place, up)
    ahead = ahead - up * float(np.dot(ahead, up))
    length = float(np.linalg.norm(ahead))
    if length < 1e-6:
        raise BadInput(
            "the stage's +Y cannot be told: both tags stand over one point of the floor",
            where="--towards",
            todo="Name a tag further away",
        )
    ahead = ahead / length
    out = np.eye(4)
    out[:3, :3] = np.stack([np.cross(ahead, up), ahead, up], axis=1)
    out[:3, 3] = place
    return out


def floor_plane(
    tags: Mapping[int, F64], sizes_m: Mapping[int, float], floor: Sequence[int]
) -> tuple[F64, F64]:
    """A point (3,) of the plane through these tags' corners, and its upward normal (3,)."""
    points = np.concatenate([corners_on_stage(tags[each], sizes_m[each]) for each in floor])
    middle = points.mean(axis=0)
    up = np.linalg.svd(points - middle)[2][2]
    facing = sum(float(np.dot(tags[each][:3, 2], up)) for each in floor)
    return middle, up if facing >= 0 else -up


def not_on_the_floor(
    tags: Mapping[int, F64], sizes_m: Mapping[int, float], floor: Sequence[int]
) -> tuple[Finding, ...]:
    """The floor tags that do not lie in one plane with the others: of four or more, by leaving out
    each in turn."""
    found = []
    for each in floor:
        others = [other for other in floor if other != each]
        if len(others) < 3:
            continue
        middle, up = floor_plane(tags, sizes_m, others)
        height = float(np.dot(tags[each][:3, 3] - middle, up))
        rest = [abs(float(np.dot(tags[other][:3, 3] - middle, up))) for other in others]
        if abs(height) > max(_OFF_M, 3.0 * max(rest)):
            side = "above" if height > 0 else "below"
            found.append(
                Finding(
                    "floor",
                    (each,),
                    f"tag {each} lies {abs(height) * 100:.1f} cm {side} the floor of the others",
                    f"Lay tag {each} flat on the floor, or leave it out of --floor",
                    value=height * 1000,
                )
            )
    return tuple(found)


def _ahead(tags: Mapping[int, F64], first: int, towards: int | None, place: F64, up: F64) -> F64:
    if towards is not None:
        return np.asarray(tags[towards][:3, 3] - place)
    upright, out = tags[first][:3, 1], tags[first][:3, 2]
    return np.asarray(upright if abs(float(np.dot(out, up))) > _LYING else -out)
