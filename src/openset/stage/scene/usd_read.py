"""An open USD stage to a Scene: meshes, preview materials, lights, dome, and the studio floor.

Units and axes are turned into ours (docs/conventions.md): `metersPerUnit` scales, `upAxis = "Y"` turns
x, y, z into x, -z, y. What USD says and Openset does not show becomes a note, never a failure.

Lights, from the UsdLux documents (LightAPI): emitted radiance = intensity * 2**exposure * colour.
A sphere of radius r then has radiant intensity radiance * pi * r^2; a normalised one a radiance
divided by its area; a distant light of half angle a gives radiance * pi * sin^2 a, normalised just its
intensity.
A dome's texture follows OpenEXR: its middle looks along the light's +Z, its top along +Y, and the
light's +X is a quarter of the width left of the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom, UsdLux, UsdShade

from openset.primitives.errors import SetBroken
from openset.primitives.image import F32Rgb
from openset.primitives.space import IDENTITY, Pose, pose_from_matrix
from openset.stage.scene.dome import pixel_directions
from openset.stage.scene.model import Lamp, Material, Mesh, Rgb, Scene, Sun
from openset.stage.scene.polygons import corner_normals, triangulate, weld

F64 = npt.NDArray[np.float64]
Texture = npt.NDArray[np.uint8]

ORIGIN = "openset:stageOrigin"
EXPOSURE = "openset:exposureEv"

FARTHEST_M = 1e9
"""Nothing of a set is further away than this."""

_Y_UP: F64 = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])
_POLE_Z: F64 = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # the dome's +Y turned to +Z
_UV_NAMES = ("st", "UVMap", "st0", "map1", "uv")


@dataclass
class Loaders:
    """How to fetch what a set points at, by resolved path: a texture (h, w, 3) uint8 sRGB, a linear
    panorama; each gives None where it cannot be read."""

    texture: Callable[[str], Texture | None]
    panorama: Callable[[str], F32Rgb | None]


@dataclass
class _Reading:
    stage: Any
    loaders: Loaders
    world: F64  # our metres from the stage's units and axes
    metres: float
    cache: Any
    meshes: list[Mesh] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    suns: list[Sun] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    domes: list[F32Rgb] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    known: dict[Any, int] = field(default_factory=dict)
    origin: Pose = IDENTITY

    def placed(self, prim: Any) -> F64:
        """(4, 4) our world from the prim's own coordinates; USD multiplies rows, we columns."""
        return np.asarray(self.world @ np.array(self.cache.GetLocalToWorldTransform(prim)).T)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def scene_from_stage(stage: Any, name: str, loaders: Loaders) -> Scene:
    """Everything of an open pxr.Usd.Stage that a renderer can show, at its default time.

    Raises SetBroken for units that are no length.
    """
    metres = float(UsdGeom.GetStageMetersPerUnit(stage))
    if not 0.0 < metres < np.inf:
        raise SetBroken(
            f"its metersPerUnit is {metres:g}",
            where=stage.GetRootLayer().realPath,
            todo="Export the set in real units",
        )
    y_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
    scale = np.diag([metres, metres, metres, 1.0])
    world = (_Y_UP if y_up else np.eye(4)) @ scale
    reading = _Reading(stage, loaders, world, metres, UsdGeom.XformCache(Usd.TimeCode.Default()))
    for error in stage.GetCompositionErrors():
        reading.note(f"USD could not compose: {str(error).splitlines()[0]}")
    walk = iter(Usd.PrimRange(stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()))
    for prim in walk:
        if prim.IsA(UsdGeom.Imageable) and _hidden(UsdGeom.Imageable(prim)):
            walk.PruneChildren()
            continue
        _read_prim(reading, prim)
    return Scene(
        name=name,
        meshes=tuple(reading.meshes),
        materials=tuple(reading.materials),
        suns=tuple(reading.suns),
        lamps=tuple(reading.lamps),
        dome=_sum_of(reading.domes),
        world_from_stage=reading.origin,
        exposure_ev=_exposure(stage),
        notes=tuple(reading.notes),
    )


def _hidden(imageable: Any) -> bool:
    if imageable.GetVisibilityAttr().Get() == UsdGeom.Tokens.invisible:
        return True
    return imageable.GetPurposeAttr().Get() in (UsdGeom.Tokens.proxy, UsdGeom.Tokens.guide)


def _exposure(stage: Any) -> float:
    prim = stage.GetDefaultPrim()
    value = prim.GetAttribute(EXPOSURE).Get() if prim else None
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else 0.0


def _sum_of(domes: list[F32Rgb]) -> F32Rgb | None:
    if not domes:
        return None
    biggest = max(domes, key=len)
    same = [dome for dome in domes if dome.shape == biggest.shape]
    return np.asarray(sum(same[1:], start=same[0]), dtype=np.float32)


def _read_prim(reading: _Reading, prim: Any) -> None:
    if prim.GetAttribute(ORIGIN).Get() or prim.GetName() == "StageOrigin":
        reading.origin = _origin(reading, prim)
    if prim.IsA(UsdGeom.Mesh):
        _read_mesh(reading, UsdGeom.Mesh(prim))
    elif prim.IsA(UsdGeom.Gprim):
        reading.note(f"{prim.GetPath()}: a {prim.GetTypeName()} is not shown; make it a mesh")
    elif prim.IsA(UsdLux.DistantLight):
        _read_sun(reading, UsdLux.DistantLight(prim))
    elif prim.IsA(UsdLux.SphereLight):
        _read_lamp(reading, UsdLux.SphereLight(prim))
    elif prim.IsA(UsdLux.DomeLight) or prim.IsA(UsdLux.DomeLight_1):
        _read_dome(reading, prim)
    elif prim.HasAPI(UsdLux.LightAPI):
        reading.note(f"{prim.GetPath()}: a {prim.GetTypeName()} is not shown; use a SphereLight")
    elif prim.GetTypeName() == "PointInstancer":
        reading.note(f"{prim.GetPath()}: a PointInstancer is not shown; use instanceable references")


def _origin(reading: _Reading, prim: Any) -> Pose:
    """The prim's place as world_from_stage: scale dropped, floor Z up whatever the file's axis."""
    placed = reading.placed(prim)
    if UsdGeom.GetStageUpAxis(reading.stage) == UsdGeom.Tokens.y:
        placed = placed @ np.linalg.inv(_Y_UP)
    out = np.eye(4)
    left, _, right = np.linalg.svd(placed[:3, :3])
    out[:3, :3] = left @ right
    out[:3, 3] = placed[:3, 3]
    return pose_from_matrix(out)


def _read_mesh(reading: _Reading, mesh: Any) -> None:
    prim = mesh.GetPrim()
    points = np.array(mesh.GetPointsAttr().Get() or [], np.float64).reshape(-1, 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or [], np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or [], np.int64)
    bad = indices.size and (indices.min() < 0 or indices.max() >= len(points))
    if counts.sum() != len(indices) or bad:
        reading.note(f"{prim.GetPath()}: its faces and points do not fit together; left out")
        return
    if not len(indices):
        return
    placed = reading.placed(prim)
    if not np.abs(points).max() * np.abs(placed).max() < FARTHEST_M:
        reading.note(f"{prim.GetPath()}: a point of it lies nowhere; left out")
        return
    points = points @ placed[:3, :3].T + placed[:3, 3]
    corners, face_of = triangulate(counts, points[indices])
    mirrored = np.linalg.det(placed[:3, :3]) < 0
    if (mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded) != mirrored:
        corners = corners[:, ::-1]
    normals = _normals(reading, mesh, placed, counts, indices, corners)
    if normals is None:
        normals = corner_normals(points, indices[corners])
    uvs = _uvs(mesh, counts, indices)[corners]
    for material, faces in _materials(reading, mesh, len(counts)):
        chosen = np.isin(face_of, faces) if faces is not None else slice(None)
        picked = corners[chosen]
        if not len(picked):
            continue
        welded = weld(
            points[indices[picked.ravel()]], normals[chosen].reshape(-1, 3), uvs[chosen].reshape(-1, 2)
        )
        reading.meshes.append(
            Mesh(
                name=prim.GetName(),
                points=welded[0].astype(np.float32),
                normals=welded[1].astype(np.float32),
                uvs=welded[2].astype(np.float32),
                triangles=welded[3].reshape(-1, 3).astype(np.int32),
                material=material,
            )
        )


def _per_corner(
    values: F64, interpolation: str, counts: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]
) -> F64 | None:
    """A primvar's values (k, n) spread over face corners, None where their number does not fit."""
    wanted = {
        UsdGeom.Tokens.faceVarying: len(indices),
        UsdGeom.Tokens.uniform: len(counts),
        UsdGeom.Tokens.constant: 1,
    }
    if interpolation in wanted and len(values) != wanted[interpolation]:
        return None
    if interpolation == UsdGeom.Tokens.faceVarying:
        return values
    if interpolation == UsdGeom.Tokens.uniform:
        return np.repeat(values, counts, axis=0)
    if interpolation == UsdGeom.Tokens.constant:
        return np.repeat(values, len(indices), axis=0)
    return values[indices] if len(values) > indices.max() else None


def _normals(
    reading: _Reading,
    mesh: Any,
    placed: F64,
    counts: npt.NDArray[np.int64],
    indices: npt.NDArray[np.int64],
    corners: npt.NDArray[np.int64],
) -> F64 | None:
    """Authored unit normals per triangle corner (m, 3, 3) in the world, or None."""
    primvar = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("normals")
    if primvar and primvar.HasValue():
        values, how = primvar.ComputeFlattened(), primvar.GetInterpolation()
    else:
        values, how = mesh.GetNormalsAttr().Get(), mesh.GetNormalsInterpolation()
    if not values:
        return None
    spread = _per_corner(np.array(values, np.float64).reshape(-1, 3), how, counts, indices)
    if spread is None:
        reading.note(f"{mesh.GetPrim().GetPath()}: its normals do not fit its faces; computed instead")
        return None
    turned = spread @ np.linalg.inv(placed[:3, :3])  # normals go by the inverse transpose
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-20)
    return np.asarray(turned[corners])


def _uvs(mesh: Any, counts: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]) -> F64:
    """Texture coordinates per face corner (n, 2), zeros where there are none."""
    api = UsdGeom.PrimvarsAPI(mesh)
    for name in _UV_NAMES:
        primvar = api.FindPrimvarWithInheritance(name)
        if primvar and primvar.HasValue():
            values = np.array(primvar.ComputeFlattened(), np.float64)
            if values.ndim != 2 or values.shape[1] < 2:
                continue
            spread = _per_corner(values[:, :2], primvar.GetInterpolation(), counts, indices)
            if spread is not None:
                return spread
    return np.zeros((len(indices), 2))


def _materials(
    reading: _Reading, mesh: Any, faces: int
) -> list[tuple[int, npt.NDArray[np.int64] | None]]:
    """The mesh's material numbers, each with the faces it covers (None: all of them)."""
    prim = mesh.GetPrim()
    double = bool(mesh.GetDoubleSidedAttr().Get())
    colour = _display_colour(mesh)
    subsets = UsdShade.MaterialBindingAPI(prim).GetMaterialBindSubsets()
    if not subsets:
        return [(_material_of(reading, prim, double, colour), None)]
    out: list[tuple[int, npt.NDArray[np.int64] | None]] = []
    left = np.ones(faces, bool)
    for subset in subsets:
        chosen = np.array(subset.GetIndicesAttr().Get() or [], np.int64)
        chosen = chosen[(chosen >= 0) & (chosen < faces)]
        left[chosen] = False
        out.append((_material_of(reading, subset.GetPrim(), double, colour), chosen))
    if left.any():
        out.append((_material_of(reading, prim, double, colour), np.flatnonzero(left)))
    return out


def _display_colour(mesh: Any) -> Rgb:
    values = mesh.GetDisplayColorAttr().Get()
    return _rgb(values[0]) if values else (0.5, 0.5, 0.5)


def _rgb(value: Any) -> Rgb:
    return float(value[0]), float(value[1]), float(value[2])


def _material_of(reading: _Reading, prim: Any, double: bool, colour: Rgb) -> int:
    bound = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
    key = (str(bound.GetPath()), double) if bound else (colour, double)
    if key not in reading.known:
        made = _read_material(reading, bound, double) if bound else None
        plain = Material("plain", colour, double_sided=double)
        reading.known[key] = len(reading.materials)
        reading.materials.append(made or plain)
    return reading.known[key]


def _read_material(reading: _Reading, material: Any, double: bool) -> Material | None:
    shader, _, _ = material.ComputeSurfaceSource()
    path = material.GetPath()
    if not shader or shader.GetIdAttr().Get() != "UsdPreviewSurface":
        reading.note(f"{path}: not a UsdPreviewSurface; shown in plain colour")
        return None
    colour, texture = _coloured(reading, shader, "diffuseColor", (0.18, 0.18, 0.18))
    emission, glow = _coloured(reading, shader, "emissiveColor", (0.0, 0.0, 0.0))
    if glow is not None:
        reading.note(f"{path}: its glow is a picture; shown as one colour")
        mean = (glow.reshape(-1, 3).mean(axis=0) / 255.0) ** 2.2
        emission = _rgb([e * m for e, m in zip(emission, mean.tolist(), strict=True)])
    if _number(shader, "opacity", 1.0) < 1.0:
        reading.note(f"{path}: see-through; shown solid")
    return Material(
        name=material.GetPrim().GetName(),
        base_colour=colour,
        roughness=_number(shader, "roughness", 0.5),
        metallic=_number(shader, "metallic", 0.0),
        emission=emission,
        base_texture=texture,
        double_sided=double,
    )


def _number(shader: Any, name: str, fallback: float) -> float:
    value = shader.GetInput(name).Get() if shader.GetInput(name) else None
    return float(value) if isinstance(value, (int, float)) else fallback


def _coloured(reading: _Reading, shader: Any, name: str, fallback: Rgb) -> tuple[Rgb, Texture | None]:
    """An input's colour and texture: a plain value, or a connected UsdUVTexture times its scale."""
    given = shader.GetInput(name)
    if not given:
        return fallback, None
    if not given.HasConnectedSource():
        value = given.Get()
        return (_rgb(value) if value is not None else fallback), None
    source = UsdShade.Shader(given.GetConnectedSources()[0][0].source.GetPrim())
    if source.GetIdAttr().Get() != "UsdUVTexture":
        values = given.GetValueProducingAttributes()
        value = values[0].Get() if values else None
        return (_rgb(value) if value is not None else fallback), None
    asset = source.GetInput("file").Get() if source.GetInput("file") else None
    texture = reading.loaders.texture(_path(asset)) if asset else None
    if texture is None:
        shown = asset.path if asset else "(no file named)"
        reading.note(f"{shader.GetPath()}: texture {shown} is missing; shown in plain colour")
        default = source.GetInput("fallback").Get() if source.GetInput("fallback") else None
        return (_rgb(default) if default is not None else (0.5, 0.5, 0.5)), None
    scale = source.GetInput("scale").Get() if source.GetInput("scale") else None
    return (_rgb(scale) if scale is not None else (1.0, 1.0, 1.0)), texture


def _path(asset: Any) -> str:
    return str(asset.resolvedPath or asset.path)


def _radiance(reading: _Reading, light: Any) -> Rgb | None:
    """intensity * 2**exposure * colour, with the colour temperature where it is on; None, and a note,
    where that is no number."""
    api = UsdLux.LightAPI(light)
    intensity, exposure = api.GetIntensityAttr().Get(), api.GetExposureAttr().Get()
    given = api.GetColorAttr().Get()
    if intensity is not None and exposure is not None and given is not None:
        colour = np.array(_rgb(given))
        if api.GetEnableColorTemperatureAttr().Get():
            kelvin = UsdLux.BlackbodyTemperatureAsRgb(float(api.GetColorTemperatureAttr().Get()))
            colour *= np.array(_rgb(kelvin))
        power = float(intensity) * 2.0 ** float(np.clip(exposure, -100.0, 100.0))
        if np.isfinite(power * colour).all():
            return _rgb(power * colour)
    reading.note(f"{light.GetPath()}: its brightness is no number; left out")
    return None


def _times(colour: Rgb, factor: float) -> Rgb:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _read_sun(reading: _Reading, light: Any) -> None:
    radiance = _radiance(reading, light)
    towards = reading.placed(light.GetPrim())[:3, 2]  # it shines along its -Z
    length = float(np.linalg.norm(towards))
    if radiance is None or not length:
        return
    half = np.radians(float(light.GetAngleAttr().Get() or 0.0)) / 2.0
    normal = UsdLux.LightAPI(light).GetNormalizeAttr().Get() or half <= 0.0
    factor = 1.0 if normal else float(np.pi * np.sin(half) ** 2)
    reading.suns.append(Sun(_rgb(towards / length), _times(radiance, factor)))


def _read_lamp(reading: _Reading, light: Any) -> None:
    radiance = _radiance(reading, light)
    if radiance is None:
        return
    placed = reading.placed(light.GetPrim())
    stretch = float(np.cbrt(abs(np.linalg.det(placed[:3, :3]))))
    radius_m = max(float(light.GetRadiusAttr().Get() or 0.0) * stretch, 1e-4)
    factor = np.pi * radius_m**2
    if UsdLux.LightAPI(light).GetNormalizeAttr().Get():
        factor = reading.metres**2 / 4.0  # pi r^2 over an area of 4 pi r^2 in scene units
    position = _rgb(placed[:3, 3])
    reading.lamps.append(Lamp(position, _times(radiance, factor), radius_m))


def _read_dome(reading: _Reading, prim: Any) -> None:
    light = UsdLux.DomeLight_1(prim) if prim.IsA(UsdLux.DomeLight_1) else UsdLux.DomeLight(prim)
    radiance = _radiance(reading, light)
    turn = reading.placed(prim)[:3, :3]
    size = float(np.cbrt(np.linalg.det(turn)))
    if radiance is None or not size:
        return
    asset = light.GetTextureFileAttr().Get()
    picture = None
    if asset and asset.path:
        picture = reading.loaders.panorama(_path(asset))
        if picture is None or min(picture.shape[:2]) < 2:
            picture = None
            reading.note(f"{prim.GetPath()}: panorama {asset.path} is missing; an even sky instead")
    if picture is None:
        picture = np.ones((8, 16, 3), np.float32)
    turn = turn / size
    if prim.IsA(UsdLux.DomeLight_1) and _pole_is_z(reading, light):
        turn = turn @ _POLE_Z
    reading.domes.append(np.asarray(laid_out(picture, turn) * np.array(radiance), np.float32))


def _pole_is_z(reading: _Reading, light: Any) -> bool:
    pole = light.GetPoleAxisAttr().Get()
    return bool(
        pole == "Z" or (pole == "scene" and UsdGeom.GetStageUpAxis(reading.stage) == UsdGeom.Tokens.z)
    )


def laid_out(picture: F32Rgb, world_from_light: F64) -> F32Rgb:
    """A latlong picture as OpenEXR lays it out, turned by (3, 3) world_from_light, in our layout.

    Exactly the picture itself where our layout is what the turn gives; bilinear otherwise.
    """
    height, width = picture.shape[:2]
    out_height = width // 2
    looks = pixel_directions(2 * out_height, out_height) @ world_from_light
    longitude = np.arctan2(looks[..., 0], looks[..., 2])
    latitude = np.arctan2(looks[..., 1], np.hypot(looks[..., 0], looks[..., 2]))
    x = (0.5 - longitude / (2 * np.pi)) * width - 0.5
    y = (0.5 - latitude / np.pi) * height - 0.5
    same_size = picture.shape[:2] == (out_height, 2 * out_height)
    if same_size and np.allclose((x + 0.5) % width, np.arange(width) + 0.5, atol=1e-6):
        return np.asarray(picture, np.float32)
    x0, y0 = np.floor(x).astype(int), np.clip(np.floor(y).astype(int), 0, height - 1)
    fx = (x - x0)[..., None].astype(np.float32)
    fy = np.clip(y - y0, 0.0, 1.0)[..., None].astype(np.float32)
    y1 = np.minimum(y0 + 1, height - 1)
    above = picture[y0, x0 % width] * (1 - fx) + picture[y0, (x0 + 1) % width] * fx
    below = picture[y1, x0 % width] * (1 - fx) + picture[y1, (x0 + 1) % width] * fx
    return np.asarray(above * (1 - fy) + below * fy, dtype=np.float32)
