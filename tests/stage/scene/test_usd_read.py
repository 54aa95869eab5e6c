"""Foreign USD: other units, other axes, polygons, subsets, light units, references, and oddities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openset.primitives.errors import SetBroken
from openset.stage.scene.dome import pixels_of
from openset.stage.scene.files import read_set, write_panorama
from openset.stage.scene.model import Scene

METRES_Y_UP = '#usda 1.0\n(\n    metersPerUnit = 1\n    upAxis = "Y"\n    defaultPrim = "Set"\n)\n'
CENTIMETRES_Z_UP = '#usda 1.0\n(\n    metersPerUnit = 0.01\n    upAxis = "Z"\n)\n'

QUAD = """
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0, 1, 2, 3]
        point3f[] points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
"""


def spread(text: str) -> str:
    """Short one-line prims to the one property a line that USD reads."""
    return text.replace("{ ", "{\n").replace(" }", "\n}").replace("; ", "\n")


def read(tmp_path: Path, text: str) -> Scene:
    path = tmp_path / "set.usda"
    path.write_text(spread(text))
    return read_set(path)


def test_y_up_metres_become_z_up_metres(tmp_path: Path) -> None:
    body = f"""
def Xform "Set"
{{
    double3 xformOp:translate = (10, 2, 3)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "wall"
    {{{QUAD}    }}
}}
"""
    (mesh,) = read(tmp_path, METRES_Y_UP + body).meshes
    np.testing.assert_allclose(mesh.points.min(axis=0), [10, -3, 2], atol=1e-6)
    np.testing.assert_allclose(mesh.points.max(axis=0), [11, -3, 3], atol=1e-6)
    np.testing.assert_allclose(mesh.normals, [[0, -1, 0]] * 4, atol=1e-6)  # +Z of the file


@pytest.mark.parametrize(
    ("extra", "normal"),
    [
        ("", (0, 0, 1)),
        ('        uniform token orientation = "leftHanded"\n', (0, 0, -1)),
        (
            "        double3 xformOp:scale = (-1, 1, 1)\n"
            '        uniform token[] xformOpOrder = ["xformOp:scale"]\n',
            (0, 0, 1),
        ),
    ],
)
def test_faces_look_out_whatever_their_winding_or_mirroring(
    tmp_path: Path, extra: str, normal: tuple[float, ...]
) -> None:
    (mesh,) = read(tmp_path, CENTIMETRES_Z_UP + f'def Mesh "m"\n{{{QUAD}{extra}}}\n').meshes
    a, b, c = mesh.points[mesh.triangles[0]]
    facing = np.cross(b - a, c - a)
    np.testing.assert_allclose(facing / np.linalg.norm(facing), normal, atol=1e-6)
    np.testing.assert_allclose(mesh.normals[0], normal, atol=1e-6)


def test_subsets_split_a_mesh_by_material_and_the_rest_keeps_its_own(tmp_path: Path) -> None:
    body = """
def Mesh "m" (prepend apiSchemas = ["MaterialBindingAPI"])
{
    int[] faceVertexCounts = [3, 3, 3]
    int[] faceVertexIndices = [0, 1, 2, 0, 2, 3, 0, 3, 1]
    point3f[] points = [(0, 0, 0), (100, 0, 0), (100, 100, 0), (0, 100, 0)]
    color3f[] primvars:displayColor = [(0.1, 0.2, 0.3)]
    def GeomSubset "red" (prepend apiSchemas = ["MaterialBindingAPI"])
    {
        uniform token elementType = "face"
        uniform token familyName = "materialBind"
        int[] indices = [1]
        rel material:binding = </Red>
    }
}
def Material "Red"
{
    token outputs:surface.connect = </Red/s.outputs:surface>
    def Shader "s"
    {
        uniform token info:id = "UsdPreviewSurface"
        color3f inputs:diffuseColor = (0.8, 0.05, 0.05)
        float inputs:roughness = 0.25
        float inputs:opacity = 0.5
        token outputs:surface
    }
}
"""
    scene = read(tmp_path, CENTIMETRES_Z_UP + body)
    colours = {scene.materials[mesh.material].name: len(mesh.triangles) for mesh in scene.meshes}
    assert colours == {"Red": 1, "plain": 2}
    red = next(material for material in scene.materials if material.name == "Red")
    np.testing.assert_allclose((*red.base_colour, red.roughness), (0.8, 0.05, 0.05, 0.25), rtol=1e-6)
    assert scene.notes == ("/Red: see-through; shown solid",)


def test_texture_coordinates_of_every_interpolation_are_spread_to_corners(tmp_path: Path) -> None:
    for how, values in (
        ("vertex", "[(0, 0), (1, 0), (1, 1), (0, 1)]"),
        ("faceVarying", "[(0, 0), (1, 0), (1, 1), (0, 1)]"),
        ("uniform", "[(0.5, 0.25)]"),
    ):
        primvar = f'    texCoord2f[] primvars:st = {values} (interpolation = "{how}")\n'
        (mesh,) = read(tmp_path, CENTIMETRES_Z_UP + f'def Mesh "m"\n{{{QUAD}{primvar}}}\n').meshes
        expected = 0.5 if how == "uniform" else mesh.points[:, 0] * 100
        np.testing.assert_allclose(mesh.uvs[:, 0], expected, atol=1e-6)


def test_light_units_follow_usdlux(tmp_path: Path) -> None:
    body = """
def DistantLight "plain" { float inputs:intensity = 1000; float inputs:angle = 2 }
def DistantLight "lux"
{
    float inputs:intensity = 3
    float inputs:exposure = 1
    bool inputs:normalize = 1
    color3f inputs:color = (1, 0.5, 0.25)
    float3 xformOp:rotateXYZ = (90, 0, 0)
    uniform token[] xformOpOrder = ["xformOp:rotateXYZ"]
}
def SphereLight "ball" { float inputs:intensity = 10; float inputs:radius = 20 }
def SphereLight "power"
{
    float inputs:intensity = 10; float inputs:radius = 20; bool inputs:normalize = 1 }
def RectLight "panel" { }
def DomeLight "sky" { float inputs:intensity = 2; color3f inputs:color = (0.5, 1, 1) }
"""
    scene = read(tmp_path, CENTIMETRES_Z_UP + body)
    plain, lux = scene.suns
    assert plain.irradiance[0] == pytest.approx(1000 * np.pi * np.sin(np.radians(1)) ** 2, rel=1e-5)
    np.testing.assert_allclose(plain.towards, (0, 0, 1), atol=1e-9)
    np.testing.assert_allclose(lux.irradiance, (6, 3, 1.5), rtol=1e-6)
    np.testing.assert_allclose(lux.towards, (0, -1, 0), atol=1e-9)
    ball, power = scene.lamps
    assert ball.radius_m == pytest.approx(0.2)
    assert ball.intensity[0] == pytest.approx(10 * np.pi * 0.2**2, rel=1e-5)
    assert power.intensity[0] == pytest.approx(10 / (4 * np.pi * 20**2) * np.pi * 0.2**2, rel=1e-5)
    assert scene.dome is not None
    np.testing.assert_allclose(scene.dome.reshape(-1, 3), [(1.0, 2.0, 2.0)] * (scene.dome.size // 3))
    assert scene.notes == ("/panel: a RectLight is not shown; use a SphereLight",)


@pytest.mark.parametrize(
    ("header", "kind", "column", "towards"),
    [
        # OpenEXR: the middle looks along the light's +Z, +X is a quarter of the width to the left.
        (CENTIMETRES_Z_UP, "DomeLight_1", 0.5, (0, -1, 0)),  # pole on Z: the light's +Z is -Y
        (CENTIMETRES_Z_UP, "DomeLight_1", 0.25, (1, 0, 0)),
        (METRES_Y_UP, "DomeLight", 0.5, (0, -1, 0)),  # the file's +Z is our -Y
        (METRES_Y_UP, "DomeLight", 0.25, (1, 0, 0)),
    ],
)
def test_a_dome_s_picture_stands_where_usd_says(
    tmp_path: Path, header: str, kind: str, column: float, towards: tuple[float, float, float]
) -> None:
    picture = np.zeros((64, 128, 3), np.float32)
    picture[28:36, int(column * 128) - 4 : int(column * 128) + 4] = 5.0
    write_panorama(tmp_path / "sky.exr", picture)
    scene = read(tmp_path, header + f'def {kind} "sky" {{ asset inputs:texture:file = @./sky.exr@ }}\n')
    assert scene.dome is not None
    x, y = pixels_of(np.array(towards, float), 128, 64)
    rows, columns = np.nonzero(scene.dome[..., 0] > 2.5)
    turned = np.exp(2j * np.pi * (columns + 0.5) / 128).mean()
    found = np.angle(turned) / (2 * np.pi) * 128 % 128
    assert abs((found - x + 64) % 128 - 64) < 0.6
    assert abs(rows.mean() + 0.5 - y) < 0.6


def test_a_tagged_prim_is_the_studio_floor_in_z_up_and_in_y_up(tmp_path: Path) -> None:
    body = f"""
def Xform "Set"
{{
    float openset:exposureEv = 0.5
    def Mesh "m" {{{QUAD}    }}
    def Xform "mark"
    {{
        custom bool openset:stageOrigin = 1
        double3 xformOp:translate = (4, 1, -6)
        double3 xformOp:scale = (2, 2, 2)
        float xformOp:rotateY = 90
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateY", "xformOp:scale"]
    }}
}}
"""
    scene = read(tmp_path, METRES_Y_UP + body)
    assert scene.exposure_ev == 0.5
    place = scene.world_from_stage.matrix
    np.testing.assert_allclose(place[:3, 3], (4, 6, 1), atol=1e-9)
    np.testing.assert_allclose(place[:3, 2], (0, 0, 1), atol=1e-9)  # the floor's up stays up
    np.testing.assert_allclose(place[:3, 0], (0, 1, 0), atol=1e-9)  # turned a quarter to the left


def test_references_are_composed_and_hidden_things_stay_hidden(tmp_path: Path) -> None:
    (tmp_path / "part.usda").write_text(METRES_Y_UP + f'def Mesh "Set" {{{QUAD}}}\n')
    body = """
def "near" (references = @./part.usda@) { }
def "hidden" (references = @./part.usda@) { token visibility = "invisible" }
def "proxy" (references = @./part.usda@) { uniform token purpose = "proxy" }
def "lost" (references = @./not-there.usda@) { }
def Sphere "ball" { }
"""
    scene = read(tmp_path, METRES_Y_UP + body)
    assert len(scene.meshes) == 1
    assert any("not-there.usda" in note for note in scene.notes)
    assert any("a Sphere is not shown" in note for note in scene.notes)


def test_a_mesh_that_does_not_fit_together_is_left_out_with_a_note(tmp_path: Path) -> None:
    bad = QUAD.replace("[0, 1, 2, 3]", "[0, 1, 2, 9]")
    scene = read(tmp_path, CENTIMETRES_Z_UP + f'def Mesh "m" {{{QUAD}}}\ndef Mesh "bad" {{{bad}}}\n')
    assert len(scene.meshes) == 1
    assert scene.notes == ("/bad: its faces and points do not fit together; left out",)


@pytest.mark.parametrize("size", [(5, 11), (6, 11), (4, 9), (7, 8)])
def test_a_panorama_of_any_size_becomes_twice_as_wide_as_high(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    write_panorama(tmp_path / "sky.exr", np.full((*size, 3), 0.25, np.float32))
    scene = read(
        tmp_path, METRES_Y_UP + 'def DomeLight "sky" { asset inputs:texture:file = @./sky.exr@ }\n'
    )
    assert scene.dome is not None
    assert scene.dome.shape == (size[1] // 2, size[1] // 2 * 2, 3)
    np.testing.assert_allclose(scene.dome, 0.25)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ('def DistantLight "bad" { float inputs:intensity = None }\n', "no number"),
        ('def SphereLight "bad" { float inputs:intensity = nan }\n', "no number"),
        (
            'def SphereLight "bad" { float inputs:intensity = inf; float inputs:exposure = 5000 }\n',
            "no number",
        ),
        ('def Mesh "bad"\n{' + QUAD.replace("(0, 0, 0)", "(nan, 0, 0)", 1) + "}\n", "lies nowhere"),
        ('def Mesh "bad"\n{' + QUAD.replace("(0, 0, 0)", "(1e30, 0, 0)", 1) + "}\n", "lies nowhere"),
    ],
)
def test_numbers_that_are_none_are_left_out_with_a_note(tmp_path: Path, body: str, note: str) -> None:
    scene = read(tmp_path, METRES_Y_UP + body + 'def DomeLight "sky" { }\n')
    assert not scene.suns
    assert not scene.lamps
    assert not scene.meshes
    assert any("/bad" in text and note in text for text in scene.notes), scene.notes


def test_lights_scaled_to_nothing_and_odd_exposures_do_no_harm(tmp_path: Path) -> None:
    flat = '{ float3 xformOp:scale = (0, 0, 0); uniform token[] xformOpOrder = ["xformOp:scale"] }\n'
    text = (
        METRES_Y_UP
        + f'def DistantLight "sun" {flat}def DomeLight "lost" {flat}def DomeLight "sky" {{ }}\n'
    )
    scene = read(tmp_path, text)
    assert not scene.suns
    assert scene.dome is not None
    np.testing.assert_allclose(scene.dome, 1.0)


def test_units_that_are_no_length_are_refused_with_the_file(tmp_path: Path) -> None:
    text = METRES_Y_UP.replace("metersPerUnit = 1", "metersPerUnit = 0")
    assert text != METRES_Y_UP
    with pytest.raises(SetBroken, match=r"set\.usda: its metersPerUnit is 0"):
        read(tmp_path, text + 'def DomeLight "sky" { }\n')
