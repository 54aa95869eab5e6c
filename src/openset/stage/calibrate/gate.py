"""Whether a picture of a board may be used, and if not, why and what to do about it.

Sharpness is measured on the board's own edges: the width of the step from white to black, as the
standard deviation of its blur. Every refusal names one thing a person can change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from openset.primitives.image import U8Plane
from openset.stage.calibrate.board import find_board
from openset.stage.calibrate.sharpness import SHARP_PX, WHOLLY_SOFT, edge_blur, edge_reach
from openset.stage.calibrate.sighting import Refusal, SeenBoard, View, square_px
from openset.stage.calibrate.unseen import (
    LEAST_CONTRAST,
    few_markers,
    goes_on,
    larger_board,
    why_unseen,
)
from openset.stage.prints.model import Board

MOST_BLUR = 0.06
"""The widest blur of an edge at which a corner is still one, in sides of a square."""
MUCH_BLUNTER = 1.6
ENOUGH_SHARP = 12
"""So many sharp views make a lens alone: views much more blurred than they are then left out."""
LEAST_FILL = 0.03
"""The least part of the picture the board's corners must span."""
LEAST_SQUARE_PX = 10.0
LEAST_INK = 0.36
"""The part of a checkerboard that must look black; less, and the white has flooded it."""
SAME_VIEW = 0.012
"""Views whose corners moved by less than this part of the picture's width are one."""


@dataclass(frozen=True)
class Measures:
    """What was measured of a board in a picture: the part of the frame it fills, its smallest square
    in pixels, the blur of its edges in pixels, and white and black in codes."""

    fill: float
    square_px: float
    blur_px: float
    white: float
    black: float
    ink: float


def look(name: str, luma: U8Plane, board: Board, time_s: float = 0.0) -> View | Refusal:
    """One picture (h, w): a view, or why it is none."""
    seen = find_board(luma, board)
    if seen is None:
        return why_unseen(name, luma, board)
    if board.kind == "checkerboard" and goes_on(luma, board, seen):
        return larger_board(name, luma, board)
    measures = measure(luma, board, seen)
    trouble = judged(name, board, seen, measures)
    return trouble or View(name, seen, measures.blur_px, time_s)


def measure(luma: U8Plane, board: Board, seen: SeenBoard) -> Measures:
    """What can be measured of a board that was found."""
    hull = cv2.convexHull(seen.corners_px.astype(np.float32))
    fill = float(cv2.contourArea(hull)) / luma.size
    blur, white, black = edge_blur(luma, board, seen)
    mask = np.zeros(luma.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1)
    inside = luma[mask > 0]
    ink = float(np.mean(inside < (white + black) / 2)) if inside.size else 0.5
    return Measures(fill, square_px(board, seen), blur, white, black, ink)


def judged(name: str, board: Board, seen: SeenBoard, measures: Measures) -> Refusal | None:
    """Why a board that was found is no use, if it is not."""
    corners = board.columns * board.rows
    reach_px = edge_reach(board) * measures.square_px
    if 2 * len(seen.index) < corners and measures.blur_px > WHOLLY_SOFT * reach_px:
        return few_markers(name, measures.blur_px)
    if 2 * len(seen.index) < corners:
        return Refusal(
            name,
            "half-covered",
            f"the board is half covered: {len(seen.index)} of {corners} corners are seen",
            "Keep hands and other things off the squares",
        )
    if measures.fill < LEAST_FILL or measures.square_px < LEAST_SQUARE_PX:
        return Refusal(
            name,
            "too-small",
            f"the board is too far away: it fills {measures.fill * 100:.1f} % of the picture",
            "Come nearer until it fills a third of the picture or more",
        )
    if measures.white - measures.black < LEAST_CONTRAST:
        return Refusal(
            name,
            "underexposed",
            f"the board has no contrast: white is {measures.white:.0f}, black {measures.black:.0f}",
            "Open the iris or light the board",
        )
    if board.kind == "checkerboard" and measures.ink < LEAST_INK:
        return Refusal(
            name,
            "overexposed",
            f"the white floods the black squares: only {measures.ink * 100:.0f} % of the board is dark",
            "Close the iris or turn the board out of the light",
        )
    if measures.blur_px > max(SHARP_PX, MOST_BLUR * measures.square_px):
        return blurred(name, measures.blur_px)
    return None


def blurred(name: str, blur_px: float) -> Refusal:
    """The refusal of a view that is not sharp."""
    return Refusal(
        name,
        "blurred",
        f"the board is blurred: its edges are {blur_px:.1f} px soft",
        "Hold it still, focus on it, or use a shorter shutter",
    )


def blunt(views: Sequence[View]) -> list[View]:
    """The views that are much more blurred than enough others, which do better without them."""
    usual = float(np.percentile([view.blur_px for view in views], 33)) if views else 0.0
    limit = max(SHARP_PX, MUCH_BLUNTER * usual)
    found = [view for view in views if view.blur_px > limit]
    return found if len(views) - len(found) >= ENOUGH_SHARP else []


def same_view(view: View, others: Sequence[View], width_px: int) -> View | None:
    """The view among `others` that shows the board where this one does, if there is one."""
    for other in others:
        _, mine, its = np.intersect1d(view.seen.index, other.seen.index, return_indices=True)
        if len(mine) < 4:
            continue
        moved = np.linalg.norm(view.seen.corners_px[mine] - other.seen.corners_px[its], axis=-1)
        if float(moved.mean()) < SAME_VIEW * width_px:
            return other
    return None


def twin(view: View, other: View) -> Refusal:
    """The refusal of a view that shows what another does."""
    return Refusal(
        view.name,
        "same",
        f"the board is where it is in {other.name}",
        "Move the board or the camera between pictures",
    )
