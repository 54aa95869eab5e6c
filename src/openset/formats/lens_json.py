"""JSON that lens programs write, read defensively: what Unreal's and Gyroflow's lens files share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from openset.formats.faults import FormatError
from openset.formats.text_file import decoded

MOST_BYTES = 64 * 1024 * 1024
"""A larger lens file is refused before it is parsed."""


def document(data: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object in a file called `what`; FormatError with the line where it is none."""
    if len(data) > MOST_BYTES:
        raise FormatError(f"this is larger than any {what}: {MOST_BYTES // 2**20} MB")
    try:
        value = orjson.loads(decoded(data))
    except orjson.JSONDecodeError as trouble:
        raise FormatError(f"this is not JSON: {trouble.msg}", f"line {trouble.lineno}") from trouble
    if not isinstance(value, dict):
        raise FormatError(f"this is no {what}: an object was expected")
    return value


def part(parent: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    """The object called `name`, empty where there is none; FormatError for anything else."""
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FormatError("an object was expected", _path(where, name))
    return value


def text(parent: Mapping[str, Any], name: str, where: str = "") -> str:
    """The text called `name`, empty where there is none; FormatError for anything else."""
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FormatError("a text was expected", _path(where, name))
    return value.strip()


def number(
    parent: Mapping[str, Any], name: str, low: float, high: float, where: str = ""
) -> float | None:
    """The number called `name`, None where there is none; FormatError for one that is out of bounds."""
    value = parent.get(name)
    return None if value is None else bounded(value, low, high, _path(where, name))


def bounded(value: object, low: float, high: float, at: str) -> float:
    """A number from `low` to `high`; FormatError with its place for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FormatError(f"{str(value)[:40]!r} is no number from {low:g} to {high:g}", at)
    return float(value)


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
