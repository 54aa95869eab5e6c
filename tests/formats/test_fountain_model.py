"""Scenes are cut at their headings and numbered; elements are equal wherever they stand."""

from __future__ import annotations

import pytest

from openset.formats.fountain_model import Element, Scene, numbered_scenes


def test_elements_and_scenes_are_equal_wherever_they_stand() -> None:
    assert Element("action", "x", 3) == Element("action", "x", 9)
    assert Scene("1", "INT. A", 3, ()) == Scene("1", "INT. A", 9, ())


def test_scenes_count_around_the_numbers_that_are_given() -> None:
    headings = ("INT. A", "INT. B #1#", "INT. C", "INT. D #3#", "INT. E")
    script = numbered_scenes({}, [Element("heading", each, 7) for each in headings])
    assert [(each.number, each.heading, each.numbered) for each in script.scenes] == [
        ("2", "INT. A", False),
        ("1", "INT. B", True),
        ("4", "INT. C", False),
        ("3", "INT. D", True),
        ("5", "INT. E", False),
    ]


@pytest.mark.parametrize(
    ("typed", "heading", "number"),
    [
        ("INT. A #12-A#", "INT. A", "12-A"),
        ("INT. A#1# ", "INT. A", "1"),
        ("INT. A # 1 #", "INT. A", "1"),
        ("#1#", "", "1"),
        ("INT. A #1# #2#", "INT. A #1#", "2"),
        ("INT. A ##", "INT. A ##", ""),
        ("INT. A # #", "INT. A # #", ""),
        ("INT. A 1#", "INT. A 1#", ""),
        ("#", "#", ""),
        ("INT. A #1# B", "INT. A #1# B", ""),
    ],
)
def test_a_number_stands_between_signs_at_the_end(typed: str, heading: str, number: str) -> None:
    (scene,) = numbered_scenes({}, [Element("heading", typed)]).scenes
    assert (scene.heading, scene.number, scene.numbered) == (heading, number or "1", bool(number))


def test_what_precedes_the_first_heading_is_the_opening() -> None:
    parts = [Element("action", "a"), Element("heading", "INT. A"), Element("action", "b")]
    script = numbered_scenes({"title": "T"}, parts)
    assert (script.opening, script.scenes[0].elements) == ((parts[0],), (parts[2],))
    assert numbered_scenes({}, parts[:1]).scenes == ()
