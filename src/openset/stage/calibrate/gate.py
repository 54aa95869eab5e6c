"""Whether a picture of a board may be used, and if not, why and what to do about it.

Sharpness is measured on the board's own edges: the width of the step from white to black, as the
standard deviation of its blur. Every refusal names one thing a person can change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.board import charuco_detector, find_board
from openset.stage.calibrate.sighting import Refusal, SeenBoard, View, neighbours, square_px
from openset.stage.prints.model import Board

MOST_BLUR = 0.06
"""The widest blur of an edge at which a corner is still one, in sides of a square."""
SHARP_PX = 1.7
"""A view no more blurred than this is sharp enough in any company (measured on webcam pictures)."""
MUCH_BLUNTER = 1.6
ENOUGH_SHARP = 12
"""So many sharp views make a lens alone: views much more blurred than they are then left out."""
LEAST_FILL = 0.03
"""The least part of the picture the board's corners must span."""
LEAST_SQUARE_PX = 10.0
LEAST_CONTRAST = 35.0
LEAST_INK = 0.36
"""The part of a checkerboard that must look black; less, and the white has flooded it."""
SAME_VIEW = 0.012
"""Views whose corners moved by less than this part of the picture's width are one."""
_SAMPLES = 41


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


def look(name: str, luma: U8Plane, board: Board) -> View | Refusal:
    """One picture (h, w): a view, or why it is none."""
    seen = find_board(luma, board)
    if seen is None:
        return _unseen(name, luma, board)
    measures = measure(luma, board, seen)
    trouble = judged(name, board, seen, measures)
    return trouble or View(name, seen, measures.blur_px)


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


def edge_blur(luma: U8Plane, board: Board, seen: SeenBoard) -> tuple[float, float, float]:
    """How blurred the squares' edges are: standard deviation in pixels, the worse of the board's two
    directions, so that motion counts; and the codes of white and of black beside the edges."""
    first, second = neighbours(board, seen)
    if not len(first):
        return 0.0, 255.0, 0.0
    along = seen.corners_px[second] - seen.corners_px[first]
    side = np.linalg.norm(along, axis=-1, keepdims=True)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1) / side
    reach = _reach(board) * side[:, 0]
    steps = np.linspace(-1.0, 1.0, _SAMPLES)
    middle = (seen.corners_px[first] + seen.corners_px[second]) / 2
    places = middle[:, None] + normal[:, None] * (reach[:, None] * steps)[..., None]
    profiles = _profiles(luma, places)
    low, high = profiles.min(axis=1), profiles.max(axis=1)
    good = high - low > 10.0
    if not good.any():
        return 0.0, float(high.mean()), float(low.mean())
    steepest = np.abs(np.diff(profiles, axis=1)).max(axis=1) / (2.0 * reach / (_SAMPLES - 1))
    widths = (high - low)[good] / np.maximum(steepest[good], 1e-6) / np.sqrt(2.0 * np.pi)
    upright = np.abs(seen.index[first] - seen.index[second])[good] == 1
    parts = [widths[each] for each in (upright, ~upright) if each.any()]
    blur = max(float(np.median(part)) for part in parts)
    return blur, float(np.median(high[good])), float(np.median(low[good]))


def _reach(board: Board) -> float:
    """How far beside an edge nothing else is printed, in sides of a square."""
    if board.marker_m is None:
        return 0.3
    return 0.9 * (1.0 - board.marker_m / board.square_m) / 2.0


def _profiles(luma: U8Plane, places: F64) -> F64:
    flat = (places - 0.5).astype(np.float32)
    sampled = cv2.remap(
        luma,
        np.ascontiguousarray(flat[..., 0]),
        np.ascontiguousarray(flat[..., 1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.blur(sampled, (3, 1)), np.float64)


def judged(name: str, board: Board, seen: SeenBoard, measures: Measures) -> Refusal | None:
    """Why a board that was found is no use, if it is not."""
    corners = board.columns * board.rows
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


# --- why no board was seen


def _unseen(name: str, luma: U8Plane, board: Board) -> Refusal:
    seen = _other_checkerboard(luma) if board.kind == "checkerboard" else None
    if seen is not None:
        return _wrong_count(name, board, seen)
    if board.kind == "charuco":
        told = _charuco_trouble(name, luma, board)
        if told is not None:
            return told
    spread = float(np.percentile(luma, 95)) - float(np.percentile(luma, 5))
    if spread < LEAST_CONTRAST:
        bright = float(np.median(luma)) > 127
        return Refusal(
            name,
            "overexposed" if bright else "underexposed",
            "the picture is almost white" if bright else "the picture is almost black",
            "Close the iris" if bright else "Open the iris or light the board",
        )
    return Refusal(
        name,
        "no-board",
        f"no board of {board.columns} x {board.rows} corners is seen whole",
        "Show the whole board with its white border, sharp and evenly lit; --board counts inner "
        "corners",
    )


def _other_checkerboard(luma: U8Plane) -> tuple[int, int] | None:
    """Columns and rows of any checkerboard that is seen, at least three by three."""
    shrink = min(1.0, 1200.0 / max(luma.shape))
    small = cv2.resize(luma, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    flags = cv2.CALIB_CB_LARGER | cv2.CALIB_CB_NORMALIZE_IMAGE
    found, _, meta = cv2.findChessboardCornersSBWithMeta(small, (3, 3), flags)
    if not found or meta is None:
        return None
    rows, columns = np.asarray(meta).shape[:2]
    return int(columns), int(rows)


def _wrong_count(name: str, board: Board, seen: tuple[int, int]) -> Refusal:
    short, long = sorted(seen)
    least, most = sorted((board.columns, board.rows))
    if short <= least and long <= most:
        return Refusal(
            name,
            "half-covered",
            f"only {seen[0]} x {seen[1]} of {board.columns} x {board.rows} corners are seen",
            "Show the whole board, and keep hands off it; if it is whole, --board's counts are wrong",
        )
    return Refusal(
        name,
        "wrong-board",
        f"a board of {seen[0]} x {seen[1]} corners is seen, not {board.columns} x {board.rows}",
        f"Give --board {board.kind}:{seen[0]}x{seen[1]}:{board.square_m * 1000:g} if that is yours",
    )


def _charuco_trouble(name: str, luma: U8Plane, board: Board) -> Refusal | None:
    """Markers that tell what is the matter."""
    _, _, _, ids = charuco_detector(board).detectBoard(luma)
    count = 0 if ids is None else len(ids)
    needed = (board.columns + 1) * (board.rows + 1) // 2
    if count and int(np.max(ids)) >= needed:
        return Refusal(
            name,
            "wrong-board",
            f"marker {int(np.max(ids))} is seen, and this board has only {needed}",
            "Check the counts given to --board: they are of inner corners",
        )
    if count < 4 and _markers(np.ascontiguousarray(luma[:, ::-1]), board.dictionary) >= 4:
        return Refusal(
            name,
            "mirrored",
            "the board is mirrored",
            "Print the sheet as it is, not mirrored, or turn off the camera's mirror picture",
        )
    if count:
        return Refusal(
            name,
            "half-covered",
            f"the board is half covered or too oblique: {count} of {needed} markers are seen",
            "Show more of the board; six corners must be seen, not in one line",
        )
    for other in _OTHER_DICTIONARIES:
        if other != board.dictionary and _markers(luma, other) >= 4:
            return Refusal(
                name,
                "wrong-board",
                f"the markers are of {other}, not {board.dictionary}",
                f"Write :{other} at the end of --board",
            )
    return None


_OTHER_DICTIONARIES = (
    "DICT_4X4_250", "DICT_5X5_250", "DICT_6X6_250", "DICT_7X7_250", "DICT_4X4_1000", "DICT_5X5_1000",
    "DICT_APRILTAG_36h11",
)  # fmt: skip


def _markers(luma: U8Plane, dictionary: str) -> int:
    family: Any = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    _, ids, _ = cv2.aruco.ArucoDetector(family).detectMarkers(luma)
    return 0 if ids is None else len(set(np.asarray(ids).reshape(-1).tolist()))
