"""Fountain 1.1 screenplays, read: the text a writer types, as a title page and scenes of elements.

Source: fountain.io/syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from openset.formats.faults import FormatError
from openset.formats.fountain_comments import REMOVED, lines_of, take_notes, without_comments
from openset.formats.fountain_lines import (
    HEADING_WORDS,
    Line,
    heading_pattern,
    standing_alone,
    take_title_page,
)
from openset.formats.fountain_model import Element, Script, numbered_scenes
from openset.formats.text_file import decoded


def parse(text: str, *, heading_words: Iterable[str] = HEADING_WORDS) -> Script:
    """A Fountain text to its script. Never fails: whatever is nothing else is action."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace(REMOVED, ""))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text, notes = take_notes(without_comments(text))
    headings = heading_pattern(heading_words)
    title_page, body = take_title_page(list(lines_of(text)), headings)
    elements = [*_elements(body, headings), *notes]
    elements.sort(key=lambda element: (element.line, element.kind == "note"))
    return numbered_scenes(title_page, elements)


def parse_bytes(data: bytes) -> Script:
    """A Fountain file, in any encoding that writing programs use. Raises FormatError for what is no
    text, or no script at all."""
    text = decoded(data, fallback="cp1252")
    if REMOVED in text:
        raise FormatError("this is no text: it holds zero bytes", f"character {text.index(REMOVED)}")
    script = parse(text)
    if not script.scenes and not script.opening and not script.title_page:
        raise FormatError("the script is empty")
    return script


@dataclass
class _Found:
    """Elements in order. The lines of the last are gathered and joined once: adding each to the text
    before it would take the square of a paragraph's length."""

    elements: list[Element] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The kind of the last element; empty before the first."""
        return self.elements[-1].kind if self.elements else ""

    def add(self, element: Element) -> None:
        self.close()
        self.elements.append(element)
        self.lines = [element.text]

    def close(self) -> None:
        """Give the last element all of its lines."""
        if len(self.lines) > 1:
            text = "\n".join(self.lines)
            text = text.rstrip("\n") if self.last == "dialogue" else text
            self.elements[-1] = replace(self.elements[-1], text=text)


def _elements(lines: Sequence[Line], headings: re.Pattern[str]) -> list[Element]:
    """Elements in order, headings among them (their number still at the end of their text)."""
    found = _Found()
    speaking = False
    before_blank = True
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else None
        if line.blank:
            speaking = speaking and len(line.text) >= 2 and not before_blank
            if speaking and found.last == "dialogue":
                found.lines.append("")
            before_blank = not speaking
            continue
        if speaking:
            _add_speech(found, line)
        else:
            element = standing_alone(line, following, before_blank, headings)
            if not before_blank and element.kind == "action" == found.last:
                found.lines.append(element.text)
            else:
                found.add(element)
            speaking = element.kind == "character"
        before_blank = False
    found.close()
    return found.elements


def _add_speech(found: _Found, line: Line) -> None:
    """A line under a cue: lyric, parenthetical or dialogue."""
    text = line.bare
    if text.startswith("~"):
        found.add(Element("lyric", text[1:].strip(), line.number))
    elif text[0] == "(" and text[-1] == ")" and found.last != "parenthetical":
        found.add(Element("parenthetical", text[1:-1].strip(), line.number))
    elif found.last == "dialogue":
        found.lines.append(text)
    else:
        found.add(Element("dialogue", text, line.number))
