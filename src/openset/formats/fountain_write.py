"""Fountain 1.1 out: a script as a writer would have typed it. `parse(write(script))` is the script.

An element is forced by its mark only where its plain form would be read as something else. Source:
fountain.io/syntax, "Forced elements". What Fountain has no form for is made plain: speech without a cue
is action, and a note ends where it says `]]`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from openset.formats.fountain_lines import (
    HEADING_WORDS,
    Line,
    heading_pattern,
    standing_alone,
    take_title_page,
)
from openset.formats.fountain_model import Element, Scene, Script

SPOKEN = ("parenthetical", "dialogue", "lyric")
"""Kinds that stand under a cue, with the notes between them."""

_INDENT = "    "
_OPENS_COMMENT = re.compile(r"/(?=\*)")
_OPENS_NOTE = re.compile(r"\[(?=\[)")
_NOTHING = "/**/"


def write(script: Script, *, heading_words: Iterable[str] = HEADING_WORDS) -> str:
    """The script as text, ending with a line end; empty for an empty script."""
    headings = heading_pattern(heading_words)
    blocks = [*_blocks(script.opening, headings)]
    for scene in script.scenes:
        blocks += [_heading(scene, headings), *_blocks(scene.elements, headings)]
    body = "\n\n".join(blocks)
    title_page = _title_page(script.title_page)
    first = [Line(1, line.replace(_NOTHING, "")) for line in body.split("\n", 2)[:2]]
    if not title_page and take_title_page(first, headings)[0]:
        body = f"\n{body}"
    text = f"{title_page}\n\n{body}" if title_page and body else title_page or body
    return unicodedata.normalize("NFC", f"{text}\n") if text else ""


def _title_page(values: dict[str, str]) -> str:
    """A value of several lines stands indented under its key."""
    lines = []
    for key, value in values.items():
        name = key.capitalize() if key.capitalize().lower() == key else key
        parts = [part for part in _lines(value) if part.strip()]
        if len(parts) > 1:
            lines += [f"{_kept(name)}:", *(f"{_INDENT}{_kept(part.strip())}" for part in parts)]
        else:
            lines.append(f"{_kept(name)}: {_kept(parts[0].strip())}" if parts else f"{_kept(name)}:")
    return "\n".join(lines)


def _heading(scene: Scene, headings: re.Pattern[str]) -> str:
    text = " ".join(_kept(scene.heading).split("\n"))
    if not _reads_as(Element("heading", scene.heading), scene.heading, headings):
        text = f".{text}"
    number = _kept(" ".join(_lines(scene.number.replace("#", ""))).strip())
    if not scene.numbered or not number:
        return text
    return f"{text} #{number}#" if scene.heading else f"{text}#{number}#"


def _blocks(elements: Sequence[Element], headings: re.Pattern[str]) -> Iterator[str]:
    """Paragraphs, each to be set off by a blank line: a speech is one, lyrics in a row are one."""
    at = 0
    while at < len(elements):
        end = at + 1
        if elements[at].kind == "character":
            end = _speech_end(elements, at)
            yield "\n".join(_speech(elements[at:end], headings))
        elif elements[at].kind == "lyric":
            while end < len(elements) and elements[end].kind == "lyric":
                end += 1
            yield "\n".join(_spoken(each) for each in elements[at:end])
        else:
            yield _paragraph(elements[at], headings)
        at = end


def _speech_end(elements: Sequence[Element], start: int) -> int:
    end = start + 1
    while end < len(elements) and elements[end].kind in (*SPOKEN, "note"):
        end += 1
    return end


def _speech(elements: Sequence[Element], headings: re.Pattern[str]) -> Iterator[str]:
    cue = elements[0]
    has_speech = any(each.kind in SPOKEN for each in elements)
    text = " ".join([cue.text, *(f"({extension})" for extension in cue.extensions)])
    text += " ^" if cue.dual else ""
    plain = _reads_as(cue, text, headings, "speech" if has_speech else "")
    yield _kept(text if plain else f"@{text}")
    for each in elements[1:]:
        yield _note(each) if each.kind == "note" else _spoken(each)


def _spoken(element: Element) -> str:
    """A parenthetical, lyric or dialogue; two spaces hold a speech open over a blank line."""
    if element.kind == "parenthetical":
        return f"({' '.join(_lines(_kept(element.text)))})"
    if element.kind == "lyric":
        return "\n".join(f"~ {line}".rstrip() for line in _lines(_kept(element.text)))
    return "\n".join(line if line.strip() else "  " for line in _lines(_kept(element.text)))


def _paragraph(element: Element, headings: re.Pattern[str]) -> str:
    """An element that stands by itself."""
    lines = _lines(_kept(element.text))
    match element.kind:
        case "note":
            return _note(element)
        case "page_break":
            return "==="
        case "section":
            return f"{'#' * max(1, element.level)} {' '.join(lines)}".rstrip()
        case "synopsis":
            return f"= {' '.join(lines)}".rstrip()
        case "centred":
            return "\n".join(f"> {line} <" for line in lines)
        case "transition":
            plain = _reads_as(element, element.text, headings)
            return " ".join(lines) if plain else f"> {' '.join(lines)}".rstrip()
        case "parenthetical":
            return _action(f"({element.text})", headings)
    return _action(element.text, headings)


def _action(text: str, headings: re.Pattern[str]) -> str:
    """Lines of action, each with `!` where it would be read as something else without."""
    lines = _lines(text)
    typed = []
    for index, line in enumerate(lines):
        after = "more" if index + 1 < len(lines) else ""
        plain = _reads_as(Element("action", line), line, headings, after, not index)
        typed.append(_kept(line) if plain else f"!{_kept(line)}")
    return "\n".join(typed)


def _reads_as(
    element: Element, text: str, headings: re.Pattern[str], after: str = "", after_blank: bool = True
) -> bool:
    """Whether a line of this text, with no mark to force it, is read as the element."""
    line = Line(1, text)
    return not line.blank and element == standing_alone(line, Line(2, after), after_blank, headings)


def _note(element: Element) -> str:
    """A note on a line of its own, which leaves nothing behind when it is taken out."""
    text = _OPENS_COMMENT.sub(f"/{_NOTHING}", " ".join(element.text.split()))
    text = text.replace("[[", "[ [").replace("]]", "] ]").replace("]]", "] ]")
    text = f" {text}" if text.startswith("[") else text
    return f"[[{text} ]]" if text.endswith("]") else f"[[{text}]]"


def _kept(text: str) -> str:
    """Text whose brackets and strokes open no note or comment: an empty comment stands inside them."""
    return _OPENS_NOTE.sub(f"[{_NOTHING}", _OPENS_COMMENT.sub(f"/{_NOTHING}", text))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
