"""Where to look closer: only where a tag must be, can be read, and was not found."""

from __future__ import annotations

from openset.primitives.space import look_at
from openset.stage.markers.rescue import EASY_PX, MOST_BOXES, boxes_of_missing

from .seen import LENS, ceiling, room, see

FILM = look_at((0.0, -1.6, 1.5), (0.0, 3.0, 0.9))


def test_boxes_hold_the_missing_tags_with_their_margin() -> None:
    tags = room()
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    seen = {tag.id: tag for tag in see(tags, lambda _: FILM, sd_px=0.0)}
    boxes = boxes_of_missing(corners, (), LENS, FILM)
    assert 1 <= len(boxes) <= MOST_BOXES
    for number, (left, top, right, bottom) in boxes.items():
        low, high = seen[number].corners_px.min(axis=0), seen[number].corners_px.max(axis=0)
        assert (high - low).min() <= EASY_PX
        border = 0.5 * (high - low)
        assert left < low[0] - border[0]
        assert top < low[1] - border[1]
        assert right > high[0] + border[0]
        assert bottom > high[1] + border[1]


def test_what_was_found_given_up_behind_or_turned_away_is_not_looked_for() -> None:
    tags = room()
    corners = {number: tag.corners_m for number, tag in tags.tags.items()}
    boxes = boxes_of_missing(corners, (), LENS, FILM)
    some = next(iter(boxes))
    assert some not in boxes_of_missing(corners, [some], LENS, FILM)
    assert some not in boxes_of_missing(corners, (), LENS, FILM, [some])
    assert boxes_of_missing(corners, corners, LENS, FILM) == {}
    away = look_at((0.0, -1.6, 1.5), (0.0, -9.0, 1.5))
    assert boxes_of_missing(corners, (), LENS, away) == {}
    above = look_at((0.1, -0.2, 9.0), (0.1, 0.1, 2.7))
    from_behind = {number: tag.corners_m for number, tag in ceiling().tags.items()}
    assert boxes_of_missing(from_behind, (), LENS, above) == {}
