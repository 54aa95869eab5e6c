"""Tags that were mapped from another origin than the tracker's."""

from dataclasses import replace
from typing import Any

import numpy as np

from openset.primitives.space import pose_from_matrix, pose_from_pan_tilt_roll
from openset.sim.walks import stage_set
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.solve.bundle import raw_path
from openset.stage.solve.floor import floors_between, moved_marks


def mapped(moved: Any, seed: int) -> TagMap:
    """The simulation's tags, all moved rigidly: (4, 4)."""
    tags = {}
    for sheet in stage_set(seed):
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = sheet.rotation, sheet.position_m
        tags[sheet.id] = PlacedTag(sheet.id, 0.2, pose_from_matrix(moved @ matrix))
    return TagMap(tags)


def test_a_map_from_another_origin_is_noticed_and_taken_onto_the_trackers_floor(taken: Any) -> None:
    take = taken(seconds=2.0, natural=5, map_error_m=0.0)
    away = pose_from_pan_tilt_roll((1.5, -0.7, 0.2), 0.4, 0.0, 0.0)
    tags = mapped(away.matrix, take.plan.seed)
    known = take.problem.marks.known_m @ away.matrix[:3, :3].T + away.matrix[:3, 3]
    marks = replace(take.problem.marks, known_m=known)
    problem = replace(take.problem, marks=marks)
    floors = floors_between(problem, tags, raw_path(problem, 0.08))
    assert floors is not None
    assert floors.apart
    back = moved_marks(marks, floors.tracker_from_map)
    off = (back.known_m - take.problem.marks.known_m)[marks.known]
    assert np.linalg.norm(off, axis=1).max() < 0.08


def test_a_map_of_the_same_floor_is_left_alone(taken: Any) -> None:
    take = taken(seconds=2.0, natural=5)
    floors = floors_between(
        take.problem, mapped(np.eye(4), take.plan.seed), raw_path(take.problem, 0.08)
    )
    assert floors is not None
    assert not floors.apart
    assert floors.distance_m < 0.05


def test_a_take_that_sees_no_mapped_tag_tells_nothing_of_floors(taken: Any) -> None:
    take = taken(seconds=1.0, natural=30, tags=False)
    assert floors_between(take.problem, TagMap({}), raw_path(take.problem, 0.0)) is None
