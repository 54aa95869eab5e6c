"""Final Draft scripts (.fdx), read: XML paragraphs by type, text in styled runs.

Final Draft publishes no schema; this follows its files of versions 8 to 13. A script note stands in the
paragraph it belongs to (to version 11) or in a list with character ranges (from 12). Speech side by
side is a paragraph that holds two, or a bare `DualDialogue`. What is read is the same `Script` that
Fountain gives.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from openset.formats.faults import FormatError
from openset.formats.fdx_title import title_page
from openset.formats.fountain_lines import read_cue
from openset.formats.fountain_model import Element, Kind, Script, numbered_scenes
from openset.formats.fountain_text import Run, marked
from openset.formats.plain_xml import children, name, parse, place

KINDS: dict[str, Kind] = {
    "scene heading": "heading",
    "action": "action",
    "general": "action",
    "character": "character",
    "dialogue": "dialogue",
    "parenthetical": "parenthetical",
    "transition": "transition",
    "lyrics": "lyric",
    "outline body": "synopsis",
    **{f"outline {level}": "section" for level in range(1, 10)},
}
"""Final Draft's paragraph types; every other (Shot, Cast List, New Act …) is action."""

OURS = ("Content", "TitlePage", "ScriptNotes")
CONTINUED = "(CONT'D)"
"""What is said to be lost where cues have it."""

_BRACKETS = re.compile(r"\(([^()]*)\)")
_STYLES = {"Bold": "bold", "Italic": "italic", "Underline": "underline"}
_SPEECH = ("character", "dialogue", "parenthetical", "lyric")


@dataclass(frozen=True)
class Reading:
    """A script, the paragraphs that could not be used, and what the file says that no script holds."""

    script: Script
    skipped: int = 0
    faults: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()


@dataclass
class _Found:
    """Elements as they are met. `ends` holds how many characters Final Draft had counted after each
    paragraph, and how many elements there were, for notes that lie at a character."""

    elements: list[Element] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    capitals: frozenset[str] = frozenset()
    letters: int = 0
    skipped: int = 0
    faults: list[str] = field(default_factory=list)
    unheld: Counter[str] = field(default_factory=Counter)
    numbers: list[str] = field(default_factory=list)


def read(data: bytes) -> Reading:
    """A Final Draft file. Raises FormatError where it is none, or holds no paragraph."""
    root = parse(data)
    if name(root) != "FinalDraft":
        raise FormatError(f"this is not a Final Draft file: it begins with <{name(root)}>", place(root))
    found = _Found(capitals=_shown_in_capitals(root))
    for content in children(root, "Content"):
        for paragraph in content:
            _take(paragraph, found)
    titles = {}
    for page in children(root, "TitlePage"):
        titles = title_page([_marked(each, found) for each in page.iter("Paragraph")])
    for notes in children(root, "ScriptNotes"):
        _place_notes(notes, found)
    found.unheld.update(name(child) for child in root if name(child) not in OURS and name(child))
    if not found.elements and not titles:
        raise FormatError("the script is empty", place(root))
    script = _script(titles, found)
    return Reading(script, found.skipped, tuple(found.faults), _words(found.unheld))


def _script(titles: dict[str, str], found: _Found) -> Script:
    """Elements cut into scenes; the numbers are put on and off the headings as Fountain has them."""
    numbers = iter(found.numbers)
    typed = []
    for each in found.elements:
        number = next(numbers) if each.kind == "heading" else ""
        typed.append(replace(each, text=f"{each.text} #{number}#") if number else each)
    return numbered_scenes(titles, typed)


def _take(paragraph: etree._Element, found: _Found) -> None:
    """One paragraph of the script, or a pair of speeches side by side."""
    if name(paragraph) == "DualDialogue":
        _take_dual(paragraph, found)
    elif name(paragraph) != "Paragraph":
        found.unheld[name(paragraph) or "entity"] += 1
    elif (dual := next(children(paragraph, "DualDialogue"), None)) is not None:
        _take_dual(dual, found)
    else:
        _take_paragraph(paragraph, found)


def _take_dual(dual: etree._Element, found: _Found) -> None:
    """Speeches side by side: each cue after the first is dual, and so is one that stands alone."""
    start = len(found.elements)
    for paragraph in children(dual, "Paragraph"):
        _take_paragraph(paragraph, found)
    cues = [at for at in range(start, len(found.elements)) if found.elements[at].kind == "character"]
    for at in cues[1:] or cues:
        found.elements[at] = replace(found.elements[at], dual=True)


def _take_paragraph(paragraph: etree._Element, found: _Found) -> None:
    said = str(paragraph.get("Type") or "Action")
    line = paragraph.sourceline or 0
    text = _marked(paragraph, found)
    if paragraph.get("StartsNewPage") == "Yes":
        found.elements.append(Element("page_break", "", line))
    made = _element(said, text, paragraph, found)
    if made is not None:
        found.elements.append(made)
    for note in children(paragraph, "ScriptNote"):
        found.elements.append(_note(note))
    for properties in children(paragraph, "SceneProperties"):
        found.elements += _summary(properties, found)
    found.unheld["OmittedScene"] += sum(1 for _ in children(paragraph, "OmittedScene"))
    found.unheld["RevisionID"] += sum(1 for run in paragraph.iter("Text") if run.get("RevisionID"))
    found.letters += sum(len(run.text or "") for run in children(paragraph, "Text")) + 1
    found.ends.append((found.letters, len(found.elements)))


def _element(said: str, text: str, paragraph: etree._Element, found: _Found) -> Element | None:
    """What a paragraph is in a script; None for an empty one."""
    line = paragraph.sourceline or 0
    kind = KINDS.get(said.strip().lower(), "action")
    if said.strip().lower() not in KINDS:
        found.unheld[f"Paragraph Type {said}"] += 1
    shown = text.upper() if said in found.capitals else text
    flat = " ".join(shown.split("\n")).strip()
    if kind == "heading":
        return _heading(flat, paragraph, found)
    if not flat:
        return None
    if kind == "character":
        cue = read_cue(flat)
        if cue is None:
            return Element("action", shown, line)
        found.unheld[CONTINUED] += continued(flat)
        return Element("character", cue[0], line, extensions=cue[1])
    if kind in ("dialogue", "parenthetical") and not _speaking(found):
        return Element("action", shown, line)
    if kind == "parenthetical":
        return Element(kind, flat.removeprefix("(").removesuffix(")").strip(), line)
    if kind == "section":
        return Element(kind, flat, line, level=int(said.split()[-1]))
    if kind == "action" and paragraph.get("Alignment") == "Center":
        return Element("centred", flat, line)
    return Element(kind, shown.strip("\n") if kind in ("action", "dialogue") else flat, line)


def continued(cue: str) -> int:
    """How many "(CONT'D)" a cue has, which `read_cue` leaves out: programs add them as pages break."""
    inside = (part for part in _BRACKETS.findall(cue) if part.strip())
    return sum(1 for part in inside if (read := read_cue(f"A ({part})")) and not read[1])


def _heading(text: str, paragraph: etree._Element, found: _Found) -> Element | None:
    number = " ".join(str(paragraph.get("Number") or "").replace("#", "").split())
    if not text and not number:
        found.skipped += 1
        found.faults.append(f"{place(paragraph)}: a scene heading without a word")
        return None
    found.numbers.append(number)
    return Element("heading", text, paragraph.sourceline or 0)


def _speaking(found: _Found) -> bool:
    """Whether the last paragraph was speech, so that more may follow."""
    last = next((each.kind for each in reversed(found.elements) if each.kind != "note"), "")
    return last in _SPEECH


def _marked(paragraph: etree._Element, found: _Found) -> str:
    """A paragraph's runs with Fountain's marks."""
    parts = []
    for run in children(paragraph, "Text"):
        styles = set(str(run.get("Style") or "").split("+"))
        for style in sorted(styles - {*_STYLES, "", "AllCaps"}):
            found.unheld[f"Style {style}"] += 1
        text = "".join(run.itertext()).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
        text = text.upper() if "AllCaps" in styles else text
        parts.append(Run(text, frozenset(_STYLES[style] for style in styles if style in _STYLES)))
    return marked(parts)


def _note(note: etree._Element) -> Element:
    """A script note, on one line. Its author, date and colour are not held."""
    words = " ".join("".join(run.itertext()) for run in note.iter("Text")).split()
    return Element("note", " ".join(words), note.sourceline or 0)


def _summary(properties: etree._Element, found: _Found) -> Iterator[Element]:
    """A scene's summary as a synopsis; its length and page are Final Draft's own counts."""
    found.unheld.update(f"SceneProperties {key}" for key in properties.attrib if properties.get(key))
    for summary in children(properties, "Summary"):
        for paragraph in summary.iter("Paragraph"):
            if text := " ".join(_marked(paragraph, found).split()):
                yield Element("synopsis", text, paragraph.sourceline or 0)


def _place_notes(notes: etree._Element, found: _Found) -> None:
    """Notes of a list, each after the paragraph in which its range begins."""
    ends = [letters for letters, _ in found.ends]
    placed: dict[int, list[Element]] = defaultdict(list)
    for note in children(notes, "ScriptNote"):
        start = str(note.get("Range") or "").partition(",")[0].strip()
        at = int(start) if start.isdecimal() and len(start) < 12 else found.letters
        paragraph = bisect_right(ends, at)
        after = found.ends[paragraph][1] if paragraph < len(ends) else len(found.elements)
        placed[after].append(_note(note))
    merged = list(placed[0])
    for count, element in enumerate(found.elements, start=1):
        merged += [element, *placed.get(count, ())]
    found.elements = merged


def _shown_in_capitals(root: etree._Element) -> frozenset[str]:
    """The paragraph types that the file's own settings show in capitals, whatever was typed."""
    shown = set()
    for settings in children(root, "ElementSettings"):
        fonts = children(settings, "FontSpec")
        if any("AllCaps" in str(font.get("Style") or "").split("+") for font in fonts):
            shown.add(str(settings.get("Type")))
    return frozenset(shown)


def _words(unheld: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{what} ({count})" for what, count in sorted(unheld.items()) if count)
