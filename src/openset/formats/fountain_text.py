"""Emphasis in Fountain, read into runs and written back: `*italic*`, `**bold**`, `_underline_`.

Emphasis never crosses a line end; a backslash takes a mark's meaning away. Source: fountain.io/syntax,
"Emphasis".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

STYLES = ("underline", "bold", "italic")
_MARKS = {"underline": "_", "bold": "**", "italic": "*"}
_OF_STARS = {1: {"italic"}, 2: {"bold"}, 3: {"bold", "italic"}}
_EMPHASIS = re.compile(r"(\*{1,3})(?=\S)(.*?\S)\1(?!\*)|(?<!\w)(_)(?=\S)(.*?\S)_(?!\w)")
_ESCAPED = re.compile(r"\\([*_\\])")
_DEEPEST = 3

LONGEST_LINE = 4000
"""A line of more letters is taken as it stands: finding pairs takes the square of its length."""

# Escaped marks stand as Unicode noncharacters while the line is looked through; no text holds these.
_HIDDEN = {"*": "\ufdd0", "_": "\ufdd1", "\\": "\ufdd2"}
_HIDE = str.maketrans(dict.fromkeys(_HIDDEN.values(), ""))
_SHOW = str.maketrans({hidden: mark for mark, hidden in _HIDDEN.items()})

Styles = frozenset[str]


@dataclass(frozen=True)
class Run:
    """A stretch of text in one manner: `styles` of "bold", "italic", "underline"."""

    text: str
    styles: Styles = frozenset()


def plain(text: str) -> str:
    """Text without its emphasis marks and escapes: what is read aloud or printed as a label."""
    return "".join(run.text for run in runs(text))


def runs(text: str) -> tuple[Run, ...]:
    """A text as typed, in runs; line ends stand in runs without style."""
    letters: list[tuple[str, Styles]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            letters.append(("\n", frozenset()))
        letters += _letters(line)
    return _joined(letters)


def marked(parts: Iterable[Run]) -> str:
    """Runs as Fountain types them: `runs(marked(parts))` is `parts`, neighbours of one style joined.

    What Fountain cannot mark is left unmarked: white space at the ends of a style, and a style that
    would begin or end inside a word where its mark may not stand.
    """
    letters = [(letter, run.styles) for run in parts for letter in run.text]
    lines: list[list[tuple[str, Styles]]] = [[]]
    for letter, styles in letters:
        if letter == "\n":
            lines.append([])
        else:
            lines[-1].append((letter, styles))
    return "\n".join(_marked_line(line) for line in lines)


def _joined(letters: Sequence[tuple[str, Styles]]) -> tuple[Run, ...]:
    grouped = groupby(letters, key=lambda pair: pair[1])
    return tuple(Run("".join(letter for letter, _ in group), styles) for styles, group in grouped)


def _letters(line: str) -> list[tuple[str, Styles]]:
    """Each letter of a line that is to be seen, with its styles."""
    line = line.translate(_HIDE)
    text = _ESCAPED.sub(lambda match: _HIDDEN[match[1]], line)
    if len(text) > LONGEST_LINE:
        return [(letter, frozenset()) for letter in line]
    styles: list[Styles] = [frozenset()] * len(text)
    for _ in range(_DEEPEST):
        found = list(_EMPHASIS.finditer(text))
        if not found:
            break
        text, styles = _without_marks(text, styles, found)
    return list(zip(text.translate(_SHOW), styles, strict=True))


def _without_marks(
    text: str, styles: list[Styles], found: Iterable[re.Match[str]]
) -> tuple[str, list[Styles]]:
    """One layer of marks taken off, what they say added to the letters between them."""
    pieces, kept, at = [], [], 0
    for match in found:
        group = 2 if match[1] else 4
        start, end = match.span(group)
        added = _OF_STARS[len(match[1])] if match[1] else {"underline"}
        pieces += [text[at : match.start()], match[group]]
        kept += [*styles[at : match.start()], *(each | added for each in styles[start:end])]
        at = match.end()
    return "".join([*pieces, text[at:]]), [*kept, *styles[at:]]


def _marked_line(letters: Sequence[tuple[str, Styles]]) -> str:
    """A line with its marks; a style whose marks are not read back is given up, the text never."""
    wanted = _trimmed(letters)
    for styles in (STYLES, ("bold", "italic"), ()) if len(letters) <= LONGEST_LINE else ((),):
        held = [(letter, each & set(styles)) for letter, each in wanted]
        for escape in (False, True):
            typed = "".join(_typed(held, escape))
            if _letters(typed) == held:
                return typed
    return "".join(letter for letter, _ in wanted)


def _trimmed(letters: Sequence[tuple[str, Styles]]) -> list[tuple[str, Styles]]:
    """Without style on white space at either end of where a style holds."""
    styles = [each & set(STYLES) for _, each in letters]
    for style in STYLES:
        for order in (range(len(letters)), range(len(letters) - 1, -1, -1)):
            inside = False
            for index in order:
                if letters[index][0].isspace() and not inside:
                    styles[index] -= {style}
                else:
                    inside = style in styles[index]
    return [(letter, each) for (letter, _), each in zip(letters, styles, strict=True)]


def _typed(letters: Sequence[tuple[str, Styles]], escape: bool) -> Iterator[str]:
    """Letters with a mark wherever a style begins or ends; what lasts longest is marked outermost."""
    open_styles: list[str] = []
    lasts = {style: _lasting(letters, style) for style in STYLES}
    for index, (letter, styles) in enumerate(letters):
        closing = next((at for at, style in enumerate(open_styles) if style not in styles), None)
        if closing is not None:
            yield from (_MARKS[style] for style in reversed(open_styles[closing:]))
            del open_styles[closing:]
        fresh = [style for style in STYLES if style in styles and style not in open_styles]
        fresh.sort(key={style: -lasts[style][index] for style in fresh}.__getitem__)
        yield from (_MARKS[style] for style in fresh)
        open_styles += fresh
        yield f"\\{letter}" if escape and letter in _HIDDEN else letter
    yield from (_MARKS[style] for style in reversed(open_styles))


def _lasting(letters: Sequence[tuple[str, Styles]], style: str) -> list[int]:
    """For each letter, for how many from there on a style holds."""
    lasts = [0] * (len(letters) + 1)
    for index in range(len(letters) - 1, -1, -1):
        lasts[index] = lasts[index + 1] + 1 if style in letters[index][1] else 0
    return lasts
