"""What the printer did to a sheet: its 100 mm bar measured with a ruler, and what follows for sizes."""

from __future__ import annotations

import dataclasses
import math

from openset.primitives.errors import BadInput
from openset.stage.prints.model import Board

BAR_MM = 100.0
"""How long the scale bar of every sheet is."""
LEAST_BAR_MM, MOST_BAR_MM = 50.0, 200.0
"""Half and twice the size: A3 printed on A5, and A5 on A3. Beyond that something else was measured."""
AS_PRINTED = 0.002
"""How far a bar may be off and count as right: 0.2 mm is what a ruler is read to."""


def print_scale(bar_mm: float, where: str = "--bar-mm") -> float:
    """How much larger than written everything on a sheet is whose 100 mm bar measures `bar_mm`: 0.98
    for 98 mm. A measure that can be of no such bar is a BadInput."""
    if not (math.isfinite(bar_mm) and LEAST_BAR_MM <= bar_mm <= MOST_BAR_MM):
        raise BadInput(
            f"a scale bar of {bar_mm:g} mm",
            where=where,
            todo=f"Measure the bar marked {BAR_MM:g} mm on the printed sheet, end to end, in "
            f"millimetres: {LEAST_BAR_MM:g} to {MOST_BAR_MM:g}",
        )
    return bar_mm / BAR_MM


def is_as_printed(bar_mm: float) -> bool:
    """Whether a bar of this length says that the printer kept the size."""
    return abs(print_scale(bar_mm) - 1.0) <= AS_PRINTED + 1e-9


def scale_sentence(bar_mm: float) -> str:
    """What the printer did and what to do about it, for a person."""
    scale = print_scale(bar_mm)
    if is_as_printed(bar_mm):
        return f"the scale bar measures {bar_mm:g} mm: the sheet has its true size"
    did = "shrank" if scale < 1 else "enlarged"
    return (
        f"the printer {did} the sheet to {scale * 100:.4g} %: print at 100 %, or give "
        f"--bar-mm {bar_mm:g} and every size is taken as printed"
    )


def board_as_printed(board: Board, bar_mm: float) -> Board:
    """The board with the sizes it has on a sheet whose scale bar measures `bar_mm`."""
    scale = print_scale(bar_mm)
    marker_m = None if board.marker_m is None else board.marker_m * scale
    return dataclasses.replace(board, square_m=board.square_m * scale, marker_m=marker_m)
