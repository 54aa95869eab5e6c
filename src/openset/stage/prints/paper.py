"""Sheets of paper by name, and which part of one a printer can reach.

Source: ISO 216 for the A sizes, ANSI/ASME Y14.1 for letter and tabloid.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from openset.primitives.errors import BadInput

EDGE_MM = 5.0
"""Nearer to the edge than this many printers put no ink."""


@dataclass(frozen=True)
class Paper:
    """A sheet, in millimetres, the way it is turned."""

    name: str
    width_mm: float
    height_mm: float

    @property
    def upright(self) -> Paper:
        """The same sheet with its short side at the bottom."""
        low, high = sorted((self.width_mm, self.height_mm))
        return dataclasses.replace(self, width_mm=low, height_mm=high)

    @property
    def lying(self) -> Paper:
        """The same sheet with its long side at the bottom."""
        low, high = sorted((self.width_mm, self.height_mm))
        return dataclasses.replace(self, width_mm=high, height_mm=low)


PAPERS = {
    paper.name.lower(): paper
    for paper in (
        Paper("A4", 210, 297),
        Paper("A3", 297, 420),
        Paper("A2", 420, 594),
        Paper("A1", 594, 841),
        Paper("A0", 841, 1189),
        Paper("letter", 215.9, 279.4),
        Paper("tabloid", 279.4, 431.8),
    )
}


def parse_paper(text: str) -> Paper:
    """The sheet of that name, upright. Raises BadInput for a name nobody prints on."""
    found = PAPERS.get(text.strip().lower())
    if found is None:
        raise BadInput(
            f"{text[:40]!r} is no paper Openset knows",
            where="--paper",
            todo=f"Choose one of {', '.join(paper.name for paper in PAPERS.values())}",
        )
    return found
