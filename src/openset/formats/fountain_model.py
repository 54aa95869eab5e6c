"""What a screenplay is: a title page and scenes of elements, whether from Fountain or Final Draft."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

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


def numbered_scenes(title_page: dict[str, str], elements: Sequence[Element]) -> Script:
    """Elements cut at their headings, and the scenes numbered: a heading's own number still stands at
    the end of its text."""
    starts = [index for index, element in enumerate(elements) if element.kind == "heading"]
    headings = [_with_number(elements[index].text) for index in starts]
    forced = {number for _, number in headings}
    free = (str(count) for count in itertools.count(1) if str(count) not in forced)
    scenes = []
    for (start, end), (heading, number) in zip(
        pairwise([*starts, len(elements)]), headings, strict=True
    ):
        inside = tuple(elements[start + 1 : end])
        line = elements[start].line
        scenes.append(Scene(number or next(free), heading, line, inside, bool(number)))
    opening = tuple(elements[: starts[0]] if starts else elements)
    return Script(title_page, tuple(scenes), opening)


def _with_number(text: str) -> tuple[str, str]:
    """A heading and the number at its end, "" where there is none: "INT. A" and "12" of INT. A #12#."""
    text = text.strip()
    start = text.rfind("#", 0, -1)
    number = text[start + 1 : -1].strip()
    if start < 0 or not text.endswith("#") or not number:
        return text, ""
    return text[:start].rstrip(), number
