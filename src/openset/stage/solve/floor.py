"""Tags and tracker on one floor: a map measured from another origin is taken onto the tracker's.

The set stands where the tracker says the floor is, so the tracker's floor counts and the map moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.markers.model import CameraView, SeenTag, TagMap
from openset.stage.markers.pose import solve_pose
from openset.stage.solve.image import lens_with
from openset.stage.solve.model import LENS, Marks, Path, Problem

FAR_M, FAR_RAD = 0.5, 0.1
"""Nearer than this it is one floor, and the camera only sits elsewhere on the tracker than was assumed,
which the solve finds."""
MOST_FRAMES = 60
FEWEST_FRAMES = 5


@dataclass(frozen=True)
class Floors:
    """Where the map's origin is on the tracker's floor, how far off that is, and from how many frames
    it was found."""

    tracker_from_map: Pose
    distance_m: float
    angle_rad: float
    frames: int

    @property
    def apart(self) -> bool:
        """Whether these are two floors."""
        return self.distance_m > FAR_M or self.angle_rad > FAR_RAD


def floors_between(problem: Problem, tag_map: TagMap, path: Path) -> Floors | None:
    """The map's floor on that of `path`, the tracker's at the frames; None where too few frames see
    tags of the map."""
    frames, places, turns = [], [], []
    for frame, tags in _seen(problem, MOST_FRAMES).items():
        lens = lens_with(problem.lenses[problem.lens_of[frame]], problem.prior.values[LENS])
        found = solve_pose([CameraView(lens, tags)], tag_map)
        if found is None:
            continue
        matrix = found.stage_from_body.matrix
        turns.append(path.rotations[frame] @ matrix[:3, :3].T)
        frames.append(frame)
        places.append(matrix[:3, 3])
    if len(frames) < FEWEST_FRAMES:
        return None
    turned = _middle_turn(np.array(turns))
    offsets = path.positions_m[frames] - np.array(places) @ turned.T
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned, np.median(offsets, axis=0)
    shift = float(np.median(np.linalg.norm(path.positions_m[frames] - np.array(places), axis=1)))
    angle = float(np.linalg.norm(vector_from_matrix(turned)))
    return Floors(pose_from_matrix(matrix), shift, angle, len(frames))


def moved_marks(marks: Marks, tracker_from_map: Pose) -> Marks:
    """The known marks on the tracker's floor."""
    matrix = tracker_from_map.matrix
    return replace(marks, known_m=marks.known_m @ matrix[:3, :3].T + matrix[:3, 3])


def _seen(problem: Problem, most: int) -> Mapping[int, tuple[SeenTag, ...]]:
    """The mapped tags of up to `most` frames spread over the take."""
    sightings, marks = problem.sightings, problem.marks
    mapped = (marks.tag[sightings.mark] >= 0) & marks.known[sightings.mark]
    chosen = sightings.only(mapped)
    frames = np.unique(chosen.frame)
    picked = frames[np.linspace(0, len(frames) - 1, min(most, len(frames))).astype(int)]
    out: dict[int, tuple[SeenTag, ...]] = {}
    for frame in picked.tolist():
        here = chosen.only(chosen.frame == frame)
        here = here.only(np.argsort(here.mark))
        tags = marks.tag[here.mark]
        out[frame] = tuple(
            SeenTag(int(tag), here.pixels[tags == tag])
            for tag in np.unique(tags)
            if (tags == tag).sum() == 4
        )
    return out


def _middle_turn(turns: F64) -> F64:
    """The rotation in the middle of many, by the median about the first guess."""
    middle = turns[len(turns) // 2]
    for _ in range(4):
        middle = middle @ matrix_from_vector(np.median(vector_from_matrix(middle.T @ turns), axis=0))
    return np.asarray(middle)
