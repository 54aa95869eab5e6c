"""A page described in millimetres, and Typst to make a PDF or a picture of it.

Everything is placed absolutely from the page's top left corner, y down, so that a size on paper is the
size written here. Only Typst's own fonts are used: one machine prints the bytes another one prints.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import typst

from openset.stage.prints.patterns import Outline

SERIF, MONO = "Libertinus Serif", "DejaVu Sans Mono"
BLACK, GREY = "black", "luma(120)"


@dataclass(frozen=True)
class Page:
    """One page: its size and the marks on it, each a piece of Typst."""

    width_mm: float
    height_mm: float
    marks: tuple[str, ...]


def shape(
    lines: Iterable[Outline],
    x_mm: float,
    y_mm: float,
    module_mm: float,
    squeeze: tuple[float, float] = (1.0, 1.0),
) -> str:
    """Outlines in black, with their own origin at (x, y) and modules of that size, times `squeeze`
    across and down (a drawing of a tag seen from the side)."""
    across, down = module_mm * squeeze[0], module_mm * squeeze[1]
    steps: list[str] = []
    for line in lines:
        for index, (x, y) in enumerate(line):
            verb = "line" if index else "move"
            steps.append(f"curve.{verb}(({_mm(x_mm + x * across)}, {_mm(y_mm + y * down)}))")
        steps.append('curve.close(mode: "straight")')
    inside = ", ".join(steps)
    return f'#place(top + left, curve(fill: black, fill-rule: "even-odd", {inside}))'


def bar(x_mm: float, y_mm: float, width_mm: float, height_mm: float, fill: str = BLACK) -> str:
    """A filled rectangle with its top left corner at (x, y)."""
    size = f"width: {_mm(width_mm)}, height: {_mm(height_mm)}"
    return f"#place(top + left, dx: {_mm(x_mm)}, dy: {_mm(y_mm)}, rect({size}, fill: {fill}))"


def line(x0_mm: float, y0_mm: float, x1_mm: float, y1_mm: float, colour: str = BLACK) -> str:
    """A thin line."""
    ends = f"start: ({_mm(x0_mm)}, {_mm(y0_mm)}), end: ({_mm(x1_mm)}, {_mm(y1_mm)})"
    return f"#place(top + left, line({ends}, stroke: 0.2mm + {colour}))"


def arrow_up(x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> str:
    """A black arrow that points to the top, in a box whose top left corner is (x, y)."""
    whole = [(3, 0), (6, 4), (4, 4), (4, 10), (2, 10), (2, 4), (0, 4)]
    points = ", ".join(
        f"({_mm(x_mm + x / 6 * width_mm)}, {_mm(y_mm + y / 10 * height_mm)})" for x, y in whole
    )
    return f"#place(top + left, polygon(fill: black, {points}))"


def words(
    text: str,
    x_mm: float,
    y_mm: float,
    size_mm: float,
    *,
    width_mm: float = 0.0,
    font: str = SERIF,
    bold: bool = False,
    align: str = "left",
    colour: str = BLACK,
) -> str:
    """Text whose first line's capitals touch `y_mm` with their tops; `size_mm` is the font's size. It
    breaks into lines within `width_mm` (0: it never breaks and takes what it needs). `align` says which
    edge of the box `x_mm` is for text that never breaks."""
    style = f"size: {_mm(size_mm)}, font: {_quoted(font)}, fill: {colour}"
    style += f', weight: {700 if bold else 400}, top-edge: "cap-height", bottom-edge: "baseline"'
    body = f"text({style}, {_quoted(text)})"
    if width_mm:
        body = f"box(width: {_mm(width_mm)}, align({align}, {body}))"
    elif align != "left":
        part = {"center": 0.5, "right": 1.0}[align]
        body = f"context {{ let it = {body}; move(dx: -{part} * measure(it).width, box(it)) }}"
        body = f"[#{body}]"
    return f"#place(top + left, dx: {_mm(x_mm)}, dy: {_mm(y_mm)}, {body})"


def numbered(steps: Sequence[str], x_mm: float, y_mm: float, size_mm: float, *, width_mm: float) -> str:
    """Numbered paragraphs, one below the other."""
    items = ", ".join(f"[#{_quoted(step)}]" for step in steps)
    style = f"size: {_mm(size_mm)}, font: {_quoted(SERIF)}"
    body = f"text({style}, enum(tight: false, spacing: 0.9em, {items}))"
    return f"#place(top + left, dx: {_mm(x_mm)}, dy: {_mm(y_mm)}, box(width: {_mm(width_mm)}, {body}))"


def pdf(pages: Sequence[Page], title: str, language: str) -> bytes:
    """The pages as a PDF, the same bytes every time."""
    made = _compiler().compile(input=_source(pages, title, language), format="pdf")
    return made if isinstance(made, bytes) else b""


def pictures(pages: Sequence[Page], title: str, language: str, ppi: float) -> list[bytes]:
    """Each page as a PNG."""
    made = _compiler().compile(input=_source(pages, title, language), format="png", ppi=ppi)
    return made if isinstance(made, list) else [made or b""]


def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=_fonts())


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


def _source(pages: Sequence[Page], title: str, language: str) -> bytes:
    head = [
        f'#set document(title: {_quoted(title)}, author: "Openset", date: none)',
        f"#set text(lang: {_quoted(language)}, hyphenate: false)",
        "#set par(leading: 0.55em)",
    ]
    body = [
        f"#page(width: {_mm(page.width_mm)}, height: {_mm(page.height_mm)}, margin: 0pt)[\n"
        + "\n".join(page.marks)
        + "\n]"
        for page in pages
    ]
    return "\n".join([*head, *body]).encode()


def _mm(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") + "mm"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
