"""Final Draft files read: every paragraph finds its place, and what has none is named."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.fdx import Reading, read
from openset.formats.fountain_model import Element


def fdx(content: str, more: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
        '<FinalDraft DocumentType="Script" Template="No" Version="5">'
        f"<Content>{content}</Content>{more}</FinalDraft>"
    ).encode()


def paragraph(kind: str, text: str, attributes: str = "", more: str = "") -> str:
    return f'<Paragraph Type="{kind}" {attributes}><Text>{text}</Text>{more}</Paragraph>'


SPEECH = paragraph("Character", "KOFI (V.O.) (CONT'D)") + paragraph("Dialogue", "Wait!")
SEED = fdx(
    paragraph("Scene Heading", "INT. HALL - DAY", 'Number="12A"')
    + paragraph("Action", "Rain.")
    + SPEECH
    + "<Paragraph><DualDialogue>"
    + SPEECH
    + paragraph("Character", "AMA")
    + paragraph("Parenthetical", "(low)")
    + paragraph("Dialogue", "No.")
    + "</DualDialogue></Paragraph>",
    "<TitlePage><Content><Paragraph><Text>THE LANE</Text></Paragraph></Content></TitlePage>",
)


def elements(found: Reading) -> list[tuple[str, str]]:
    script = found.script
    parts = [*script.opening, *(each for scene in script.scenes for each in scene.elements)]
    return [(each.kind, each.text) for each in parts]


def test_a_script_is_read_with_its_numbers_cues_and_title() -> None:
    found = read(SEED)
    (scene,) = found.script.scenes
    assert (scene.number, scene.heading, scene.numbered) == ("12A", "INT. HALL - DAY", True)
    assert found.script.title_page == {"title": "THE LANE"}
    assert elements(found) == [
        ("action", "Rain."),
        ("character", "KOFI"),
        ("dialogue", "Wait!"),
        ("character", "KOFI"),
        ("dialogue", "Wait!"),
        ("character", "AMA"),
        ("parenthetical", "low"),
        ("dialogue", "No."),
    ]
    cues = [each for each in scene.elements if each.kind == "character"]
    assert [cue.dual for cue in cues] == [False, False, True]
    assert cues[0].extensions == ("V.O.",)


def test_styled_runs_become_marks() -> None:
    text = (
        '<Paragraph Type="Action"><Text>It was </Text><Text Style="Bold+Italic">never </Text>'
        '<Text Style="Underline+Strikeout">his</Text><Text>.</Text></Paragraph>'
    )
    found = read(fdx(text))
    assert elements(found) == [("action", "It was ***never*** _his_.")]
    assert found.unheld == ("Style Strikeout (1)",)


def test_types_that_a_script_does_not_know_are_action_and_named() -> None:
    found = read(fdx(paragraph("Shot", "CLOSE ON") + paragraph("General", "By the way")))
    assert elements(found) == [("action", "CLOSE ON"), ("action", "By the way")]
    assert found.unheld == ("Paragraph Type Shot (1)",)


def test_centred_text_page_starts_and_outline_paragraphs_are_kept() -> None:
    found = read(
        fdx(
            paragraph("Outline 2", "ACT ONE")
            + paragraph("Outline Body", "He sells.")
            + paragraph("Action", "THE END", 'Alignment="Center" StartsNewPage="Yes"')
        )
    )
    assert found.script.opening == (
        Element("section", "ACT ONE", level=2),
        Element("synopsis", "He sells."),
        Element("page_break", ""),
        Element("centred", "THE END"),
    )


def test_notes_are_found_in_the_paragraph_and_in_a_list_by_character() -> None:
    note = "<ScriptNote><Paragraph><Text>VFX: rain</Text></Paragraph></ScriptNote>"
    found = read(fdx(paragraph("Action", "One.", more=note) + paragraph("Action", "Two.")))
    assert elements(found) == [("action", "One."), ("note", "VFX: rain"), ("action", "Two.")]
    # "One." and its end are characters 0 to 4, so 5 is the T of "Two.".
    listed = note.replace("<ScriptNote", '<ScriptNote Range="5,6"')
    more = f"<ScriptNotes>{listed}{note.replace('VFX: rain', 'last')}</ScriptNotes>"
    found = read(fdx(paragraph("Action", "One.") + paragraph("Action", "Two.") + SPEECH, more))
    assert [kind for kind, _ in elements(found)] == [
        *("action", "action", "note", "character", "dialogue", "note"),
    ]


def test_a_scene_summary_is_a_synopsis_and_lengths_are_named_as_not_held() -> None:
    properties = (
        '<SceneProperties Length="1 1/8" Page="2"><Summary><Paragraph><Text>He sells.</Text>'
        "</Paragraph></Summary></SceneProperties>"
    )
    found = read(fdx(paragraph("Scene Heading", "INT. A", more=properties), "<Revisions/>"))
    assert elements(found) == [("synopsis", "He sells.")]
    assert found.unheld == ("Revisions (1)", "SceneProperties Length (1)", "SceneProperties Page (1)")


def test_what_the_settings_show_in_capitals_is_read_in_capitals() -> None:
    settings_ = '<ElementSettings Type="Character"><FontSpec Style="AllCaps"/></ElementSettings>'
    found = read(fdx(paragraph("Character", "Kofi") + paragraph("Dialogue", "Hm."), settings_))
    assert elements(found)[0] == ("character", "KOFI")


def test_speech_without_a_cue_is_action() -> None:
    assert elements(read(fdx(paragraph("Dialogue", "Who?")))) == [("action", "Who?")]


def test_a_heading_without_a_word_is_skipped_and_named() -> None:
    found = read(fdx(paragraph("Action", "x") + paragraph("Scene Heading", " ")))
    assert (found.skipped, len(found.script.scenes)) == (1, 0)
    assert found.faults == ("line 2: a scene heading without a word",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not XML"),
        (b"<FinalDraft>", "not XML"),
        (b"<html/>", "not a Final Draft file"),
        (fdx(""), "empty"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><FinalDraft>&x;</FinalDraft>', "entities"),
        (b"<FinalDraft><Content>" + b"<Paragraph>" * 5000, "not XML"),
    ],
)
def test_what_is_no_script_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        read(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mutated_file_is_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"<Text>", b"Paragraph", b"&#9;", b"#"])
        )
        mutated[at : at + data.draw(st.integers(0, 8))] = piece
    with suppress(FormatError):
        read(bytes(mutated))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(FormatError):
        read(data)
