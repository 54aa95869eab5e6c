"""A camera as a Blender script (.py): run in Blender's text editor, or `blender --python shot.py`.

Blender's axes are Openset's: Z up, metres, the camera down its own -Z, quaternions w first. The sensor
is fitted by its width. `shift_x` and `shift_y` are parts of that width and move the view, right and up,
so that the optical axis goes left and down in the picture. Pixels that are not square become the
render's pixel aspect. The numbers stand in one JSON text in the script.
Source: Blender manual, "Cameras" and "Lens shift".
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from openset.formats.camera_shot import CameraShot, Key, same_side
from openset.formats.faults import FormatError

KEPT = (
    "pose",
    "field of view",
    "time",
    "timing.sampleRate",
    "lens.pinholeFocalLength",
    "lens.focusDistance",
    "lens.fStop",
    "lens.projectionOffset",
    "static.camera.activeSensorPhysicalDimensions",
)
"""What of a move the script can say, by the names of its fields."""

_USUAL_PX = (1920, 1080)
_DATA = re.compile(r"^SHOT = json\.loads\('(.*)'\)$", re.MULTILINE)


def encode(shot: CameraShot, *, ending: str = "") -> bytes:
    """The script; `ending` is Python that follows it, with `camera` the object made."""
    return (_SCRIPT.replace("__DATA__", _literal(_numbers(shot))) + ending).encode("ascii")


def numbers_of(script: bytes) -> dict[str, Any]:
    """The numbers of a script written here; FormatError where it holds none."""
    found = _DATA.search(script.decode("latin-1"))
    try:
        numbers = json.loads(found[1].replace("\\\\", "\\")) if found else None
    except (ValueError, RecursionError):
        numbers = None
    if not isinstance(numbers, dict):
        raise FormatError("no camera by Openset in this script")
    return numbers


def _literal(numbers: dict[str, Any]) -> str:
    """JSON that can stand between single quotes in Python."""
    text = json.dumps(numbers, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("\\", "\\\\").replace("'", "\\\\u0027")


def _numbers(shot: CameraShot) -> dict[str, Any]:
    rate = shot.rate or Fraction(24)
    whole = -(-rate.numerator // rate.denominator)
    width, height = shot.size_px or _USUAL_PX
    turns = same_side(key.pose.rotation_wxyz for key in shot.keys)
    return {
        "name": shot.name or "camera",
        "first": shot.keys[0].frame,
        "last": shot.keys[-1].frame,
        "fps": whole,
        "fps_base": float(whole / rate),
        "size": [width, height],
        "pixel_aspect": _pixel_aspect(shot, width, height),
        "keys": [_key(key, turn) for key, turn in zip(shot.keys, turns, strict=True)],
    }


def _key(key: Key, turn: tuple[float, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "frame": key.frame,
        "location": list(key.pose.position_m),
        "rotation_quaternion": list(turn),
    }
    lens = key.optics
    if lens is not None:
        right, down = lens.offset_mm
        out["lens"] = lens.focal_length_mm
        out["sensor_width"] = lens.sensor_width_mm
        out["sensor_height"] = lens.sensor_height_mm
        out["shift_x"] = -right / lens.sensor_width_mm
        out["shift_y"] = down / lens.sensor_width_mm
    if key.focus_distance_m is not None:
        out["focus_distance"] = key.focus_distance_m
    if key.f_stop is not None:
        out["aperture_fstop"] = key.f_stop
    return out


def _pixel_aspect(shot: CameraShot, width: int, height: int) -> list[float]:
    """How wide and high a pixel is, the smaller side one, as Blender wants it."""
    lens = next((key.optics for key in shot.keys if key.optics is not None), None)
    if lens is None or shot.size_px is None:
        return [1.0, 1.0]
    wide, high = lens.sensor_width_mm / width, lens.sensor_height_mm / height
    return [max(1.0, wide / high), max(1.0, high / wide)]


_SCRIPT = """# A camera for Blender, by Openset: metres, Z up, a key on every frame.
# Open it in the text editor and run it, or start Blender with --python and this file.
import json

import bpy

SHOT = json.loads('__DATA__')


def keyed(owner, path, frame, value):
    setattr(owner, path, value)
    owner.keyframe_insert(path, frame=frame)


def make(shot):
    scene = bpy.context.scene
    scene.unit_settings.system = "METRIC"
    scene.unit_settings.scale_length = 1.0
    scene.render.fps = shot["fps"]
    scene.render.fps_base = shot["fps_base"]
    scene.render.resolution_x, scene.render.resolution_y = shot["size"]
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x, scene.render.pixel_aspect_y = shot["pixel_aspect"]
    scene.frame_start, scene.frame_end = shot["first"], shot["last"]
    lens = bpy.data.cameras.new(shot["name"])
    lens.sensor_fit = "HORIZONTAL"
    camera = bpy.data.objects.new(shot["name"], lens)
    camera.rotation_mode = "QUATERNION"
    scene.collection.objects.link(camera)
    scene.camera = camera
    editing = bpy.context.preferences.edit
    usual, editing.keyframe_new_interpolation_type = editing.keyframe_new_interpolation_type, "LINEAR"
    try:
        for key in shot["keys"]:
            for path, value in key.items():
                if path in ("location", "rotation_quaternion"):
                    keyed(camera, path, key["frame"], value)
                elif path in ("focus_distance", "aperture_fstop"):
                    keyed(lens.dof, path, key["frame"], value)
                elif path != "frame":
                    keyed(lens, path, key["frame"], value)
    finally:
        editing.keyframe_new_interpolation_type = usual
    scene.frame_set(shot["first"])
    return camera


camera = make(SHOT)
"""
