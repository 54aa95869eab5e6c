"""Simulated walks: as fast as they say, the same every time, and looking at the prints."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim.sightings import in_view
from openset.sim.walks import (
    SHOULDER,
    WITNESS,
    Stage,
    Walk,
    WalkAround,
    ceiling,
    ceiling_round,
    ceiling_walk,
    looking,
    room,
    rotation_from_vector,
    stage_round,
    stage_set,
    stage_walk,
)


def degrees_a_second(walk: Walk | WalkAround) -> float:
    step = 1e-4
    rates = []
    for time_s in np.linspace(0.0, 10.0, 80):
        turn = walk.at(time_s)[1].T @ walk.at(time_s + step)[1]
        rates.append(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) / step)
    return float(np.sqrt(np.mean(np.square(rates))))


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    assert np.allclose(rotation_from_vector(np.array([0, 0, np.pi / 2])) @ [1, 0, 0], [0, 1, 0])


def test_a_camera_looks_where_it_is_told_with_up_upwards() -> None:
    rotation = looking(np.array([0.0, -3.0, 1.0]), np.array([0.0, 2.0, 1.0]))
    assert np.allclose(rotation @ [0, 0, -1], [0, 1, 0])
    assert np.allclose(rotation @ [0, 1, 0], [0, 0, 1])


@pytest.mark.parametrize("walk", [stage_walk(3), ceiling_round(3), stage_round(3)])
def test_poses_are_rotations_and_the_same_every_time(walk: Walk | WalkAround) -> None:
    position, rotation = walk.at(4.2)
    assert np.allclose(rotation.T @ rotation, np.eye(3))
    assert np.isclose(np.linalg.det(rotation), 1.0)
    again = walk.from_time(4.0)(0.2)
    assert np.allclose(position, again[0])
    assert np.allclose(rotation, again[1])


def test_a_shoulder_rig_is_a_quarter_as_fast_as_a_hand() -> None:
    hand, shoulder = (degrees_a_second(stage_walk(3, v)) for v in (1.0, SHOULDER))
    assert 6.0 < hand < 20.0
    assert 0.18 < shoulder / hand < 0.33


def test_the_witness_sees_about_nine_tags_and_the_film_camera_about_thirty() -> None:
    counts = []
    for sheets, walk in ((ceiling(1), ceiling_walk(1)), (stage_set(1), stage_walk(1))):
        seen = [sum(in_view(WITNESS, *walk.at(t), s) for s in sheets) for t in np.linspace(0, 10, 20)]
        counts.append(np.mean(seen))
    assert 6 < counts[0] < 12
    assert 25 < counts[1] <= 33


def test_a_walk_around_sees_every_tag_from_many_sides() -> None:
    for sheets, path in ((ceiling(2), ceiling_round(2)), (stage_set(2), stage_round(2))):
        times = np.linspace(0, 24, 60)
        often = [sum(in_view(WITNESS, *path.at(t), s) for t in times) for s in sheets]
        assert min(often) >= 4


def test_stages_have_their_tags_once_and_hang_them_by_the_seed() -> None:
    assert [len(ceiling()), len(stage_set())] == [35, 33]
    sheets = {s.id: s for s in stage_set(5)}
    assert len(sheets) == 33
    assert not np.allclose(stage_set(6)[0].position_m, stage_set(5)[0].position_m)
    whole = Stage(sheets, room(5))
    assert len(whole.sheets) == 35
    assert all(sheet.backdrop for sheet in whole.room)
