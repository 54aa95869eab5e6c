"""JSON Live Link: a camera for Unreal's Live Link, one JSON object a datagram.

Two dialects of the same idea, each told by whether a subject has a role:

- "bones", for the plugin JSONLiveLink: `{"Camera": [{"Name", "Parent", "Location": [x, y, z],
  "Rotation": [x, y, z, w], "Scale": [1, 1, 1]}]}`. The plugin reads these five; the lens stands next
  to them for receivers that look for it.
- "camera", for Autodesk's Live Link plugin: a list whose first entry is `{"Role": "Camera"}`. A static
  message says which fields will come and the sensor, a frame has `Time` and the fields: `L`, `R`,
  FieldOfView (degrees across), FocalLength (mm), Aperture, FocusDistance (cm).

Unreal is left-handed: X ahead, Y right, Z up, centimetres; its camera looks along its +X
(primitives/axes.py). A camera 2 m ahead of, 1 m right of and 1.5 m above the floor's origin stands at
(200, 100, 150). Sources: the public sources of ue4plugins/JSONLiveLink and Autodesk/LiveLink (MIT).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from openset.formats.faults import FormatError
from openset.primitives.axes import UNREAL
from openset.primitives.space import Pose

PORT = 54321
LONGEST = 65_507
LENS = ("FieldOfView", "FocalLength", "Aperture", "FocusDistance")
FARTHEST_CM = 1e9


class LiveLinkError(FormatError):
    """A datagram that is no JSON Live Link, or values it cannot hold."""


@dataclass(frozen=True)
class Subject:
    """One camera: its pose on our stage, and the lens by Unreal's names and units. `static` has the
    film back's size in mm and the fields that will come, where the message is a static one."""

    name: str
    pose: Pose | None
    lens: Mapping[str, float] = field(default_factory=dict)
    time_s: float | None = None
    static: Mapping[str, float] | None = None


def encode(subject: Subject) -> bytes:
    """A subject in the dialect "bones"; LiveLinkError where it has no pose or a number is absurd."""
    if subject.pose is None:
        raise LiveLinkError("a subject without a pose")
    place, rotation = _unreal(subject.pose)
    bone = {
        "Name": "Camera",
        "Parent": -1,
        "Location": place,
        "Rotation": rotation,
        "Scale": [1.0, 1.0, 1.0],
        **_lens(subject.lens),
    }
    return _dump({subject.name: [bone]})


def encode_static(subject: Subject) -> bytes:
    """What the camera is, in the dialect "camera": the fields that will come, and its film back."""
    said: dict[str, Any] = {"Location": True, "Rotation": True}
    said |= {name: True for name in LENS if name in subject.lens}
    film = {name: value for name, value in (subject.static or {}).items() if name.startswith("Film")}
    return _dump({subject.name: [{"Role": "Camera"}, said | _finite(film)]})


def encode_frame(subject: Subject) -> bytes:
    """One frame in the dialect "camera"."""
    if subject.pose is None:
        raise LiveLinkError("a subject without a pose")
    place, rotation = _unreal(subject.pose)
    values = {"L": place, "R": rotation, **_lens(subject.lens)}
    head = [{"Role": "Camera"}, {"Time": float(subject.time_s or 0.0)}]
    return _dump({subject.name: [*head, values]})


def decode(datagram: bytes) -> list[Subject]:
    """The cameras of a datagram in either dialect; LiveLinkError where there is none."""
    if len(datagram) > LONGEST:
        raise LiveLinkError("longer than any datagram", f"byte {LONGEST}")
    try:
        root = orjson.loads(datagram)  # no half characters, which nothing could print or pass on
    except orjson.JSONDecodeError as error:
        raise LiveLinkError("no JSON", f"byte {error.pos}") from error
    if not isinstance(root, dict) or not root:
        raise LiveLinkError("no object with subjects", "byte 0")
    return [_subject(name, value) for name, value in root.items()]


def _subject(name: str, value: Any) -> Subject:
    entries = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    if not entries or len(entries) != len(value):
        raise LiveLinkError("a subject is a list of objects", name[:64])
    first = entries[0]
    if first.get("Role") != "Camera":
        return Subject(name, _pose(name, first, "Location", "Rotation"), _lens_of(first))
    told: dict[str, Any] = {key: value for each in entries[1:] for key, value in each.items()}
    if told.get("Location") is True:
        film = {key: float(told[key]) for key in told if key.startswith("Film") and _number(told[key])}
        return Subject(name, None, static=film)
    time_s = float(told["Time"]) if _number(told.get("Time")) else None
    return Subject(name, _pose(name, told, "L", "R"), _lens_of(told), time_s)


def _pose(name: str, told: Mapping[str, Any], place: str, turn: str) -> Pose:
    location, rotation = told.get(place), told.get(turn)
    if not (_numbers(location, 3) and _numbers(rotation, 4)):
        raise LiveLinkError("a place or a rotation is missing", name[:64])
    x, y, z, w = rotation  # type: ignore[misc]
    try:
        return UNREAL.camera(tuple(location), (w, x, y, z))  # type: ignore[arg-type]
    except ValueError as error:
        raise LiveLinkError("a rotation has no length", name[:64]) from error


def _lens_of(told: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(told[name]) for name in LENS if _number(told.get(name))}


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < FARTHEST_CM


def _numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_number, value))


def _unreal(pose: Pose) -> tuple[list[float], list[float]]:
    place, (w, x, y, z) = UNREAL.camera_out(pose)
    if not all(map(_number, (*place, w, x, y, z))):
        raise LiveLinkError("a pose is not of this world")
    return [*place], [x, y, z, w]


def _lens(lens: Mapping[str, float]) -> dict[str, float]:
    return _finite({name: lens[name] for name in LENS if name in lens})


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    if not all(map(_number, values.values())):
        raise LiveLinkError("a lens value is not of this world")
    return {name: float(value) for name, value in values.items()}


def _dump(root: dict[str, Any]) -> bytes:
    # The plugins read bytes as characters, so that a name must be plain ASCII.
    return json.dumps(root, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def field_of_view_deg(focal_length_mm: float, sensor_width_mm: float) -> float:
    """Across, as Unreal has it."""
    return math.degrees(2.0 * math.atan(sensor_width_mm / 2.0 / focal_length_mm))
