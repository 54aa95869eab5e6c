"""Fountain files of another parser, element by element against what it expects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from openset.formats.fountain import parse
from openset.formats.fountain_model import Element, Script
from openset.formats.fountain_text import plain

LABELS = {"page_break": "PAGEBREAK", "centred": "ACTION"}


def load(shared_data: Path, name: str) -> tuple[Script, list[str]]:
    folder = shared_data / "script"
    expected = (folder / f"{name}.expected.txt").read_text(encoding="utf-8")
    return parse((folder / f"{name}.fountain").read_text(encoding="utf-8")), entries(expected)


def entries(text: str) -> list[str]:
    """One entry per element; a text may hold line breaks."""
    return re.split(r'\n(?=[A-Z]+:")', text.strip())


def labelled(script: Script) -> list[str]:
    """Our elements in the other parser's notation; it joins neighbouring paragraphs of action."""
    found = [one(element) for element in script.opening]
    for scene in script.scenes:
        found.append(f'HEADING:"{scene.heading}"')
        found += [one(element) for element in scene.elements]
    joined: list[str] = []
    for entry in found:
        if joined and all(e.startswith('ACTION:"') and e.endswith('"') for e in (entry, joined[-1])):
            joined[-1] = joined[-1][:-1] + "\n\n" + entry.removeprefix('ACTION:"')
        else:
            joined.append(entry)
    return joined


def one(element: Element) -> str:
    label = LABELS.get(element.kind, element.kind.upper())
    extensions = "".join(f' "({extension})"' for extension in element.extensions)
    tail = " (centered)" if element.kind == "centred" else " (Dual)" if element.dual else ""
    return f'{label}:"{element.text}"{extensions}{tail}'


@pytest.mark.parametrize("name", ["Lyrics", "Parenthetical"])
def test_an_example_is_read_as_expected(shared_data: Path, name: str) -> None:
    script, expected = load(shared_data, name)
    assert labelled(script) == expected


def test_cues_are_read_as_expected_but_for_a_digit_in_front(shared_data: Path) -> None:
    """Fountain asks a cue for one letter anywhere: 2ND SOLDIER speaks, and so does 3CPO."""
    script, expected = load(shared_data, "Character")
    at = expected.index('ACTION:"3CPO\nNot work."')
    expected[at : at + 1] = ['CHARACTER:"3CPO"', 'DIALOGUE:"Not work."']
    assert labelled(script) == expected


def test_headings_are_read_as_expected(shared_data: Path) -> None:
    script, expected = load(shared_data, "SceneHeading")
    assert labelled(script) == [re.sub(r" \([^\")]+\)$", "", entry) for entry in expected]
    assert [scene.number for scene in script.scenes] == ["1", "2", "4", "3", "A3-1"]


def test_page_breaks_are_read_as_expected_but_for_an_empty_action(shared_data: Path) -> None:
    script, expected = load(shared_data, "PageBreak")
    expected.remove('ACTION:""')
    assert labelled(script) == expected


def test_emphasis_is_found_where_expected_and_inside_underlines_too(shared_data: Path) -> None:
    folder = shared_data / "script"
    typed = (folder / "Formatted.fountain").read_text(encoding="utf-8").split("\n")
    expected = (folder / "Formatted.expected.txt").read_text(encoding="utf-8").split("\n")
    nested = next(number for number, line in enumerate(typed) if "Leupold" in line)
    for number, (line, marked) in enumerate(zip(typed, expected, strict=True)):
        wanted = re.sub(r"</?[ibu]>", "", marked)
        assert plain(line) == (wanted.replace("*", "") if number == nested else wanted)


def kinds_of(elements: Iterable[Element]) -> list[str]:
    return [element.kind for element in elements]


def test_action_and_dialogue_examples_have_the_right_kinds(shared_data: Path) -> None:
    folder = shared_data / "script"
    action = parse((folder / "Action.fountain").read_text(encoding="utf-8"))
    assert kinds_of(action.opening) == [*["action"] * 5, "character", "dialogue", "centred", "centred"]
    dialogue = parse((folder / "Dialogue.fountain").read_text(encoding="utf-8"))
    assert dialogue.opening[-3].text == "I am\n\na little fish."
    assert kinds_of(dialogue.opening)[-4:] == ["character", "dialogue", "action", "action"]
