"""OpenTrackIO's chain of transforms (dolly, crane arm, camera) as one position and one set of angles.

Rotations are intrinsic about Z, X, Y (pan, tilt, roll), right-handed; at zero the camera looks along +Y
with Z up. On the wire they are degrees and metres. Source: OpenTrackIO 1.0.1, "transforms".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from openset.formats.faults import FormatError

Xyz = tuple[float, float, float]
Rows = tuple[Xyz, Xyz, Xyz]


_FAR = 1e300


class OpenTrackIOError(FormatError):
    """A sample that cannot be used; `path` names the field."""

    def __init__(self, path: str, trouble: str) -> None:
        super().__init__(trouble, path)

    @property
    def path(self) -> str:
        """The field in trouble, as "lens.fStop"."""
        return self.at


def finite(value: Any) -> float | None:
    """A JSON number as a float; None for anything else, a truth value and an overflow included."""
    if value.__class__ is float:
        return value if -_FAR < value < _FAR else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _FAR:
        return None
    return float(value)


def compose(transforms: Any) -> tuple[Xyz, float, float, float]:
    """The chain, outermost first, to one position and one pan, tilt, roll.

    Each transform moves, turns and scales what hangs on it; scale acts on positions only.
    """
    if not isinstance(transforms, (list, tuple)) or not transforms:
        raise OpenTrackIOError("transforms", "the sample has no transform")
    position, angles = _transform(transforms[0], 0)
    if len(transforms) > 1:
        rows, scale = _rotation(*angles), _scale(transforms[0])
        for index, link in enumerate(transforms[1:], start=1):
            move, turn = _transform(link, index)
            step = _turn(rows, (move[0] * scale[0], move[1] * scale[1], move[2] * scale[2]))
            position = (position[0] + step[0], position[1] + step[1], position[2] + step[2])
            rows, inner = _product(rows, _rotation(*turn)), _scale(link)
            scale = (scale[0] * inner[0], scale[1] * inner[1], scale[2] * inner[2])
        angles = _angles(rows)
    if not math.isfinite(position[0] + position[1] + position[2]):
        raise OpenTrackIOError("transforms", "the position is not finite")
    return position, *angles


def _transform(link: Any, index: int) -> tuple[Xyz, Xyz]:
    """Translation in metres and (pan, tilt, roll) in radians of one link."""
    if not isinstance(link, dict) or not ("translation" in link or "rotation" in link):
        raise OpenTrackIOError(f"transforms[{index}]", "there is no translation or rotation")
    place = _triple(link, index, "translation", ("x", "y", "z"))
    pan, tilt, roll = _triple(link, index, "rotation", ("pan", "tilt", "roll"))
    return place, (math.radians(pan), math.radians(tilt), math.radians(roll))


def _triple(link: Mapping[str, Any], index: int, name: str, keys: tuple[str, str, str]) -> Xyz:
    group = link.get(name, {})
    if not isinstance(group, dict):
        raise OpenTrackIOError(f"transforms[{index}].{name}", "not a group of numbers")
    first, second, third = keys
    a, b, c = (
        finite(group.get(first, 0.0)),
        finite(group.get(second, 0.0)),
        finite(group.get(third, 0.0)),
    )
    if a is None or b is None or c is None:
        key = next(key for key in keys if finite(group.get(key, 0.0)) is None)
        raise OpenTrackIOError(f"transforms[{index}].{name}.{key}", "not a number")
    return a, b, c


def _scale(link: Mapping[str, Any]) -> Xyz:
    group = link.get("scale")
    if not isinstance(group, dict):
        return 1.0, 1.0, 1.0
    x, y, z = finite(group.get("x")), finite(group.get("y")), finite(group.get("z"))
    return x or 1.0, y or 1.0, z or 1.0


def _rotation(pan: float, tilt: float, roll: float) -> Rows:
    """Rows of Rz(pan) Rx(tilt) Ry(roll)."""
    cp, sp = math.cos(pan), math.sin(pan)
    ct, st = math.cos(tilt), math.sin(tilt)
    cr, sr = math.cos(roll), math.sin(roll)
    return (
        (cp * cr - sp * st * sr, -sp * ct, cp * sr + sp * st * cr),
        (sp * cr + cp * st * sr, cp * ct, sp * sr - cp * st * cr),
        (-ct * sr, st, ct * cr),
    )


def _angles(rows: Rows) -> Xyz:
    """Pan, tilt, roll of a rotation; straight up or down, roll is zero and pan takes the turn."""
    tilt = math.asin(max(-1.0, min(1.0, rows[2][1])))
    if abs(rows[2][1]) > 1 - 1e-12:
        return math.atan2(rows[1][0], rows[0][0]), tilt, 0.0
    return math.atan2(-rows[0][1], rows[1][1]), tilt, math.atan2(-rows[2][0], rows[2][2])


def _turn(rows: Rows, point: Xyz) -> Xyz:
    (a, b, c), (d, e, f), (g, h, i) = rows
    x, y, z = point
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def _product(left: Rows, right: Rows) -> Rows:
    (a, b, c), (d, e, f), (g, h, i) = right
    return (
        _times(left[0], (a, d, g), (b, e, h), (c, f, i)),
        _times(left[1], (a, d, g), (b, e, h), (c, f, i)),
        _times(left[2], (a, d, g), (b, e, h), (c, f, i)),
    )


def _times(row: Xyz, first: Xyz, second: Xyz, third: Xyz) -> Xyz:
    x, y, z = row
    return (
        x * first[0] + y * first[1] + z * first[2],
        x * second[0] + y * second[1] + z * second[2],
        x * third[0] + y * third[1] + z * third[2],
    )
