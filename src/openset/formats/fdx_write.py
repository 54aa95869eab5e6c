"""Final Draft scripts (.fdx), written: what `fdx.read` reads back as the same script.

Final Draft of version 8 and later opens them. Sections are its outline paragraphs, notes stand in the
paragraph they follow, and an empty paragraph carries a note or page break that has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from openset.formats.fdx_title import title_lines
from openset.formats.fountain_model import Element, Script
from openset.formats.fountain_text import runs
from openset.formats.plain_xml import fit

_TYPES = {
    "action": "Action",
    "centred": "Action",
    "heading": "Scene Heading",
    "character": "Character",
    "dialogue": "Dialogue",
    "parenthetical": "Parenthetical",
    "lyric": "Lyrics",
    "transition": "Transition",
    "synopsis": "Outline Body",
    "note": "General",
    "page_break": "General",
}
_SPEECH = ("dialogue", "parenthetical", "lyric", "note")
_STYLES = ("bold", "italic", "underline")
_MOST_LEVELS = 9
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'


@dataclass(frozen=True)
class _Paragraph:
    """One paragraph to write, with the notes that hang on it."""

    element: Element
    number: str = ""
    notes: tuple[Element, ...] = ()
    new_page: bool = False


def write(script: Script) -> bytes:
    """The script as a Final Draft file, UTF-8. Characters XML cannot hold are replaced."""
    root = etree.Element("FinalDraft", DocumentType="Script", Template="No", Version="5")
    content = etree.SubElement(root, "Content")
    for speeches in _side_by_side(list(_paragraphs(script))):
        into = content
        if len(speeches) > 1 or any(each.element.dual for each in speeches[0]):
            into = etree.SubElement(etree.SubElement(content, "Paragraph"), "DualDialogue")
        for each in (each for speech in speeches for each in speech):
            _add(into, each)
    if script.title_page:
        page = etree.SubElement(etree.SubElement(root, "TitlePage"), "Content")
        for line in title_lines(script.title_page):
            paragraph = etree.SubElement(
                page, "Paragraph", Alignment="Center" if line.centred else "Left"
            )
            _add_text(paragraph, line.text)
    etree.indent(root, "  ")
    out: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return _DECLARATION + out + b"\n"


def _paragraphs(script: Script) -> Iterator[_Paragraph]:
    """Elements as paragraphs: a page break goes into the one after it, notes into the one before."""
    waiting: _Paragraph | None = None
    for element, number in _elements(script):
        if element.kind == "note" and waiting is not None:
            waiting = replace(waiting, notes=(*waiting.notes, element))
            continue
        new_page = waiting is not None and waiting.element.kind == "page_break" and not waiting.notes
        if new_page and element.kind != "page_break":
            waiting = None
        if waiting is not None:
            yield waiting
        waiting = _Paragraph(element, number, new_page=waiting is None and new_page)
    if waiting is not None:
        yield waiting


def _elements(script: Script) -> Iterator[tuple[Element, str]]:
    """All elements, headings among them, with a heading's number."""
    yield from ((element, "") for element in script.opening)
    for scene in script.scenes:
        yield Element("heading", scene.heading), scene.number if scene.numbered else ""
        yield from ((element, "") for element in scene.elements)


def _side_by_side(paragraphs: Sequence[_Paragraph]) -> Iterator[list[list[_Paragraph]]]:
    """Paragraphs in groups: a speech and the dual ones that follow it are one, all else by itself."""
    group: list[list[_Paragraph]] = []
    for block in _speeches(paragraphs):
        first = block[0].element
        spoken = first.kind == "character"
        if group and spoken and first.dual and not block[0].new_page:
            group.append(block)
            continue
        if group:
            yield group
        group = [block] if spoken else []
        if not spoken:
            yield [block]
    if group:
        yield group


def _speeches(paragraphs: Sequence[_Paragraph]) -> Iterator[list[_Paragraph]]:
    """A cue with what is spoken under it; other paragraphs one by one."""
    block: list[_Paragraph] = []
    for each in paragraphs:
        follows = block and block[0].element.kind == "character" and each.element.kind in _SPEECH
        if block and not (follows and not each.new_page):
            yield block
            block = []
        block.append(each)
    if block:
        yield block


def _add(parent: etree._Element, paragraph: _Paragraph) -> None:
    """One <Paragraph>, with the notes that hang on it."""
    element = paragraph.element
    made = etree.SubElement(parent, "Paragraph", Type=_type(element))
    if element.kind == "centred":
        made.set("Alignment", "Center")
    if paragraph.number:
        made.set("Number", fit(paragraph.number))
    if paragraph.new_page or element.kind == "page_break":
        made.set("StartsNewPage", "Yes")
    if element.kind != "note":
        _add_text(made, _text(element))
    for note in (*([element] if element.kind == "note" else []), *paragraph.notes):
        inside = etree.SubElement(etree.SubElement(made, "ScriptNote"), "Paragraph")
        etree.SubElement(inside, "Text").text = fit(note.text)


def _type(element: Element) -> str:
    if element.kind == "section":
        return f"Outline {min(max(1, element.level), _MOST_LEVELS)}"
    return _TYPES[element.kind]


def _text(element: Element) -> str:
    """The text as Final Draft shows it: brackets on, extensions after the name."""
    if element.kind == "parenthetical":
        return f"({element.text})"
    if element.kind == "character":
        return " ".join([element.text, *(f"({extension})" for extension in element.extensions)])
    return element.text


def _add_text(paragraph: etree._Element, text: str) -> None:
    """A <Text> for each run; one without a word where there is none."""
    for run in runs(text):
        made = etree.SubElement(paragraph, "Text")
        made.text = fit(run.text)
        if run.styles:
            made.set("Style", "+".join(style.capitalize() for style in _STYLES if style in run.styles))
    if not text:
        etree.SubElement(paragraph, "Text")
