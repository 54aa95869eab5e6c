"""The first sheet of a set of tags: how many, where they hang, what is taped, in eight steps.

The spacing and the reading distance follow from the scenes whose map and pose errors were measured in
simulation: neighbours 0.4 of the distance to the camera apart put nine tags into a 78 degree wide
picture, and a tag turned up to 60 degrees is read while its side covers 50 pixels.
"""

from __future__ import annotations

from openset.stage.prints.ids import written
from openset.stage.prints.paper import EDGE_MM, Paper
from openset.stage.prints.patterns import outlines, tag_modules
from openset.stage.prints.tag_pages import Layout
from openset.stage.prints.typeset import GREY, MONO, Page, bar, line, numbered, shape, words
from openset.stage.prints.words import decimal, words_in

SIDES_AWAY = 25.0
"""How many times its own side a tag may be away from a 1080p camera that sees 75 degrees: its focal
length of 1251 px over the 50 px that a side must cover."""
_NOTES = "--distance ____-____:___.____  --bar-mm ______"
"""What is filled in with a pen (two ids and metres) and typed after `openset calibrate tags`."""
_STEPS = ("print", "ceiling", "stage", "far", "glue", "tape", "walk", "still")


def guide_page(ids: tuple[int, ...], layout: Layout, paper: Paper, language: str = "en") -> Page:
    """How to hang these tags, on one upright sheet."""
    said, sheet = words_in(language), paper.upright
    scale = min(sheet.width_mm / 210, sheet.height_mm / 297)
    edge, width = 3 * EDGE_MM * scale, sheet.width_mm - 6 * EDGE_MM * scale
    size = decimal(layout.size_mm, said)
    far = decimal(round(layout.size_mm * SIDES_AWAY / 1000, 1), said)
    these = said["how_these"].format(count=len(ids), size=size, ids=_short(written(ids)))
    steps = [said[f"step_{name}"].format(size=size, far=far) for name in _STEPS]
    drawn = 80 * scale
    base, notes = sheet.height_mm - edge - 100 * scale, sheet.height_mm - edge - 14 * scale
    marks = [
        words(said["how_title"], edge, edge, 9 * scale, bold=True),
        words(these, edge, edge + 13 * scale, 4.2 * scale, width_mm=width),
        numbered(steps, edge, edge + 26 * scale, 4.5 * scale, width_mm=width),
        *_ceiling(edge, base, drawn, said),
        *_room(sheet.width_mm - edge - drawn, base, drawn, said),
        words(said["noted"], edge, notes, 4.2 * scale, bold=True),
        words(_NOTES, edge, notes + 9 * scale, 4.2 * scale, font=MONO),
    ]  # fmt: skip
    return Page(sheet.width_mm, sheet.height_mm, tuple(marks))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(',', 1)[0]}, …"


def _ceiling(left: float, top: float, width: float, said: dict[str, str]) -> list[str]:
    """A camera from the side, looking up at a row of tags: h above it, 0.4 h apart."""
    unit = width / 80
    ceiling, lens = top + 14 * unit, top + 58 * unit
    middle = left + 38 * unit
    gap = 0.4 * (lens - ceiling)
    tags = [middle + step * gap for step in (-2, -1, 0, 1, 2)]
    marks = [words(said["ceiling"], left, top, 4.2 * unit, bold=True)]
    marks.append(bar(left, ceiling - 1.2 * unit, 76 * unit, 0.6 * unit, GREY))
    marks += [bar(x - 3.2 * unit, ceiling - 0.6 * unit, 6.4 * unit, 1.6 * unit) for x in tags]
    for side in (-1, 1):
        marks.append(line(middle, lens, middle + side * 0.81 * (lens - ceiling), ceiling + unit, GREY))
    marks += [
        bar(middle - 2 * unit, lens, 4 * unit, 3 * unit),
        bar(middle - 4 * unit, lens + 3 * unit, 8 * unit, 6 * unit),
    ]
    low, far = ceiling + 4 * unit, tags[4] + 5.5 * unit
    marks += [
        line(tags[3], low, tags[4], low),
        line(tags[3], low - unit, tags[3], low + unit),
        line(tags[4], low - unit, tags[4], low + unit),
        words("0.4 h", (tags[3] + tags[4]) / 2, low + 1.5 * unit, 3.6 * unit, align="center"),
        line(far, ceiling, far, lens),
        line(far - unit, ceiling, far + unit, ceiling),
        line(far - unit, lens, far + unit, lens),
        words("h", far - 1.5 * unit, (ceiling + lens) / 2, 3.6 * unit, align="right"),
    ]
    return marks


def _room(left: float, top: float, width: float, said: dict[str, str]) -> list[str]:
    """Two walls and a floor seen from the camera, with tags on all three."""
    unit = width / 80
    marks = [words(said["stage"], left, top, 4.2 * unit, bold=True)]
    x0, x1, x2, x3 = left, left + 16 * unit, left + 64 * unit, left + 80 * unit
    y0, y1, y2, y3 = top + 8 * unit, top + 14 * unit, top + 52 * unit, top + 68 * unit
    for near_x, near_y, x, y in (
        (x0, y0, x1, y1), (x3, y0, x2, y1), (x0, y3, x1, y2), (x3, y3, x2, y2)
    ):  # fmt: skip
        marks.append(line(near_x, near_y, x, y, GREY))
    marks += [
        line(x1, y1, x2, y1, GREY), line(x1, y2, x2, y2, GREY),
        line(x1, y1, x1, y2, GREY), line(x2, y1, x2, y2, GREY),
    ]  # fmt: skip
    flat, aside, floor = (1.0, 1.0), (0.7, 1.15), (1.3, 0.6)
    places = (
        (24, 20, flat), (51, 20, flat), (38, 29, flat), (24, 40, flat), (51, 40, flat),
        (3, 24, aside), (4, 43, aside), (72, 24, aside), (71, 43, aside),
        (20, 58, floor), (38, 55, floor), (56, 59, floor),
    )  # fmt: skip
    for number, (x, y, squeeze) in enumerate(places):
        # Mirrored, so that this page is never read as tags that hang elsewhere.
        tag = outlines(tag_modules(number)[:, ::-1])
        marks.append(shape(tag, left + x * unit, top + y * unit, 0.75 * unit, squeeze))
    return marks
