"""Fountain: what a writer types, in any language, becomes scenes, cues and speech."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.fountain import parse, parse_bytes
from openset.formats.fountain_model import Element, Scene, Script
from openset.formats.fountain_text import plain

SCRIPT = """\
Title:
    _**THE LANE**_
    a market story
Credit: written by
Author: Ama Mensah
Draft date: 3 March 2027

FADE IN:

# ACT ONE

= Kofi sells his radio.

INT. MARKET HALL - DAY #12A#
[[VFX: the hall is the set]]

Rain on a tin roof. [[sound: rain]] ÉLODIE waits.

ÉLODIE (V.O.) (CONT'D)
(quietly)
It was never *his* radio.

    KOFI
  Wait!
~ Sing with me

/* a scene
that was

cut */
CUT TO:

EXT. LANE - NIGHT
They run.

> **THE END** <

===
"""


def kinds(script: Script) -> list[tuple[str, str]]:
    elements = [*script.opening, *(e for scene in script.scenes for e in scene.elements)]
    return [(element.kind, element.text) for element in elements]


def scene(text: str) -> Scene:
    (only,) = parse(text).scenes
    return only


def test_a_whole_script_is_read() -> None:
    script = parse(SCRIPT)
    assert script.title_page == {
        "title": "_**THE LANE**_\na market story",
        "credit": "written by",
        "author": "Ama Mensah",
        "draft date": "3 March 2027",
    }
    assert [(s.number, s.heading, s.line) for s in script.scenes] == [
        ("12A", "INT. MARKET HALL - DAY", 14),
        ("1", "EXT. LANE - NIGHT", SCRIPT.split("\n").index("EXT. LANE - NIGHT") + 1),
    ]
    assert kinds(script) == [
        ("action", "FADE IN:"),
        ("section", "ACT ONE"),
        ("synopsis", "Kofi sells his radio."),
        ("note", "VFX: the hall is the set"),
        ("action", "Rain on a tin roof. ÉLODIE waits."),
        ("note", "sound: rain"),
        ("character", "ÉLODIE"),
        ("parenthetical", "quietly"),
        ("dialogue", "It was never *his* radio."),
        ("character", "KOFI"),
        ("dialogue", "Wait!"),
        ("lyric", "Sing with me"),
        ("transition", "CUT TO:"),
        ("action", "They run."),
        ("centred", "**THE END**"),
        ("page_break", ""),
    ]
    assert script.scenes[0].characters == ("ÉLODIE", "KOFI")


def test_elements_know_their_line_in_the_file() -> None:
    lines = SCRIPT.split("\n")
    for found in parse(SCRIPT).scenes[0].elements:
        assert found.text.split()[0] in lines[found.line - 1], found


@pytest.mark.parametrize(
    "heading",
    [
        "INT. HOUSE - DAY",
        "int. house - day",
        "EXT HOUSE",
        "EST. ACCRA",
        "INT./EXT. CAR",
        "INT/EXT CAR",
        "I/E CAR",
        "INTÉRIEUR. CUISINE - JOUR",
        "INTÉRIEUR JOUR - CUISINE",
        "INTE\u0301RIEUR. CUISINE",
        "EXTÉRIEUR NUIT",
        "INTERIOR. COCINA - DÍA",
        "EXTERIOR PLAZA - NOCHE",
        "ИНТ. КУХНЯ - ДЕНЬ",
        "НАТ. ПЛОЩАДЬ - НОЧЬ",
        "ИНТ./НАТ. МАШИНА",
        "داخلي. سوق - نهار",
        "خارجي - شارع - ليل",
        "\u200fداخلي. سوق - نهار",
        "İÇ. EV - GÜN",
        "ውስጥ. ቤት",
        "INT.HOUSE",
        "WNĘTRZE. KUCHNIA - DZIEŃ",
        "ΕΞΩΤ. ΠΛΑΤΕΙΑ - ΝΥΧΤΑ",
        "外景 市场 - 日",
        "आंतरिक. रसोई - दिन",
    ],
)
def test_a_heading_is_known_in_many_languages(heading: str) -> None:
    assert scene(f"Before.\n\n{heading}\n\nAction.").heading.endswith(heading[-4:])


@pytest.mark.parametrize(
    "line",
    [
        "INTO THE WOODS",
        "Internal doubts.",
        "Est il venu ?",
        "interior life",
        "EXTRA TIME",
        "The INT. of it",
    ],
)
def test_words_that_only_look_like_a_heading_are_action(line: str) -> None:
    assert parse(f"Before.\n\n{line}\n\nAfter.").scenes == ()


def test_a_heading_without_its_dot_needs_a_blank_line_below() -> None:
    assert kinds(parse("\nINTERIOR DECORATOR\nHello.")) == [
        ("character", "INTERIOR DECORATOR"),
        ("dialogue", "Hello."),
    ]


def test_heading_words_can_be_added() -> None:
    assert parse("\nUTRA. Soko\n").scenes == ()
    assert parse("\nUTRA. Soko\n", heading_words=["UTRA"]).scenes[0].heading == "UTRA. Soko"


def test_a_dot_forces_a_heading_and_an_ellipsis_does_not() -> None:
    assert scene(".THE LANE #7#\n\n...and on.\n\n. NOT ONE") == Scene(
        "7",
        "THE LANE",
        1,
        (Element("action", "...and on.", 3), Element("action", ". NOT ONE", 5)),
        numbered=True,
    )


def test_scenes_without_a_number_count_around_those_that_have_one() -> None:
    text = "".join(f"INT. PLACE {n}\n\n" for n in ("", "#2#", "", "#2A#", ""))
    assert [s.number for s in parse(text).scenes] == ["1", "2", "3", "2A", "4"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ÉLODIE", "ÉLODIE"),
        ("ЖЕЉКО", "ЖЕЉКО"),
        ("2ND SOLDIER", "2ND SOLDIER"),
        ("ΕΛΕΝΗ (O.S.)", "ΕΛΕΝΗ"),
        ("@فاطمة", "فاطمة"),
        ("@ሰላም (V.O.)", "ሰላም"),
        ("@McAvoy", "McAvoy"),
        ("GRANDE SŒUR ^", "GRANDE SŒUR"),
    ],
)
def test_a_cue_is_upper_case_in_any_script_or_forced(line: str, name: str) -> None:
    assert kinds(parse(f"\n{line}\nSpeech.")) == [("character", name), ("dialogue", "Speech.")]


@pytest.mark.parametrize(
    "line", ["23", "McAvoy", "فاطمة", "AND ^ (Dual)", "...", "WAIT:", "BOB (", "()"]
)
def test_a_line_that_is_no_cue_stays_action(line: str) -> None:
    assert kinds(parse(f"\n{line}\nSpeech.")) == [("action", f"{line}\nSpeech.")]


def test_extensions_and_dual_dialogue_are_kept_apart_from_the_name() -> None:
    (cue, _) = parse("\nSTEEL (on the radio) (CONT’D) ^\nBeer!").opening
    assert (cue.text, cue.extensions, cue.dual) == ("STEEL", ("on the radio",), True)


def test_two_spaces_on_a_line_keep_the_speech_open() -> None:
    assert kinds(parse("\nFISH\nI am\n  \na little fish.\n\nAction.")) == [
        ("character", "FISH"),
        ("dialogue", "I am\n\na little fish."),
        ("action", "Action."),
    ]


def test_a_forced_action_may_be_in_capitals() -> None:
    assert kinds(parse("\n!SCANNING THE AISLES...\nWhere is that pit boss?")) == [
        ("action", "SCANNING THE AISLES...\nWhere is that pit boss?")
    ]


def test_action_keeps_its_indentation() -> None:
    assert kinds(parse("A card:\n\n\tScott --\n\t  Room 412")) == [
        ("action", "A card:"),
        ("action", "    Scott --\n      Room 412"),
    ]


def test_transitions_need_room_or_a_mark() -> None:
    assert kinds(parse("\nSMASH CUT TO:\n\n> Fade to black.\n")) == [
        ("transition", "SMASH CUT TO:"),
        ("transition", "Fade to black."),
    ]


def test_a_comment_or_note_on_its_own_line_does_not_break_a_speech() -> None:
    text = "\nBOB\nOne\n/* out */\nTwo\n[[note: softer]]\nThree"
    assert kinds(parse(text)) == [
        ("character", "BOB"),
        ("dialogue", "One\nTwo\nThree"),
        ("note", "note: softer"),
    ]


def test_brackets_that_never_close_are_text() -> None:
    assert kinds(parse("\nA [[b\n\nc]] d /* e")) == [("action", "A [[b"), ("action", "c]] d /* e")]


def test_a_note_over_two_lines_is_one_note() -> None:
    assert kinds(parse("\nSo [[b\nc]] d")) == [("action", "So\nd"), ("note", "b c")]


@pytest.mark.parametrize("first", ["FADE IN:", "INT. HOUSE: DAY", "> CUT TO:", "!Note: this"])
def test_a_first_line_with_a_colon_need_not_be_a_title_page(first: str) -> None:
    assert parse(f"{first}\n\nAction.").title_page == {}


def test_a_key_said_twice_holds_both() -> None:
    assert parse("Author: Ana\nAuthor: Mira\n\n").title_page == {"author": "Ana\nMira"}


def test_a_note_may_carry_a_tag() -> None:
    notes = parse("[[VFX: rain]] [[softer]] [[Spezial effekt : smoke: red]] [[https://a.org]]").opening
    assert [note.tag for note in notes] == [
        ("VFX", "rain"),
        None,
        ("Spezial effekt", "smoke: red"),
        None,
    ]


def test_a_title_page_may_be_all_there_is() -> None:
    assert parse("Title: One\nАвтор:\n\tAna\n\tMira") == Script(
        {"title": "One", "автор": "Ana\nMira"}, ()
    )


@pytest.mark.parametrize(
    "text", ["", "\n\n", "\ufeff", "   ", "\0\0", "#", "@", ">", "<", "><", ".", "=", "~", "^"]
)
def test_next_to_nothing_is_still_a_script(text: str) -> None:
    assert parse(text).scenes == ()


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert parse("\ufeff" + SCRIPT.replace("\n", "\r\n")) == parse(SCRIPT)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("*a* **b** ***c*** _d_", "a b c d"),
        ("_under *italic* under_", "under italic under"),
        (r"**\*9765\***", "*9765*"),
        ("dialed *69 and then *23, and", "dialed *69 and then *23, and"),
        ("_69 and then 23 _", "_69 and then 23 _"),
        (r"*69 and 23\*", "*69 and 23*"),
        ("two *lines\nstay* apart", "two *lines\nstay* apart"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_plain_text_has_no_marks(typed: str, read: str) -> None:
    assert plain(typed) == read


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"INT. A\0\0", "character 6"),
        (b"\xff\xfeI", "byte 2"),
        (b"\x81\x8d", "cp1252"),
        (b"/* all out */", "empty"),
    ],
)
def test_a_file_that_is_no_script_is_refused_with_the_place(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parse_bytes(data)


def test_a_file_of_an_old_code_page_is_read() -> None:
    assert parse_bytes("INT. CAFÉ - “NUIT”".encode("cp1252")).scenes[0].heading == "INT. CAFÉ - “NUIT”"
    assert parse_bytes("INT. CAFÉ".encode("utf-16")).scenes[0].heading == "INT. CAFÉ"


@given(st.binary(max_size=60))
def test_bytes_are_a_script_or_refused(data: bytes) -> None:
    with suppress(FormatError):
        parse_bytes(data)


marks = st.sampled_from("@!.><~#=^*_\\\té7\0")
pieces = marks | st.sampled_from(
    ["\n", "\n\n", "  ", "INT. A", "EXT B #1#", "BOB", "(x)", "text", "[[", "]]", "/*", "*/", "Title:"]
)


@given(st.lists(pieces, max_size=40).map("".join))
def test_no_text_fails_and_nothing_is_invented(text: str) -> None:
    script = parse(text)
    plain(text)
    lines = text.split("\n")
    taken_out = "/*" in text or "[[" in text  # what stood on both sides of a comment becomes one word
    for _, words in kinds(script):
        for word in words.split():
            assert word in text.replace("\0", "") or taken_out
    for one in script.scenes:
        assert 1 <= one.line <= len(lines)
    counted = [one.number for one in script.scenes if not one.numbered]
    assert len(set(counted)) == len(counted)
    assert not {one.number for one in script.scenes if one.numbered}.intersection(counted)


def test_a_hostile_text_takes_no_more_than_its_length() -> None:
    for text in (
        "[[" * 50_000,
        "]] " * 1_000_000,
        "/*" * 50_000,
        "(" * 50_000,
        "*" * 20_000,
        "#" * 50_000,
        "A\n" * 20_000,
        f"INT. A{' ' * 300_000}b\n",
        f"A{' ' * 300_000}B\nhi\n",
        "BOB\n" + "some words here again and again\n" * 200_000,
        "some words here again and again\n" * 200_000,
    ):
        parse("\n" + text)
    plain("*" * 5_000)
    plain("*a" * 2_000)
