"""Where tags must be: around each that the camera can read, and nowhere else."""

from __future__ import annotations

import numpy as np

from openset.primitives.space import look_at
from openset.stage.markers.expected import LEAST_SIDE_PX, expected_boxes

from .seen import LENS, ceiling, room, see

FILM = look_at((0.0, -1.6, 1.5), (0.0, 3.0, 0.9))


def test_every_tag_that_is_seen_whole_has_its_piece_with_room_around_it() -> None:
    tags = room()
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    seen = {tag.id: tag for tag in see(tags, lambda _: FILM, sd_px=0.0)}
    boxes = expected_boxes(corners, LENS, FILM)
    sides = {number: np.ptp(tag.corners_px, axis=0).min() for number, tag in seen.items()}
    inside = {number for number, tag in seen.items() if tag.corners_px.min() > 5}
    assert {number for number in inside if sides[number] > LEAST_SIDE_PX + 1} <= set(boxes)
    assert set(boxes) <= set(seen)
    for number, (left, top, right, bottom) in boxes.items():
        low, high = seen[number].corners_px.min(axis=0), seen[number].corners_px.max(axis=0)
        border = 0.2 * (high - low) + 15
        assert left < low[0] - border[0]
        assert top < low[1] - border[1]
        assert right > high[0] + border[0]
        assert bottom > high[1] + border[1]


def test_what_was_given_up_is_behind_or_turned_away_is_not_looked_for() -> None:
    tags = room()
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    some = next(iter(expected_boxes(corners, LENS, FILM)))
    assert some not in expected_boxes(corners, LENS, FILM, [some])
    assert expected_boxes(corners, LENS, FILM, corners) == {}
    away = look_at((0.0, -1.6, 1.5), (0.0, -9.0, 1.5))
    assert expected_boxes(corners, LENS, away) == {}
    above = look_at((0.1, -0.2, 9.0), (0.1, 0.1, 2.7))
    from_behind = {number: tag.corners_m for number, tag in ceiling().tags.items()}
    assert expected_boxes(from_behind, LENS, above) == {}
    assert expected_boxes({}, LENS, FILM) == {}
