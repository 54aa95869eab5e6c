"""A Scene to a USD stage: centimetres, Z up, preview materials, and lights in UsdLux units.

The dome is written with the turn that makes any reader's OpenEXR latlong agree with our layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdShade, Vt

from openset.primitives.ids import check_set_name
from openset.stage.scene.model import Lamp, Material, Mesh, Rgb, Scene, Sun
from openset.stage.scene.usd_read import EXPOSURE, ORIGIN

CENTIMETRES = 100.0
SUN_ANGLE_DEG = 0.53
# Light +X to world -X, +Y (the pole) to +Z, +Z (the picture's middle) to +Y; rows, as USD multiplies.
_DOME_TURN = Gf.Matrix4d(-1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1)


def stage_from_scene(scene: Scene, dome_file: str | None, textures: Mapping[int, str]) -> Any:
    """An in-memory pxr.Usd.Stage. `dome_file` and `textures` (material number to file) are paths
    relative to where the stage will be saved."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0 / CENTIMETRES)
    root = UsdGeom.Xform.Define(stage, "/" + _usable(check_set_name(scene.name)))
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind("component")
    root.GetPrim().CreateAttribute(EXPOSURE, Sdf.ValueTypeNames.Float, True).Set(scene.exposure_ev)
    _write_origin(stage, root.GetPath(), scene)
    bound = _write_materials(stage, root.GetPath(), scene.materials, textures)
    holder = root.GetPath().AppendChild("Geometry")
    UsdGeom.Scope.Define(stage, holder)
    taken: set[str] = set()
    for mesh in scene.meshes:
        path = holder.AppendChild(_fresh(mesh.name, taken))
        _write_mesh(stage, path, mesh, scene.materials[mesh.material], bound[mesh.material])
    _write_lights(stage, root.GetPath(), scene, dome_file)
    return stage


def _usable(name: str) -> str:
    """A prim name from any name."""
    cleaned = "".join(c if c.isalnum() and c.isascii() else "_" for c in name) or "unnamed"
    return cleaned if not cleaned[0].isdigit() else "_" + cleaned


def _fresh(name: str, taken: set[str]) -> str:
    base = _usable(name)
    chosen, number = base, 2
    while chosen in taken:
        chosen, number = f"{base}_{number}", number + 1
    taken.add(chosen)
    return chosen


def _write_origin(stage: Any, root: Any, scene: Scene) -> None:
    place = UsdGeom.Xform.Define(stage, root.AppendChild("StageOrigin"))
    place.GetPrim().CreateAttribute(ORIGIN, Sdf.ValueTypeNames.Bool, True).Set(True)
    matrix = scene.world_from_stage.matrix.copy()
    matrix[:3, 3] *= CENTIMETRES
    place.AddTransformOp().Set(Gf.Matrix4d(*matrix.T.ravel().tolist()))


def _write_materials(
    stage: Any, root: Any, materials: tuple[Material, ...], textures: Mapping[int, str]
) -> list[Any]:
    holder = root.AppendChild("Materials")
    UsdGeom.Scope.Define(stage, holder)
    taken: set[str] = set()
    out = []
    for number, material in enumerate(materials):
        path = holder.AppendChild(_fresh(material.name, taken))
        out.append(_write_material(stage, path, material, textures.get(number)))
    return out


def _write_material(stage: Any, path: Any, material: Material, texture: str | None) -> Any:
    made = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, path.AppendChild("Surface"))
    surface.CreateIdAttr("UsdPreviewSurface")
    types = Sdf.ValueTypeNames
    surface.CreateInput("roughness", types.Float).Set(material.roughness)
    surface.CreateInput("metallic", types.Float).Set(material.metallic)
    surface.CreateInput("emissiveColor", types.Color3f).Set(Gf.Vec3f(*material.emission))
    diffuse = surface.CreateInput("diffuseColor", types.Color3f)
    if texture is None:
        diffuse.Set(Gf.Vec3f(*material.base_colour))
    else:
        diffuse.ConnectToSource(_write_texture(stage, path, material.base_colour, texture))
    made.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    return made


def _write_texture(stage: Any, path: Any, scale: Rgb, file: str) -> Any:
    types = Sdf.ValueTypeNames
    reader = UsdShade.Shader.Define(stage, path.AppendChild("Coordinates"))
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", types.String).Set("st")
    result = reader.CreateOutput("result", types.Float2)
    picture = UsdShade.Shader.Define(stage, path.AppendChild("BaseTexture"))
    picture.CreateIdAttr("UsdUVTexture")
    picture.CreateInput("file", types.Asset).Set(Sdf.AssetPath(file))
    picture.CreateInput("sourceColorSpace", types.Token).Set("sRGB")
    picture.CreateInput("scale", types.Float4).Set(Gf.Vec4f(*scale, 1.0))
    for side in ("wrapS", "wrapT"):
        picture.CreateInput(side, types.Token).Set("repeat")
    picture.CreateInput("st", types.Float2).ConnectToSource(result)
    return picture.CreateOutput("rgb", types.Float3)


def _write_mesh(stage: Any, path: Any, mesh: Mesh, material: Material, bound: Any) -> None:
    made = UsdGeom.Mesh.Define(stage, path)
    points = (mesh.points * np.float32(CENTIMETRES)).astype(np.float32)
    made.CreatePointsAttr(_vec3(points))
    made.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(mesh.triangles), 3, np.int32)))
    made.CreateFaceVertexIndicesAttr(
        Vt.IntArray.FromNumpy(np.ascontiguousarray(mesh.triangles.ravel()))
    )
    made.CreateNormalsAttr(_vec3(mesh.normals))
    made.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    made.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    made.CreateDoubleSidedAttr(material.double_sided)
    made.CreateExtentAttr(_vec3(np.stack([points.min(axis=0), points.max(axis=0)])))
    primvar = UsdGeom.PrimvarsAPI(made).CreatePrimvar(
        "st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex
    )
    primvar.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(mesh.uvs, np.float32)))
    UsdShade.MaterialBindingAPI.Apply(made.GetPrim()).Bind(bound)


def _vec3(rows: npt.NDArray[np.float32]) -> Any:
    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(rows, np.float32))


def _write_lights(stage: Any, root: Any, scene: Scene, dome_file: str | None) -> None:
    holder = root.AppendChild("Lights")
    UsdGeom.Scope.Define(stage, holder)
    for number, sun in enumerate(scene.suns):
        _write_sun(stage, holder.AppendChild(f"Sun_{number + 1}"), sun)
    for number, lamp in enumerate(scene.lamps):
        _write_lamp(stage, holder.AppendChild(f"Lamp_{number + 1}"), lamp)
    if dome_file is not None:
        dome = UsdLux.DomeLight.Define(stage, holder.AppendChild("Dome"))
        dome.CreateTextureFileAttr(Sdf.AssetPath(dome_file))
        dome.CreateTextureFormatAttr(UsdLux.Tokens.latlong)
        dome.CreateIntensityAttr(1.0)
        dome.AddTransformOp().Set(_DOME_TURN)


def _strength(colour: Rgb) -> tuple[float, Any]:
    """(intensity, colour) whose product is `colour`, the colour's greatest channel 1."""
    most = max(colour)
    if most <= 0.0:
        return 0.0, Gf.Vec3f(1.0, 1.0, 1.0)
    return most, Gf.Vec3f(*(channel / most for channel in colour))


def _write_sun(stage: Any, path: Any, sun: Sun) -> None:
    light = UsdLux.DistantLight.Define(stage, path)
    intensity, colour = _strength(sun.irradiance)
    light.CreateIntensityAttr(intensity)
    light.CreateColorAttr(colour)
    light.CreateAngleAttr(SUN_ANGLE_DEG)
    light.CreateNormalizeAttr(True)
    turn = Gf.Rotation(Gf.Vec3d(0, 0, 1), Gf.Vec3d(*sun.towards))
    light.AddTransformOp().Set(Gf.Matrix4d().SetRotate(turn))


def _write_lamp(stage: Any, path: Any, lamp: Lamp) -> None:
    light = UsdLux.SphereLight.Define(stage, path)
    radiance = 1.0 / (np.pi * lamp.radius_m**2)
    red, green, blue = (channel * radiance for channel in lamp.intensity)
    intensity, colour = _strength((red, green, blue))
    light.CreateIntensityAttr(intensity)
    light.CreateColorAttr(colour)
    light.CreateRadiusAttr(lamp.radius_m * CENTIMETRES)
    r = lamp.radius_m * CENTIMETRES
    light.CreateExtentAttr(_vec3(np.array([[-r] * 3, [r] * 3], np.float32)))
    x, y, z = lamp.position_m
    light.AddTranslateOp().Set(Gf.Vec3d(x * CENTIMETRES, y * CENTIMETRES, z * CENTIMETRES))
