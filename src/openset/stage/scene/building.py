"""Tools for building a set by code: quads, boxes, turned shapes, tubes, cloth, and walls with openings.

Everything appends to a `Builder`, grouped by material; `meshes()` gives one mesh per material. Texture
coordinates are in metres divided by the size of one tile, so that stone stays stone-sized.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from openset.stage.scene.model import Material, Mesh

F64 = npt.NDArray[np.float64]
Point = tuple[float, float, float] | F64


@dataclass
class _Part:
    points: list[F64] = field(default_factory=list)
    normals: list[F64] = field(default_factory=list)
    uvs: list[F64] = field(default_factory=list)
    triangles: list[npt.NDArray[np.int64]] = field(default_factory=list)
    count: int = 0


class Builder:
    """Collects triangles by material; materials are named when they are first described."""

    def __init__(self) -> None:
        self.materials: list[Material] = []
        self._tile_m: list[float] = []
        self._parts: dict[int, _Part] = {}

    def material(self, material: Material, tile_m: float = 1.0) -> int:
        """Add a material whose texture covers `tile_m` metres; its number."""
        self.materials.append(material)
        self._tile_m.append(tile_m)
        return len(self.materials) - 1

    def add(
        self,
        material: int,
        points: F64,
        triangles: npt.NDArray[np.int64],
        uvs_m: F64,
        normals: F64,
    ) -> None:
        """Append points (n, 3), triangles (m, 3), uvs in metres (n, 2) and unit normals (n, 3)."""
        part = self._parts.setdefault(material, _Part())
        part.points.append(points)
        part.normals.append(normals)
        part.uvs.append(uvs_m / self._tile_m[material])
        part.triangles.append(triangles + part.count)
        part.count += len(points)

    def meshes(self) -> tuple[Mesh, ...]:
        """One mesh per material that was used."""
        return tuple(
            Mesh(
                name=self.materials[number].name,
                points=np.concatenate(part.points).astype(np.float32),
                normals=np.concatenate(part.normals).astype(np.float32),
                uvs=np.concatenate(part.uvs).astype(np.float32),
                triangles=np.concatenate(part.triangles).astype(np.int32),
                material=number,
            )
            for number, part in sorted(self._parts.items())
        )

    def quad(self, material: int, corners: Sequence[Point], uvs_m: F64 | None = None) -> None:
        """Four corners counter-clockwise from outside; uv runs from corner 0 along 0-1 and 0-3."""
        points = np.array(corners, dtype=np.float64)
        across, up = points[1] - points[0], points[3] - points[0]
        normal = np.cross(points[1] - points[0], points[2] - points[0])
        if uvs_m is None:
            wide, tall = np.linalg.norm(across), np.linalg.norm(up)
            uvs_m = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]])
        normals = np.tile(normal / np.linalg.norm(normal), (4, 1))
        self.add(material, points, np.array([[0, 1, 2], [0, 2, 3]]), uvs_m, normals)

    def surface(self, material: int, grid: F64, uvs_m: F64) -> None:
        """A smooth sheet: points (rows, columns, 3), row 0 the nearest; up is right x onward."""
        rows, columns, _ = grid.shape
        start = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
        first = np.stack([start, start + 1, start + columns + 1], axis=1)
        second = np.stack([start, start + columns + 1, start + columns], axis=1)
        normals = np.cross(np.gradient(grid, axis=1), np.gradient(grid, axis=0))
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
        normals = (normals / np.maximum(length, 1e-12)).reshape(-1, 3)
        triangles = _with_area(grid.reshape(-1, 3), np.concatenate([first, second]))
        self.add(material, grid.reshape(-1, 3), triangles, uvs_m.reshape(-1, 2), normals)


def _with_area(points: F64, triangles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The triangles less the slivers at the poles of a turned shape."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.asarray(triangles[area > 1e-2 * area.max()])


@dataclass(frozen=True)
class Frame:
    """A place to build in: origin, and horizontal unit axes u (along) and w (out), with Z up.

    Facing a wall, u runs to the right and w towards you; a frame the other way round works too.
    """

    origin: tuple[float, float, float]
    u: tuple[float, float] = (1.0, 0.0)
    w: tuple[float, float] = (0.0, 1.0)

    def at(self, along: float, up: float, out: float = 0.0) -> F64:
        """The world point `along` u, `up` Z and `out` w from the origin."""
        return np.array(
            [
                self.origin[0] + along * self.u[0] + out * self.w[0],
                self.origin[1] + along * self.u[1] + out * self.w[1],
                self.origin[2] + up,
            ]
        )

    def moved(self, along: float, up: float, out: float = 0.0) -> Frame:
        """The same axes at another origin."""
        x, y, z = self.at(along, up, out).tolist()
        return Frame((x, y, z), self.u, self.w)


def turned(origin: Point, angle_rad: float) -> Frame:
    """A frame at `origin` whose u axis is +X turned by `angle_rad` towards +Y."""
    c, s = float(np.cos(angle_rad)), float(np.sin(angle_rad))
    x, y, z = (float(value) for value in origin)
    return Frame((x, y, z), (c, s), (-s, c))


def box(
    builder: Builder,
    material: int,
    frame: Frame,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
) -> None:
    """A box from `low` to `high`, each (along, up, out) in the frame."""
    (a0, z0, o0), (a1, z1, o1) = low, high
    corner = {
        (i, j, k): frame.at((a0, a1)[i], (z0, z1)[j], (o0, o1)[k])
        for i in (0, 1)
        for j in (0, 1)
        for k in (0, 1)
    }
    faces = [
        ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
        ((1, 0, 0), (0, 0, 0), (0, 1, 0), (1, 1, 0)),
        ((1, 0, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)),
        ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)),
        ((0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0)),
        ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
    ]
    mirrored = frame.u[0] * frame.w[1] - frame.u[1] * frame.w[0] > 0
    for face in faces:
        corners = [corner[key] for key in face]
        builder.quad(material, corners[::-1] if mirrored else corners)


def lathe(
    builder: Builder,
    material: int,
    centre: Point,
    profile: Sequence[tuple[float, float]],
    sides: int = 12,
    wobble: Callable[[F64, F64], F64] | None = None,
) -> None:
    """A turned shape: profile of (radius, height) from bottom to top about a vertical axis.

    `wobble(angle, height)` scales the radius, for sacks and heaps.
    """
    shape = np.array(profile, dtype=np.float64)
    angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)[None, :]
    height = shape[:, 1:2] + 0.0 * angle
    radius = shape[:, 0:1] * (1.0 if wobble is None else wobble(angle + 0.0 * height, height))
    grid = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=-1)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(shape, axis=0), axis=1))])
    girth = angle * max(float(shape[:, 0].max()), 1e-3)
    uvs = np.stack([girth + 0.0 * height, along[:, None] + 0.0 * angle], axis=-1)
    builder.surface(material, grid + np.array(centre, dtype=np.float64), uvs)


def ball(
    builder: Builder, material: int, centre: Point, radius_m: float, sides: int = 8, squash: float = 1.0
) -> None:
    """A sphere, or a fruit with `squash` below 1."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, max(4, sides // 2))
    radii = np.maximum(radius_m * np.cos(turn), radius_m * 1e-3)
    profile = [
        (float(r), float(h)) for r, h in zip(radii, radius_m * squash * np.sin(turn), strict=True)
    ]
    lathe(builder, material, centre, profile, sides)


def tube(builder: Builder, material: int, path: F64, radius_m: float, sides: int = 5) -> None:
    """A round bar or cable along `path` (n, 3)."""
    onward = np.gradient(path, axis=0)
    onward /= np.linalg.norm(onward, axis=1, keepdims=True)
    helper = np.where(np.abs(onward[:, 2:3]) > 0.9, [[1.0, 0, 0]], [[0, 0, 1.0]])
    right = np.cross(onward, helper)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(right, onward)
    angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)
    ring = np.cos(angle)[None, :, None] * right[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    uvs = np.stack(np.broadcast_arrays(angle[None, :] * radius_m, along[:, None]), axis=-1)
    builder.surface(material, (path[:, None] + radius_m * ring)[:, ::-1], uvs)


def sagging(start: Point, end: Point, sag_m: float, pieces: int = 16) -> F64:
    """A hanging cable's points (pieces + 1, 3) between two ends."""
    t = np.linspace(0.0, 1.0, pieces + 1)[:, None]
    path = (1 - t) * np.array(start, dtype=np.float64) + t * np.array(end, dtype=np.float64)
    path[:, 2] -= sag_m * 4.0 * (t * (1 - t))[:, 0]
    return np.asarray(path)


@dataclass(frozen=True)
class Opening:
    """A hole in a wall: left, bottom, right, top in metres along and up the wall, and how deep."""

    left: float
    bottom: float
    right: float
    top: float
    depth: float = 0.22


def wall(
    builder: Builder,
    material: int,
    frame: Frame,
    width_m: float,
    bottom_m: float,
    top_m: float,
    openings: Sequence[Opening] = (),
) -> None:
    """The front of a wall (facing w) between two heights, less its openings; no reveals."""
    marks_u = sorted({0.0, width_m, *(x for o in openings for x in (o.left, o.right))})
    heights = {o for hole in openings for o in (hole.bottom, hole.top) if bottom_m < o < top_m}
    marks_z = sorted({bottom_m, top_m, *heights})
    for left, right in pairwise(marks_u):
        for low, high in pairwise(marks_z):
            u, z = (left + right) / 2, (low + high) / 2
            if any(o.left < u < o.right and o.bottom < z < o.top for o in openings):
                continue
            uvs = np.array([[left, low], [right, low], [right, high], [left, high]])
            front(builder, material, frame, (left, low, right, high), 0.0, uvs)


def front(
    builder: Builder,
    material: int,
    frame: Frame,
    rectangle: tuple[float, float, float, float],
    out: float,
    uvs_m: F64 | None = None,
) -> None:
    """A rectangle (left, bottom, right, top) facing w, `out` metres in front of the frame."""
    left, low, right, high = rectangle
    corners = [frame.at(left, low, out), frame.at(right, low, out)]
    corners += [frame.at(right, high, out), frame.at(left, high, out)]
    if uvs_m is None:
        uvs_m = np.array([[left, low], [right, low], [right, high], [left, high]])
    if frame.u[0] * frame.w[1] - frame.u[1] * frame.w[0] > 0:
        corners, uvs_m = corners[::-1], uvs_m[::-1]
    builder.quad(material, corners, uvs_m)


def reveal(builder: Builder, material: int, frame: Frame, hole: Opening) -> None:
    """The four inner faces of an opening, from the wall's face back to its depth."""
    back = -hole.depth
    sides = [
        [(hole.left, hole.bottom), (hole.right, hole.bottom)],
        [(hole.right, hole.bottom), (hole.right, hole.top)],
        [(hole.right, hole.top), (hole.left, hole.top)],
        [(hole.left, hole.top), (hole.left, hole.bottom)],
    ]
    mirrored = frame.u[0] * frame.w[1] - frame.u[1] * frame.w[0] > 0
    for start, end in sides:
        corners = [frame.at(*start, 0.0), frame.at(*end, 0.0)]
        corners += [frame.at(*end, back), frame.at(*start, back)]
        builder.quad(material, corners[::-1] if mirrored else corners)
