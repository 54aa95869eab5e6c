"""What other programs will read: units, axes, names, and one prim for each thing of the set."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdGeom, UsdLux, UsdShade

from openset.stage.scene.model import Lamp, Material, Mesh, Scene, Sun
from openset.stage.scene.usd_write import stage_from_scene

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 2]], np.float32)


def scene() -> Scene:
    mesh = Mesh("a b", TRIANGLE, TRIANGLE * 0 + 1, TRIANGLE[:, :2], np.array([[0, 1, 2]], np.int32), 0)
    return Scene(
        "lane-market.2",
        meshes=(mesh, mesh),
        materials=(Material("1st"), Material("1st")),
        suns=(Sun((0.0, 0.6, 0.8), (4.0, 2.0, 1.0)),),
        lamps=(Lamp((0.0, 0.0, 1.0), (0.0, 0.0, 0.0)),),
    )


def test_the_stage_is_in_centimetres_with_z_up_and_a_default_prim() -> None:
    stage = stage_from_scene(scene(), None, {})
    assert UsdGeom.GetStageMetersPerUnit(stage) == pytest.approx(0.01)
    assert UsdGeom.GetStageUpAxis(stage) == "Z"
    assert stage.GetDefaultPrim().GetName() == "lane_market_2"


def test_names_become_prim_names_and_none_is_lost() -> None:
    stage = stage_from_scene(scene(), None, {})
    names = [prim.GetName() for prim in stage.Traverse()]
    assert {"a_b", "a_b_2", "_1st", "_1st_2"} <= set(names)


def test_points_are_written_in_centimetres_with_their_extent() -> None:
    stage = stage_from_scene(scene(), None, {})
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/lane_market_2/Geometry/a_b"))
    np.testing.assert_allclose(mesh.GetPointsAttr().Get(), TRIANGLE * 100)
    np.testing.assert_allclose(mesh.GetExtentAttr().Get(), [[0, 0, 0], [100, 0, 200]])
    assert UsdShade.MaterialBindingAPI(mesh.GetPrim()).ComputeBoundMaterial()[0]


def test_the_sun_shines_along_its_own_minus_z() -> None:
    stage = stage_from_scene(scene(), None, {})
    light = UsdLux.DistantLight(stage.GetPrimAtPath("/lane_market_2/Lights/Sun_1"))
    turn = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(light.GetPrim()))
    np.testing.assert_allclose(turn[2, :3], (0.0, 0.6, 0.8), atol=1e-9)
    assert light.GetIntensityAttr().Get() == pytest.approx(4.0)


def test_a_texture_is_connected_with_its_tint() -> None:
    stage = stage_from_scene(scene(), "./dome.exr", {1: "./textures/a.png"})
    shader = UsdShade.Shader(stage.GetPrimAtPath("/lane_market_2/Materials/_1st_2/BaseTexture"))
    assert shader.GetInput("file").Get().path == "./textures/a.png"
    assert shader.GetInput("sourceColorSpace").Get() == "sRGB"
    assert not stage.GetPrimAtPath("/lane_market_2/Materials/_1st/BaseTexture")
