"""A board's corners from the whole length of the edges that meet in them.

A window around a corner sees a dozen pixels of edge; half a square each way has four to ten times as
many, and beside the edges of a ChArUco board there is clean paper as wide as the gap before the
markers. Each of a corner's four arms is followed along the curve on which the board's other corners say
it lies, and averaged into one profile from white to black, whose step is fitted. Arms that face each
other have black on opposite sides: what ink, flare or the display curve shifts an edge by, their mean
is free of.

How far that curve bows between its ends and the corner is guessed in one picture alone; `rebowed`
takes the guess out again when the lens is known (the idea of Datta, Kim and Kanade 2009: corners are
best found in the picture as the lens would have drawn it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.sighting import Followed, SeenBoard, View
from openset.stage.calibrate.steps import ACROSS, evened, steps
from openset.stage.lens.model import Lens, project
from openset.stage.prints.model import Board

Curve = Callable[[F64], F64]
"""From places on the board (…, 2), in squares from the first corner, to the picture (…, 2)."""
Bool = npt.NDArray[np.bool_]
LEAST_CORNERS = 12
_REACH = 0.5
"""How far an arm is followed, in squares: to where the next corner's begins."""
_BLURS_OFF = 2.5
"""How near an arm comes to its corner, in blurs: nearer, the edge across is mixed in. As far to each
side of an edge is looked, and `_WIDTH_PX` at least."""
_WIDTH_PX = 5.0
_LEAST_WIDTH_PX = 1.5
_CLEAR_PX = 1.0
"""How much of a gap before a marker is left to blur."""
_USUAL_BLUR = 1.0
_MOST_MOVED_PX = 1.5
_DEGREES = ((60, 5), (36, 4), (24, 3), (LEAST_CORNERS, 2))
"""So many corners carry a curve of such a degree."""
_BOW_SAMPLES = 8
_SIGNS = np.array([-1.0, 1.0])


def along_edges(luma: U8Plane, board: Board, seen: SeenBoard) -> SeenBoard:
    """The corners moved to where their edges cross, where those can be followed; the others stay."""
    if len(seen.index) < LEAST_CORNERS:
        return seen
    grid = places(board, seen)
    curve = _smooth(grid, seen.corners_px)
    if curve is None:
        return seen
    blur = _USUAL_BLUR
    for _ in range(2):
        arms = _arms(board, grid, curve, blur)
        profiles, inside = _profiles(luma, grid, curve, seen.corners_px, arms)
        even = evened(profiles, grid, arms.normal, arms.along_px, arms.width_px)
        offset, good, found = steps(even, arms.width_px)
        if found <= blur:
            break
        blur = found
    moved = np.linalg.solve(arms.normal, offset.mean(axis=-1)[..., None])[..., 0]
    good = good & inside & arms.wide & (np.linalg.norm(moved, axis=-1) < _MOST_MOVED_PX)
    corners = np.where(good[:, None], seen.corners_px + moved, seen.corners_px)
    bow = np.where(good[:, None], _bow_px(curve, grid, arms.start, arms.normal), np.nan)
    return replace(seen, corners_px=corners, followed=Followed(arms.start, bow))


def rebowed(view: View, board: Board, lens: Lens, pose: F64) -> View:
    """The view with its corners where the edges cross as this lens, not the board's other corners,
    bows them; `pose` (4, 4) is camera from board."""
    followed = view.seen.followed
    if followed is None:
        return view

    def drawn(grid: F64) -> F64:
        flat = np.concatenate([grid * board.square_m, np.zeros((*grid.shape[:-1], 1))], axis=-1)
        return np.asarray(project(lens, flat @ pose[:3, :3].T + pose[:3, 3]))

    grid = places(board, view.seen)
    normal, _ = _normals(drawn, grid)
    bow = _bow_px(drawn, grid, followed.start, normal)
    off = followed.bow_px - bow
    step = np.linalg.solve(normal, np.nan_to_num(off)[..., None])[..., 0]
    # A lens that is still far off may bow edges by any amount.
    near = (np.linalg.norm(step, axis=-1) < _MOST_MOVED_PX)[:, None]
    return replace(
        view,
        seen=replace(
            view.seen,
            corners_px=np.where(near, view.seen.corners_px + step, view.seen.corners_px),
            followed=Followed(followed.start, np.where(near & ~np.isnan(off), bow, followed.bow_px)),
        ),
    )


def places(board: Board, seen: SeenBoard) -> F64:
    """Where the corners are on the board (n, 2), in squares from the first."""
    return np.stack([seen.index % board.columns, seen.index // board.columns], axis=-1).astype(float)


def _smooth(grid: F64, corners_px: F64) -> Curve | None:
    """The smooth curve through a board's corners: a homography and a polynomial on top of it, corners
    that do not belong left out."""
    middle, size = grid.mean(axis=0), max(1.0, float(np.ptp(grid, axis=0).max()) / 2)
    homography, _ = cv2.findHomography((grid - middle) / size, corners_px)
    if homography is None or not np.isfinite(homography).all():
        return None
    degree = next(most for least, most in _DEGREES if len(grid) >= least)
    most = [min(degree, max(1, len(np.unique(grid[:, axis])) - 2)) for axis in (0, 1)]
    powers = [(i, j) for i in range(most[0] + 1) for j in range(most[1] + 1) if i + j <= degree]

    def flat(at: F64) -> F64:
        out = np.concatenate([at, np.ones((*at.shape[:-1], 1))], axis=-1) @ homography.T
        return np.asarray(out[..., :2] / out[..., 2:])

    def terms(at: F64) -> F64:
        return np.stack([at[..., 0] ** i * at[..., 1] ** j for i, j in powers], axis=-1)

    at = (grid - middle) / size
    rows, wanted = terms(at), corners_px - flat(at)
    used = np.ones(len(grid), bool)
    for _ in range(3):
        weights, *_ = np.linalg.lstsq(rows[used], wanted[used], rcond=None)
        off = np.linalg.norm(wanted - rows @ weights, axis=-1)
        used = off <= 4.0 * float(np.median(off)) + 1e-3
    return lambda place: flat((place - middle) / size) + terms((place - middle) / size) @ weights


@dataclass(frozen=True, eq=False)
class _Arms:
    """Per corner and axis of the board: where its arms start, in squares (n, 2), the normal of the edge
    (n, 2, 2), pixels a square along it (n, 2, 2), how far to each side of it is looked (n, 2), whether
    there is room to (n,); and how many samples are taken of each."""

    start: F64
    normal: F64
    along_px: F64
    width_px: F64
    wide: Bool
    samples: int


def _normals(curve: Curve, grid: F64) -> tuple[F64, F64]:
    """The edges' normals at the corners, and pixels a square along each axis, both (n, axis, 2)."""
    small = 1e-3
    here = curve(grid)
    along = np.stack([(curve(grid + small * step) - here) / small for step in np.eye(2)], axis=1)
    normal = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True), along


def _arms(board: Board, grid: F64, curve: Curve, blur_px: float) -> _Arms:
    normal, along = _normals(curve, grid)
    # How far the other axis leads away from this edge in one square: the strip beside it.
    aside = np.abs(np.einsum("nai,nai->na", normal, along[:, ::-1]))
    gap = 0.5 if board.marker_m is None else (1.0 - board.marker_m / board.square_m) / 2.0
    width = np.minimum(max(_WIDTH_PX, _BLURS_OFF * blur_px), gap * aside - _CLEAR_PX)
    start = np.minimum(0.6 * _REACH, _BLURS_OFF * blur_px / np.maximum(aside[:, ::-1], 1.0))
    side = float(np.median(np.linalg.norm(along, axis=-1)))
    samples = int(np.clip(np.ceil(_REACH * side), 8, 64))
    wide = (width >= _LEAST_WIDTH_PX).all(axis=-1)
    return _Arms(start, normal, along, np.maximum(width, _LEAST_WIDTH_PX), np.asarray(wide), samples)


def _along(start: F64, count: int) -> F64:
    """How far from their corner samples of an arm lie, in squares: (n, axis) to (n, axis, count)."""
    part = (np.arange(count) + 0.5) / count
    return np.asarray(start[..., None] + (_REACH - start)[..., None] * part)


def _profiles(luma: U8Plane, grid: F64, curve: Curve, corners_px: F64, arms: _Arms) -> tuple[F64, Bool]:
    """The mean profile across each arm (n, axis, arm, across), and whether all of a corner's arms are
    in the picture (n,)."""
    along = _along(arms.start, arms.samples)[:, :, None] * _SIGNS[:, None]  # n, axis, arm, sample
    place = grid[:, None, None, None] + along[..., None] * np.eye(2)[:, None, None]
    step = 1e-3 * np.eye(2)[:, None, None]
    here = curve(place)
    way = curve(place + step) - here
    normal = np.stack([-way[..., 1], way[..., 0]], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    here += (corners_px - curve(grid))[:, None, None, None]
    across = arms.width_px[..., None, None, None] * np.linspace(-1.0, 1.0, ACROSS)
    where = here[..., None, :] + across[..., None] * normal[..., None, :]
    size = [luma.shape[1], luma.shape[0]]
    inside = ((where > 0.5) & (where < np.array(size) - 0.5)).all(axis=(1, 2, 3, 4, 5))
    return _sampled(luma, where).mean(axis=3), np.asarray(inside)


def _sampled(luma: U8Plane, where: F64) -> F64:
    """Codes of the picture between its pixels; cv2.remap rounds places to 1/32 pixel."""
    height, width = luma.shape
    x = np.clip(where[..., 0] - 0.5, 0.0, width - 1.001)
    y = np.clip(where[..., 1] - 0.5, 0.0, height - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right_part, low_part = x - left, y - top
    first = top * width + left
    codes = luma.ravel()
    upper = codes[first] * (1.0 - right_part) + codes[first + 1] * right_part
    first += width
    lower = codes[first] * (1.0 - right_part) + codes[first + 1] * right_part
    return np.asarray(upper * (1.0 - low_part) + lower * low_part)


def _bow_px(curve: Curve, grid: F64, start: F64, normal: F64) -> F64:
    """How far the arms' mean lies off the tangent in their corner, along the normal (n, axis)."""
    along = (_along(start, _BOW_SAMPLES)[:, :, None] * _SIGNS[:, None]).reshape(len(grid), 2, -1)
    place = grid[:, None, None] + along[..., None] * np.eye(2)[:, None]
    away = curve(place).mean(axis=2) - curve(grid)[:, None]
    return np.asarray(np.einsum("nai,nai->na", away, normal))
