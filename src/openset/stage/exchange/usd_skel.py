"""A skeleton's motion as USD: a UsdSkel Skeleton with its SkelAnimation, a time code a frame.

OpenUSD's UsdSkel schema: `bindTransforms` are in the skeleton's space, `restTransforms` in the parent
joint's. The stage is Z up in centimetres as all of Openset's; the Y-up skeleton is turned by its root.
End Sites become joints that never turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdSkel, Vt

from openset.formats.bvh_model import Joint, Motion, Vector
from openset.formats.bvh_pose import local_poses
from openset.stage.exchange.model import Options

KEEPS = (
    *("name", "joints.name", "joints.parent", "joints.offset", "joints.ends"),
    *("frames", "frame_time_s", "unit_m"),
)
"""What of a motion the file says: all but the order of the channels, which its rotations need not."""

METRES_PER_UNIT = 0.01


@dataclass(frozen=True)
class _Bone:
    """A joint of the USD skeleton: `source` is its place in the motion, None for an End Site."""

    path: str
    parent: int
    offset: Vector
    source: int | None


def write(value: Motion, path: Path, options: Options) -> None:
    """The motion as a stage of its own, frame 0 at time code 0."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, METRES_PER_UNIT)
    stage.SetTimeCodesPerSecond(float(value.rate))
    stage.SetFramesPerSecond(float(value.rate))
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(len(value.frames) - 1)
    name = Tf.MakeValidIdentifier(value.name or options.name or path.name.partition(".")[0])
    root = UsdSkel.Root.Define(stage, f"/{name}")
    root.AddRotateXOp().Set(90.0)
    stage.SetDefaultPrim(root.GetPrim())
    bones = _bones(value.joints)
    animation = _animation(stage, f"/{name}/animation", bones, value)
    _skeleton(stage, f"/{name}/skeleton", bones, value, animation)
    stage.GetRootLayer().Export(str(path))


def _bones(joints: Sequence[Joint]) -> list[_Bone]:
    """The joints and End Sites with names that are unique and that USD can hold, parents first."""
    bones: list[_Bone] = []
    places: list[int] = []  # of each joint among the bones
    taken: set[str] = set()
    for source, joint in enumerate(joints):
        above = places[joint.parent] if joint.parent >= 0 else -1
        places.append(len(bones))
        bones.append(_Bone(_path(joint.name, above, bones, taken), above, joint.offset, source))
        for end in joint.ends:
            path = _path(f"{joint.name}_end", places[-1], bones, taken)
            bones.append(_Bone(path, places[-1], end, None))
    return bones


def _path(name: str, above: int, bones: Sequence[_Bone], taken: set[str]) -> str:
    wanted = Tf.MakeValidIdentifier(name)
    head = f"{bones[above].path}/" if above >= 0 else ""
    path, count = f"{head}{wanted}", 1
    while path in taken:
        count += 1
        path = f"{head}{wanted}_{count}"
    taken.add(path)
    return path


def _animation(stage: Usd.Stage, path: str, bones: Sequence[_Bone], motion: Motion) -> Sdf.Path:
    """Every bone in its parent at every frame, in the stage's unit."""
    scale = motion.unit_m / METRES_PER_UNIT
    places, turns = local_poses(motion)
    sources = [bone.source for bone in bones]
    moving = np.array([source or 0 for source in sources])
    ends = np.array([source is None for source in sources])
    still = np.array([bone.offset for bone in bones]) * scale
    translations = np.where(ends[:, None], still, places[:, moving] * scale).astype(np.float32)
    rotations = np.where(ends[:, None], (1.0, 0.0, 0.0, 0.0), turns[:, moving])
    animation = UsdSkel.Animation.Define(stage, path)
    animation.CreateJointsAttr([bone.path for bone in bones])
    animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * len(bones)))
    into, turned = animation.CreateTranslationsAttr(), animation.CreateRotationsAttr()
    for frame in range(len(motion.frames)):
        into.Set(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(translations[frame])), frame)
        turned.Set(Vt.QuatfArray([Gf.Quatf(*each) for each in rotations[frame].tolist()]), frame)
    return animation.GetPath()


def _skeleton(
    stage: Usd.Stage, path: str, bones: Sequence[_Bone], motion: Motion, animation: Sdf.Path
) -> None:
    """The skeleton at rest: every joint at its offset, unturned."""
    scale = motion.unit_m / METRES_PER_UNIT
    rest, bind = [], []
    reached: list[Gf.Vec3d] = []
    for bone in bones:
        step = Gf.Vec3d(*bone.offset) * scale
        reached.append(reached[bone.parent] + step if bone.parent >= 0 else step)
        rest.append(Gf.Matrix4d(1.0).SetTranslate(step))
        bind.append(Gf.Matrix4d(1.0).SetTranslate(reached[-1]))
    skeleton = UsdSkel.Skeleton.Define(stage, path)
    skeleton.CreateJointsAttr([bone.path for bone in bones])
    skeleton.CreateRestTransformsAttr(Vt.Matrix4dArray(rest))
    skeleton.CreateBindTransformsAttr(Vt.Matrix4dArray(bind))
    binding = UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([animation])
