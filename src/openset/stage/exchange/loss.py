"""What a conversion lost: what the first value says and the second does not, field by field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass

import numpy as np

Fields = Mapping[str, object]

RELATIVE = 1e-4
ABSOLUTE = 1e-5
"""Numbers nearer than this are the same: a twentieth of a millimetre in five metres, a hundredth of a
pixel in a picture's width. FreeD, the coarsest kept as whole, steps 0.016 mm and 0.00003 degrees."""


def lost(before: Fields, after: Fields) -> list[str]:
    """The names in `before` whose value is missing or different in `after`, in order."""
    return [name for name, value in before.items() if not same(value, after.get(name))]


def same(one: object, other: object) -> bool:
    """Whether two values say the same, numbers within `RELATIVE` and `ABSOLUTE`.

    What the first does not say (None) the second may add.
    """
    if one is None:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_arrays(np.asarray(one), np.asarray(other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(same(value, other.get(key)) for key, value in one.items())
    return one == other


def _same_arrays(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        return bool((one == other).all())
    return bool(np.allclose(one, other, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True))


def fields_of(value: object) -> dict[str, object]:
    """Everything a value of dataclasses says: its leaves by dotted name, each a tuple over its places.

    What stands at its default is not said, nor what is no part of a value (`compare=False`). Items of a
    tuple share one name.
    """
    out: dict[str, list[object]] = {}
    todo: list[tuple[str, object]] = [("", value)]
    while todo:
        path, each = todo.pop()
        if is_dataclass(each) and not isinstance(each, type):
            inner = [(field, getattr(each, field.name)) for field in fields(each)]
            todo.extend(
                (f"{path}.{field.name}" if path else field.name, part)
                for field, part in reversed(inner)
                if field.compare and not _is_default(field, part)
            )
        elif isinstance(each, tuple | list) and any(map(is_dataclass, each)):
            todo.extend((path, part) for part in reversed(each))
        else:
            out.setdefault(path, []).append(each)
    return {name: tuple(values) for name, values in out.items()}


def _is_default(field: Field[object], value: object) -> bool:
    if isinstance(value, np.ndarray):
        return False
    if field.default_factory is not MISSING:
        return bool(value == field.default_factory())
    return value is None or (field.default is not MISSING and value == field.default)
