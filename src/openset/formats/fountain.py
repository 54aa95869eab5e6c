"""Fountain 1.1 screenplays: the text a writer types, as a title page and scenes of elements.

Cues are found by Unicode upper case, headings by words of several languages. Scripts without letter
case (Arabic, Amharic, Devanagari) mark a cue with `@`. Source: fountain.io/syntax. One reading of our
own: a heading with its dot ("INT.") may be followed directly by action.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from openset.formats.faults import FormatError
from openset.formats.fountain_text import (
    plain as plain,
)  # what a reader of scripts wants beside `parse`
from openset.formats.text_file import decoded

Kind = Literal[
    "action",
    "character",
    "dialogue",
    "parenthetical",
    "lyric",
    "transition",
    "centred",
    "section",
    "synopsis",
    "note",
    "page_break",
    "heading",
]

HEADING_WORDS: tuple[str, ...] = (
    *("INT", "EXT", "EST", "I/E", "E/I", "INTERIOR", "EXTERIOR", "INTERNO", "ESTERNO"),
    *("INTÉRIEUR", "EXTÉRIEUR", "INTERIEUR", "EXTERIEUR", "INNEN", "AUSSEN", "NDANI", "NJE"),
    *("ИНТ", "НАТ", "ЭКСТ", "ІНТ", "ЕКСТ", "ЕНТЕРИЈЕР", "ЕКСТЕРИЈЕР", "İÇ", "DIŞ"),
    *("BINNEN", "BUITEN", "WNĘTRZE", "PLENER", "BELSŐ", "KÜLSŐ", "INTERIÉR", "EXTERIÉR"),
    *(
        "ΕΣΩΤ",
        "ΕΞΩΤ",
        "ΕΣΩΤΕΡΙΚΟ",
        "ΕΞΩΤΕΡΙΚΟ",
        "内景",
        "外景",
        "內景",
        "실내",
        "실외",
        "आंतरिक",
        "बाह्य",
    ),
    *("ENT", "EKST", "ENTERIJER", "EKSTERIJER", "داخلي", "خارجي", "داخلی", "خارجی", "ውስጥ", "ውጭ"),
)
"""Words that open a scene heading, in capitals where the script has them."""

_REMOVED = "\0"
_SPAN = re.compile(f" ?{_REMOVED}+")
_DIRECTION = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_EDGE = _DIRECTION + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_BLANK_LINE = re.compile(r"\n *\n")
_NUMBER = re.compile(r"\s*#\s*([^#\s][^#]*?)\s*#\s*$")
_TITLE_KEY = re.compile(r"^([^\s:][^:]{0,40}):(?:\s+(.*))?$")
_EXTENSIONS = re.compile(r"^(?P<name>[^()]*?)\s*(?P<extensions>(?:\([^()]*\)\s*)*)$")
_CONTINUED = re.compile(r"^cont(?:['’]?d|\.|inued)?$", re.IGNORECASE)
_TAG = re.compile(r"([^\s:][^:]{0,30}?)\s*:\s*(?!//)(.*)")


@dataclass(frozen=True)
class Element:
    """One piece of a scene. `line` counts from 1 in the file, and is no part of what an element is: two
    are equal wherever they stand.

    `text` is without its marks: a cue's name without extensions, a parenthetical without brackets. A
    cue's `extensions` are what stood in brackets, "(CONT'D)" left out; `dual` is side-by-side dialogue;
    `level` is a section's depth. Emphasis stays as typed: see `plain`.
    """

    kind: Kind
    text: str
    line: int = field(compare=False, default=0)
    extensions: tuple[str, ...] = ()
    dual: bool = False
    level: int = 0

    @property
    def tag(self) -> tuple[str, str] | None:
        """What a note is filed under, and what it asks for: ("VFX", "rain") of [[VFX: rain]]."""
        match = _TAG.fullmatch(self.text) if self.kind == "note" else None
        return (match[1], match[2]) if match else None


@dataclass(frozen=True)
class Scene:
    """A heading and what follows it. `number` is the writer's own (#12A#) where `numbered`, else the
    next free count. `line` is no part of what a scene is."""

    number: str
    heading: str
    line: int = field(compare=False)
    elements: tuple[Element, ...]
    numbered: bool = False

    @property
    def characters(self) -> tuple[str, ...]:
        """Who speaks, in order of first cue."""
        return tuple(dict.fromkeys(e.text for e in self.elements if e.kind == "character"))


@dataclass(frozen=True)
class Script:
    """A screenplay. Title-page keys are in lower case; `opening` is what precedes the first heading."""

    title_page: dict[str, str]
    scenes: tuple[Scene, ...]
    opening: tuple[Element, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of the file as the parser takes it: comments and notes out, tabs as spaces."""

    number: int
    text: str

    @property
    def bare(self) -> str:
        """The line without white space and direction marks at its ends."""
        return self.text.strip(_EDGE)

    @property
    def blank(self) -> bool:
        """Whether nothing is to be seen in it."""
        return not self.bare


def parse(text: str, *, heading_words: Iterable[str] = HEADING_WORDS) -> Script:
    """A Fountain text to its script. Never fails: whatever is nothing else is action."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace(_REMOVED, ""))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text, notes = _take_notes(_drop_boneyard(text))
    headings = heading_pattern(heading_words)
    title_page, body = take_title_page(list(_lines(text)), headings)
    elements = [*_elements(body, headings), *notes]
    elements.sort(key=lambda element: (element.line, element.kind == "note"))
    return numbered_scenes(title_page, elements)


def parse_bytes(data: bytes) -> Script:
    """A Fountain file, in any encoding that writing programs use. Raises FormatError for what is no
    text, or no script at all."""
    text = decoded(data, fallback="cp1252")
    if _REMOVED in text:
        raise FormatError("this is no text: it holds zero bytes", f"character {text.index(_REMOVED)}")
    script = parse(text)
    if not script.scenes and not script.opening and not script.title_page:
        raise FormatError("the script is empty")
    return script


def _drop_boneyard(text: str) -> str:
    """Without /* ... */, its line breaks kept so that line numbers hold."""
    pieces, at = [], 0
    while (start := text.find("/*", at)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
        pieces += [text[at:start], _hollow(text[start:end])]
        at = end + 2
    return "".join([*pieces, text[at:]])


def _take_notes(text: str) -> tuple[str, list[Element]]:
    """The text without [[notes]], and the notes. A blank line inside means it was no note."""
    pieces, notes, at, line = [], [], 0, 1
    while (end := text.find("]]", at)) >= 0:
        start = text.rfind("[[", at, end)
        inner = text[start + 2 : end]
        if start < 0 or _BLANK_LINE.search(inner.replace("\n  \n", "\n.\n")):
            pieces.append(text[at : end + 2])
        else:
            pieces += [text[at:start], _hollow(inner)]
            note_line = line + text.count("\n", at, start)
            notes.append(Element("note", " ".join(inner.replace(_REMOVED, "").split()), note_line))
        line += text.count("\n", at, end)
        at = end + 2
    return "".join([*pieces, text[at:]]), notes


def _hollow(text: str) -> str:
    return "\n".join(_REMOVED for _ in text.split("\n"))


def _lines(text: str) -> Iterator[Line]:
    """Lines as they count: one that held only a comment or a note is gone, not blank."""
    for number, line in enumerate(text.split("\n"), start=1):
        if _REMOVED not in line:
            yield Line(number, line.expandtabs(4))
        elif (kept := _SPAN.sub("", line)).strip():
            kept = kept.lstrip() if line.lstrip().startswith(_REMOVED) else kept
            kept = kept.rstrip() if line.rstrip().endswith(_REMOVED) else kept
            yield Line(number, unicodedata.normalize("NFC", kept).expandtabs(4))


# A title page runs from the first line to the first blank one; an indented line goes on with the value.
def take_title_page(lines: list[Line], headings: re.Pattern[str]) -> tuple[dict[str, str], list[Line]]:
    values: dict[str, list[str]] = {}
    key = ""
    for count, line in enumerate(lines):
        if line.blank:
            return _joined(values), lines[count:]
        match = _TITLE_KEY.match(line.text)
        if match and not (count == 0 and _is_no_title(match, lines, headings)):
            key = match[1].strip().lower()
            value = (match[2] or "").strip(_EDGE)
            values.setdefault(key, []).extend([value] if value else [])
        elif key and line.text[:1].isspace():
            values[key].append(line.bare)
        else:
            return ({}, lines) if not key else (_joined(values), lines[count:])
    return _joined(values), []


def _joined(values: dict[str, list[str]]) -> dict[str, str]:
    return {key: "\n".join(parts) for key, parts in values.items()}


def _is_no_title(match: re.Match[str], lines: Sequence[Line], headings: re.Pattern[str]) -> bool:
    """Whether a first line "FADE IN:" or "INT. HOUSE: DAY" opens the script instead of a title page."""
    if _heading(lines[0], None, headings) is not None or lines[0].bare[0] in "!.@>~=#([":
        return True
    followed = len(lines) > 1 and lines[1].text[:1].isspace() and not lines[1].blank
    return not (match[2] or "").strip(_EDGE) and not followed


def heading_pattern(words: Iterable[str]) -> re.Pattern[str]:
    one = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    words = rf"(?P<words>(?:{one})(?:\.?/(?:{one}))*)"
    return re.compile(rf"^{words}(?P<dot>\.)?(?=[\s\-–—:/]|$|(?<=\.))", re.IGNORECASE)


def _heading(line: Line, following: Line | None, headings: re.Pattern[str]) -> str | None:
    """The heading in a line, or None. Without its dot it needs capitals and a blank line below."""
    text = line.bare
    if len(text) > 1 and text[0] == "." and text[1] != "." and not text[1].isspace():
        return text[1:].strip()
    match = headings.match(text)
    if match is None:
        return None
    if match["dot"] is None:
        small = any(letter.islower() for letter in match["words"])
        if small or not (following is None or following.blank):
            return None
    return text


def read_cue(text: str) -> tuple[str, tuple[str, ...], bool] | None:
    """Name, extensions and dual mark of "NAME (V.O.) ^"; None where the brackets do not match."""
    dual = text.endswith("^")
    match = _EXTENSIONS.match(text.removesuffix("^").rstrip())
    name = match["name"].strip(_EDGE) if match else ""
    if match is None or not name or "^" in name:
        return None
    inside = [part.strip() for part in re.findall(r"\(([^()]*)\)", match["extensions"])]
    extensions = tuple(part for part in inside if part and not _CONTINUED.match(part))
    return name, extensions, dual


def _is_cue_name(name: str) -> bool:
    return any(c.isupper() for c in name) and not any(c.islower() for c in name) and name[-1] != ":"


def _elements(lines: Sequence[Line], headings: re.Pattern[str]) -> list[Element]:
    """Elements in order, headings among them (their number still at the end of their text)."""
    found: list[Element] = []
    speaking = False
    before_blank = True
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else None
        if line.blank:
            kept_open = speaking and len(line.text) >= 2 and not before_blank
            if kept_open and found[-1].kind == "dialogue":
                found[-1] = replace(found[-1], text=found[-1].text + "\n")
            speaking = kept_open
            before_blank = not kept_open
            continue
        if speaking:
            _add_speech(found, line)
        else:
            element = standing_alone(line, following, before_blank, headings)
            _add(found, element, joins=not before_blank)
            speaking = element.kind == "character"
        before_blank = False
    return [
        replace(each, text=each.text.rstrip("\n")) if each.kind == "dialogue" else each
        for each in found
    ]


def _add(found: list[Element], element: Element, *, joins: bool) -> None:
    """Append, or join a line of action to the action directly above it."""
    if joins and found and element.kind == "action" == found[-1].kind:
        found[-1] = replace(found[-1], text=f"{found[-1].text}\n{element.text}")
    else:
        found.append(element)


def _add_speech(found: list[Element], line: Line) -> None:
    """A line under a cue: lyric, parenthetical or dialogue."""
    text, last = line.bare, found[-1]
    if text.startswith("~"):
        found.append(Element("lyric", text[1:].strip(), line.number))
    elif text[0] == "(" and text[-1] == ")" and last.kind != "parenthetical":
        found.append(Element("parenthetical", text[1:-1].strip(), line.number))
    elif last.kind == "dialogue":
        found[-1] = replace(last, text=f"{last.text}\n{text}")
    else:
        found.append(Element("dialogue", text, line.number))


def standing_alone(
    line: Line, following: Line | None, after_blank: bool, headings: re.Pattern[str]
) -> Element:
    """What a line is that no cue governs. Forced marks first, then what its form says, else action."""
    text, number = line.bare, line.number
    if text[0] == "!":
        return Element("action", line.text[line.text.index("!") + 1 :], number)
    if (forced := _forced(text, number)) is not None:
        return forced
    open_below = following is not None and not following.blank
    if after_blank or text[0] == ".":
        heading = _heading(line, following, headings)
        if heading is not None:
            return Element("heading", heading, number)
    if after_blank and not open_below and text.endswith("TO:") and _is_cue_name(text[:-1]):
        return Element("transition", text, number)
    if after_blank and open_below and (cue := read_cue(text)) is not None and _is_cue_name(cue[0]):
        return Element("character", cue[0], number, extensions=cue[1], dual=cue[2])
    return Element("action", line.text, number)


def _forced(text: str, number: int) -> Element | None:
    """The element that a mark in the first column demands."""
    rest = text[1:].strip()
    match text[0]:
        case "=" if set(text) == {"="} and len(text) >= 3:
            return Element("page_break", "", number)
        case "=":
            return Element("synopsis", rest, number)
        case "#":
            title = text.lstrip("#")
            return Element("section", title.strip(), number, level=len(text) - len(title))
        case "@" if (cue := read_cue(rest)) is not None:
            return Element("character", cue[0], number, extensions=cue[1], dual=cue[2])
        case "~":
            return Element("lyric", rest, number)
        case ">" if text.endswith("<") and len(text) > 1:
            return Element("centred", text[1:-1].strip(), number)
        case ">":
            return Element("transition", rest, number)
    return None


def numbered_scenes(title_page: dict[str, str], elements: Sequence[Element]) -> Script:
    """Elements cut at their headings, and the scenes numbered."""
    starts = [index for index, element in enumerate(elements) if element.kind == "heading"]
    forced = {match[1] for index in starts if (match := _NUMBER.search(elements[index].text))}
    scenes: list[Scene] = []
    count = 0
    for start, end in pairwise([*starts, len(elements)]):
        heading = elements[start]
        match = _NUMBER.search(heading.text)
        if match is not None:
            number = match[1]
        else:
            count += 1
            while str(count) in forced:
                count += 1
            number = str(count)
        text = heading.text[: match.start()] if match else heading.text
        inside = tuple(elements[start + 1 : end])
        scenes.append(Scene(number, text.strip(), heading.line, inside, match is not None))
    opening = tuple(elements[: starts[0]] if starts else elements)
    return Script(title_page, tuple(scenes), opening)
