"""The stage's frame on the tags of the floor."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64
from openset.stage.markers.floor import floor_plane, map_from_stage, not_on_the_floor


def _at(x: float, y: float, z: float, turn: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> F64:
    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array(turn))
    out[:3, 3] = x, y, z
    return out


FLOOR = {
    0: _at(1.0, 1.0, 0.0),
    1: _at(3.0, 1.0, 0.0),
    2: _at(1.0, 4.0, 0.0, (0.0, 0.0, 0.5)),
    3: _at(3.0, 4.0, 0.0),
}
WALL = {9: _at(2.0, 6.0, 1.5, (np.pi / 2, 0.0, 0.0))}
TAGS = FLOOR | WALL
SIZES = dict.fromkeys(TAGS, 0.2)
TILT = _at(0.3, -0.2, 0.7, (0.4, -0.2, 1.0))
TILTED = {each: TILT @ pose for each, pose in TAGS.items()}
"""The same map in another frame, as the adjustment may have it."""


def _on_stage(frame: F64, tag: int) -> F64:
    return np.asarray((np.linalg.inv(frame) @ TILTED[tag])[:3, 3])


def test_the_floor_is_level_and_the_origin_is_the_first_floor_tag() -> None:
    frame = map_from_stage(TILTED, SIZES, (0, 1, 2, 3))
    np.testing.assert_allclose(_on_stage(frame, 0), 0.0, atol=1e-9)
    np.testing.assert_allclose(_on_stage(frame, 1), (2.0, 0.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(_on_stage(frame, 9), (1.0, 5.0, 1.5), atol=1e-9)


def test_ahead_is_towards_the_tag_that_is_named() -> None:
    frame = map_from_stage(TILTED, SIZES, (0, 1, 2), origin=0, towards=1)
    np.testing.assert_allclose(_on_stage(frame, 1), (0.0, 2.0, 0.0), atol=1e-9)


@pytest.mark.parametrize("turned", [0.0, np.pi / 4, -np.pi / 2, np.pi])
def test_an_origin_on_the_wall_is_the_floor_below_it_and_ahead_is_into_the_wall(turned: float) -> None:
    """However the sheet is turned on the wall."""
    hung = TILTED | {9: TILTED[9] @ _at(0.0, 0.0, 0.0, (0.0, 0.0, turned))}
    frame = map_from_stage(hung, SIZES, (0, 1, 2), origin=9)
    np.testing.assert_allclose(_on_stage(frame, 9), (0.0, 0.0, 1.5), atol=1e-9)
    np.testing.assert_allclose(_on_stage(frame, 0), (-1.0, -5.0, 0.0), atol=1e-9)


def test_one_tag_on_the_floor_is_enough() -> None:
    np.testing.assert_allclose(
        _on_stage(map_from_stage(TILTED, SIZES, (1,)), 0), (-2.0, 0.0, 0.0), atol=1e-9
    )


def test_without_a_floor_the_frame_is_the_tags_own() -> None:
    np.testing.assert_allclose(map_from_stage(TILTED, SIZES, origin=9), TILTED[9])


@pytest.mark.parametrize("frame", [((0, 77), None, None), ((0,), 77, None), ((0,), 0, 77)])
def test_a_tag_that_is_not_on_the_map_is_named(
    frame: tuple[tuple[int, ...], int | None, int | None],
) -> None:
    with pytest.raises(BadInput, match="tag 77 is not on the map"):
        map_from_stage(TILTED, SIZES, *frame)


def test_ahead_cannot_be_towards_the_origin_itself() -> None:
    with pytest.raises(BadInput, match="Name a tag further away"):
        map_from_stage(TILTED, SIZES, (0, 1, 2), origin=0, towards=0)


def test_the_floor_plane_points_up_where_the_sheets_are_read_from() -> None:
    _, up = floor_plane(TAGS, SIZES, (0, 1, 2))
    np.testing.assert_allclose(up, (0.0, 0.0, 1.0), atol=1e-9)


def test_a_tag_that_lies_on_a_box_is_named_with_its_height() -> None:
    raised = TAGS | {3: _at(3.0, 4.0, 0.04)}
    (said,) = [each for each in not_on_the_floor(raised, SIZES, (0, 1, 2, 3)) if each.tags == (3,)]
    assert "tag 3 lies 4.0 cm above the floor" in said.text
    assert not not_on_the_floor(TAGS, SIZES, (0, 1, 2, 3))
