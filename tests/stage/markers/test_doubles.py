"""Two tags with one id."""

from __future__ import annotations

import numpy as np

from openset.stage.markers.doubles import hung_twice, seen_twice
from openset.stage.markers.grow import Look, corners_on_stage
from openset.stage.markers.model import SeenTag

CORNERS = np.zeros((4, 2))


def test_an_id_that_stands_twice_in_a_picture_is_taken_out_everywhere() -> None:
    frames = [
        (SeenTag(1, CORNERS), SeenTag(2, CORNERS), SeenTag(2, CORNERS)),
        (SeenTag(1, CORNERS), SeenTag(2, CORNERS)),
    ]
    cleaned, (said,) = seen_twice(frames)
    assert [[tag.id for tag in frame] for frame in cleaned] == [[1], [1]]
    assert said.tags == (2,)
    assert not said.grave  # it is left out, and the map is good without it
    assert "1 of 2 pictures show it in two places" in said.text


def _look(picture: int, camera: np.ndarray, tag: np.ndarray) -> Look:
    points = corners_on_stage(tag, 0.2)
    seen = (points - camera[:3, 3]) @ camera[:3, :3]
    flat = seen[:, :2] / -seen[:, 2:] * [1.0, -1.0]
    return Look(picture, 5, flat, (np.linalg.inv(camera) @ tag,), clear=True)


def _at(x: float, y: float, z: float) -> np.ndarray:
    out = np.eye(4)
    out[:3, 3] = x, y, z
    return out


CAMERAS = {each: _at(0.3 * each, 0.1 * each, 3.0) for each in range(5)}


def test_looks_that_agree_on_a_second_place_name_the_tag() -> None:
    outside = [_look(each, CAMERAS[each], _at(1.0, 0.5, 0.0)) for each in (0, 2, 4)]
    said = hung_twice(outside, CAMERAS, {5: np.eye(4)}, {5: 5}, {5: 0.2}, 1000.0)
    assert said is not None
    assert said.tags == (5,)
    assert "two places 1.12 m apart" in said.text  # the root of 1 + 0.25


def test_looks_that_agree_on_nothing_are_only_bad_looks() -> None:
    places = (_at(1.0, 0.5, 0.0), _at(-1.0, 0.2, 0.3), _at(0.2, -0.9, 0.1))
    outside = [_look(each, CAMERAS[each], place) for each, place in enumerate(places)]
    assert hung_twice(outside, CAMERAS, {5: np.eye(4)}, {5: 5}, {5: 0.2}, 1000.0) is None


def test_two_bad_looks_of_many_good_ones_are_no_second_place() -> None:
    outside = [_look(each, CAMERAS[each], _at(1.0, 0.5, 0.0)) for each in (0, 2)]
    assert hung_twice(outside, CAMERAS, {5: np.eye(4)}, {5: 40}, {5: 0.2}, 1000.0) is None
