"""A first map of tags, good enough for the adjustment: from tag to camera to tag.

A square seen once has two poses that explain it almost equally well (Collins and Bartoli,
"Infinitesimal plane-based pose estimation", 2014): a camera is taken from one tag only where the better
pose is clearly better, and a tag is placed where its corners fall right in all pictures whose camera is
known. Cameras are posed by SQPnP (Terzakis and Lourakis 2020) on every tag that is placed already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import Lens, rays
from openset.stage.prints.model import tag_corners_m

CLEARLY = 2.0
"""The second pose must fit this much worse than the first, or the first is not believed alone."""
_FLIP = np.diag([1.0, -1.0, -1.0])
"""OpenCV's camera (Y down, looking along +Z) from Openset's, and back."""
_MOST_TRIED = 12
_BAD_PX = 8.0


@dataclass(frozen=True, eq=False)
class Look:
    """One tag in one picture: its corners as directions x, y (4, 2), y down, and the poses
    camera_from_tag (4, 4) that explain them, the better first; `clear` where the second hardly does."""

    picture: int
    id: int
    flat: F64
    poses: tuple[F64, ...]
    clear: bool


@dataclass(eq=False)
class Grown:
    """stage_from_tag by id and stage_from_camera by picture, (4, 4)."""

    tags: dict[int, F64]
    cameras: dict[int, F64] = field(default_factory=dict)


def look_at_tag(picture: int, number: int, corners_px: F64, lens: Lens, size_m: float) -> Look:
    """A tag's corners (4, 2), pixels, as a look; without poses where nothing explains them."""
    sight = rays(lens, corners_px)
    flat = np.ascontiguousarray(sight[:, :2] * [1.0, -1.0])
    try:
        found, turns, shifts, errors = cv2.solvePnPGeneric(
            tag_corners_m(size_m), flat, np.eye(3), np.zeros(5), flags=cv2.SOLVEPNP_IPPE_SQUARE
        )
    except cv2.error:
        return Look(picture, number, flat, (), False)
    poses = [_pose(turn, shift) for turn, shift in zip(turns, shifts, strict=True)] if found else []
    poses = [each for each in poses if np.isfinite(each).all() and each[2, 3] < 0]
    if not poses:
        return Look(picture, number, flat, (), False)
    fits = np.ravel(errors)[:2]
    clear = len(poses) == 1 or bool(fits[1] > CLEARLY * max(fits[0], 1e-9))
    return Look(picture, number, flat, tuple(poses), clear)


def groups_of(pictures: Mapping[int, Iterable[int]]) -> list[set[int]]:
    """Tags by which pictures connect them, the largest group first: `pictures` are ids by picture."""
    groups: list[set[int]] = []
    for seen in pictures.values():
        joined = set(seen)
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined] if joined else apart
    return sorted(groups, key=lambda group: (-len(group), min(group)))


def grow(
    looks: Sequence[Look],
    sizes_m: Mapping[int, float],
    placed: Mapping[int, F64],
    focal_px: float,
    cameras: Mapping[int, F64] | None = None,
) -> Grown:
    """Place every tag and camera that hangs together with those `placed` already.

    Where `cameras` are known too, no further one is taken from a single tag: it might be a double.
    """
    grown = Grown(dict(placed), dict(cameras or {}))
    pictures: dict[int, list[Look]] = {}
    for look in looks:
        if look.poses:
            pictures.setdefault(look.picture, []).append(look)
    least = (3, 2) if cameras else (3, 2, 1)
    while True:
        before = len(grown.tags) + len(grown.cameras)
        for most in least:
            if _pose_cameras(grown, pictures, sizes_m, most, focal_px):
                break
        for most in (3, 2, 1):
            if _place_tags(grown, pictures, sizes_m, most):
                break
        if len(grown.tags) + len(grown.cameras) == before:
            return grown


def _pose_cameras(
    grown: Grown,
    pictures: Mapping[int, list[Look]],
    sizes_m: Mapping[int, float],
    least: int,
    focal_px: float,
) -> bool:
    posed = False
    for picture, looks in pictures.items():
        known = [look for look in looks if look.id in grown.tags]
        if picture in grown.cameras or len(known) < least:
            continue
        pose = camera_from_tags(known, grown.tags, sizes_m, focal_px)
        if pose is not None:
            grown.cameras[picture] = pose
            posed = True
    return posed


def camera_from_tags(
    looks: Sequence[Look], tags: Mapping[int, F64], sizes_m: Mapping[int, float], focal_px: float
) -> F64 | None:
    """stage_from_camera (4, 4) from placed tags; the worst are left out while they fit badly and two
    others remain. None where one unclear tag is all there is."""
    kept = list(looks)
    while len(kept) > 1:
        corners = [corners_on_stage(tags[look.id], sizes_m[look.id]) for look in kept]
        points = np.concatenate(corners)
        flat = np.concatenate([look.flat for look in kept])
        pose = _solved(points, flat)
        if pose is None:
            break
        errors = np.array(
            [focal_px * misfit(pose, c, k.flat) for c, k in zip(corners, kept, strict=True)]
        )
        worst = int(np.argmax(errors))
        if errors[worst] < _BAD_PX or len(kept) < 3:
            return pose if np.median(errors) < _BAD_PX else None
        del kept[worst]
    for look in kept:
        if look.clear:
            return np.asarray(tags[look.id] @ np.linalg.inv(look.poses[0]))
    return None


def corners_on_stage(stage_from_tag: F64, size_m: float) -> F64:
    """A placed tag's corners (4, 3)."""
    return np.asarray(tag_corners_m(size_m) @ stage_from_tag[:3, :3].T + stage_from_tag[:3, 3])


def misfit(stage_from_camera: F64, points_m: F64, flat: F64) -> float:
    """The rms distance between where points (n, 3) lie and where they are seen, as directions (n, 2);
    infinite where one lies behind the camera."""
    seen = (points_m - stage_from_camera[:3, 3]) @ stage_from_camera[:3, :3]
    if (seen[:, 2] > -1e-3).any():
        return float("inf")
    said = seen[:, :2] / -seen[:, 2:] * [1.0, -1.0]
    return float(np.sqrt(np.mean((said - flat) ** 2)))


def _solved(points: F64, flat: F64) -> F64 | None:
    try:
        found, turn, shift = cv2.solvePnP(
            points, flat, np.eye(3), np.zeros(5), flags=cv2.SOLVEPNP_SQPNP
        )
        if not found:
            return None
        turn, shift = cv2.solvePnPRefineLM(points, flat, np.eye(3), np.zeros(5), turn, shift)
    except cv2.error:
        return None
    camera_from_stage = _pose(turn, shift)
    if not np.isfinite(camera_from_stage).all():
        return None
    return np.asarray(np.linalg.inv(camera_from_stage))


def _pose(turn: Any, shift: Any) -> F64:
    out = np.eye(4)
    out[:3, :3] = _FLIP @ cv2.Rodrigues(turn)[0]
    out[:3, 3] = _FLIP @ np.ravel(shift)
    return out


def _place_tags(
    grown: Grown, pictures: Mapping[int, list[Look]], sizes_m: Mapping[int, float], least: int
) -> bool:
    seen: dict[int, list[Look]] = {}
    for picture in grown.cameras:
        for look in pictures[picture]:
            if look.id not in grown.tags:
                seen.setdefault(look.id, []).append(look)
    placed = False
    for number, looks in seen.items():
        if len(looks) < least:
            continue
        pose = tag_from_cameras(looks, grown.cameras, sizes_m[number])
        if pose is not None:
            grown.tags[number] = pose
            placed = True
    return placed


def tag_from_cameras(looks: Sequence[Look], cameras: Mapping[int, F64], size_m: float) -> F64 | None:
    """stage_from_tag (4, 4): of all poses that single pictures offer, the one that fits the pictures
    together best. None where one unclear picture is all there is."""
    if len(looks) == 1 and not looks[0].clear:
        return None
    even = np.linspace(0, len(looks) - 1, min(len(looks), _MOST_TRIED)).astype(int)
    tried = [looks[each] for each in even]
    offers = [cameras[look.picture] @ pose for look in tried for pose in look.poses]
    fits = []
    for offer in offers:
        points = corners_on_stage(offer, size_m)
        fits.append(np.median([misfit(cameras[each.picture], points, each.flat) for each in tried]))
    return np.asarray(offers[int(np.argmin(fits))])
