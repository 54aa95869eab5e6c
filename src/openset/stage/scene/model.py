"""A set as plain values: world metres, Z up, scene-linear BT.709. Renderers take nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from openset.primitives.image import F32Rgb
from openset.primitives.space import IDENTITY, Pose

Rgb = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Material:
    """A metallic-roughness surface (UsdPreviewSurface). `base_texture` is (h, w, 3) uint8,
    sRGB-encoded, first row at v = 1, repeating; it multiplies `base_colour`. `emission` is linear
    radiance."""

    name: str
    base_colour: Rgb = (0.8, 0.8, 0.8)
    roughness: float = 0.8
    metallic: float = 0.0
    emission: Rgb = (0.0, 0.0, 0.0)
    base_texture: npt.NDArray[np.uint8] | None = None
    double_sided: bool = False


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles in the world: points (n, 3) and unit normals (n, 3) float32, uvs (n, 2) float32
    (zeros where the set has none), triangles (m, 3) int32 counter-clockwise from outside;
    `material` is an index into the scene's materials."""

    name: str
    points: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    uvs: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.int32]
    material: int


@dataclass(frozen=True)
class Sun:
    """A distant light: unit vector *towards* the light in the world, irradiance at normal incidence."""

    towards: tuple[float, float, float]
    irradiance: Rgb


@dataclass(frozen=True)
class Lamp:
    """A small sphere light: world position, radiant intensity per colour, radius."""

    position_m: tuple[float, float, float]
    intensity: Rgb
    radius_m: float = 0.05


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything a renderer needs of a set.

    `dome` is the panorama, scene-linear float32 (h, 2h, 3), laid out as docs/conventions.md says.
    `world_from_stage` puts the studio floor's origin into the set. `exposure_ev` scales radiance by
    2**exposure_ev before the picture's tone curve.
    """

    name: str
    meshes: tuple[Mesh, ...] = ()
    materials: tuple[Material, ...] = ()
    suns: tuple[Sun, ...] = ()
    lamps: tuple[Lamp, ...] = ()
    dome: F32Rgb | None = None
    world_from_stage: Pose = IDENTITY
    exposure_ev: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def triangle_count(self) -> int:
        """How many triangles all meshes hold together."""
        return sum(len(mesh.triangles) for mesh in self.meshes)
