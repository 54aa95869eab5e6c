"""What a USD camera has no attribute for, as attributes of its own: `openTrackIO:lens:tStop` and so on.

Each leaf of a sample becomes an attribute named by its path, an entry of a list by its number
(`distortion_0`). Values USD's camera holds itself (place, focal length, sensor, focus, stop, offset of
the axis) are not repeated: who moves the camera in another program must not find the old place again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pxr import Sdf, Usd, Vt

from openset.formats.opentrackio import Sample

PREFIX = "openTrackIO"
MOST_ATTRIBUTES = 1000
_HELD = (
    "transforms",
    "openset",
    "lens:pinholeFocalLength",
    "lens:focusDistance",
    "lens:fStop",
    "lens:projectionOffset",
    "static:camera:activeSensorPhysicalDimensions",
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ENTRY = re.compile(r"(.+)_([0-9]{1,2})")


def leaves(sample: Sample) -> dict[str, Any]:
    """The sample's values by attribute name without the prefix."""
    out: dict[str, Any] = {}
    todo: list[tuple[str, Any]] = [("", sample)]
    while todo and len(out) < MOST_ATTRIBUTES:
        path, value = todo.pop()
        if path.startswith(_HELD):
            continue
        if isinstance(value, Mapping):
            keys = [key for key in value if isinstance(key, str) and _NAME.fullmatch(key)]
            todo += [(f"{path}:{key}" if path else key, value[key]) for key in keys]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            todo += [(f"{path}_{index}", each) for index, each in enumerate(value[:10])]
        elif path and _kind([value]) is not None:
            out[path] = value
    return out


def write_leaves(prim: Any, samples: Sequence[Sample], times: Sequence[float]) -> None:
    """Attributes of a prim: one value where it never changes, else one at each time."""
    tables = [leaves(sample) for sample in samples]
    for name in dict.fromkeys(key for table in tables for key in table):
        values = [table.get(name) for table in tables]
        kind = _kind([value for value in values if value is not None])
        if kind is not None:
            attribute = prim.CreateAttribute(f"{PREFIX}:{name}", kind, True)
            set_over(attribute, [_typed(value, kind) for value in values], times)


def set_over(attribute: Any, values: Sequence[Any], times: Sequence[float]) -> None:
    """A value that never changes once; else at each time, blocked where there is none."""
    if values and all(value is not None and value == values[0] for value in values):
        attribute.Set(values[0])
        return
    for value, time in zip(values, times, strict=True):
        attribute.Set(Sdf.ValueBlock() if value is None else value, Usd.TimeCode(time))


def said(attribute: Any, time: Any) -> Any:
    """An attribute's value at a time; None where the file does not say it."""
    if not attribute:
        return None
    resolved = attribute.GetResolveInfo(time)
    if not resolved.HasAuthoredValue() or resolved.ValueIsBlocked():
        return None
    return attribute.Get(time)


def attributes_of(prim: Any) -> list[Any]:
    """The prim's attributes of this kind."""
    return list(prim.GetAuthoredPropertiesInNamespace(PREFIX))[:MOST_ATTRIBUTES]


def read_leaves(attributes: Iterable[Any], time: Any) -> Sample:
    """The attributes' values at a time, in a sample's own shape."""
    out: Sample = {}
    for attribute in attributes:
        path = attribute.GetName().removeprefix(f"{PREFIX}:")
        value = _plain(said(attribute, time))
        if value is not None and not path.startswith(_HELD):
            _put(out, path.split(":"), value)
    return out


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> Sample:
    """`base` with what `more` says instead, group by group."""
    out = dict(base)
    for key, value in more.items():
        inner = out.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            value = merged(inner, value)
        out[key] = value
    return out


def _put(out: Sample, path: Sequence[str], value: Any) -> None:
    """One value at its place; a place that is taken by something else stays as it is."""
    at: Any = out
    for step in path[:-1]:
        entry = _ENTRY.fullmatch(step)
        at = at.setdefault(entry[1] if entry else step, [] if entry else {})
        if entry:
            number = int(entry[2])
            if not isinstance(at, list) or number > len(at):
                return
            at += [{}] * (number == len(at))
            at = at[number]
        if not isinstance(at, dict):
            return
    at.setdefault(path[-1], value)


def _kind(values: Sequence[Any]) -> Any:
    """The USD type that holds all the values; None where there is none."""
    types = Sdf.ValueTypeNames
    if not values:
        return None
    if all(isinstance(value, str) for value in values):
        return types.String
    if all(isinstance(value, bool) for value in values):
        return types.Bool
    if all(_whole(value) for value in values):
        return types.Int64
    if all(_number(value) for value in values):
        return types.Double
    if not all(isinstance(value, list | tuple) for value in values):
        return None
    parts = [part for value in values for part in value]
    if parts and all(_whole(part) for part in parts):
        return types.Int64Array
    return types.DoubleArray if parts and all(_number(part) for part in parts) else None


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _typed(value: Any, kind: Any) -> Any:
    """A value as its attribute holds it: zeros without a point stand among decimals too."""
    if not isinstance(value, list | tuple):
        return value
    whole = kind == Sdf.ValueTypeNames.Int64Array
    return Vt.Int64Array(value) if whole else Vt.DoubleArray([float(part) for part in value])


def _plain(value: Any) -> Any:
    """A value of USD as JSON has it; None for what no sample holds."""
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Vt.DoubleArray | Vt.Int64Array) and len(value) <= MOST_ATTRIBUTES:
        return [part for part in value if math.isfinite(part)]
    return None
