"""Openset's own lens file: what was measured of one lens on one camera, as text.

JSON. Pixels count from the picture's top-left corner (docs/conventions.md). Each setting also stands
there in OpenTrackIO's terms (`opentrackio`), for programs that know those; they are worked out anew
on writing and not read back. A covariance is the upper triangle of its (9, 9), row by row, in the order
fx, fy, cx, cy, k1, k2, p1, p2, k3 (of a fisheye lens: fx, fy, cx, cy, its four coefficients, nought).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import orjson

from openset.formats import opentrackio
from openset.formats.faults import FormatError
from openset.formats.lens_json import bounded, document, number, part, text
from openset.primitives.errors import BadInput
from openset.primitives.space import F64, Pose
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens
from openset.stage.lens.report import report_from_lens

WHAT = "openset lens"
VERSION = 1
MOST_SETTINGS = 2000
_LONGEST_NOTE = 4000
_UPPER = np.triu_indices(9)
_NO_ID = "urn:uuid:00000000-0000-0000-0000-000000000000"
_BROWN = ("k1", "k2", "p1", "p2", "k3")


def json_from_lens_file(file: LensFile) -> bytes:
    """The lens file as UTF-8 text, the same for the same lens."""
    root: dict[str, Any] = {"what": WHAT, "version": VERSION, "name": file.name}
    if file.readout_s is not None:
        root["readout_s"] = file.readout_s
    if file.tracker_from_camera is not None:
        root["tracker_from_camera"] = _pose_fields(file.tracker_from_camera)
    if file.notes:
        root["notes"] = dict(sorted(file.notes.items()))
    root["settings"] = [_setting_fields(each) for each in file.settings]
    return orjson.dumps(root, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def lens_file_from_json(data: bytes) -> LensFile:
    """The lens in such a text. Raises FormatError, with the place, for anything that is none."""
    root = document(data, "lens file")
    if root.get("what") != WHAT:
        raise FormatError(f'this is no lens file of Openset: "what" is not "{WHAT}"')
    if root.get("version") != VERSION:
        raise FormatError(f"version {VERSION} was expected", "version")
    listed = root.get("settings")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_SETTINGS:
        raise FormatError(f"a list of 1 to {MOST_SETTINGS} settings was expected", "settings")
    return LensFile(
        text(root, "name")[:_LONGEST_NOTE],
        tuple(_setting(each, f"settings[{index}]") for index, each in enumerate(listed)),
        number(root, "readout_s", 0.0, 1.0),
        _pose(root.get("tracker_from_camera"), "tracker_from_camera"),
        _notes(root.get("notes", {})),
    )


def _pose_fields(pose: Pose) -> dict[str, Any]:
    return {"position_m": list(pose.position_m), "rotation_wxyz": list(pose.rotation_wxyz)}


def _mount_fields(mount: MeasuredMount) -> dict[str, Any]:
    return {
        **_pose_fields(mount.tracker_from_camera),
        "sd_m": list(mount.sd_m),
        "sd_rad": list(mount.sd_rad),
        "views": mount.views,
    }


def _setting_fields(each: MeasuredLens) -> dict[str, Any]:
    lens = each.lens
    fields: dict[str, Any] = {
        "focus": each.focus,
        "zoom": each.zoom,
        "width_px": lens.width_px,
        "height_px": lens.height_px,
        "fx_px": lens.fx_px,
        "fy_px": lens.fy_px,
        "cx_px": lens.cx_px,
        "cy_px": lens.cy_px,
        "model": "brown-conrady" if lens.fisheye is None else "fisheye",
        "distortion": {name: getattr(lens, name) for name in _BROWN}
        if lens.fisheye is None
        else dict(zip(("k1", "k2", "k3", "k4"), lens.fisheye, strict=True)),
        "sensor_width_mm": lens.sensor_width_mm,
        "entrance_pupil_offset_m": lens.entrance_pupil_offset_m,
        "rms_px": each.rms_px,
        "views_used": each.views_used,
    }
    for name, value in (
        ("focal_mm", each.focal_mm),
        ("focus_distance_m", lens.focus_distance_m),
        ("f_stop", lens.f_stop),
        ("map_uncertainty_px", each.map_uncertainty_px),
        ("covariance", None if each.covariance is None else each.covariance[_UPPER].tolist()),
        ("mount", None if each.mount is None else _mount_fields(each.mount)),
        ("opentrackio", _opentrackio(lens)),
    ):
        if value is not None:
            fields[name] = value
    return fields


def _opentrackio(lens: Lens) -> dict[str, Any] | None:
    """The lens as a sample's `lens` and `static.camera` say it; None for one too wide for that."""
    try:
        report = report_from_lens(lens)
    except BadInput:
        return None
    reading = opentrackio.Reading((0.0, 0.0, 0.0), 0.0, 0.0, 0.0, **asdict(report))
    sample = opentrackio.write(reading, sample_id=_NO_ID, source_id=_NO_ID, include_static=True)
    return {"lens": sample.get("lens", {}), "camera": sample.get("static", {}).get("camera", {})}


def _setting(fields: object, at: str) -> MeasuredLens:
    if not isinstance(fields, dict):
        raise FormatError("an object was expected", at)
    return MeasuredLens(
        _lens(fields, at),
        bounded(fields.get("focus", 0.0), 0.0, 1.0, f"{at}.focus"),
        bounded(fields.get("zoom", 0.0), 0.0, 1.0, f"{at}.zoom"),
        _covariance(fields.get("covariance"), f"{at}.covariance"),
        bounded(fields.get("rms_px", 0.0), 0.0, 1e4, f"{at}.rms_px"),
        number(fields, "map_uncertainty_px", 0.0, 1e5, at),
        _count(fields.get("views_used", 0), f"{at}.views_used"),
        number(fields, "focal_mm", 0.5, 10_000.0, at),
        _mount(fields.get("mount"), f"{at}.mount"),
    )


def _count(value: object, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**6:
        raise FormatError("a count was expected", at)
    return value


def _lens(fields: Mapping[str, Any], at: str) -> Lens:
    width, height = (_size(fields.get(name), f"{at}.{name}") for name in ("width_px", "height_px"))
    longest = float(max(width, height))
    fx, fy = (
        bounded(fields.get(name), 0.05 * longest, 1000.0 * longest, f"{at}.{name}")
        for name in ("fx_px", "fy_px")
    )
    bends = part(fields, "distortion", at)
    model = text(fields, "model", at) or "brown-conrady"
    if model not in ("brown-conrady", "fisheye"):
        raise FormatError("brown-conrady or fisheye was expected", f"{at}.model")
    names = _BROWN if model == "brown-conrady" else ("k1", "k2", "k3", "k4")
    values = [number(bends, each, -1e6, 1e6, f"{at}.distortion") or 0.0 for each in names]
    brown = dict(zip(_BROWN, values, strict=True)) if model == "brown-conrady" else {}
    return Lens(
        width,
        height,
        fx,
        fy,
        bounded(fields.get("cx_px"), -width, 2.0 * width, f"{at}.cx_px"),
        bounded(fields.get("cy_px"), -height, 2.0 * height, f"{at}.cy_px"),
        **brown,
        sensor_width_mm=number(fields, "sensor_width_mm", 0.1, 1000.0, at) or 36.0,
        entrance_pupil_offset_m=number(fields, "entrance_pupil_offset_m", -10.0, 10.0, at) or 0.0,
        focus_distance_m=number(fields, "focus_distance_m", 1e-3, 1e6, at),
        f_stop=number(fields, "f_stop", 0.1, 1000.0, at),
        fisheye=(values[0], values[1], values[2], values[3]) if model == "fisheye" else None,
    )


def _size(value: object, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= 32768:
        raise FormatError("a whole number of pixels was expected", at)
    return value


def _covariance(value: object, at: str) -> F64 | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 45:
        raise FormatError("45 numbers were expected", at)
    out = np.zeros((9, 9))
    out[_UPPER] = [bounded(each, -1e9, 1e9, at) for each in value]
    out = out + np.triu(out, 1).T
    scale = np.sqrt(np.maximum(np.diag(out), 1e-300))
    if np.any(np.diag(out) < 0) or np.linalg.eigvalsh(out / np.outer(scale, scale))[0] < -1e-6:
        raise FormatError("this is no covariance: a spread would be negative", at)
    return out


def _mount(value: object, at: str) -> MeasuredMount | None:
    pose = _pose(value, at)
    if pose is None or not isinstance(value, dict):
        return None
    x, y, z = _numbers(value.get("sd_m"), 3, 100.0, f"{at}.sd_m", least=0.0)
    i, j, k = _numbers(value.get("sd_rad"), 3, 100.0, f"{at}.sd_rad", least=0.0)
    return MeasuredMount(pose, (x, y, z), (i, j, k), _count(value.get("views", 0), f"{at}.views"))


def _pose(value: object, at: str) -> Pose | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise FormatError("an object was expected", at)
    x, y, z = _numbers(value.get("position_m"), 3, 100.0, f"{at}.position_m")
    w, i, j, k = _numbers(value.get("rotation_wxyz"), 4, 1.001, f"{at}.rotation_wxyz")
    length = math.sqrt(w * w + i * i + j * j + k * k)
    if abs(length - 1.0) > 1e-3:
        raise FormatError("a quaternion of length 1 was expected", f"{at}.rotation_wxyz")
    return Pose((x, y, z), (w / length, i / length, j / length, k / length))


def _numbers(
    value: object, count: int, most: float, at: str, *, least: float | None = None
) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise FormatError(f"{count} numbers were expected", at)
    return [bounded(each, -most if least is None else least, most, at) for each in value]


def _notes(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > 200:
        raise FormatError("at most 200 pairs of text were expected", "notes")
    for name, note in value.items():
        if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
            raise FormatError("a text was expected", f"notes.{name[:40]}")
    return value
