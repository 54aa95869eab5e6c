"""A camera as an After Effects script (.jsx): run from File > Scripts, it makes a comp and the camera.

After Effects' world is the comp's picture gone deep: pixels, x right, y down, z away from the viewer,
so that our x, y, z is its x, -z, y; its camera looks down its own +z with y down. The stage's origin
stands in the middle of the comp, and `PX_PER_M` pixels are a metre. Orientation is Rx Ry Rz: z turns
first. Zoom is the focal length in pixels of the comp: a point at (x, y, z) before the camera is seen
zoom x / z right of the comp's middle and zoom y / z below it.
The camera has no offset of its axis, no distortion and only square pixels. Aperture is the diameter of
the lens's opening at the scale of the world. Depth of field is set and left switched off.
Source: Adobe, After Effects user guide, "Cameras"; After Effects scripting guide.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np

from openset.formats.camera_shot import CameraShot, Key, turned
from openset.formats.faults import FormatError
from openset.primitives.space import F64
from openset.primitives.time import parse_timecode

PX_PER_M = 100.0

KEPT = ("pose", "field of view", "time", "timing.sampleRate", "lens.focusDistance")
"""What of a move the script can say, by the names of its fields."""

Numbers = tuple[float, ...]

# Our world's x, y, z are After Effects' x, -z and y.
_TURN: F64 = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
_CAMERA: F64 = np.diag([1.0, -1.0, -1.0])
_SIDE_PX = (4, 30000)
_LONGEST_S = 10800
_FASTEST = 999


def position_px(point_m: F64, size_px: tuple[int, int]) -> F64:
    """Points (..., 3) of our world in After Effects', for a comp of that size."""
    middle = np.array([size_px[0] / 2, size_px[1] / 2, 0.0])
    return np.asarray(np.asarray(point_m) @ _TURN.T * PX_PER_M + middle)


def orientation_deg(key: Key) -> tuple[float, float, float]:
    """Degrees about x, y and z, of Rx Ry Rz.

    Its first row is (cy cz, -cy sz, sy) and its last column (sy, -sx cy, cx cy).
    """
    rotation = turned(key.pose, _TURN)[:3, :3] @ _CAMERA
    y = math.asin(max(-1.0, min(1.0, float(rotation[0, 2]))))
    if abs(rotation[0, 2]) > 1 - 1e-12:
        x, z = math.atan2(rotation[2, 1], rotation[1, 1]), 0.0
    else:
        x = math.atan2(-rotation[1, 2], rotation[2, 2])
        z = math.atan2(-rotation[0, 1], rotation[0, 0])
    return math.degrees(x), math.degrees(y), math.degrees(z)


def encode(shot: CameraShot) -> bytes:
    """The script, in the JavaScript of 1999 that After Effects speaks.

    Raises FormatError where a comp cannot be what the shot is: without a size or a rate, larger, faster
    or longer than After Effects allows.
    """
    size, rate = shot.size_px, shot.rate
    if size is None:
        raise FormatError("After Effects needs the picture's size; say it with --size")
    if rate is None or not 1 <= rate <= _FASTEST:
        raise FormatError("After Effects needs a rate of 1 to 999 frames a second; say it with --rate")
    if not all(_SIDE_PX[0] <= side <= _SIDE_PX[1] for side in size):
        raise FormatError(f"a comp is from 4 to 30000 pixels wide and high, not {size[0]} x {size[1]}")
    frames = shot.keys[-1].frame - shot.keys[0].frame + 1
    if frames / rate > _LONGEST_S:
        raise FormatError(f"{frames} frames are longer than the three hours that a comp holds")
    data = {
        "name": shot.name[:31] or "camera",
        "width": size[0],
        "height": size[1],
        "rate": float(rate),
        "frames": frames,
        "start": _start_frame(shot, rate),
        **_tracks(shot, size),
    }
    return _SCRIPT.replace("__DATA__", _literal(data)).encode("ascii")


def _tracks(shot: CameraShot, size: tuple[int, int]) -> dict[str, list[list[object]]]:
    """Each property's keys as pairs: the frame from the comp's first, and the value."""
    first = shot.keys[0].frame
    out: dict[str, list[list[object]]] = {name: [] for name in _PROPERTIES}
    for key in shot.keys:
        at = key.frame - first
        place = position_px(np.array(key.pose.position_m), size).tolist()
        out["position"].append([at, [round(value, 6) for value in place]])
        out["orientation"].append([at, [round(value, 9) for value in orientation_deg(key)]])
        lens = key.optics
        if lens is not None:
            zoom = lens.focal_length_mm / lens.sensor_width_mm * size[0]
            out["zoom"].append([at, round(zoom, 6)])
        if key.focus_distance_m is not None:
            out["focus"].append([at, round(key.focus_distance_m * PX_PER_M, 6)])
        if lens is not None and key.f_stop is not None:
            opening = lens.focal_length_mm / 1000 / key.f_stop * PX_PER_M
            out["aperture"].append([at, round(opening, 6)])
    return out


_PROPERTIES = ("position", "orientation", "zoom", "focus", "aperture")


def _start_frame(shot: CameraShot, rate: Fraction) -> int:
    """The timecode the comp begins at, counted in frames."""
    try:
        return parse_timecode(shot.start_timecode, rate).frame_count
    except ValueError:
        return 0


def _literal(data: object) -> str:
    """Data as JavaScript of any age reads it: ASCII, and nothing that ends a line in its strings."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


_SCRIPT = """// A camera for After Effects, by Openset. Run it with File > Scripts > Run Script File.
// 100 pixels are a metre; the stage's origin is the middle of the comp. The lens's distortion and the
// offset of its axis are not in it: undistort the plate with the take's ST map first.
(function () {
    var shot = __DATA__;

    function keys(property, pairs) {
        var times = [], values = [], moves = false, i;
        for (i = 0; i < pairs.length; i += 1) {
            times.push(pairs[i][0] / shot.rate);
            values.push(pairs[i][1]);
            moves = moves || String(pairs[i][1]) !== String(pairs[0][1]);
        }
        if (moves) {
            property.setValuesAtTimes(times, values);
        } else if (pairs.length) {
            property.setValue(values[0]);
        }
    }

    app.beginUndoGroup("Openset camera");
    try {
        if (!app.project) {
            app.newProject();
        }
        var comp = app.project.items.addComp(
            shot.name, shot.width, shot.height, 1, shot.frames / shot.rate, shot.rate
        );
        comp.displayStartTime = shot.start / shot.rate;
        var camera = comp.layers.addCamera(shot.name, [shot.width / 2, shot.height / 2]);
        camera.autoOrient = AutoOrientType.NO_AUTO_ORIENT;
        var place = camera.property("ADBE Transform Group");
        var lens = camera.property("ADBE Camera Options Group");
        keys(place.property("ADBE Position"), shot.position);
        keys(place.property("ADBE Orientation"), shot.orientation);
        keys(lens.property("ADBE Camera Zoom"), shot.zoom);
        keys(lens.property("ADBE Camera Focus Distance"), shot.focus);
        keys(lens.property("ADBE Camera Aperture"), shot.aperture);
        lens.property("ADBE Camera Depth of Field").setValue(0);
        comp.openInViewer();
    } finally {
        app.endUndoGroup();
    }
}());
"""
