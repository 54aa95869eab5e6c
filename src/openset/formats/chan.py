"""Channel files (.chan): a camera as a table of numbers, a frame a line, as Nuke and trackers write it.

    frame tx ty tz rx ry rz [vertical field of view]

Angles in degrees. The file says neither unit nor axes nor the order of rotation: what is written here
is Nuke's, Y up, camera down its own -Z, order ZXY (Z first), and metres; the field of view is of the
picture's height. Tabs, spaces, commas and semicolons may stand between numbers; # begins a remark.
Source: Foundry, Nuke user guide, "Importing channel files".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from openset.formats.camera_shot import (
    Y_UP,
    Angles,
    Key,
    Optics,
    angles_zxy,
    continuous_zxy,
    rotation_from_angles,
    turned,
    unturned,
)
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.space import F64, IDENTITY

ORDER = "ZXY"
_FARTHEST = 1e7
_LAST_FRAME = 10_000_000
_BETWEEN = re.compile(r"[\s,;]+")
_MOST_FAULTS = 20


@dataclass(frozen=True)
class Channels:
    """One frame of a channel file, in its own numbers; `fov_deg` None where there is no eighth."""

    frame: int
    translate: tuple[float, float, float]
    rotate_deg: Angles
    fov_deg: float | None = None


@dataclass(frozen=True)
class Table:
    """The frames of a file in order, and the lines that could not be used."""

    rows: tuple[Channels, ...]
    skipped: int = 0
    faults: tuple[str, ...] = ()


def decode(data: bytes) -> Table:
    """A file's bytes. Raises FormatError where not one line holds a frame; of two lines for one frame
    the later counts, as it does in Nuke."""
    rows: dict[int, Channels] = {}
    faults: list[str] = []
    for number, line in enumerate(decoded(data, "latin-1").splitlines(), start=1):
        text = line.split("#", 1)[0].strip(" \t\r\0,;")
        if not text:
            continue
        try:
            row = _row(text)
        except ValueError as trouble:
            faults.append(f"line {number}: {trouble}")
            continue
        if row.frame in rows:
            faults.append(f"line {number}: frame {row.frame} again; this line counts")
        rows[row.frame] = row
    if not rows:
        raise FormatError(f"no frame in this file ({faults[0]})" if faults else "the file is empty")
    ordered = tuple(rows[frame] for frame in sorted(rows))
    return Table(ordered, len(faults), tuple(faults[:_MOST_FAULTS]))


def _row(text: str) -> Channels:
    words = _BETWEEN.split(text[:1000])
    if len(words) not in (7, 8):
        raise ValueError(f"{len(words)} columns; a frame has 7, or 8 with the field of view")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise ValueError("not a number") from None
    frame, x, y, z, *angles = numbers
    if not (abs(frame) <= _LAST_FRAME and frame == round(frame)):
        raise ValueError(f"{words[0]} is no frame number")
    if not all(abs(value) <= _FARTHEST for value in numbers[1:]):
        raise ValueError("a number is beyond any camera move")
    fov = angles[3] if len(angles) == 4 else None
    if fov is not None and not 0.0 < fov < 180.0:
        raise ValueError(f"{fov:g} degrees is no field of view")
    return Channels(round(frame), (x, y, z), (angles[0], angles[1], angles[2]), fov)


def encode(rows: Iterable[Channels]) -> bytes:
    """Frames as a file, numbers with nine digits behind the point."""
    return "".join(map(_line, rows)).encode("ascii")


def _line(row: Channels) -> str:
    fov = () if row.fov_deg is None else (row.fov_deg,)
    numbers = (f"{value + 0.0:.9f}" for value in (*row.translate, *row.rotate_deg, *fov))
    return "\t".join((str(row.frame), *numbers)) + "\n"


def rows_from_keys(keys: Iterable[Key]) -> list[Channels]:
    """Keys of a shot as Nuke's numbers, the angles without jumps."""
    listed = list(keys)
    matrices = [turned(key.pose, Y_UP) for key in listed]
    turns = continuous_zxy(angles_zxy(matrix[:3, :3]) for matrix in matrices)
    return [
        Channels(key.frame, _place(matrix), angles, _fov_deg(key.optics))
        for key, matrix, angles in zip(listed, matrices, turns, strict=True)
    ]


def key_from_row(row: Channels, sensor_mm: tuple[float, float]) -> Key:
    """A row as a key, with the focal length its field of view means on a sensor of that size."""
    matrix = IDENTITY.matrix
    matrix[:3, :3] = rotation_from_angles(row.rotate_deg, ORDER)
    matrix[:3, 3] = row.translate
    optics = None
    if row.fov_deg is not None:
        focal_mm = sensor_mm[1] / 2 / math.tan(math.radians(row.fov_deg) / 2)
        optics = Optics(focal_mm, *sensor_mm)
    return Key(row.frame, unturned(matrix, Y_UP), optics)


def _place(matrix: F64) -> tuple[float, float, float]:
    x, y, z = matrix[:3, 3].tolist()
    return x, y, z


def _fov_deg(optics: Optics | None) -> float | None:
    if optics is None:
        return None
    return math.degrees(2 * math.atan(optics.sensor_height_mm / 2 / optics.focal_length_mm))
