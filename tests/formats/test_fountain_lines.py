"""What a line of Fountain is by its form."""

from __future__ import annotations

import pytest

from openset.formats.fountain_lines import (
    HEADING_WORDS,
    Line,
    heading_pattern,
    read_cue,
    standing_alone,
    take_title_page,
)

HEADINGS = heading_pattern(HEADING_WORDS)


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("BOB", ("BOB", (), False)),
        ("BOB (V.O.) (CONT'D) ^", ("BOB", ("V.O.",), True)),
        ("BOB(O.S.)^", ("BOB", ("O.S.",), True)),
        ("BOB (", None),
        ("BOB )", None),
        ("BOB (a) B", None),
        ("BOB (a (b))", None),
        ("(V.O.)", None),
        ("BO^B", None),
        ("^", None),
    ],
)
def test_a_cue_is_a_name_with_whole_brackets(
    text: str, cue: tuple[str, tuple[str, ...], bool] | None
) -> None:
    assert read_cue(text) == cue


@pytest.mark.parametrize(
    ("text", "below", "kind"),
    [
        ("INT. A", "", "heading"),
        ("INT A", "more", "character"),
        ("INT A", "", "heading"),
        ("..A", "", "action"),
        (".A", "more", "heading"),
        ("CUT TO:", "", "transition"),
        ("CUT TO:", "more", "action"),
        ("===", "", "page_break"),
        ("==", "", "synopsis"),
        ("> A <", "", "centred"),
        ("> A", "", "transition"),
        ("!INT. A", "", "action"),
        ("@bob", "", "character"),
        ("BOB", "", "action"),
        ("BOB", "more", "character"),
    ],
)
def test_a_line_is_what_its_form_and_the_line_below_say(text: str, below: str, kind: str) -> None:
    assert standing_alone(Line(1, text), Line(2, below), True, HEADINGS).kind == kind


def test_a_title_page_ends_at_the_first_blank_line() -> None:
    lines = [Line(n, text) for n, text in enumerate(("Title: A", "    b", "Credit:", "", "c"), start=1)]
    assert take_title_page(lines, HEADINGS) == ({"title": "A\nb", "credit": ""}, lines[3:])
