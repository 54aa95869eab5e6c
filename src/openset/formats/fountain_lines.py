"""What a line of Fountain is by its form: a heading, a cue, a transition, a title-page entry …

Cues are found by Unicode upper case, headings by words of several languages. Scripts without letter
case (Arabic, Amharic, Devanagari) mark a cue with `@`. Source: fountain.io/syntax. One reading of our
own: a heading with its dot ("INT.") may be followed directly by action.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openset.formats.fountain_model import Element

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

_DIRECTION = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_EDGE = _DIRECTION + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_TITLE_KEY = re.compile(r"^([^\s:][^:]{0,40}):(?:\s+(.*))?$")
_EXTENSIONS = re.compile(r"(?:\([^()]*\)\s*)*")
_CONTINUED = re.compile(r"^cont(?:['’]?d|\.|inued)?$", re.IGNORECASE)


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
    said = text.removesuffix("^").rstrip()
    start = said.find("(") if "(" in said else len(said)
    name = said[:start].strip(_EDGE)
    if not name or "^" in name or ")" in name or not _EXTENSIONS.fullmatch(said, start):
        return None
    inside = [part.strip() for part in re.findall(r"\(([^()]*)\)", said[start:])]
    extensions = tuple(part for part in inside if part and not _CONTINUED.match(part))
    return name, extensions, text.endswith("^")


def _is_cue_name(name: str) -> bool:
    return any(c.isupper() for c in name) and not any(c.islower() for c in name) and name[-1] != ":"


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
