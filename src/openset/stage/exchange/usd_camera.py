"""USD cameras: any camera of any stage as a move, and a move as a stage with one camera.

Focal length and apertures are in tenths of the scene's unit: 35 mm is 0.35 where metersPerUnit is 1, 35
where it is 0.01. Written is 0.01 with Z up. The camera stands at the lens's entrance pupil. A positive
aperture offset moves the window right or up, and so the axis left or down in the picture.
Source: OpenUSD, UsdGeomCamera.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdUtils

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S
from openset.stage.exchange.model import MOST_FAULTS, CameraMove, Options, Read
from openset.stage.exchange.move import lens_reports, pupil_poses, rate_of
from openset.stage.exchange.shot import LARGEST, first_frame, optics_of
from openset.stage.exchange.usd_frames import RESOLUTION, CameraFrames
from openset.stage.exchange.usd_samples import set_over, write_leaves
from openset.stage.tracking.samples import LensReport

CAMERA_PATH = "/Shot/Camera"
CENTIMETRES = 100.0
_SOURCE = re.compile(r"^Error in '.*?' at line \d+ in file \S+ : '?")


# --- writing


def write(value: CameraMove, path: Path, options: Options) -> None:
    """The move as a stage with one camera, text for .usda and binary for .usd and .usdc."""
    layer = _layer(value, options)
    if path.suffix.lower() == ".usda":
        path.write_text(layer.ExportToString(), encoding="utf-8", newline="\n")
        return
    path.touch()
    try:
        written = layer.Export(str(path))
    except Tf.ErrorException as error:
        raise OSError(str(error).splitlines()[0]) from error
    if not written:
        raise OSError("USD could not write the file")


def _layer(move: CameraMove, options: Options) -> Any:
    rate = options.rate or rate_of(move) or Fraction(24)
    poses = pupil_poses(move)
    if not any(poses):
        raise BadInput("the move holds no pose: it is a lens only", todo="Give a file that has a track")
    start = first_frame(move, rate)
    times = [float(start + Fraction(time_ns) * rate / NS_PER_S) for time_ns in move.times_ns]
    times = [round(time) if abs(time - round(time)) < 1e-5 else time for time in times]
    layer = Sdf.Layer.CreateAnonymous("camera.usda")
    stage = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0 / CENTIMETRES)
    stage.SetTimeCodesPerSecond(float(rate))
    stage.SetFramesPerSecond(float(rate))
    stage.SetStartTimeCode(math.floor(times[0]))
    stage.SetEndTimeCode(math.ceil(times[-1]))
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/Shot").GetPrim())
    layer.customLayerData = {"openset": {"name": options.name or move.name}}
    camera = UsdGeom.Camera.Define(stage, CAMERA_PATH)
    camera.CreateProjectionAttr(UsdGeom.Tokens.perspective)
    matrices = [pose and _gf(pose) for pose in poses]
    set_over(camera.AddTransformOp().GetAttr(), matrices, times)
    _write_lens(camera, move, options, times)
    write_leaves(camera.GetPrim(), move.samples, times)
    return layer


def _gf(pose: Pose) -> Any:
    matrix = pose.matrix.copy()
    matrix[:3, 3] *= CENTIMETRES
    return Gf.Matrix4d(*matrix.T.ravel().tolist())


def _write_lens(camera: Any, move: CameraMove, options: Options, times: Sequence[float]) -> None:
    size = move.size_px or options.size_px
    if size is not None:
        attribute = camera.GetPrim().CreateAttribute(RESOLUTION, Sdf.ValueTypeNames.Int2, True)
        attribute.Set(Gf.Vec2i(*size))
    reports = lens_reports(move)
    tables = [_lens_values(report, size, options) for report in reports]
    makers = {
        "focalLength": camera.CreateFocalLengthAttr,
        "horizontalAperture": camera.CreateHorizontalApertureAttr,
        "verticalAperture": camera.CreateVerticalApertureAttr,
        "horizontalApertureOffset": camera.CreateHorizontalApertureOffsetAttr,
        "verticalApertureOffset": camera.CreateVerticalApertureOffsetAttr,
        "focusDistance": camera.CreateFocusDistanceAttr,
        "fStop": camera.CreateFStopAttr,
    }
    for name, make in makers.items():
        values = [table.get(name) for table in tables]
        if any(value is not None for value in values):
            set_over(make(), values, times)


def _lens_values(
    report: LensReport | None, size: tuple[int, int] | None, options: Options
) -> dict[str, float]:
    """A lens as USD says it in a stage of centimetres, where tenths of a unit are millimetres."""
    optics = optics_of(report, size, options)
    values: dict[str, float] = {}
    if optics is not None:
        right, down = optics.offset_mm
        values = {
            "focalLength": optics.focal_length_mm,
            "horizontalAperture": optics.sensor_width_mm,
            "verticalAperture": optics.sensor_height_mm,
        }
        if report is not None and report.projection_offset_mm is not None:
            values |= {"horizontalApertureOffset": -right, "verticalApertureOffset": down}
    elif report is not None:
        sides = {
            "horizontalAperture": report.sensor_width_mm,
            "verticalAperture": report.sensor_height_mm,
        }
        values = {name: side for name, side in sides.items() if side is not None}
    if report is not None and report.focus_distance_m is not None:
        values["focusDistance"] = report.focus_distance_m * CENTIMETRES
    if report is not None and report.f_stop is not None:
        values["fStop"] = report.f_stop
    return values


# --- reading


def read(path: Path, options: Options) -> Read:
    """The first camera of a stage as a move, with what its references bring.

    Raises FormatError where USD cannot read the file, its units are no length, or it has no camera.
    """
    if path.stat().st_size > 4 * LARGEST:
        raise FormatError(f"the stage is larger than {LARGEST >> 18} MB")
    quiet = UsdUtils.CoalescingDiagnosticDelegate()  # what it would print is in the faults
    try:
        return _read(path, options)
    except Tf.ErrorException as error:
        raise FormatError(f"USD cannot read it: {_reason(error, path)}") from error
    finally:
        del quiet


def _read(path: Path, options: Options) -> Read:
    stage = Usd.Stage.Open(str(path))
    broken = tuple(
        f"USD could not compose: {_reason(error, path)}" for error in stage.GetCompositionErrors()
    )
    cameras = [
        UsdGeom.Camera(prim)
        for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies())
        if prim.IsA(UsdGeom.Camera)
    ]
    if not cameras:
        raise FormatError(f"the stage has no camera{f' ({broken[0]})' if broken else ''}")
    camera = cameras[0]
    if camera.GetProjectionAttr().Get() == UsdGeom.Tokens.orthographic:
        raise FormatError("an orthographic camera is no film camera", str(camera.GetPath()))
    reading = CameraFrames(stage, camera, options)
    samples, times, faults = reading.samples()
    if not samples:
        raise FormatError(f"no frame of the camera can be used ({faults[0]})", str(camera.GetPath()))
    others = tuple(f"camera {other.GetPath()}" for other in cameras[1:])
    about = stage.GetRootLayer().customLayerData.get("openset", {})
    name = options.name or str(about.get("name", "")) or path.name.split(".")[0]
    told = (*broken, *reading.notes, *faults)
    move = CameraMove(name, tuple(samples), tuple(times), reading.rate, reading.size_px)
    return Read(move, len(faults), told[:MOST_FAULTS], (*others, *reading.unheld()))


def _reason(error: object, path: Path) -> str:
    """USD's own words in one line, without the places of its source and of the file."""
    lines = [line.strip(" \t'") for line in str(error).splitlines()]
    said_of = next((_SOURCE.sub("", line) for line in lines if line), "no reason given")
    return said_of.replace(f"{path.parent}/", "")[:200]
