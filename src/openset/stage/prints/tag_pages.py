"""AprilTag 36h11 tags on sheets: as many on each as fit, with their white border, id and cut marks.

A tag needs white around it, one module wide, or its edge cannot be found (Wang and Olson 2016).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from openset.primitives.errors import BadInput
from openset.stage.prints.bars import lying_bar
from openset.stage.prints.paper import EDGE_MM, Paper
from openset.stage.prints.patterns import TAG_MODULES, outlines, tag_modules
from openset.stage.prints.scale import BAR_MM
from openset.stage.prints.typeset import GREY, MONO, Page, arrow_up, line, shape, words
from openset.stage.prints.words import decimal, words_in

LEAST_MM, MOST_MM = 20.0, 800.0
_FOOT_MM = 18.0
WIDE_WHITE = 0.2
"""The white border in sides of the tag where the paper has room for more than it must have."""


@dataclass(frozen=True)
class Layout:
    """How tags stand on a sheet: the sheet as it is turned, how many across and down, a tag's black
    side and its white border. Below each tag a strip carries its id."""

    sheet: Paper
    across: int
    down: int
    size_mm: float
    margin_mm: float

    @property
    def per_page(self) -> int:
        """How many tags a full sheet has."""
        return self.across * self.down

    @property
    def strip_mm(self) -> float:
        """The height of the strip with the id."""
        return _strip_mm(self.size_mm)

    @property
    def cell_mm(self) -> tuple[float, float]:
        """Width and height of what is cut out."""
        side = self.size_mm + 2 * self.margin_mm
        return side, side + self.strip_mm

    @property
    def origin_mm(self) -> tuple[float, float]:
        """The top left corner of the first cell: all of them stand in the middle of the sheet."""
        width, height = self.cell_mm
        room = self.sheet.height_mm - EDGE_MM - _FOOT_MM
        return (
            (self.sheet.width_mm - self.across * width) / 2,
            EDGE_MM + (room - self.down * height) / 2,
        )


def lay_out(paper: Paper, size_mm: float, margin_mm: float | None = None) -> Layout:
    """The layout with most tags on a sheet. Raises BadInput for a tag that is too small to be read, too
    large for the paper, or whose white border is too narrow."""
    if not (math.isfinite(size_mm) and LEAST_MM <= size_mm <= MOST_MM):
        raise BadInput(
            f"a tag of {size_mm:g} mm",
            where="--size",
            todo=f"A tag's black square is {LEAST_MM:g} to {MOST_MM:g} mm wide",
        )
    least = size_mm / TAG_MODULES
    margin = least if margin_mm is None else margin_mm
    if not least - 1e-9 <= margin <= size_mm:
        raise BadInput(
            f"a white border of {margin:g} mm around a tag of {size_mm:g} mm",
            where="--margin",
            todo=f"It takes {least:g} mm at least, an eighth of the tag, and {size_mm:g} at most",
        )
    plans = [_plan(sheet, size_mm, margin) for sheet in (paper.upright, paper.lying)]
    best = max(plans, key=lambda plan: plan.per_page)
    if not best.per_page:
        raise BadInput(
            f"a tag of {size_mm:g} mm and its white border do not fit on {paper.name}",
            where="--size",
            todo=f"Take larger paper, or a tag of {largest_mm(paper):g} mm",
        )
    return best if margin_mm is not None else _with_more_white(best)


def tag_pages(ids: tuple[int, ...], layout: Layout, language: str = "en") -> list[Page]:
    """A sheet for every `layout.per_page` ids, in their order."""
    said = words_in(language)
    groups = [ids[at : at + layout.per_page] for at in range(0, len(ids), layout.per_page)]
    made = []
    for number, group in enumerate(groups, start=1):
        marks = _foot(layout, said, said["sheet"].format(n=number, all=len(groups)))
        for place, tag_id in enumerate(group):
            row, column = divmod(place, layout.across)
            marks += _cell(layout, tag_id, column, row, said)
        made.append(Page(layout.sheet.width_mm, layout.sheet.height_mm, tuple(marks)))
    return made


def _plan(sheet: Paper, size_mm: float, margin_mm: float) -> Layout:
    one = Layout(sheet, 1, 1, size_mm, margin_mm)
    width, height = one.cell_mm
    across = int((sheet.width_mm - 2 * EDGE_MM + 1e-6) / width)
    down = int((sheet.height_mm - EDGE_MM - _FOOT_MM + 1e-6) / height)
    return Layout(sheet, across, down, size_mm, margin_mm)


def _with_more_white(plan: Layout) -> Layout:
    """The same sheet with the white it has room for, in tenths of a millimetre: a cut that goes a
    little wrong then costs nothing."""
    width = (plan.sheet.width_mm - 2 * EDGE_MM) / plan.across
    height = (plan.sheet.height_mm - EDGE_MM - _FOOT_MM) / plan.down - plan.strip_mm
    room = (min(width, height) - plan.size_mm) / 2
    margin = math.floor(min(room, plan.size_mm * WIDE_WHITE) * 10) / 10
    return dataclasses.replace(plan, margin_mm=max(plan.margin_mm, margin))


def largest_mm(paper: Paper) -> float:
    """The largest tag, in whole millimetres, that this paper has room for with its white border."""
    size = LEAST_MM
    while any(
        _plan(sheet, size + 1, (size + 1) / TAG_MODULES).per_page
        for sheet in (paper.upright, paper.lying)
    ):
        size += 1
    return size


def _strip_mm(size_mm: float) -> float:
    return min(18.0, max(6.0, 0.16 * size_mm))


def _cell(layout: Layout, tag_id: int, column: int, row: int, said: dict[str, str]) -> list[str]:
    width, height = layout.cell_mm
    left, top = (
        layout.origin_mm[0] + column * width,
        layout.origin_mm[1] + row * height,
    )
    size, margin, strip = layout.size_mm, layout.margin_mm, layout.strip_mm
    module = size / TAG_MODULES
    low = top + height - strip
    number = strip / 1.35
    caption = f"{decimal(size, said)} mm"
    small = max(2.2, strip * 0.26)
    edge = min(margin, 0.08 * width)
    return [
        shape(outlines(tag_modules(tag_id)), left + margin, top + margin, module),
        *_cross(left + width / 2, top + margin + size / 2, min(3.0, module / 4)),
        arrow_up(left + edge, low, strip * 0.4, strip * 0.54),
        words(str(tag_id), left + edge + strip * 0.55, low, number, font=MONO, bold=True),
        words(caption, left + width - edge, low, small, align="right"),
        words("36h11", left + width - edge, low + small * 1.1, small, align="right"),
        *_cut_marks(left, top, width, height),
    ]


def _cross(x_mm: float, y_mm: float, arm_mm: float) -> list[str]:
    return [
        line(x_mm - arm_mm, y_mm, x_mm + arm_mm, y_mm, GREY),
        line(x_mm, y_mm - arm_mm, x_mm, y_mm + arm_mm, GREY),
    ]


def _cut_marks(left: float, top: float, width: float, height: float) -> list[str]:
    marks, long = [], min(4.0, 0.08 * width)
    for x, inward in ((left, 1), (left + width, -1)):
        for y, down in ((top, 1), (top + height, -1)):
            marks.append(line(x, y, x + inward * long, y, GREY))
            marks.append(line(x, y, x, y + down * long, GREY))
    return marks


def _foot(layout: Layout, said: dict[str, str], sheet: str) -> list[str]:
    left, top = EDGE_MM + 4.0, layout.sheet.height_mm - _FOOT_MM + 3.0
    right = left + BAR_MM + 14.0
    room = layout.sheet.width_mm - right - EDGE_MM - 4.0
    return [
        *lying_bar(left, top),
        words(said["bar"], left + BAR_MM + 1.5, top + 1.9, 3.2),
        words(said["measure"], left, top + 7.6, 2.7),
        words(f"{said['full_size']} {said['cut']} {sheet}.", right, top, 2.7, width_mm=room),
    ]
