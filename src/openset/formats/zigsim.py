"""ZIG SIM: a phone's place and attitude, as OSC messages or as JSON, turned into a camera on our stage.

OSC addresses are /ZIGSIM/<device>/<what> (older versions leave the first part out); JSON datagrams hold
`device` and `sensordata`. Two kinds of pose:

- `arkitposition` (x y z, metres) and `arkitrotation` (x y z w): ARKit's camera. Right-handed, Y up; at
  the session's start the phone looks along -Z, so (x, y, z) is (x, -z, y) on our stage. ARKit's
  camera axes belong to the phone held sideways with its lower end on the right: x runs to that end, y
  up, z to the viewer. Held upright, the picture's right is therefore y and its up is -x.
- `quaternion` (x y z w): Core Motion's attitude. Right-handed, Z up, x somewhere level; the phone's
  own axes belong to the phone held upright: x right, y to its upper end, z to the viewer. Held
  sideways, the picture's right is -y and its up is x. There is no place: it stays at the origin.

Sources: 1-10.github.io/zigsim (features/arkit, features/motion); Apple's documentation of ARCamera's
transform and of CMAttitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from openset.formats.faults import FormatError
from openset.formats.osc import Message
from openset.primitives.axes import Axes
from openset.primitives.space import Pose, Wxyz, Xyz

PORT = 50000
FARTHEST_M = 1e5
LONGEST_JSON = 65_536

Held = Literal["sideways", "upright"]

ARKIT: Mapping[Held, Axes] = {
    "sideways": Axes("arkit", ("+x", "+z", "-y"), right="+x", up="+y", ahead="-z"),
    "upright": Axes("arkit upright", ("+x", "+z", "-y"), right="+y", up="-x", ahead="-z"),
}
ATTITUDE: Mapping[Held, Axes] = {
    "upright": Axes("attitude", ("+x", "+y", "+z"), right="+x", up="+y", ahead="-z"),
    "sideways": Axes("attitude sideways", ("+x", "+y", "+z"), right="-y", up="+x", ahead="-z"),
}

_POSES = ("arkitposition", "arkitrotation", "quaternion")


class ZigSimError(FormatError):
    """A datagram that is no ZIG SIM JSON, or has no device."""


@dataclass(frozen=True)
class Phone:
    """What one datagram says of one phone, in the phone's own axes; None where it does not."""

    device: str
    position: Xyz | None = None
    rotation_wxyz: Wxyz | None = None
    attitude_wxyz: Wxyz | None = None
    others: tuple[str, ...] = ()
    broken: int = 0


def is_zigsim(message: Message) -> bool:
    """Whether an OSC message is ZIG SIM's."""
    what = message.address.rsplit("/", 1)[-1]
    return message.address.startswith("/ZIGSIM/") or what in _POSES


def decode(messages: Iterable[Message]) -> list[Phone]:
    """The phones of which OSC messages tell, in order; broken values are counted."""
    said: dict[str, dict[str, Any]] = {}
    for message in messages:
        parts = message.address.strip("/").split("/")
        device = parts[-2][:64] if len(parts) > 1 else "phone"
        entry = said.setdefault(device, {"others": [], "broken": 0})
        _note(entry, parts[-1], message.arguments)
    return [_phone(device, entry) for device, entry in said.items()]


def decode_json(datagram: bytes) -> Phone:
    """The phone of one JSON datagram; ZigSimError where it is none."""
    if len(datagram) > LONGEST_JSON:
        raise ZigSimError("longer than any datagram", f"byte {LONGEST_JSON}")
    try:
        root = orjson.loads(datagram)  # no half characters, which nothing could print or pass on
    except orjson.JSONDecodeError as error:
        raise ZigSimError("no JSON", f"byte {error.pos}") from error
    device = root.get("device") if isinstance(root, dict) else None
    data = root.get("sensordata", root) if isinstance(root, dict) else None
    if not isinstance(device, dict) or not isinstance(data, dict):
        raise ZigSimError("no device and sensor data of ZIG SIM", "byte 0")
    name = next((device[key] for key in ("uuid", "name") if isinstance(device.get(key), str)), "phone")
    entry: dict[str, Any] = {"others": [], "broken": 0}
    for key, value in data.items():
        if key == "arkit" and isinstance(value, dict):
            for part in ("position", "rotation"):
                if part in value:
                    _note(entry, f"arkit{part}", _listed(value[part]))
        elif key not in ("device", "timestamp"):
            _note(entry, key, _listed(value))
    return _phone(name[:64], entry)


def encode(phone: Phone) -> list[Message]:
    """A phone as OSC messages."""
    root = f"/ZIGSIM/{phone.device}/"
    out: list[Message] = []
    if phone.position is not None:
        out.append(Message(f"{root}arkitposition", tuple(map(float, phone.position))))
    for what, turn in (("arkitrotation", phone.rotation_wxyz), ("quaternion", phone.attitude_wxyz)):
        if turn is not None:
            w, x, y, z = map(float, turn)
            out.append(Message(root + what, (x, y, z, w)))
    return out


def pose(position: Xyz, rotation_wxyz: Wxyz, held: Held = "sideways") -> Pose:
    """ARKit's camera as stage_from_camera; ValueError where the rotation has no length."""
    return ARKIT[held].camera(position, rotation_wxyz)


def attitude(attitude_wxyz: Wxyz, held: Held = "sideways") -> Pose:
    """Core Motion's attitude as stage_from_camera at the origin; ValueError where it has no length."""
    return ATTITUDE[held].camera((0.0, 0.0, 0.0), attitude_wxyz)


def _note(entry: dict[str, Any], what: str, given: tuple[Any, ...]) -> None:
    count = {"arkitposition": 3, "arkitrotation": 4, "quaternion": 4}.get(what)
    if count is None:
        if len(entry["others"]) < 64:
            entry["others"].append(what[:64])
        return
    numbers = [float(each) for each in given if type(each) in (int, float) and abs(each) <= FARTHEST_M]
    if len(numbers) != count or (count == 4 and math.hypot(*numbers) < 1e-3):
        entry["broken"] += 1
        return
    if count == 4:
        x, y, z, w = numbers
        numbers = [w, x, y, z]
    entry[what] = tuple(numbers)


def _listed(value: Any) -> tuple[Any, ...]:
    if isinstance(value, dict):
        return tuple(value.get(axis) for axis in "xyzw" if axis in value)
    return tuple(value) if isinstance(value, list) else (value,)


def _phone(device: str, entry: dict[str, Any]) -> Phone:
    return Phone(
        device or "phone",
        entry.get("arkitposition"),
        entry.get("arkitrotation"),
        entry.get("quaternion"),
        tuple(entry["others"]),
        entry["broken"],
    )
