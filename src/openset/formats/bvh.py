"""Biovision hierarchy (.bvh), read: a skeleton and how it moves.

Source: the Biovision format as its tools write it (Meredith and Maddock, "Motion Capture File Formats
Explained", 2001, section 2.2).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from openset.formats.bvh_model import CHANNELS, F64, Joint, Motion, guessed_unit_m
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded

MOST_JOINTS = 4096
"""Joints and End Sites."""

MOST_VALUES = 32 * 1024 * 1024
"""Frames times channels, and times joints and End Sites; more is refused before room is made."""

MOST_FAULTS = 20
LARGEST = 1e7
"""Lengths and angles beyond this are nobody's."""

_CANONICAL = {channel.lower(): channel for channel in CHANNELS}
_PIECES = re.compile(r"[{}]|[^{}]+")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_DECIMAL_COMMA = re.compile(r"[0-9],[0-9]")


class BvhError(FormatError):
    """Text that is not a BVH file, with its line."""


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
    ends: int = 0


def read(data: bytes) -> Reading:
    """A BVH file. Raises BvhError, FormatError.

    A frame that cannot be used is counted, and the one before stands in its place (after the last good
    one: none does), so that those after it keep their time.
    """
    text = decoded(data, fallback="cp1252")
    lines = enumerate((match[1] for match in _LINE.finditer(text)), start=1)
    joints = _hierarchy(lines)
    said, frame_time_s = _motion_head(lines)
    width = sum(len(joint.channels) for joint in joints)
    most = MOST_VALUES // max(width, sum(1 + len(joint.ends) for joint in joints))
    if said > most:
        raise BvhError(f"{said} frames of this skeleton are more than {most}")
    table = _frames(lines, width, most)
    if said != table.lines:
        table.faults.append(f"the file says {said} frames and holds {table.lines}")
    motion = Motion(joints, table.frames(width), frame_time_s, guessed_unit_m(joints))
    return Reading(motion, table.skipped, tuple(table.faults))


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
    if len(building.joints) + building.ends == MOST_JOINTS:
        raise BvhError(f"the skeleton has more than {MOST_JOINTS} joints", at)
    if kind == "END":
        parent = next((each for each in reversed(building.stack) if each is not None), None)
        if parent is None:
            raise BvhError("End Site stands outside a joint", at)
        building.stack.append(None)
        building.ends += 1
        return
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
        building.joints[owner] = replace(joint, ends=(*joint.ends, (x, y, z)))
    else:
        building.joints[owner] = replace(joint, offset=(x, y, z))


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
    building.joints[index] = replace(joint, channels=channels)


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


@dataclass
class _Table:
    """The frames as they are met: the numbers of the good ones, and which of them each line shows."""

    values: array[float] = field(default_factory=lambda: array("d"))
    shown: array[int] = field(default_factory=lambda: array("l"))
    good: int = 0
    lines: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        return self.lines - self.good

    def add(self, values: Sequence[float]) -> None:
        self.values.extend(values)
        self.good += 1
        missed = self.lines - len(self.shown)
        self.shown.extend([max(0, self.good - 2)] * missed)
        self.shown.append(self.good - 1)
        self.lines += 1

    def skip(self, trouble: str) -> None:
        self.lines += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(trouble)

    def frames(self, width: int) -> F64:
        """A row for each line up to the last good one."""
        found: F64 = np.array(self.values).reshape(self.good, width)
        return found if len(self.shown) == self.good else found[np.array(self.shown)]


def _frames(lines: Iterator[tuple[int, str]], width: int, most: int) -> _Table:
    """Every line that holds a number for each channel; the others are counted."""
    table = _Table()
    for number, line in lines:
        words = line.split()
        if not words:
            continue
        if table.lines == most:
            raise BvhError(f"there are more than {most} frames", f"line {number}")
        values, trouble = _frame(words, width, number)
        if trouble:
            table.skip(f"line {number}: {trouble}")
        else:
            table.add(values)
    if not table.good:
        first = table.faults[0] if table.faults else ""
        raise BvhError(f"no frame can be used ({first})" if first else "the file holds no frame")
    return table


def _frame(words: list[str], width: int, number: int) -> tuple[list[float], str]:
    """The numbers of a frame, or what is wrong with it."""
    values: list[float] = []
    trouble = ""
    if len(words) != width:
        trouble = f"{len(words)} numbers for {width} channels"
    else:
        try:
            values = list(map(float, words))
        except ValueError:
            trouble = "not a number"
    if trouble and any(map(_DECIMAL_COMMA.search, words)):
        raise BvhError("a decimal comma; write decimal points", f"line {number}")
    if not all(-LARGEST <= value <= LARGEST for value in values):
        trouble = "a number beyond all measure"
    return values, trouble
