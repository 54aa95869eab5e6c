"""A motion as UsdSkel: where USD says each joint is, is where the motion has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdSkel

from openset.formats.bvh_model import F64, Joint, Motion
from openset.stage.exchange.model import Options
from openset.stage.exchange.usd_skel import write

JOINTS = (
    Joint("Hips 1", -1, (0.0, 90.0, 0.0), ("Xposition", "Yposition", "Zposition", "Yrotation")),
    Joint("arm", 0, (20.0, 40.0, 0.0), ("Zrotation", "Xrotation", "Yrotation"), ((30.0, 0.0, 0.0),)),
    Joint("arm", 0, (-20.0, 40.0, 0.0), ("Xrotation",)),
)
FRAMES = np.array([[0.0, 90, 0, 0, 0, 0, 0, 0], [10.0, 95, -5, 40, 30, -20, 70, 15]])


def matrix(axis: str, degrees: float) -> F64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out: F64 = np.eye(3)
    one, two = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    out[one, one], out[one, two], out[two, one], out[two, two] = c, -s, s, c
    return out


def by_hand(row: F64) -> F64:
    """Hips, first arm and its end, second arm: the Y-up world in the motion's unit."""
    hips = matrix("Y", row[3])
    arm = hips @ matrix("Z", row[4]) @ matrix("X", row[5]) @ matrix("Y", row[6])
    first = row[:3] + hips @ (20, 40, 0)
    return np.array([row[:3], first, first + arm @ (30, 0, 0), row[:3] + hips @ (-20, 40, 0)])


def in_usd(path: Path, frame: int) -> F64:
    """Every joint's place in the world of the stage, metres, Z up, as OpenUSD computes it."""
    stage = Usd.Stage.Open(str(path))
    cache = UsdSkel.Cache()
    root = UsdSkel.Root(stage.GetDefaultPrim())
    cache.Populate(root, Usd.PrimDefaultPredicate)
    query = cache.GetSkelQuery(UsdSkel.Skeleton(stage.GetPrimAtPath(f"{root.GetPath()}/skeleton")))
    xforms = UsdGeom.XformCache(frame)
    placed = query.ComputeJointWorldTransforms(xforms)
    unit = UsdGeom.GetStageMetersPerUnit(stage)
    return np.array([tuple(each.ExtractTranslation()) for each in placed]) * unit


@pytest.mark.parametrize("suffix", [".skel.usda", ".skel.usdc"])
@pytest.mark.parametrize("unit_m", [0.01, 0.0254, 1.0])
def test_every_joint_is_where_the_kinematics_put_it(tmp_path: Path, unit_m: float, suffix: str) -> None:
    path = tmp_path / f"walk{suffix}"
    write(Motion(JOINTS, FRAMES, 0.04, unit_m, "walk"), path, Options())
    for frame, row in enumerate(FRAMES):
        x, y, z = (by_hand(row) * unit_m).T
        assert np.allclose(
            in_usd(path, frame), np.stack([x, -z, y], axis=1), atol=2e-5 * max(1, unit_m * 100)
        )


def test_the_stage_says_unit_axis_rate_and_rest(tmp_path: Path) -> None:
    path = tmp_path / "walk.skel.usda"
    write(Motion(JOINTS, FRAMES, 0.0333667, 0.01, "a walk"), path, Options())
    stage = Usd.Stage.Open(str(path))
    assert (UsdGeom.GetStageUpAxis(stage), UsdGeom.GetStageMetersPerUnit(stage)) == ("Z", 0.01)
    assert stage.GetTimeCodesPerSecond() == pytest.approx(30000 / 1001)
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, 1)
    skeleton = UsdSkel.Skeleton(stage.GetPrimAtPath("/a_walk/skeleton"))
    assert list(skeleton.GetJointsAttr().Get()) == [
        *("Hips_1", "Hips_1/arm", "Hips_1/arm/arm_end", "Hips_1/arm_2"),
    ]
    rest, bind = skeleton.GetRestTransformsAttr().Get(), skeleton.GetBindTransformsAttr().Get()
    assert tuple(rest[2].ExtractTranslation()) == (30, 0, 0)
    assert tuple(bind[2].ExtractTranslation()) == (50, 130, 0)
    topology = UsdSkel.Topology(skeleton.GetJointsAttr().Get())
    assert topology.Validate() == (True, "")
    assert list(topology.GetParentIndices()) == [-1, 0, 1, 0]


def test_a_motion_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "x.skel.usda"
    write(replace(Motion(JOINTS, FRAMES, 0.04), name=""), path, Options())
    assert Usd.Stage.Open(str(path)).GetDefaultPrim().GetName() == "x"
