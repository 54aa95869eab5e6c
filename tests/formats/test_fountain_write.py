"""Scripts written as Fountain: read back they are the same, and nothing is forced that need not be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.fountain import parse
from openset.formats.fountain_model import Element, Scene, Script
from openset.formats.fountain_write import write

PAGE = """\
Title:
    _**THE LANE**_
    a market story
Credit: written by
Author: Ama Mensah

# ACT ONE

= Kofi sells his radio.

INT. MARKET HALL - DAY #12A-2#

[[VFX: the hall is the set]]

Rain on a tin roof. ÉLODIE waits.

ÉLODIE (V.O.)
(quietly)
It was never *his* radio.
[[note: softer]]
Wait!

KOFI ^
I know.

!SHE GOES...
And he stays.

~ Sing with me
~ in the rain

CUT TO:

.THE LANE

> Fade out

> **THE END** <

===

@فاطمة
نعم
  
تعال
"""


def round_trip(text: str) -> None:
    script = parse(text)
    assert parse(write(script)) == script


def test_a_page_as_a_writer_types_it_comes_back_letter_by_letter() -> None:
    # "Wait!" goes on with the dialogue above the note, which is why the note moves behind it.
    assert write(parse(PAGE)) == PAGE.replace(
        "radio.\n[[note: softer]]\nWait!", "radio.\nWait!\n[[note: softer]]"
    )


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "\nNote: this is action\nand so is this",
        "Title: One\nАвтор:\n\tAna\n\tMira",
        "/* out */Title: One",
        "a [[*/]] /* b",
        "[[one [[two]] three]]",
        "An [[ open\n\nbracket ]]",
        "\n@McAvoy\n",
        "\n@BOB\n[[n]]",
        "\nFISH\nI am\n  \n",
        "a\n!\nb",
        "\n!  indented  \n\n    so\tis this  ",
        ".#1#",
        "INT. X #1# #2#",
        "\n> \u200fx\u200f \u200f",
        "=\u0338",
        "\n= \u0338",
        "Title: x\u200f\n   y",
        "BOB\n(a)\n(b)\n~ c\nd",
        "## \n=\n~\n><\n>\n",
        "x //* y */",
        "\nBOB^\nhi",
        "Title: a /* b\n\n*/ c",
    ],
)
def test_what_was_read_is_read_again(text: str) -> None:
    round_trip(text)


def test_an_element_is_forced_where_it_would_be_read_as_another() -> None:
    opening = (
        Element("action", "INT. NOT A HEADING"),
        Element("action", "=== nor a break"),
        Element("transition", "slowly"),
        Element("character", "McAvoy"),
        Element("dialogue", "Aye."),
        Element("action", "FADE TO:"),
    )
    text = write(Script({}, (), opening))
    assert text.split("\n\n") == [
        "!INT. NOT A HEADING",
        "!=== nor a break",
        "> slowly",
        "@McAvoy\nAye.",
        "!FADE TO:\n",
    ]
    assert parse(text).opening == opening


def test_scenes_keep_the_numbers_they_were_given_and_no_others() -> None:
    scenes = (Scene("12A-2", "INT. A", 0, (), True), Scene("1", "over there", 0, ()))
    assert write(Script({}, scenes)) == "INT. A #12A-2#\n\n.over there\n"
    assert parse(write(Script({}, scenes))).scenes == scenes


def test_speech_without_a_cue_is_made_action() -> None:
    script = Script({}, (), (Element("dialogue", "Who said that?"), Element("parenthetical", "low")))
    assert write(script) == "Who said that?\n\n(low)\n"


def test_nothing_is_written_for_nothing() -> None:
    assert write(Script({}, ())) == ""


marks = st.sampled_from("@!.><~#=^*_\\\té7\0[]/* \u200f\u0338")
pieces = marks | st.sampled_from(
    [
        *(
            "\n",
            "\n\n",
            "\n  \n",
            "INT. A",
            "EXT B",
            " #1#",
            "BOB",
            "(x)",
            "text",
            "[[",
            "]]",
            "/*",
            "*/",
        ),
        *("Title:", "TO:", "\r\n", "Foo: bar", "    "),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=30).map("".join))
def test_whatever_text_was_read_is_read_again_from_what_is_written(text: str) -> None:
    round_trip(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_at_all_is_read_again_from_what_is_written(text: str) -> None:
    round_trip(text)
