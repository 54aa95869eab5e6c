"""How sharp the edges of a printed board are in a picture.

The step from white to black is sampled across the middle of every square's side. A step blurred by a
gaussian of standard deviation s rises by its whole height over sqrt(2 pi) s where it is steepest.
"""

from __future__ import annotations

import cv2
import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.sighting import SeenBoard, neighbours
from openset.stage.prints.model import Board

SHARP_PX = 1.7
"""A view no more blurred than this is sharp enough in any company (measured on webcam pictures)."""
WHOLLY_SOFT = 0.3
"""A blur of this part of what was looked at beside an edge: no step ends within it."""
_SAMPLES = 41
_BOX = 3


def edge_blur(luma: U8Plane, board: Board, seen: SeenBoard) -> tuple[float, float, float]:
    """How blurred the squares' edges are: standard deviation in pixels, the worse of the board's two
    directions, so that motion counts; and the codes of white and of black beside the edges."""
    first, second = neighbours(board, seen)
    if not len(first):
        return 0.0, 255.0, 0.0
    widths, low, high = step_widths(
        luma, seen.corners_px[first], seen.corners_px[second], edge_reach(board)
    )
    good = np.isfinite(widths)
    if not good.any():
        return 0.0, float(high.mean()), float(low.mean())
    upright = np.abs(seen.index[first] - seen.index[second]) == 1
    parts = [widths[good & each] for each in (upright, ~upright) if (good & each).any()]
    blur = max(float(np.median(part)) for part in parts)
    return blur, float(np.median(high[good])), float(np.median(low[good]))


def step_widths(luma: U8Plane, start: F64, end: F64, reach: float) -> tuple[F64, F64, F64]:
    """Across the middles of lines from `start` (n, 2) to `end`, as far as `reach` times their length:
    the blur (n,) in pixels, nan where there is no step, and the lowest and highest codes (n,)."""
    along = end - start
    side = np.linalg.norm(along, axis=-1, keepdims=True)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1) / np.maximum(side, 1e-9)
    reach_px = np.maximum(reach * side[:, 0], 1.0)
    steps = np.linspace(-1.0, 1.0, _SAMPLES)
    places = (start + end)[:, None] / 2 + normal[:, None] * (reach_px[:, None] * steps)[..., None]
    profiles = _profiles(luma, places)
    low, high = profiles.min(axis=1), profiles.max(axis=1)
    step_px = 2.0 * reach_px / (_SAMPLES - 1)
    steepest = np.abs(np.diff(profiles, axis=1)).max(axis=1) / step_px
    raw = (high - low) / np.maximum(steepest, 1e-6) / np.sqrt(2.0 * np.pi)
    smoothed = (_BOX**2 - 1) / 12.0 * step_px**2  # what the box over the samples added
    widths = np.sqrt(np.maximum(raw**2 - smoothed, 0.01))
    return np.where(high - low > 10.0, widths, np.nan), low, high


def edge_reach(board: Board) -> float:
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
    return np.asarray(cv2.blur(sampled, (_BOX, 1)), np.float64)
