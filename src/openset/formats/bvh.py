"""Biovision hierarchy (.bvh): a skeleton and how it moves, read and written.

Source: the Biovision format as its tools write it (Meredith and Maddock, "Motion Capture File Formats
Explained", 2001, section 2.2). The file says neither unit nor axes: values stay as they are, Y is up by
custom, and `unit_m` is guessed from how tall the skeleton is. A joint's position channels replace its
offset, as programs write them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.time import parse_rate

F64 = npt.NDArray[np.float64]
Vector = tuple[float, float, float]

CHANNELS = ("Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation")
MOST_JOINTS = 4096
MOST_VALUES = 32 * 1024 * 1024
"""Frames times channels; more is refused before room is made for it."""

MOST_FAULTS = 20
LARGEST = 1e7
"""Lengths and angles beyond this are nobody's."""

UNITS_M = {"metres": 1.0, "centimetres": 0.01, "inches": 0.0254, "millimetres": 0.001}
_USUAL_HEIGHT_M = 1.6
_CANONICAL = {channel.lower(): channel for channel in CHANNELS}
_PIECES = re.compile(r"[{}]|[^{}]+")
_DECIMAL_COMMA = re.compile(r"[0-9],[0-9]")


class BvhError(FormatError):
    """Text that is not a BVH file, with its line."""


@dataclass(frozen=True)
class Joint:
    """A joint under `parent` (its place in the list, -1 for a root). `ends` are the offsets of its End
    Sites, in the file's own unit."""

    name: str
    parent: int
    offset: Vector
    channels: tuple[str, ...]
    ends: tuple[Vector, ...] = ()


@dataclass(frozen=True, eq=False)
class Motion:
    """A skeleton moving: parents stand before their children. `frames` (n, channels) holds each joint's
    channels in the order of `joints`, lengths in units of `unit_m` metres, angles in degrees."""

    joints: tuple[Joint, ...]
    frames: F64
    frame_time_s: float
    unit_m: float = 0.01
    name: str = ""

    @property
    def rate(self) -> Fraction:
        """Frames a second, as a film rate where the frame time means one."""
        return rate_of(self.frame_time_s)


@dataclass(frozen=True)
class Reading:
    """A motion, how many of its frames could not be used, and why."""

    motion: Motion
    skipped: int = 0
    faults: tuple[str, ...] = ()


@dataclass
class _Building:
    joints: list[Joint] = field(default_factory=list)
    stack: list[int | None] = field(default_factory=list)  # None is an End Site
    pending: tuple[str, str] | None = None


def read(data: bytes) -> Reading:
    """A BVH file. Raises BvhError, FormatError; a frame that cannot be used is skipped and counted."""
    text = decoded(data, fallback="cp1252")
    lines = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    joints = _hierarchy(lines)
    said, frame_time_s = _motion_head(lines)
    width = sum(len(joint.channels) for joint in joints)
    if said * width > MOST_VALUES:
        raise BvhError(f"{said} frames of {width} channels are more than {MOST_VALUES} values")
    frames, skipped, faults = _frames(lines, width)
    if said != len(frames) + skipped:
        faults.append(f"the file says {said} frames and holds {len(frames) + skipped}")
    return Reading(Motion(joints, frames, frame_time_s, guessed_unit_m(joints)), skipped, tuple(faults))


def write(motion: Motion) -> str:
    """The motion as text, numbers to a millionth; names without white space and braces."""
    lines = ["HIERARCHY"]
    depth = 0
    for index, joint in enumerate(motion.joints):
        deeper = 0 if joint.parent < 0 else _depth(motion.joints, index)
        lines += ["\t" * level + "}" for level in range(depth - 1, deeper - 1, -1)]
        indent = "\t" * deeper
        word = "ROOT" if joint.parent < 0 else "JOINT"
        name = re.sub(r"[\s{}]+", "_", joint.name).strip("_") or f"joint{index}"
        lines += [f"{indent}{word} {name}", indent + "{", f"{indent}\tOFFSET {_row(joint.offset)}"]
        lines.append(f"{indent}\tCHANNELS {' '.join([str(len(joint.channels)), *joint.channels])}")
        for end in joint.ends:
            lines += [f"{indent}\tEnd Site", indent + "\t{", f"{indent}\t\tOFFSET {_row(end)}"]
            lines.append(indent + "\t}")
        depth = deeper + 1
    lines += ["\t" * level + "}" for level in range(depth - 1, -1, -1)]
    lines += ["MOTION", f"Frames: {len(motion.frames)}", f"Frame Time: {motion.frame_time_s:.9g}"]
    lines += [_row(frame) for frame in motion.frames.tolist()]
    return "\n".join(lines) + "\n"


def rate_of(frame_time_s: float) -> Fraction:
    """The rate a frame time means: 0.0333333 is 30, 0.0083417 is 120000/1001."""
    exact = 1.0 / frame_time_s
    whole = round(exact)
    if whole and abs(exact - whole) <= 2e-4 * whole:
        return Fraction(whole)
    return parse_rate(f"{exact:.6f}") if exact > 1e-3 else Fraction(exact).limit_denominator(10**6)


def guessed_unit_m(joints: Sequence[Joint]) -> float:
    """The unit in which the skeleton's longest side is nearest to a grown person's height: metres,
    centimetres, inches or millimetres; centimetres where it has no size."""
    places: list[Vector] = []
    reached: list[Vector] = []
    for joint in joints:
        x, y, z = places[joint.parent] if joint.parent >= 0 else (0.0, 0.0, 0.0)
        at = (x + joint.offset[0], y + joint.offset[1], z + joint.offset[2])
        places.append(at)
        reached += [at, *((at[0] + end[0], at[1] + end[1], at[2] + end[2]) for end in joint.ends)]
    height = max(max(side) - min(side) for side in zip(*reached, strict=True))
    if not height > 0:
        return UNITS_M["centimetres"]
    return min(UNITS_M.values(), key=lambda unit: abs(math.log(height * unit / _USUAL_HEIGHT_M)))


def _depth(joints: Sequence[Joint], index: int) -> int:
    depth = 0
    while (index := joints[index].parent) >= 0:
        depth += 1
    return depth


def _row(values: Sequence[float]) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def _hierarchy(lines: Iterator[tuple[int, str]]) -> tuple[Joint, ...]:
    """The skeleton, up to the line MOTION."""
    building = _Building()
    first = True
    for number, line in lines:
        for piece in _PIECES.findall(line):
            words = piece.split()
            if not words:
                continue
            if first:
                if words != ["HIERARCHY"]:
                    raise BvhError("a BVH file begins with HIERARCHY", f"line {number}")
                first = False
            elif words == ["MOTION"]:
                return _whole(building, number)
            else:
                _statement(building, words, number)
    raise BvhError("the file ends before MOTION" if not first else "the file is empty")


def _whole(building: _Building, number: int) -> tuple[Joint, ...]:
    if building.stack or building.pending:
        raise BvhError("MOTION stands inside a joint: a } is missing", f"line {number}")
    if not any(joint.channels for joint in building.joints):
        raise BvhError("the skeleton has no joint with channels", f"line {number}")
    return tuple(building.joints)


def _statement(building: _Building, words: list[str], number: int) -> None:
    """One line of the skeleton, or a brace."""
    at = f"line {number}"
    match words[0].upper():
        case "{":
            _open(building, at)
        case "}" if building.stack and building.pending is None:
            building.stack.pop()
        case "ROOT" | "JOINT" | "END" if building.pending is None:
            kind = words[0].upper()
            if (kind == "ROOT") == bool(building.stack) or (
                building.stack and building.stack[-1] is None
            ):
                raise BvhError(f"{words[0]} stands in the wrong place", at)
            building.pending = (kind, " ".join(words[1:]) or f"joint{len(building.joints)}")
        case "OFFSET" if building.stack and len(words) == 4:
            _set_offset(building, words, at)
        case "CHANNELS" if building.stack and building.stack[-1] is not None:
            _set_channels(building, building.stack[-1], words, at)
        case _:
            raise BvhError(f"{' '.join(words)[:40]!r} has no place here", at)


def _open(building: _Building, at: str) -> None:
    if building.pending is None:
        raise BvhError("a { opens nothing", at)
    kind, name = building.pending
    building.pending = None
    if kind == "END":
        parent = next((each for each in reversed(building.stack) if each is not None), None)
        if parent is None:
            raise BvhError("End Site stands outside a joint", at)
        building.stack.append(None)
        return
    if len(building.joints) == MOST_JOINTS:
        raise BvhError(f"the skeleton has more than {MOST_JOINTS} joints", at)
    above = building.stack[-1] if building.stack else None
    building.stack.append(len(building.joints))
    building.joints.append(Joint(name, -1 if above is None else above, (0.0, 0.0, 0.0), ()))


def _set_offset(building: _Building, words: list[str], at: str) -> None:
    x, y, z = (_number(word, at) for word in words[1:])
    index = building.stack[-1]
    owner = building.stack[-2] if index is None else index
    if owner is None:
        raise BvhError("an End Site holds no other", at)
    joint = building.joints[owner]
    if index is None:
        changed = Joint(
            joint.name, joint.parent, joint.offset, joint.channels, (*joint.ends, (x, y, z))
        )
    else:
        changed = Joint(joint.name, joint.parent, (x, y, z), joint.channels, joint.ends)
    building.joints[owner] = changed


def _set_channels(building: _Building, index: int, words: list[str], at: str) -> None:
    names = words[2:]
    if len(words) < 2 or not words[1].isdecimal() or len(words[1]) > 3 or int(words[1]) != len(names):
        raise BvhError("the number of channels is not that of their names", at)
    channels = tuple(_CANONICAL.get(name.lower(), "") for name in names)
    if "" in channels or len(set(channels)) != len(channels):
        raise BvhError(f"{' '.join(names)[:60]!r} are not six different positions and rotations", at)
    joint = building.joints[index]
    if joint.channels:
        raise BvhError("the joint has its channels already", at)
    building.joints[index] = Joint(joint.name, joint.parent, joint.offset, channels, joint.ends)


def _number(word: str, at: str) -> float:
    if "," in word:
        raise BvhError(f"{word!r} has a decimal comma; write decimal points", at)
    try:
        value = float(word)
    except ValueError:
        raise BvhError(f"{word[:40]!r} is not a number", at) from None
    if not abs(value) <= LARGEST:
        raise BvhError(f"{word[:40]!r} is beyond all measure", at)
    return value


def _motion_head(lines: Iterator[tuple[int, str]]) -> tuple[int, float]:
    """How many frames the file says it holds, and the frame time."""
    frames = None
    for number, line in lines:
        key, _, value = line.partition(":")
        words, at = value.split(), f"line {number}"
        match " ".join(key.lower().split()):
            case "":
                continue
            case "frames" if len(words) == 1 and words[0].isdecimal() and len(words[0]) < 12:
                frames = int(words[0])
            case "frame time" if len(words) == 1 and frames is not None:
                seconds = _number(words[0], at)
                if not 1e-5 <= seconds <= 100.0:
                    raise BvhError(f"a frame time of {words[0]} seconds is none", at)
                return frames, seconds
            case _:
                raise BvhError("after MOTION come Frames: and Frame Time:", at)
    raise BvhError("the file ends before Frame Time")


def _frames(lines: Iterator[tuple[int, str]], width: int) -> tuple[F64, int, list[str]]:
    """Every line that holds a number for each channel; the others are counted."""
    kept: list[F64] = []
    skipped = 0
    faults: list[str] = []
    for number, line in lines:
        words = line.split()
        if not words:
            continue
        if (len(kept) + 1) * width > MOST_VALUES:
            raise BvhError(f"more than {MOST_VALUES} values", f"line {number}")
        row, trouble = _frame(words, width, number)
        if row is not None:
            kept.append(row)
            continue
        skipped += 1
        if len(faults) < MOST_FAULTS:
            faults.append(f"line {number}: {trouble}")
    if not kept:
        raise BvhError(f"no frame can be used ({faults[0]})" if faults else "the file holds no frame")
    return np.stack(kept), skipped, faults


def _frame(words: list[str], width: int, number: int) -> tuple[F64 | None, str]:
    if len(words) != width:
        if any(map(_DECIMAL_COMMA.search, words)):
            raise BvhError("a decimal comma; write decimal points", f"line {number}")
        return None, f"{len(words)} numbers for {width} channels"
    try:
        row = np.array(list(map(float, words)))
    except ValueError:
        if any(map(_DECIMAL_COMMA.search, words)):
            raise BvhError("a decimal comma; write decimal points", f"line {number}") from None
        return None, "not a number"
    if not (np.abs(row) <= LARGEST).all():
        return None, "a number beyond all measure"
    return row, ""
