"""Printed paper for the simulation: tags, boards and textured walls as flat sheets on the stage.

Drawn with OpenCV's own dictionaries and boards, and sharing nothing with the stage code it judges. A
sheet's frame is that of the print: metres, X right, Y up as it is read, Z out of the paper towards the
reader. A tag's origin is its middle, a board's its bottom left inner corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

INK, PAPER = 24, 226
TAG_MODULES = 8
"""The black square of a 36h11 tag, in modules."""
TAG_QUIET_MODULES = 1.5
_MODULE_PX = 48
_SQUARE_PX = 200


@dataclass(frozen=True, eq=False)
class Sheet:
    """One flat sheet. `texture` (h, w) fills `width_m` by `height_m`, its first row on top.

    `position_m` (3,) is where the print's origin is on the stage, `rotation` (3, 3) its right, up and
    out as columns. `corner_m` is the sheet's bottom left corner in the print's frame, `points_m` (n, 3)
    what a detector finds on it, in the print's frame, in its order. Nothing
    is seen of a sheet from behind. A `backdrop` is behind all that is none.
    """

    texture: U8
    width_m: float
    height_m: float
    position_m: F64
    rotation: F64
    corner_m: tuple[float, float] | None = None
    points_m: F64 = field(default_factory=lambda: np.zeros((0, 3)))
    id: int = -1
    backdrop: bool = False

    @property
    def left_bottom_m(self) -> tuple[float, float]:
        """The sheet's bottom left corner in the print's frame; around its origin if not given."""
        return self.corner_m or (-self.width_m / 2, -self.height_m / 2)

    @property
    def outline_m(self) -> F64:
        """The paper's corners (4, 3) on the stage: top left, top right, bottom right, bottom left."""
        x, y = self.left_bottom_m
        w, h = self.width_m, self.height_m
        flat = np.array([[x, y + h, 0.0], [x + w, y + h, 0.0], [x + w, y, 0.0], [x, y, 0.0]])
        return np.asarray(self.position_m + flat @ self.rotation.T)

    @property
    def stage_points_m(self) -> F64:
        """`points_m` on the stage (n, 3)."""
        return np.asarray(self.position_m + self.points_m @ self.rotation.T)

    @property
    def stage_from_print(self) -> F64:
        """(4, 4)."""
        out = np.eye(4)
        out[:3, :3], out[:3, 3] = self.rotation, self.position_m
        return out


def tag_sheet(
    id: int, size_m: float, position_m: F64, rotation: F64, *, mirrored: bool = False
) -> Sheet:
    """An AprilTag 36h11 whose black square is `size_m` wide, on white paper. Its points are the black
    square's corners: top left, top right, bottom right, bottom left as it is read."""
    half = size_m / 2
    points = np.array([[-half, half, 0.0], [half, half, 0.0], [half, -half, 0.0], [-half, -half, 0.0]])
    paper = size_m * (1 + 2 * TAG_QUIET_MODULES / TAG_MODULES)
    texture = _tag_texture(id)
    if mirrored:
        texture = np.ascontiguousarray(texture[:, ::-1])
    return Sheet(texture, paper, paper, np.asarray(position_m, dtype=float), rotation, None, points, id)


def board_sheet(
    kind: str,
    columns: int,
    rows: int,
    square_m: float,
    marker_m: float | None,
    dictionary: str,
    position_m: F64,
    rotation: F64,
) -> Sheet:
    """A `checkerboard` or `charuco` board of `columns` by `rows` inner corners with one square of white
    paper around it. Its points are the inner corners: along the rows, from the bottom left upwards."""
    part = 0.0 if marker_m is None else marker_m / square_m
    texture = _board_texture(kind, columns, rows, round(part, 6), dictionary)
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    points = np.stack([column.ravel(), row.ravel(), np.zeros(column.size)], axis=-1) * square_m
    return Sheet(
        texture,
        (columns + 3) * square_m,
        (rows + 3) * square_m,
        np.asarray(position_m, dtype=float),
        rotation,
        (-2 * square_m, -2 * square_m),
        np.asarray(points, dtype=np.float64),
    )


def textured_sheet(
    width_m: float,
    height_m: float,
    position_m: F64,
    rotation: F64,
    seed: int,
    *,
    texel_m: float = 0.004,
    contrast: float = 22.0,
) -> Sheet:
    """A wall or floor with stains and marks of all sizes, for whoever follows natural features."""
    shape = (max(2, round(height_m / texel_m)), max(2, round(width_m / texel_m)))
    random = np.random.default_rng([seed, 911])
    total = np.zeros(shape, np.float32)
    for size in (2, 6, 18, 54, 160):
        small = random.standard_normal((shape[0] // size + 3, shape[1] // size + 3), dtype=np.float32)
        large = cv2.resize(
            small, (small.shape[1] * size, small.shape[0] * size), interpolation=cv2.INTER_CUBIC
        )
        total += np.asarray(large[size : size + shape[0], size : size + shape[1]], np.float32)
    marks = random.random(shape, dtype=np.float32) < 0.0004
    spots = cv2.GaussianBlur(
        cv2.dilate(marks.astype(np.float32), np.ones((3, 4), np.float32)), (0, 0), 0.7
    )
    codes = 120.0 + contrast * total / np.sqrt(5.0) - 60.0 * np.asarray(spots)
    return Sheet(
        np.clip(codes, 16, 235).astype(np.uint8),
        width_m,
        height_m,
        np.asarray(position_m, dtype=float),
        rotation,
        backdrop=True,
    )


def facing(towards: F64, up: F64) -> F64:
    """The rotation (3, 3) of a sheet read from where `towards` (3,) points, `up` (3,) upwards."""
    out = towards / np.linalg.norm(towards)
    right = np.cross(up, out)
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(out, right), out], axis=-1)


@lru_cache(maxsize=700)
def _tag_texture(id: int) -> U8:
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    bits = np.asarray(cv2.aruco.generateImageMarker(family, id, TAG_MODULES))
    black = np.kron(bits > 0, np.ones((_MODULE_PX, _MODULE_PX), bool))
    quiet = round(TAG_QUIET_MODULES * _MODULE_PX)
    return np.where(np.pad(black, quiet, constant_values=True), PAPER, INK).astype(np.uint8)


@lru_cache(maxsize=16)
def _board_texture(kind: str, columns: int, rows: int, part: float, dictionary: str) -> U8:
    wide, high = columns + 1, rows + 1
    if kind == "checkerboard":
        side = _SQUARE_PX
        column, row = np.meshgrid(np.arange(wide), np.arange(high))
        white = np.kron((column + row) % 2 == 1, np.ones((side, side), bool))
    else:
        family = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
        side = _whole_markers(part, family.markerSize + 2)
        board = cv2.aruco.CharucoBoard((wide, high), 1.0, part, family)
        white = np.asarray(board.generateImage((wide * side, high * side), marginSize=0)) > 127
    return np.where(np.pad(white, side, constant_values=True), PAPER, INK).astype(np.uint8)


def _whole_markers(part: float, modules: int) -> int:
    """A square's side in texels, near _SQUARE_PX, in which a marker's modules are whole texels and the
    marker sits in the middle."""
    sides = range(_SQUARE_PX - 40, _SQUARE_PX + 41)

    def rest(side: int) -> tuple[float, int]:
        marker = side * part
        off_module = abs(marker / modules - round(marker / modules))
        off_middle = abs((side - marker) / 2 - round((side - marker) / 2))
        return round(off_module + off_middle, 6), abs(side - _SQUARE_PX)

    return min(sides, key=rest)
