"""ST maps: the lens as a picture of coordinates, which any compositing program can read.

In memory a map holds (x / w, y / h) of the picture that is looked up, from its top-left corner as all
pictures in Openset; the file counts from the bottom left (see files.py). "undistort" makes a straight
picture out of the camera's; "distort" bends a straight one, a rendered set, as the camera would see it.
A straight picture that covers the whole camera picture is larger: `overscan` says how much. It has
the same pixels per radian and is padded equally on both sides.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.polynomial.chebyshev import chebvander

from openset.primitives.space import F64
from openset.stage.lens.model import Lens, distort, pixel_grid, undistort

Direction = Literal["undistort", "distort"]
_NODES = 28
F32Map = npt.NDArray[np.float32]


def overscan(lens: Lens) -> float:
    """How much larger than the camera picture a straight one must be, to hold all of it; 1.0 or
    more."""
    edge = _edge(lens.width_px, lens.height_px)
    straight = _pixels(lens, undistort(lens, _normalised(lens, edge)))
    size = np.array([lens.width_px, lens.height_px])
    return max(1.0, float(np.abs(straight / size * 2 - 1).max()))


def straight_size(lens: Lens, factor: float) -> tuple[int, int]:
    """Width and height in pixels of the straight picture for an overscan factor: even, never too
    small."""
    sizes = (lens.width_px, lens.height_px)
    width, height = (size + 2 * int(np.ceil(size * (factor - 1) / 2 - 1e-9)) for size in sizes)
    return width, height


def st_map(lens: Lens, direction: Direction = "undistort", overscan: float = 1.0) -> F32Map:
    """The map of a lens, float32 (h, w, 2), sized as the picture it makes.

    "undistort": (h, w) is straight_size(lens, overscan), values look up the camera's picture.
    "distort": (h, w) is the camera's picture, values look up the straight picture of that overscan.
    """
    straight = np.array(straight_size(lens, overscan), np.float64)
    camera = np.array([lens.width_px, lens.height_px], np.float64)
    border = (straight - camera) / 2
    if direction == "undistort":
        grid = pixel_grid(int(straight[0]), int(straight[1])) - border
        looked_up = _pixels(lens, distort(lens, _normalised(lens, grid)))
        return np.ascontiguousarray(looked_up / camera, np.float32)
    ideal = np.moveaxis(_undistorted(lens, np.dtype(np.float64)), 0, -1)
    return np.ascontiguousarray((_pixels(lens, ideal) + border) / straight, np.float32)


def ray_map(lens: Lens) -> npt.NDArray[np.float32]:
    """Where each pixel's centre looks: planes X and Y (2, h, w) float32, camera coordinates at Z = -1.

    Quick enough to be made anew for every frame of a zoom or a focus pull.
    """
    out = _undistorted(lens, np.dtype(np.float32))
    np.negative(out[1], out=out[1])
    return out


def _undistorted(lens: Lens, precision: np.dtype[Any]) -> npt.NDArray[Any]:
    """Undistorted normalised coordinates of every pixel's centre: planes x and y (2, h, w).

    The inverse of a lens is smooth: it is solved at 28 x 28 Chebyshev nodes and evaluated everywhere as
    two matrix products, far faster than solving each pixel. Where a check between the nodes is off by
    more than a thousandth of a pixel (a lens near its fold), each pixel is solved.
    """
    size = np.array([lens.width_px, lens.height_px])
    nodes = np.cos((np.arange(_NODES) + 0.5) * np.pi / _NODES)
    inverse = np.linalg.inv(chebvander(nodes, _NODES - 1))

    def solved(x: F64, y: F64) -> F64:
        unit = np.stack(np.meshgrid(x, y), axis=-1)
        return np.moveaxis(undistort(lens, _normalised(lens, (unit + 1) / 2 * size)), -1, 0)

    table = inverse @ solved(nodes, nodes) @ inverse.T
    between = np.cos(np.arange(_NODES + 1) * np.pi / _NODES)
    vander = chebvander(between, _NODES - 1)
    off = vander @ table @ vander.T - solved(between, between)
    focal_px = np.array([lens.fx_px, lens.fy_px])[:, None, None]
    if not float(np.abs(off * focal_px).max()) <= 1e-3:
        grid = undistort(lens, _normalised(lens, pixel_grid(lens.width_px, lens.height_px)))
        return np.ascontiguousarray(np.moveaxis(grid, -1, 0), precision)
    wide, high = (chebvander((np.arange(n) + 0.5) / n * 2 - 1, _NODES - 1) for n in size.tolist())
    planes = high.astype(precision) @ table.astype(precision) @ wide.T.astype(precision)
    return np.asarray(planes, precision)


def _normalised(lens: Lens, pixels: F64) -> F64:
    return np.asarray((pixels - [lens.cx_px, lens.cy_px]) / [lens.fx_px, lens.fy_px])


def _pixels(lens: Lens, normalised: F64) -> F64:
    return np.asarray(normalised * [lens.fx_px, lens.fy_px] + [lens.cx_px, lens.cy_px])


def _edge(width: int, height: int) -> F64:
    """Points (n, 2) along the picture's edge."""
    x, y = np.linspace(0, width, 129), np.linspace(0, height, 129)
    sides = [(x, 0 * x), (x, 0 * x + height), (0 * y, y), (0 * y + width, y)]
    return np.concatenate([np.stack(side, axis=-1) for side in sides])
