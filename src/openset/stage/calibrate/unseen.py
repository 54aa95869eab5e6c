"""Why a board was not seen in a picture, as far as the picture tells: each cause by its name."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.board import charuco_detector
from openset.stage.calibrate.sharpness import SHARP_PX, WHOLLY_SOFT, step_widths
from openset.stage.calibrate.sighting import Refusal, SeenBoard
from openset.stage.prints.model import Board

LEAST_CONTRAST = 35.0
_MODULE = 0.12
"""About a module of a marker, in its sides."""
_WIDE = 0.45
"""How far beside an edge its blur shows even where squares are small, in sides: with less, a step that
does not end within it seems sharp (of boards simulated 14 to 60 px a side, 0.8 to 2.6 px soft)."""
_OTHER_DICTIONARIES = (
    "DICT_4X4_250", "DICT_5X5_250", "DICT_6X6_250", "DICT_7X7_250", "DICT_4X4_1000", "DICT_5X5_1000",
    "DICT_APRILTAG_36h11",
)  # fmt: skip


def why_unseen(name: str, luma: U8Plane, board: Board) -> Refusal:
    """What is the matter with a picture (h, w) in which no board was found."""
    seen = _other_checkerboard(luma) if board.kind == "checkerboard" else None
    if seen is not None:
        return _wrong_count(name, board, _counts(seen))
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


def _other_checkerboard(luma: U8Plane) -> F64 | None:
    """The corners (rows, columns, 2) in pixels of any checkerboard that is seen, at least three by
    three."""
    shrink = min(1.0, 1200.0 / max(luma.shape))
    small = cv2.resize(luma, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    flags = cv2.CALIB_CB_LARGER | cv2.CALIB_CB_NORMALIZE_IMAGE
    found, corners, meta = cv2.findChessboardCornersSBWithMeta(small, (3, 3), flags)
    if not found or meta is None:
        return None
    rows, columns = np.asarray(meta).shape[:2]
    found_px: F64 = (np.asarray(corners, np.float64).reshape(rows, columns, 2) + 0.5) / shrink
    return found_px


def _counts(corners_px: F64) -> tuple[int, int]:
    """Columns and rows of corners."""
    return corners_px.shape[1], corners_px.shape[0]


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
    _, _, outlines, ids = charuco_detector(board).detectBoard(luma)
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
    if count and _soft_for_their_size(luma, _around(outlines)):
        return few_markers(name, _usual_blur(luma, _around(outlines), _WIDE))
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
    squares = _other_checkerboard(luma)
    return None if squares is None else _no_marker(name, _usual_blur(luma, _between(squares), _WIDE))


def _no_marker(name: str, blur_px: float) -> Refusal:
    """The refusal of squares whose markers cannot be read, for how blurred they are."""
    sharp = blur_px <= SHARP_PX
    todo = (
        "Come nearer, or tilt it less"
        if sharp
        else "Hold it still, focus on it, or use a shorter shutter"
    )
    return Refusal(
        name,
        "too-fine" if sharp else "blurred",
        "squares are seen, and not one of their markers can be read",
        f"{todo}; a board without markers is --board checkerboard:…",
    )


def _markers(luma: U8Plane, dictionary: str) -> int:
    family: Any = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    _, ids, _ = cv2.aruco.ArucoDetector(family).detectMarkers(luma)
    return 0 if ids is None else len(set(np.asarray(ids).reshape(-1).tolist()))


def few_markers(name: str, blur_px: float) -> Refusal:
    """The refusal of a board few of whose markers can be read, whose edges are `blur_px` soft: a sharp
    one is too small or too slanted in the picture."""
    if blur_px <= SHARP_PX:
        return Refusal(
            name,
            "too-fine",
            "the board is too small or too slanted: few of its markers can be read",
            "Come nearer, or tilt it less",
        )
    return Refusal(
        name,
        "blurred",
        "the board is blurred: few of its markers can be read",
        "Hold it still, focus on it, or use a shorter shutter",
    )


def _soft_for_their_size(luma: U8Plane, edges: tuple[F64, F64]) -> bool:
    """Whether the outer edges of markers that were read are soft beside their modules."""
    reach_px = _MODULE * float(np.median(np.linalg.norm(edges[1] - edges[0], axis=-1)))
    return _usual_blur(luma, edges, _MODULE) > min(SHARP_PX, WHOLLY_SOFT * reach_px)


def _around(outlines: Any) -> tuple[F64, F64]:
    """Where the outer edges of markers begin and end, (n, 2) each, in pixels."""
    corners = np.asarray(outlines, np.float64).reshape(-1, 4, 2) + 0.5
    return corners.reshape(-1, 2), np.roll(corners, -1, axis=1).reshape(-1, 2)


def _between(corners_px: F64) -> tuple[F64, F64]:
    """Where the edges between corners (rows, columns, 2) begin and end, (n, 2) each, in pixels."""
    start = np.concatenate([corners_px[:, :-1].reshape(-1, 2), corners_px[:-1].reshape(-1, 2)])
    return start, np.concatenate([corners_px[:, 1:].reshape(-1, 2), corners_px[1:].reshape(-1, 2)])


def _usual_blur(luma: U8Plane, edges: tuple[F64, F64], reach: float) -> float:
    """How blurred edges are, in pixels: what lies as far from them as `reach` times their length."""
    widths, _, _ = step_widths(luma, *edges, reach)
    return float(np.nanmedian(widths)) if np.isfinite(widths).any() else 0.0


def goes_on(luma: U8Plane, board: Board, seen: SeenBoard) -> bool:
    """Whether the squares of a checkerboard go on beyond the corners that were found: it has more than
    --board says. Where the board ends, one square beyond its last corner, white paper lies outside."""
    flat = board.points_m[seen.index, :2] / board.square_m
    homography, _ = cv2.findHomography(flat, seen.corners_px - 0.5)
    if homography is None:
        return False
    columns, rows = np.arange(board.columns), np.arange(board.rows)
    sides = (
        np.stack([np.full(len(rows), -1), rows], axis=-1),
        np.stack([np.full(len(rows), board.columns), rows], axis=-1),
        np.stack([columns, np.full(len(columns), -1)], axis=-1),
        np.stack([columns, np.full(len(columns), board.rows)], axis=-1),
    )
    inner = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    usual = np.median(np.abs(_crossing(luma, homography, inner)))
    for side in sides:
        beyond = np.abs(_crossing(luma, homography, side))
        if np.isfinite(beyond).sum() >= 2 and float(np.nanmedian(beyond)) > 0.75 * usual:
            return True
    return False


def _crossing(luma: U8Plane, homography: Any, places: Any) -> Any:
    """How much the four squares around places (n, 2) of a board alternate, in codes; nan outside the
    picture. Four squares that do give twice their contrast, the edge of a board once."""
    around = np.array([[0.3, 0.3], [-0.3, 0.3], [-0.3, -0.3], [0.3, -0.3]])
    points = (places[:, None] + around).reshape(1, -1, 2).astype(np.float64)
    where = cv2.perspectiveTransform(points, homography).reshape(-1, 4, 2)
    inside = ((where > 0) & (where < [luma.shape[1] - 1, luma.shape[0] - 1])).all(axis=(1, 2))
    whole = np.clip(np.round(where), 0, [luma.shape[1] - 1, luma.shape[0] - 1]).astype(int)
    codes = luma[whole[..., 1], whole[..., 0]].astype(float)
    return np.where(inside, codes @ [1.0, -1.0, 1.0, -1.0], np.nan)


def larger_board(name: str, luma: U8Plane, board: Board) -> Refusal:
    """The refusal of a board with more corners than --board says."""
    seen = _other_checkerboard(luma)
    said = f"{board.columns} x {board.rows}"
    if seen is None or sorted(_counts(seen)) == sorted((board.columns, board.rows)):
        return Refusal(
            name,
            "wrong-board",
            f"the board has more than {said} corners",
            "Count its inner corners again for --board",
        )
    return _wrong_count(name, board, _counts(seen))
