"""A skeleton and how it moves, as Biovision files (.bvh) have it.

The file says neither unit nor axes: values stay as they are, Y is up by custom, and `unit_m` is guessed
from how tall the skeleton is. A joint's position channels replace its offset, as programs write them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from openset.primitives.time import parse_rate

F64 = npt.NDArray[np.float64]
Vector = tuple[float, float, float]

CHANNELS = ("Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation")
UNITS_M = {"metres": 1.0, "centimetres": 0.01, "inches": 0.0254, "millimetres": 0.001}
_USUAL_HEIGHT_M = 1.6


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
    """A skeleton moving. Each joint is followed by all that hangs on it, as in the file. `frames`
    (n, channels) holds the joints' channels in the same order, lengths in units of `unit_m` metres,
    angles in degrees."""

    joints: tuple[Joint, ...]
    frames: F64
    frame_time_s: float
    unit_m: float = 0.01
    name: str = ""

    @property
    def rate(self) -> Fraction:
        """Frames a second, as a film rate where the frame time means one."""
        return rate_of(self.frame_time_s)


def rate_of(frame_time_s: float) -> Fraction:
    """The rate a frame time means: 0.0333333 is 30, 0.0083417 is 120000/1001."""
    exact = 1.0 / frame_time_s
    whole = round(exact)
    if whole and (abs(exact - whole) <= 2e-4 * whole or _rounded(frame_time_s, whole)):
        return Fraction(whole)
    return parse_rate(f"{exact:.6f}") if exact > 1e-3 else Fraction(exact).limit_denominator(10**6)


def _rounded(frame_time_s: float, rate: int) -> bool:
    """Whether a frame time is that of a rate, rounded to as many digits as it has: 0.0333 is 30."""
    digits = len(f"{frame_time_s:.9f}".rstrip("0").partition(".")[2])
    near = abs(frame_time_s * rate - 1.0) <= 2e-3
    return near and round(1.0 / rate, digits) == frame_time_s


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
