"""Indirect light in the air of a set: what the sky and one bounce of sunlight give at points of a grid.

A surface reads the grid where it stands, so that the underside of an awning is dark and a wall opposite
a sunlit one is warm, at no cost a frame. Two grids: a fine one where the actors stand and a coarse one
around it. Source: Greger et al. 1998, "The irradiance volume", kept as six sides of a cube
(McTaggart 2004, "Half-Life 2 source shading").
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64
from openset.stage.render.surfaces import arriving, lay_out
from openset.stage.scene.model import Scene

F32 = npt.NDArray[np.float32]

FINE_M, COARSE_M = 0.5, 2.0
_ACROSS = 24  # cells of a grid along x and along y
_HIGHEST = (14, 10)  # most cells along z, fine and coarse
_AHEAD_M = 6.0  # the fine grid's middle lies this far along the stage's +Y
_RAYS = 96


@dataclass(frozen=True, eq=False)
class LightGrid:
    """Points from `low_m` (x, y, z), `spacing_m` apart. `light` is float32 (6, z, y, x, 4): irradiance
    over pi, R G B, on a surface that faces +x, -x, +y, -y, +z, -z, and the share of the sky it sees."""

    low_m: tuple[float, float, float]
    spacing_m: float
    light: F32

    @property
    def counts(self) -> tuple[int, int, int]:
        """Points along x, y and z."""
        _, depth, rows, columns, _ = self.light.shape
        return columns, rows, depth


def light_grids(
    scene: Scene, progress: Callable[[float], None] | None = None
) -> tuple[LightGrid, LightGrid]:
    """The fine and the coarse grid of a set, around its stage.

    Deterministic. `progress(done)` is called with 0..1 now and then; whatever it raises ends the work.
    """
    surfaces = lay_out(scene)
    points = [mesh.points for mesh in scene.meshes if len(mesh.points)]
    everything = np.concatenate(points) if points else np.zeros((1, 3), np.float32)
    middle = (scene.world_from_stage.matrix @ np.array([0.0, _AHEAD_M, 0.0, 1.0]))[:3]
    looks = _sphere(_RAYS)
    grids = []
    for k, (spacing, highest) in enumerate(zip((FINE_M, COARSE_M), _HIGHEST, strict=True)):
        low, counts = _extent(everything, middle, spacing, highest)
        light = np.zeros((6, counts[2], counts[1], counts[0], 4), np.float32)
        inside = np.zeros(light.shape[1:4], np.bool_)
        for layer in range(counts[2]):
            z = np.float32(low[2] + layer * spacing)
            _gather(
                surfaces, np.float32(low), z, np.float32(spacing), looks, light[:, layer], inside[layer]
            )
            if progress is not None:
                progress((k + (layer + 1) / counts[2]) / 2)
        _fill(light, inside)
        x, y, z0 = low.tolist()
        grids.append(LightGrid((x, y, z0), spacing, light))
    return grids[0], grids[1]


def _extent(points: F32, middle: F64, spacing: float, highest: int) -> tuple[F64, tuple[int, int, int]]:
    """The lowest point of a grid and its counts: square around `middle`, as high as the set there."""
    half = _ACROSS * spacing
    near = points[np.all(np.abs(points[:, :2] - middle[:2]) <= half, axis=1), 2]
    bottom = float(near.min()) if len(near) else float(middle[2])
    top = float(near.max()) if len(near) else float(middle[2])
    layers = int(np.clip(math.ceil((top - bottom) / spacing), 1, highest)) + 1
    across = 2 * _ACROSS + 1
    low = np.array([middle[0] - half, middle[1] - half, bottom + 0.3 * spacing])
    return low, (across, across, layers)


def _sphere(number: int) -> F32:
    """Directions (number, 3) spread evenly over the sphere (Fibonacci lattice)."""
    k = np.arange(number) + 0.5
    z = 1.0 - 2.0 * k / number
    turn = k * np.pi * (3.0 - np.sqrt(5.0))
    ring = np.sqrt(1.0 - z * z)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=-1).astype(np.float32)


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _gather(s, low, z, spacing, looks, light, inside):  # type: ignore[no-untyped-def]
    """One layer (6, rows, columns, 4): what arrives, weighed by the cosine to each side.

    A point that sees mostly the backs of faces stands inside something solid.
    """
    rows, columns = light.shape[1], light.shape[2]
    share = np.float32(4.0 / len(looks))  # solid angle of a ray over pi
    for cell in numba.prange(rows * columns):
        j, i = cell // columns, cell % columns
        x, y = low[0] + np.float32(i) * spacing, low[1] + np.float32(j) * spacing
        backs = 0
        for look in looks:
            r, g, b, row = arriving(s, x, y, z, look[0], look[1], look[2])
            if row >= 0:
                n = s.normals[row]
                backs += n[0] * look[0] + n[1] * look[1] + n[2] * look[2] > np.float32(0.0)
            for axis in range(3):
                side = 2 * axis if look[axis] > np.float32(0.0) else 2 * axis + 1
                weight = share * abs(look[axis])
                light[side, j, i, 0] += weight * r
                light[side, j, i, 1] += weight * g
                light[side, j, i, 2] += weight * b
                if row < 0:
                    light[side, j, i, 3] += weight
        inside[j, i] = 2 * backs > len(looks)


def _fill(light: F32, inside: npt.NDArray[np.bool_]) -> None:
    """Give points inside solid things the mean of their neighbours outside, layer by layer inwards."""
    known = ~inside
    while known.any() and not known.all():
        total, count = np.zeros_like(light), np.zeros(known.shape, np.float32)
        for axis in range(3):
            for to, come in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
                here = (slice(None),) * axis + (to,)
                there = (slice(None),) * axis + (come,)
                total[(slice(None), *here)] += light[(slice(None), *there)] * known[there][..., None]
                count[here] += known[there]
        found = ~known & (count > 0)
        light[:, found] = total[:, found] / count[found][:, None]
        known |= found
