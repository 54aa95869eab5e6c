"""Comments and notes of a Fountain text, taken out before its lines are read, line numbers kept.

Source: fountain.io/syntax, "Notes" and "Boneyard".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from openset.formats.fountain_lines import Line
from openset.formats.fountain_model import Element

REMOVED = "\0"
"""Stands where a piece of text was taken out; a text to be read holds none."""

_SPAN = re.compile(f" ?{REMOVED}+")
_BLANK_LINE = re.compile(r"\n *\n")


def without_comments(text: str) -> str:
    """Without /* ... */, its line breaks kept so that line numbers hold."""
    pieces, at = [], 0
    while (start := text.find("/*", at)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
        pieces += [text[at:start], _hollow(text[start:end])]
        at = end + 2
    return "".join([*pieces, text[at:]])


def take_notes(text: str) -> tuple[str, list[Element]]:
    """The text without [[notes]], and the notes. A blank line inside means it was no note."""
    pieces, notes, at, line = [], [], 0, 1
    while (end := text.find("]]", at)) >= 0:
        start = text.rfind("[[", at, end)
        inner = text[start + 2 : end] if start >= 0 else ""
        if start < 0 or _BLANK_LINE.search(inner.replace("\n  \n", "\n.\n")):
            pieces.append(text[at : end + 2])
        else:
            pieces += [text[at:start], _hollow(inner)]
            note_line = line + text.count("\n", at, start)
            notes.append(Element("note", " ".join(inner.replace(REMOVED, "").split()), note_line))
        line += text.count("\n", at, end)
        at = end + 2
    return "".join([*pieces, text[at:]]), notes


def _hollow(text: str) -> str:
    return "\n".join(REMOVED for _ in text.split("\n"))


def lines_of(text: str) -> Iterator[Line]:
    """Lines as they count: one that held only a comment or a note is gone, not blank."""
    for number, line in enumerate(text.split("\n"), start=1):
        if REMOVED not in line:
            yield Line(number, line.expandtabs(4))
        elif (kept := _SPAN.sub("", line)).strip():
            kept = kept.lstrip() if line.lstrip().startswith(REMOVED) else kept
            kept = kept.rstrip() if line.rstrip().endswith(REMOVED) else kept
            yield Line(number, unicodedata.normalize("NFC", kept).expandtabs(4))
