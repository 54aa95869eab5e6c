"""A set laid out for the gpu: one vertex buffer, an index range per material, a table of materials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.errors import SetBroken
from openset.primitives.space import F64
from openset.stage.scene.model import Material, Scene

F32 = npt.NDArray[np.float32]

MATERIAL_FLOATS = 8


@dataclass(frozen=True, eq=False)
class Batch:
    """The triangles of one material: `count` indices from `first`."""

    material: int
    first: int
    count: int


@dataclass(frozen=True, eq=False)
class Batches:
    """vertices (n, 8) float32: point, normal, uv; indices (3 m,) uint32; materials (k, 8) float32:
    base colour and roughness, emission and metallic. `low_m` and `high_m` (3,) bound all points."""

    vertices: F32
    indices: npt.NDArray[np.uint32]
    batches: tuple[Batch, ...]
    materials: F32
    textures: tuple[npt.NDArray[np.uint8] | None, ...]
    low_m: F64
    high_m: F64


def lay_out_batches(scene: Scene) -> Batches:
    """Everything of a scene that is drawn, meshes of one material together.

    Raises SetBroken, naming the mesh, for one whose material or corner does not exist.
    """
    materials = scene.materials or (Material("grey"),)
    held: dict[int, list[npt.NDArray[np.uint32]]] = {}
    vertices: list[F32] = []
    start = 0
    for mesh in scene.meshes:
        if not 0 <= mesh.material < len(materials):
            raise SetBroken(f"mesh {mesh.name} names material {mesh.material}, which is not there")
        count = len(mesh.points)
        if len(mesh.triangles) and not 0 <= mesh.triangles.min() <= mesh.triangles.max() < count:
            raise SetBroken(f"mesh {mesh.name} has a triangle on a corner that is not there")
        vertices.append(np.concatenate([mesh.points, mesh.normals, mesh.uvs], axis=1, dtype=np.float32))
        held.setdefault(mesh.material, []).append(
            (mesh.triangles.reshape(-1) + start).astype(np.uint32)
        )
        start += count
    joined = np.concatenate(vertices) if vertices else np.zeros((0, 8), np.float32)
    batches, pieces, first = [], [], 0
    for material, indices in sorted(held.items()):
        piece = np.concatenate(indices)
        if len(piece):
            batches.append(Batch(material, first, len(piece)))
            pieces.append(piece)
            first += len(piece)
    points = joined[:, :3] if len(joined) else np.zeros((1, 3), np.float32)
    return Batches(
        vertices=joined,
        indices=np.concatenate(pieces) if pieces else np.zeros(0, np.uint32),
        batches=tuple(batches),
        materials=_table(materials),
        textures=tuple(material.base_texture for material in materials),
        low_m=points.min(axis=0).astype(np.float64),
        high_m=points.max(axis=0).astype(np.float64),
    )


def _table(materials: tuple[Material, ...]) -> F32:
    table = np.zeros((len(materials), MATERIAL_FLOATS), np.float32)
    for row, material in zip(table, materials, strict=True):
        row[0:3], row[3] = material.base_colour, material.roughness
        row[4:7], row[7] = material.emission, material.metallic
    return table
