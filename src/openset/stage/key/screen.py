"""What the bare screen would look like behind the subject, from the frame itself.

At a quarter of the picture's size (an eighth above 2048 pixels): find cells that are surely screen,
leave out thin dark things before it (hair) and a margin around everything else, and fill the rest
from its surroundings by a pull-push pyramid (Gortler et al., The Lumigraph, 1996, section 3.4).
Nothing is carried over from earlier frames, so nothing ghosts when the camera pans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from openset.primitives.colour import LUMA_709
from openset.primitives.image import F32Plane, F32Planes, Yuv420
from openset.stage.key.formula import colour_difference
from openset.stage.key.settings import KeySettings

Key = Literal["green", "blue"]
_F = np.float32

LOOSE, TIGHT = 0.6, 0.87
"""Least saturation of a sure screen, against the whole screen's and against its neighbourhood's."""
DARKEST = 0.22
"""Least brightness of a sure screen, against the whole screen's."""
THIN_DARK = 0.86
"""A thin thing this much darker than the screen around it is not screen, but hair,"""
HAIR_REACH = 0.03
"""if it is this near to a subject, of the picture's height: further out it is a seam of the cloth."""


@dataclass(frozen=True)
class Plate:
    """The clean plate at low resolution.

    `linear` float32 (3, rows, cells), `difference` D of it (rows, cells), `picture` the frame itself at
    that size, linear (3, rows, cells); `sure` bool (rows, cells): cells seen to be bare screen; `firm`:
    those of them the plate is built from, away from the subject; `coverage` the share of the picture
    that is sure; 0 means that no screen was found.
    """

    key: Key
    linear: F32Planes
    difference: F32Plane
    picture: F32Planes
    sure: npt.NDArray[np.bool_]
    firm: npt.NDArray[np.bool_]
    coverage: float
    factor: int


def factor_for(width: int) -> int:
    """How many pixels a cell of the screen model is wide."""
    return 4 if width <= 2048 else 8


def estimate_plate(picture: Yuv420, settings: KeySettings, key: Key | None = None) -> Plate:
    """The clean plate of one frame. `key` is the screen's colour where it is already known."""
    factor = factor_for(picture.width)
    low = shrink(picture, factor)
    key = key or choose_key(low, settings)
    firm, sure = sure_screen(low, settings, key)
    if not firm.any():
        empty = np.zeros(low.shape[1:], np.float32)
        return Plate(key, np.zeros_like(low), empty, low, firm, firm, 0.0, factor)
    linear = fill(low, firm.astype(np.float32))
    linear, difference = _darker_side(linear, settings, key)
    return Plate(key, linear, difference, low, sure, firm, float(sure.mean()), factor)


def shrink(picture: Yuv420, factor: int) -> F32Planes:
    """4:2:0 to linear R, G, B float32 (3, rows, cells): the mean of each cell, squared."""
    rows, cells = -(-picture.height // factor), -(-picture.width // factor)
    out = np.empty((3, rows, cells), np.float32)
    _shrink(picture.y, picture.u, picture.v, factor, out)
    return out


@njit(nogil=True, fastmath=True, cache=True)
def _shrink(y, u, v, factor, out):  # type: ignore[no-untyped-def]
    height, width = y.shape
    half = factor // 2
    luma, cu, cv = (
        np.empty(width, np.int32),
        np.empty(width // 2, np.int32),
        np.empty(width // 2, np.int32),
    )
    for row in range(out.shape[1]):
        top, bottom = row * factor, min((row + 1) * factor, height)
        ctop, cbottom = row * half, min((row + 1) * half, height // 2)
        _sum_rows(y, top, bottom, luma)
        _sum_rows(u, ctop, cbottom, cu)
        _sum_rows(v, ctop, cbottom, cv)
        for cell in range(out.shape[2]):
            left, right = cell * factor, min((cell + 1) * factor, width)
            cleft, cright = cell * half, min((cell + 1) * half, width // 2)
            n = _F((cbottom - ctop) * (cright - cleft))
            code = _F(luma[left:right].sum()) / _F((bottom - top) * (right - left))
            code = (code - _F(16)) / _F(219)
            fu = (_F(cu[cleft:cright].sum()) / n - _F(128)) / _F(224)
            fv = (_F(cv[cleft:cright].sum()) / n - _F(128)) / _F(224)
            r = max(code + _F(1.5748) * fv, _F(0))
            g = max(code - _F(0.187324) * fu - _F(0.468124) * fv, _F(0))
            b = max(code + _F(1.8556) * fu, _F(0))
            out[0, row, cell] = r * r
            out[1, row, cell] = g * g
            out[2, row, cell] = b * b


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _sum_rows(plane, top, bottom, out):  # type: ignore[no-untyped-def]
    out[:] = 0
    for j in range(top, bottom):
        row = plane[j]
        for i in range(out.shape[0]):
            out[i] += row[i]


def choose_key(low: F32Planes, settings: KeySettings) -> Key:
    """Green or blue: the setting, or whichever fills more of the picture (green when neither does)."""
    if settings.screen != "auto":
        return settings.screen
    counts = {
        key: int(np.count_nonzero(_saturated(low, blue=key == "blue"))) for key in ("green", "blue")
    }
    return "blue" if counts["blue"] > counts["green"] else "green"


def _saturated(low: F32Planes, *, blue: bool) -> npt.NDArray[np.bool_]:
    own, others = (low[2], low[:2]) if blue else (low[1], low[::2])
    return np.asarray((own > 1.25 * others.max(0)) & (own > 0.01))


def sure_screen(
    low: F32Planes, settings: KeySettings, key: Key
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(cells to build the plate from, cells seen to be screen) of a linear picture (3, rows, cells)."""
    blue = key == "blue"
    candidates = _saturated(low, blue=blue)
    nothing = np.zeros(candidates.shape, np.bool_)
    if np.count_nonzero(candidates) < 0.004 * candidates.size:
        return nothing, nothing
    difference = colour_difference(low, settings.balance, blue).astype(np.float32)
    luma = np.tensordot(np.array(LUMA_709, np.float32), low, 1)
    purity = np.asarray(difference / np.maximum(luma, 1e-4), dtype=np.float32)
    # A quarter of the cells says as well what is usual.
    usual_luma = float(np.median(luma[candidates][::4]))
    usual_purity = float(np.percentile(purity[candidates][::4], 60))
    bright = luma > DARKEST * usual_luma
    loose = bright & (purity > LOOSE * usual_purity)
    if not loose.any():
        return nothing, nothing
    weight = np.where(loose, np.maximum(purity, 0.0) ** 4, 0.0).astype(np.float32)
    near = fill(purity[None], weight, smooth=3)[0]
    seen = loose & (purity > TIGHT * near)
    return _apart(seen, difference), seen


def _apart(seen: npt.NDArray[np.bool_], difference: F32Plane) -> npt.NDArray[np.bool_]:
    """Screen well away from the subject: hair and a margin taken off."""
    square = np.ones((5, 5), np.uint8)
    closed = cv2.morphologyEx(difference, cv2.MORPH_CLOSE, square)
    reach = 2 * round(HAIR_REACH * seen.shape[0]) + 1
    near = cv2.dilate((~seen).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    solid = seen & ((difference > THIN_DARK * closed) | ~near)
    eroded = cv2.erode(solid.astype(np.uint8), square, borderType=cv2.BORDER_REPLICATE) > 0
    return eroded if eroded.any() else solid


def _darker_side(linear: F32Planes, settings: KeySettings, key: Key) -> tuple[F32Planes, F32Plane]:
    """The plate lowered to its darkest neighbour, so that a step in the cloth is not a subject."""
    d = np.maximum(colour_difference(linear, settings.balance, key == "blue"), 1e-3).astype(np.float32)
    darker = cv2.erode(d, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return linear * (darker / d), np.asarray(darker, dtype=np.float32)


def fill(planes: npt.NDArray[np.float32], weight: F32Plane, smooth: int = 0) -> npt.NDArray[np.float32]:
    """Planes (n, rows, cells) filled from nearby cells where `weight` (rows, cells) is nil.

    The `smooth` finest levels of the pyramid are left out: 3 averages over 8x8 cells.
    """
    colours, weights = [planes * weight], [weight]
    while min(weights[-1].shape) > 1 or max(weights[-1].shape) > 2:
        rows, cells = weights[-1].shape
        shape = ((rows + 1) // 2, (cells + 1) // 2)
        colour, w = np.empty((len(planes), *shape), np.float32), np.empty(shape, np.float32)
        _pull(colours[-1], weights[-1], colour, w)
        colours.append(colour)
        weights.append(w)
    filled = np.empty_like(colours[-1])
    filled[:] = (colours[-1].sum((1, 2)) / max(float(weights[-1].sum()), 1e-12))[:, None, None]
    coarsest = min(smooth, len(weights) - 1)
    for level in range(len(weights) - 1, coarsest - 1, -1):
        above = filled
        filled = np.empty_like(colours[level])
        _push(colours[level], weights[level], above, filled)
    return _enlarged(filled, 2**coarsest, planes.shape[1:]) if coarsest else filled


def _enlarged(
    planes: npt.NDArray[np.float32], times: int, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """Planes stretched bilinearly, cells staying over the cells they stand for, cut to `shape`."""
    size = (planes.shape[2] * times, planes.shape[1] * times)
    wide = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in planes]
    return np.stack(wide)[:, : shape[0], : shape[1]]


@njit(nogil=True, fastmath=True, cache=True)
def _pull(colour, weight, out, out_weight):  # type: ignore[no-untyped-def]
    """Halve: weighted colours are summed 2x2, and the sum scaled down where its weight passes 1."""
    planes, rows, cells = colour.shape
    for j in range(out_weight.shape[0]):
        j1 = min(2 * j + 1, rows - 1)
        for i in range(out_weight.shape[1]):
            i1 = min(2 * i + 1, cells - 1)
            total = weight[2 * j, 2 * i] + weight[2 * j, i1] + weight[j1, 2 * i] + weight[j1, i1]
            scale = _F(1) / max(total, _F(1))
            out_weight[j, i] = total * scale
            for k in range(planes):
                both = colour[k, 2 * j, 2 * i] + colour[k, 2 * j, i1]
                out[k, j, i] = (both + colour[k, j1, 2 * i] + colour[k, j1, i1]) * scale


@njit(nogil=True, fastmath=True, cache=True)
def _push(colour, weight, above, out):  # type: ignore[no-untyped-def]
    """Double `above` (bilinear) under what this level knows itself."""
    planes, rows, cells = colour.shape
    arows, acells = above.shape[1], above.shape[2]
    mixed = np.empty(acells + 2, np.float32)
    for j in range(rows):
        ja = j // 2
        jb = min(max(ja + (1 if j % 2 else -1), 0), arows - 1)
        for k in range(planes):
            near, far = above[k, ja], above[k, jb]
            for i in range(acells):
                mixed[i + 1] = _F(0.75) * near[i] + _F(0.25) * far[i]
            mixed[0], mixed[acells + 1] = mixed[1], mixed[acells]
            known, share, line = colour[k, j], weight[j], out[k, j]
            for i in range(cells):
                a = i // 2 + 1
                b = a + 2 * (i % 2) - 1
                under = _F(0.75) * mixed[a] + _F(0.25) * mixed[b]
                line[i] = known[i] + (_F(1) - min(share[i], _F(1))) * under
