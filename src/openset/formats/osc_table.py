"""A small table that says what a sender's own OSC messages mean: addresses to fields, in and out.

Any app that sends OSC can be a tracker with a few lines of TOML:

    name = "Steadicam phone"
    axes = "y-up"

    [[message]]
    address = "/rig/*/position"
    arguments = ["x", "y", "z"]
    unit = "cm"

    [[message]]
    address = "/rig/*/look"
    arguments = ["qx", "qy", "qz", "qw", "-", "focus_distance_m"]
    scale = { focus_distance_m = 0.01 }

`*` stands for one part of an address and names the camera. `axes` are those in which place and
quaternion stand: openset, y-up (OpenGL, ARKit), unity, unreal, z-up; pan, tilt and roll are always
OpenTrackIO's (left, up, clockwise positive), a sign is turned by a scale of -1. `unit` is that of x, y
and z (m, cm, mm, in, ft), `angle` that of pan, tilt, roll and fov (deg, rad, turn). fov is
the vertical field of view. `-` is skipped.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.osc import Message
from openset.primitives.axes import NAMED, Axes
from openset.primitives.space import Pose, pan_tilt_roll_from_pose, pose_from_pan_tilt_roll

UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
ANGLES_RAD = {"deg": math.pi / 180, "rad": 1.0, "turn": 2 * math.pi}
PLACE = ("x", "y", "z")
QUATERNION = ("qw", "qx", "qy", "qz")
ANGLES = ("pan", "tilt", "roll")
LENS = ("fov", "focal_length_mm", "focus_distance_m", "f_stop")
FIELDS = frozenset({*PLACE, *QUATERNION, *ANGLES, *LENS, "time_s", "-"})
MOST_MESSAGES = 64
LONGEST_ADDRESS = 256
LARGEST = 1e9

_KEYS = {"address", "arguments", "unit", "angle", "scale"}


class TableError(FormatError):
    """A table that cannot be used, with its line."""


@dataclass(frozen=True)
class Row:
    """One address: its fields in the order of its arguments, each with its factor to metres, radians
    or as it is named."""

    address: str
    fields: tuple[str, ...]
    factors: tuple[float, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Table:
    """The addresses of one sender. `fields` are all it says of a pose."""

    name: str
    axes: Axes
    rows: tuple[Row, ...]

    @property
    def pose_fields(self) -> frozenset[str]:
        """Fields that must be known before there is a pose."""
        said = {field for row in self.rows for field in row.fields}
        return frozenset(said & {*PLACE, *QUATERNION, *ANGLES})

    def read(self, message: Message) -> tuple[str, dict[str, float]] | None:
        """The camera's name and the fields a message says, in metres and radians; None where the
        message is not in the table. TableError where its arguments are not numbers."""
        if len(message.address) > 2 * LONGEST_ADDRESS:
            return None
        for row in self.rows:
            match = row.pattern.fullmatch(message.address)
            if match:
                parts = [part for part in match.groups() if part]
                return " ".join(parts)[:64], _values(row, message)
        return None


def read_table(text: str) -> Table:
    """A table as TOML; TableError naming the line that cannot be used."""
    try:
        root = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"line (\d+)", str(error))
        raise TableError("not TOML", f"line {place[1] if place else 1}") from error
    for key in root:
        if key not in ("name", "axes", "message"):
            raise TableError(f"no setting {key!r}: there are name, axes and message", _line(text, key))
    axes = root.get("axes", "openset")
    if not isinstance(axes, str) or axes not in NAMED:
        known = ", ".join(NAMED)
        raise TableError(f"no axes {axes!r}: choose from {known}", _line(text, "axes"))
    rows = root.get("message")
    if not isinstance(rows, list) or not rows or not all(isinstance(each, dict) for each in rows):
        raise TableError("a table has one [[message]] or more", _line(text, "message"))
    if len(rows) > MOST_MESSAGES:
        raise TableError(f"a table has at most {MOST_MESSAGES} messages", "line 1")
    table = Table(
        str(root.get("name", "OSC"))[:64],
        NAMED[axes],
        tuple(_row(each, text, index) for index, each in enumerate(rows)),
    )
    _check_pose(table, text)
    return table


def _row(given: Mapping[str, Any], text: str, index: int) -> Row:
    for key in given:
        if key not in _KEYS:
            trouble = f"no setting {key!r}: a message has {', '.join(sorted(_KEYS))}"
            raise TableError(trouble, _line(text, key, index))
    address, fields = given.get("address"), given.get("arguments")
    if not isinstance(address, str) or address[:1] != "/" or not len(address) <= LONGEST_ADDRESS:
        raise TableError("an address begins with /", _line(text, "address", index))
    if any(part.count("*") > 1 for part in address.split("/")):
        raise TableError("a part of an address has at most one *", _line(text, "address", index))
    if not isinstance(fields, list) or not fields or len(fields) > 64:
        raise TableError("arguments is a list of fields", _line(text, "arguments", index))
    for name in fields:
        if not isinstance(name, str) or name not in FIELDS:
            known = " ".join(sorted(FIELDS))
            raise TableError(f"no field {name!r}: there are {known}", _line(text, "arguments", index))
    factors = _factors(given, fields, text, index)
    parts = [re.escape(part) for part in address.split("*")]
    return Row(address, tuple(fields), factors, re.compile("([^/]*)".join(parts)))


def _factors(given: Mapping[str, Any], fields: list[str], text: str, index: int) -> tuple[float, ...]:
    unit, angle = given.get("unit", "m"), given.get("angle", "deg")
    if not isinstance(unit, str) or unit not in UNITS_M:
        raise TableError(f"no unit {unit!r}: m, cm, mm, in, ft", _line(text, "unit", index))
    if not isinstance(angle, str) or angle not in ANGLES_RAD:
        raise TableError(f"no angle {angle!r}: deg, rad, turn", _line(text, "angle", index))
    scale = given.get("scale", {})
    at = _line(text, "scale", index)
    if not isinstance(scale, dict) or not set(scale) <= set(fields):
        raise TableError("scale gives numbers to fields of this message", at)
    for value in scale.values():
        if type(value) not in (int, float) or not 1e-9 <= abs(value) <= LARGEST:
            raise TableError("a scale is a number that is not 0", at)
    units = dict.fromkeys(PLACE, UNITS_M[unit]) | dict.fromkeys((*ANGLES, "fov"), ANGLES_RAD[angle])
    return tuple(float(scale.get(name, 1.0)) * units.get(name, 1.0) for name in fields)


def _check_pose(table: Table, text: str) -> None:
    said = table.pose_fields
    for group in (PLACE, QUATERNION):
        if said & {*group} and not said >= {*group}:
            missing = " ".join(sorted({*group} - said))
            raise TableError(f"the table says {group[0]} but not {missing}", _line(text, "message"))
    if not said:
        raise TableError("the table says nothing of a pose", _line(text, "message"))


def _line(text: str, key: str, index: int = -1) -> str:
    """Where `key` stands, within the message of that index if there is one."""
    seen, fallback = -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if re.match(r"\[\[\s*message\s*\]\]", bare):
            seen += 1
            if seen == index or (index < 0 and key == "message" and seen == 0):
                fallback = number
                if index < 0:
                    break
        elif seen == index and re.match(rf'"?{re.escape(key)}"?\s*[=.]', bare):
            return f"line {number}"
    return f"line {fallback}"


def _values(row: Row, message: Message) -> dict[str, float]:
    if len(message.arguments) < len(row.fields):
        raise TableError(
            f"{message.address} has {len(message.arguments)} values, not {len(row.fields)}"
        )
    found: dict[str, float] = {}
    for name, factor, value in zip(row.fields, row.factors, message.arguments, strict=False):
        if name == "-":
            continue
        if type(value) not in (int, float) or not abs(value) <= LARGEST:
            raise TableError(f"{message.address}: {name} is no usable number")
        found[name] = value * factor
    return found


def pose(values: Mapping[str, float], axes: Axes) -> Pose | None:
    """The pose of fields in metres and radians; None where the quaternion has no length."""
    place = (values.get("x", 0.0), values.get("y", 0.0), values.get("z", 0.0))
    if "qw" not in values:
        pan, tilt, roll = (values.get(name, 0.0) for name in ANGLES)
        turned = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), pan, tilt, roll)
        return Pose(_in_metres(axes, place), turned.rotation_wxyz)
    w, x, y, z = (values[name] for name in QUATERNION)
    try:
        turned = axes.camera((0.0, 0.0, 0.0), (w, x, y, z))
    except ValueError:
        return None
    return Pose(_in_metres(axes, place), turned.rotation_wxyz)


def _in_metres(axes: Axes, place: tuple[float, float, float]) -> tuple[float, float, float]:
    # The table's `unit` has already made metres of it.
    x, y, z = axes.place(place)
    return x / axes.unit_m, y / axes.unit_m, z / axes.unit_m


def write(
    table: Table, pose_out: Pose, more: Mapping[str, float], name: str = "camera"
) -> list[Message]:
    """A pose and lens fields as the table's messages, less those of which a value is missing."""
    (x, y, z), (qw, qx, qy, qz) = table.axes.camera_out(pose_out)
    metres = table.axes.unit_m
    pan, tilt, roll = pan_tilt_roll_from_pose(pose_out)
    values = {"x": x * metres, "y": y * metres, "z": z * metres, "-": 0.0, **more}
    values |= {"qw": qw, "qx": qx, "qy": qy, "qz": qz, "pan": pan, "tilt": tilt, "roll": roll}
    out = []
    for row in table.rows:
        if all(field in values for field in row.fields):
            pairs = zip(row.fields, row.factors, strict=True)
            arguments = tuple(float(values[field] / factor) for field, factor in pairs)
            out.append(Message(row.address.replace("*", name), arguments))
    return out
