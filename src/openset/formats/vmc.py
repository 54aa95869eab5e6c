"""The VMC protocol: camera, body and bones of a performer, as OSC messages, turned into our axes.

Unity's axes are left-handed: X right, Y up, Z ahead, metres. A point (x, y, z) there is (x, z, y) on
our stage, and a turn q = (w, x, y, z) becomes (w, -x, -z, -y): swapping two axes mirrors, and a
mirrored turn runs the other way round. Unity's camera looks along its +Z and ours along its -Z, with
the same right and up: a second mirror, which together with the first makes one constant turn
(primitives/axes.py). A camera at (1, 1.5, 2) that is not turned stands 1 m right, 2 m ahead and 1.5 m
up and looks ahead. Bones are local poses in the same swapped axes. `fov` is the vertical field of view
in degrees. Source: protocol.vmc.info, Marionette and Performer specifications (up to 2.7).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openset.formats.osc import Message, OscError
from openset.primitives.axes import UNITY
from openset.primitives.space import Pose, Wxyz, Xyz

PORT = 39539
MOST_BONES = 512
FARTHEST_M = 1e6
LONGEST_S = 1e10
"""Three hundred years: what Unity counts, and any clock."""

_ROOT = "/VMC/Ext/"
_DEVICES = {"Hmd/Pos": "headset", "Con/Pos": "controller", "Tra/Pos": "tracker"}


@dataclass(frozen=True)
class Camera:
    """One camera: its pose on our stage, and its vertical field of view, None where no lens has it."""

    name: str
    pose: Pose
    fov_rad: float | None = None


@dataclass(frozen=True)
class Report:
    """What a datagram of VMC messages says.

    `root` is the performer's pose, `bones` local poses by Unity's bone names, `devices` poses of
    headsets, controllers and trackers by kind and serial number, each looking along its +Z. `loaded` is
    /VMC/Ext/OK's first number, `time_s` the sender's own seconds. `unknown` counts messages that have
    no place here (blend shapes, lights, keys), `broken` those that cannot be used.
    """

    cameras: tuple[Camera, ...] = ()
    root: Pose | None = None
    bones: Mapping[str, Pose] = field(default_factory=dict)
    devices: Mapping[str, Pose] = field(default_factory=dict)
    loaded: bool | None = None
    time_s: float | None = None
    unknown: int = 0
    broken: int = 0


def is_vmc(message: Message) -> bool:
    """Whether an OSC message is the protocol's."""
    return message.address.startswith(_ROOT)


def decode(messages: Iterable[Message]) -> Report:
    """What VMC messages say; those that cannot be used are counted."""
    cameras: list[Camera] = []
    bones: dict[str, Pose] = {}
    devices: dict[str, Pose] = {}
    more: dict[str, Any] = {}
    unknown = broken = 0
    for message in messages:
        what, given = message.address.removeprefix(_ROOT), message.arguments
        try:
            if what == "Cam":
                cameras.append(_camera(given))
            elif what == "Bone/Pos" and len(bones) < MOST_BONES:
                bones[_text(given)] = _frame(given)
            elif what == "Root/Pos":
                more["root"] = _frame(given)
            elif what in _DEVICES and len(devices) < MOST_BONES:
                devices[f"{_DEVICES[what]} {_text(given)}"] = _placed(UNITY.camera, *_split(given))
            elif what == "OK":
                more["loaded"] = bool(_numbers(given, 0, 1)[0])
            elif what == "T":
                more["time_s"] = _seconds(given)
            else:
                unknown += 1
        except OscError:
            broken += 1
    return Report(tuple(cameras), bones=bones, devices=devices, unknown=unknown, broken=broken, **more)


def encode(report: Report) -> list[Message]:
    """A report as messages, in the order in which receivers want them."""
    out: list[Message] = []
    if report.loaded is not None:
        out.append(Message(f"{_ROOT}OK", (int(report.loaded),)))
    if report.time_s is not None:
        out.append(Message(f"{_ROOT}T", (float(report.time_s),)))
    if report.root is not None:
        out.append(Message(f"{_ROOT}Root/Pos", ("root", *_flat(UNITY.frame_out(report.root)))))
    for name, pose in report.bones.items():
        out.append(Message(f"{_ROOT}Bone/Pos", (name, *_flat(UNITY.frame_out(pose)))))
    for name, pose in report.devices.items():
        kind, _, serial = name.partition(" ")
        what = next((each for each, said in _DEVICES.items() if said == kind), "Tra/Pos")
        out.append(Message(f"{_ROOT}{what}", (serial or name, *_flat(UNITY.camera_out(pose)))))
    for camera in report.cameras:
        place = _flat(UNITY.camera_out(camera.pose))
        fov = math.degrees(camera.fov_rad) if camera.fov_rad else 60.0
        out.append(Message(f"{_ROOT}Cam", (camera.name, *place, fov)))
    return out


def _camera(given: tuple[Any, ...]) -> Camera:
    px, py, pz, qx, qy, qz, qw, fov = _numbers(given, 1, 8)
    pose = _placed(UNITY.camera, (px, py, pz), (qw, qx, qy, qz))
    return Camera(_text(given), pose, math.radians(fov) if 0.1 < fov < 179.0 else None)


def _frame(given: tuple[Any, ...]) -> Pose:
    return _placed(UNITY.frame, *_split(given))


def _split(given: tuple[Any, ...]) -> tuple[Xyz, Wxyz]:
    px, py, pz, qx, qy, qz, qw = _numbers(given, 1, 7)
    return (px, py, pz), (qw, qx, qy, qz)


def _placed(make: Callable[[Xyz, Wxyz], Pose], position: Xyz, wxyz: Wxyz) -> Pose:
    if not max(map(abs, position)) <= FARTHEST_M:
        raise OscError("a place is not of this world")
    try:
        return make(position, wxyz)
    except ValueError as error:
        raise OscError("a rotation has no length") from error


def _text(given: tuple[Any, ...]) -> str:
    if not given or not isinstance(given[0], str):
        raise OscError("a name is missing")
    return given[0][:64]


def _numbers(given: tuple[Any, ...], start: int, count: int) -> list[float]:
    found = [float(each) for each in given[start : start + count] if type(each) in (int, float)]
    if len(found) != count or not all(map(math.isfinite, found)):
        raise OscError("numbers are missing or not finite")
    return found


def _seconds(given: tuple[Any, ...]) -> float:
    (seconds,) = _numbers(given, 0, 1)
    if not abs(seconds) <= LONGEST_S:
        raise OscError("a time is not of this world")
    return seconds


def _flat(place: tuple[Xyz, Wxyz]) -> list[float]:
    (px, py, pz), (w, x, y, z) = place
    return [px, py, pz, x, y, z, w]
