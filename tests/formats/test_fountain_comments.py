"""Comments and notes are taken out, and every line keeps its number."""

from __future__ import annotations

import pytest

from openset.formats.fountain_comments import lines_of, take_notes, without_comments


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a /* b */ c\nd", [(1, "a c"), (2, "d")]),
        ("a\n/* b\n\nc */\nd", [(1, "a"), (5, "d")]),
        ("a\n\n/* b */", [(1, "a"), (2, "")]),
        ("a /* b", [(1, "a /* b")]),
        ("a */ b", [(1, "a */ b")]),
        ("/* b */  a", [(1, "a")]),
    ],
)
def test_a_comment_is_gone_and_its_own_line_with_it(text: str, lines: list[tuple[int, str]]) -> None:
    assert [(line.number, line.text) for line in lines_of(without_comments(text))] == lines


def test_notes_are_taken_with_the_line_they_begin_in() -> None:
    text, notes = take_notes("a [[VFX: rain]] b\n[[two\nlines]]\n[[open\n\n]]")
    assert [(note.line, note.text) for note in notes] == [(1, "VFX: rain"), (2, "two lines")]
    assert [line.text for line in lines_of(text)] == ["a b", "[[open", "", "]]"]
    assert notes[0].tag == ("VFX", "rain")
    assert notes[1].tag is None
