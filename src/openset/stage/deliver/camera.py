"""The take's camera as USD: moving as it moved, for any program that opens USD to look through.

The stage is in centimetres, Z up, so that apertures and focal length, which USD counts in tenths of a
unit, are millimetres. One sample per frame at the frame's number, frame 0 the first of the take.

    /Take                    metadata of the take
        Set                  the set, by reference, turned and scaled to centimetres and Z up
        Stage                where the studio floor stands in the set
            Camera           the pinhole camera; what it cannot say, as openset:… attributes

A USD camera is a pinhole: the picture's own distortion is in the ST maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom

from openset.primitives.space import IDENTITY, Pose, pose_from_matrix
from openset.stage.deliver.model import HandedTake
from openset.stage.lens.model import Lens

CENTIMETRES = 100.0
FLOOR_PATH = "/Take/Stage"
CAMERA_PATH = "/Take/Stage/Camera"
SET_PATH = "/Take/Set"
_COEFFICIENTS = ("k1", "k2", "p1", "p2", "k3")
# Y-up worlds stand up when turned a quarter about X; rows, as USD multiplies.
_STAND_UP = Gf.Matrix4d(1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1)


@dataclass(frozen=True)
class SetLink:
    """A set to refer to: its path from where the camera is saved, the names of its root prims, its unit
    in metres, its up axis."""

    path: str
    roots: tuple[str, ...]
    metres_per_unit: float
    y_up: bool


@dataclass(frozen=True)
class CameraState:
    """What a camera file says of one frame, in Openset's units; `lens` as attributes say it, its
    coefficients included, None where the file holds no focal length."""

    stage_from_camera: Pose
    lens: Lens | None


def camera_layer(take: HandedTake, set_link: SetLink | None = None) -> Any:
    """A pxr.Sdf.Layer holding the take's camera, for `Usd.Stage.Open` or `ExportToString`."""
    layer = Sdf.Layer.CreateAnonymous("camera.usda")
    stage = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0 / CENTIMETRES)
    rate = float(take.record.spec.rate)
    stage.SetTimeCodesPerSecond(rate)
    stage.SetFramesPerSecond(rate)
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(max(0, len(take.frames) - 1))
    root = UsdGeom.Xform.Define(stage, "/Take")
    stage.SetDefaultPrim(root.GetPrim())
    stage.GetRootLayer().customLayerData = {"openset": _about(take)}
    floor = UsdGeom.Xform.Define(stage, FLOOR_PATH)
    floor.AddTransformOp().Set(_matrix(take.world_from_stage or IDENTITY))
    _write_camera(UsdGeom.Camera.Define(stage, CAMERA_PATH), take)
    if set_link is not None:
        _turn_set(stage, set_link)
    del stage  # an open stage would look for the set before the layer has its place on disk
    if set_link is not None:
        _refer(layer, set_link)
    return layer


def camera_states(stage: Any, width_px: int, height_px: int) -> list[CameraState]:
    """The camera of an open stage at each frame from its start to its end; none where there is no
    camera."""
    camera = UsdGeom.Camera.Get(stage, CAMERA_PATH)
    if not camera:
        return []
    first, last = round(stage.GetStartTimeCode()), round(stage.GetEndTimeCode())
    times = set(camera.GetOrderedXformOps()[0].GetTimeSamples()) if camera.GetOrderedXformOps() else ()
    return [
        _state(camera, frame, width_px, height_px) for frame in range(first, last + 1) if frame in times
    ]


def floor_of(stage: Any) -> Pose | None:
    """Where an open camera file has the studio floor, in its world; None where it has none."""
    floor = UsdGeom.Xform.Get(stage, FLOOR_PATH)
    return _pose(floor.GetLocalTransformation(Usd.TimeCode.Default())) if floor else None


def poses_apart(one: Pose, other: Pose) -> tuple[float, float]:
    """How far two poses are from each other: metres and radians, exact for small angles too."""
    off = np.array(one.position_m) - np.array(other.position_m)
    first, second = np.array(one.rotation_wxyz), np.array(other.rotation_wxyz)
    chord = min(float(np.linalg.norm(first - second)), float(np.linalg.norm(first + second)))
    return float(np.linalg.norm(off)), 4.0 * float(np.arcsin(min(1.0, chord / 2.0)))


def _about(take: HandedTake) -> dict[str, Any]:
    spec = take.record.spec
    return {
        "take": str(spec.id),
        "production": take.record.production,
        "rate": str(spec.rate),
        "startTimecode": str(spec.start_timecode),
        "software": take.record.software,
    }


def _turn_set(stage: Any, link: SetLink) -> None:
    holder = UsdGeom.Xform.Define(stage, SET_PATH)
    scale = link.metres_per_unit * CENTIMETRES
    turn = Gf.Matrix4d().SetScale(scale) * (_STAND_UP if link.y_up else Gf.Matrix4d(1.0))
    if turn != Gf.Matrix4d(1.0):
        holder.AddTransformOp().Set(turn)


def _refer(layer: Any, link: SetLink) -> None:
    for root in link.roots:
        spec = Sdf.CreatePrimInLayer(layer, f"{SET_PATH}/{root}")
        spec.specifier = Sdf.SpecifierDef
        spec.referenceList.Prepend(Sdf.Reference(link.path, f"/{root}"))


def _matrix(pose: Pose) -> Any:
    matrix = pose.matrix.copy()
    matrix[:3, 3] *= CENTIMETRES
    return Gf.Matrix4d(*matrix.T.ravel().tolist())


def _pose(matrix: Any) -> Pose:
    columns = np.array(matrix).T
    columns[:3, 3] /= CENTIMETRES
    return pose_from_matrix(columns)


def _write_camera(camera: Any, take: HandedTake) -> None:
    prim, spec = camera.GetPrim(), take.record.spec
    types = Sdf.ValueTypeNames
    camera.CreateProjectionAttr(UsdGeom.Tokens.perspective)
    camera.CreateClippingRangeAttr(Gf.Vec2f(1.0, 1_000_000.0))
    constants: tuple[tuple[str, Any, Any], ...] = (
        ("take", types.String, str(spec.id)),
        ("startTimecode", types.String, str(spec.start_timecode)),
        ("delaySeconds", types.Double, spec.delay_s),
        ("resolution", types.Int2, Gf.Vec2i(spec.width, spec.height)),
        ("lens:model", types.String, "Brown-Conrady, undistorted to distorted, OpenCV's coefficients"),
    )
    for name, kind, value in constants:
        prim.CreateAttribute(f"openset:{name}", kind, True).Set(value)
    _write_samples(camera.AddTransformOp(), [_matrix(frame.stage_from_camera) for frame in take.frames])
    states = prim.CreateAttribute("openset:poseState", types.Token, True)
    _write_samples(states, [frame.state for frame in take.frames])
    lenses = [frame.lens or spec.lens for frame in take.frames]
    for attribute, values in _lens_samples(camera, lenses):
        _write_samples(attribute, values)


def _lens_samples(camera: Any, lenses: list[Lens | None]) -> list[tuple[Any, list[Any]]]:
    """Each attribute of the lens with its value at every frame; None where it is unknown."""
    prim, double = camera.GetPrim(), Sdf.ValueTypeNames.Double
    tables = [_lens_values(lens) if lens else {} for lens in lenses]
    makers = {
        "focalLength": camera.CreateFocalLengthAttr,
        "horizontalAperture": camera.CreateHorizontalApertureAttr,
        "verticalAperture": camera.CreateVerticalApertureAttr,
        "horizontalApertureOffset": camera.CreateHorizontalApertureOffsetAttr,
        "verticalApertureOffset": camera.CreateVerticalApertureOffsetAttr,
        "focusDistance": camera.CreateFocusDistanceAttr,
        "fStop": camera.CreateFStopAttr,
    }
    out = []
    for name in dict.fromkeys(key for table in tables for key in table):
        make = makers.get(name)
        attribute = make() if make else prim.CreateAttribute(f"openset:{name}", double, True)
        out.append((attribute, [table.get(name) for table in tables]))
    return out


def _lens_values(lens: Lens) -> dict[str, float]:
    """A lens as USD says it. The window's middle lies opposite to the axis: an axis right of the
    picture's middle moves the aperture left; USD counts up, pictures down."""
    pitch_x = lens.sensor_width_mm / lens.width_px
    pitch_y = lens.focal_length_mm / lens.fy_px
    values: dict[str, float] = {
        "focalLength": lens.focal_length_mm,
        "horizontalAperture": lens.sensor_width_mm,
        "verticalAperture": lens.height_px * pitch_y,
        "horizontalApertureOffset": (lens.width_px / 2 - lens.cx_px) * pitch_x,
        "verticalApertureOffset": (lens.cy_px - lens.height_px / 2) * pitch_y,
        **{f"lens:{name}": getattr(lens, name) for name in _COEFFICIENTS},
        "lens:entrancePupilOffsetM": lens.entrance_pupil_offset_m,
    }
    if lens.focus_distance_m is not None:
        values["focusDistance"] = lens.focus_distance_m * CENTIMETRES
    if lens.f_stop is not None:
        values["fStop"] = lens.f_stop
    return values


def _write_samples(attribute: Any, values: list[Any]) -> None:
    """A value that never changes once, as the default; else one sample per frame."""
    known = [value for value in values if value is not None]
    constant = len(known) == len(values) and all(value == known[0] for value in known)
    if constant and known and not isinstance(known[0], Gf.Matrix4d):
        attribute.Set(known[0])
        return
    for index, value in enumerate(values):
        if value is not None:
            attribute.Set(value, float(index))


def _state(camera: Any, frame: int, width_px: int, height_px: int) -> CameraState:
    pose = _pose(camera.GetLocalTransformation(float(frame)))
    return CameraState(pose, _lens(camera, float(frame), width_px, height_px))


def _lens(camera: Any, time: float, width_px: int, height_px: int) -> Lens | None:
    if not camera.GetFocalLengthAttr().HasAuthoredValue():
        return None
    focal_mm = float(camera.GetFocalLengthAttr().Get(time))
    wide_mm = float(camera.GetHorizontalApertureAttr().Get(time))
    high_mm = float(camera.GetVerticalApertureAttr().Get(time))
    right_mm = float(camera.GetHorizontalApertureOffsetAttr().Get(time))
    up_mm = float(camera.GetVerticalApertureOffsetAttr().Get(time))
    bends: dict[str, Any] = {
        name: float(camera.GetPrim().GetAttribute(f"openset:lens:{name}").Get(time) or 0.0)
        for name in _COEFFICIENTS
    }
    return Lens(
        width_px,
        height_px,
        fx_px=focal_mm * width_px / wide_mm,
        fy_px=focal_mm * height_px / high_mm,
        cx_px=width_px / 2 - right_mm * width_px / wide_mm,
        cy_px=height_px / 2 + up_mm * height_px / high_mm,
        sensor_width_mm=wide_mm,
        **bends,
    )
