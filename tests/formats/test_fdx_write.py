"""Final Draft files written: read back, a script says the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.fdx import read
from openset.formats.fdx_write import write
from openset.formats.fountain import parse
from openset.formats.fountain_model import Element, Scene, Script

PAGE = """\
Title: _**THE LANE**_
Credit: written by
Author: Ama Mensah
Draft date: 3 March 2027

[[first of all]]

# ACT ONE

= Kofi sells his radio.

INT. MARKET HALL - DAY #12A-2#

[[VFX: the hall is the set]]

Rain on a tin roof.
And ***more*** rain.

ÉLODIE (V.O.)
(quietly)
It was never *his* radio.
[[note: softer]]

KOFI ^
I know.
  
And?

~ Sing with me

CUT TO:

.THE LANE

> **THE END** <

===

@McAvoy
This is \\*six\\*.

===
"""


def test_a_script_comes_back_with_all_it_says() -> None:
    script = parse(PAGE)
    found = read(write(script))
    assert found.script == script
    assert (found.unheld, found.faults, found.skipped) == ((), (), 0)


def test_the_file_looks_as_final_draft_writes_it() -> None:
    lines = write(parse("INT. A #1#\n\nBOB\n*Hi.*")).decode().split("\n")
    assert [line.strip() for line in lines] == [
        '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>',
        '<FinalDraft DocumentType="Script" Template="No" Version="5">',
        "<Content>",
        '<Paragraph Type="Scene Heading" Number="1">',
        "<Text>INT. A</Text>",
        "</Paragraph>",
        '<Paragraph Type="Character">',
        "<Text>BOB</Text>",
        "</Paragraph>",
        '<Paragraph Type="Dialogue">',
        '<Text Style="Italic">Hi.</Text>',
        "</Paragraph>",
        "</Content>",
        "</FinalDraft>",
        "",
    ]


def test_what_xml_cannot_hold_is_replaced() -> None:
    script = Script({}, (), (Element("action", "a\x0bb & <c>"),))
    assert read(write(script)).script.opening[0].text == "a�b & <c>"


words = st.text(st.sampled_from("abÉ *_&<"), min_size=1, max_size=10).map(str.strip).filter(bool)
flat = st.builds(
    Element, st.sampled_from(["action", "transition", "synopsis", "centred", "note"]), words
)
cues = st.builds(
    Element,
    st.just("character"),
    st.sampled_from(["BOB", "ÉLODIE", "McAvoy", "فاطمة"]),
    extensions=st.sampled_from([(), ("V.O.",), ("O.S.", "low")]),
)
speeches = st.tuples(cues, st.builds(Element, st.just("dialogue"), words)).map(list)
breaks = st.just(Element("page_break", ""))
inside = st.lists((flat | breaks).map(lambda each: [each]) | speeches, max_size=6).map(
    lambda parts: tuple(each for part in parts for each in part)
)
numbers = st.sampled_from(["12A", "3-2", "A1", "7"])
scenes = st.lists(
    st.builds(Scene, numbers, words.map("INT. {}".format), st.just(0), inside, st.just(True)),
    max_size=4,
)
scripts = st.builds(Script, st.just({}), scenes.map(tuple), inside)


@settings(max_examples=150, deadline=None)
@given(scripts.filter(lambda each: each.scenes or each.opening))
def test_any_script_is_read_again(script: Script) -> None:
    # Emphasis may be typed in another order of marks, so what is compared has been through it once.
    once = read(write(script)).script
    assert read(write(once)).script == once
    assert [each.kind for each in once.opening] == [each.kind for each in script.opening]
    assert [scene.number for scene in once.scenes] == [scene.number for scene in script.scenes]
    for one, other in zip(once.scenes, script.scenes, strict=True):
        assert [each.kind for each in one.elements] == [each.kind for each in other.elements]
        assert [(each.extensions, each.dual) for each in one.elements] == [
            (each.extensions, each.dual) for each in other.elements
        ]
