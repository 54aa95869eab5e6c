"""Tags of the simulated stage as a camera sees them on a walk: the simulation's own optics, gaussian
corner noise, and how far a solved map is from the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from openset.primitives.space import F64, pose_from_matrix
from openset.sim.optics import Optics
from openset.sim.prints import Sheet
from openset.sim.sightings import in_view, rolling_corners, still, tag_corners
from openset.sim.walks import WITNESS, Walk, WalkAround
from openset.stage.lens.model import Lens
from openset.stage.markers.model import PlacedTag, SeenTag, TagMap

SMALLEST_PX = 18.0
CORNER_SD_PX = 0.045


def lens_of(optics: Optics = WITNESS) -> Lens:
    """The simulated lens as the stage knows it."""
    return Lens(
        optics.width_px, optics.height_px, optics.f_px, optics.f_px, optics.cx_px, optics.cy_px,
        optics.k1, optics.k2, optics.p1, optics.p2, optics.k3,
    )  # fmt: skip


def seen_on(
    path: Walk | WalkAround,
    sheets: Sequence[Sheet],
    times_s: Sequence[float],
    *,
    seed: int = 1,
    sd_px: float = CORNER_SD_PX,
    optics: Optics = WITNESS,
    readout_s: float = 0.0,
) -> list[tuple[SeenTag, ...]]:
    """What a perfect detector with noisy corners finds in one picture at each time."""
    random = np.random.default_rng(seed)
    frames = []
    for time_s in times_s:
        eye, rotation = path.at(time_s)
        seen = []
        for sheet in sheets:
            if not in_view(optics, eye, rotation, sheet, 4.0):
                continue
            if readout_s:
                corners = rolling_corners(optics, path.from_time(time_s), sheet, readout_s)
            else:
                corners = tag_corners(optics, *still(eye, rotation)(0.0), sheet)
            edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
            if edges.min() > SMALLEST_PX:
                seen.append(SeenTag(sheet.id, corners + random.normal(0.0, sd_px, (4, 2))))
        frames.append(tuple(seen))
    return frames


def true_map(sheets: Sequence[Sheet], size_m: Mapping[int, float] | float) -> TagMap:
    """The sheets as they hang."""
    placed = {}
    for sheet in sheets:
        size = size_m if isinstance(size_m, float) else size_m[sheet.id]
        placed[sheet.id] = PlacedTag(sheet.id, size, pose_from_matrix(sheet.stage_from_print))
    return TagMap(placed)


def errors_m(found: TagMap, truth: TagMap) -> dict[int, F64]:
    """How far each tag's middle is off (3,), along the found map's axes, after the rigid motion that
    fits all corners best."""
    shared = sorted(set(found.tags) & set(truth.tags))
    wanted = np.concatenate([truth.tags[each].corners_m for each in shared])
    got = np.concatenate([found.tags[each].corners_m for each in shared])
    wanted_middle, got_middle = wanted.mean(axis=0), got.mean(axis=0)
    left, _, right = np.linalg.svd((got - got_middle).T @ (wanted - wanted_middle))
    turn = left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right
    off = got - got_middle - (wanted - wanted_middle) @ turn.T
    return dict(zip(shared, off.reshape(-1, 4, 3).mean(axis=1), strict=True))


def map_error_mm(found: TagMap, truth: TagMap) -> float:
    """The rms distance of the tags' middles from where they hang, millimetres."""
    off = np.array(list(errors_m(found, truth).values()))
    return 1000.0 * float(np.sqrt(np.mean(np.sum(off**2, axis=1))))


def between_m(truth: TagMap, first: int, second: int) -> float:
    """The true distance between the middles of two tags."""
    one, other = (np.array(truth.tags[each].stage_from_tag.position_m) for each in (first, second))
    return float(np.linalg.norm(one - other))
