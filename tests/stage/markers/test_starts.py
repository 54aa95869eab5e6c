"""Closed-form poses: right from nothing, and two where a plane has two."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import Pose, look_at
from openset.stage.markers.equations import SeenCorners, seen_corners
from openset.stage.markers.model import CameraView, TagMap
from openset.stage.markers.starts import is_flat, starts_from_all, starts_from_single_tags

from .seen import LENS, ceiling, placed, room, see, turn

WITNESS = look_at((0.1, -0.2, 1.2), (0.4, 0.3, 2.7))
FILM = look_at((0.0, -0.8, 1.5), (0.0, 3.0, 0.9))


def made(tags: TagMap, body: Pose, mount: Pose | None = None) -> tuple[SeenCorners, ...]:
    sits = mount or Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    seen = see(tags, lambda _: body, body_from_camera=sits, sd_px=0.0)
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    return seen_corners([CameraView(LENS, seen, sits)], corners)


def nearest_m(starts: list[tuple[np.ndarray, np.ndarray]], truth: Pose) -> float:
    return min(float(np.linalg.norm(place - truth.position_m)) for place, _ in starts)


def test_a_room_and_a_ceiling_give_one_start_and_one_tag_gives_two() -> None:
    for tags, truth in ((room(), FILM), (ceiling(), WITNESS)):
        starts = starts_from_all(made(tags, truth))
        assert len(starts) == 1
        assert nearest_m(starts, truth) < 0.01
    starts = starts_from_all(made(TagMap({8: room().tags[8]}), FILM))
    assert len(starts) == 2
    assert nearest_m(starts, FILM) < 0.01


def test_a_start_is_of_the_body_and_not_of_the_camera_on_it() -> None:
    mount = Pose((0.1, -0.05, 0.03), look_at((0, 0, 0), (0.2, 0.1, -1.0)).rotation_wxyz)
    (start,) = starts_from_all(made(room(), FILM, mount))
    assert start[0] == pytest.approx(np.array(FILM.position_m), abs=0.01)
    assert start[1] == pytest.approx(FILM.matrix[:3, :3], abs=0.01)


def test_each_tag_alone_gives_starts_too() -> None:
    starts = list(starts_from_single_tags(made(room(), FILM)))
    assert len(starts) >= 6
    assert nearest_m(starts, FILM) < 0.05


def test_a_wall_is_flat_and_a_room_is_not() -> None:
    tags = room()
    wall = np.concatenate([tags.tags[number].corners_m for number in range(18)])
    assert is_flat(np.array(placed(1, 0.2, np.zeros(3), turn(0.3, 0.2, 0.1)).corners_m))
    assert not is_flat(np.concatenate([wall, tags.tags[20].corners_m]))
