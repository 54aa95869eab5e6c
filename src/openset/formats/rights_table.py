"""Rights as a table, the way production.toml, TOML and JSON files have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any

from openset.formats import xmp
from openset.formats.faults import FormatError

_MANY = ("creators", "consent_refs")
_NAMES = tuple(each.name for each in dataclass_fields(xmp.Rights))
_LABEL_NAMES = tuple(each.name for each in dataclass_fields(xmp.Label))


def table(rights: xmp.Rights) -> dict[str, Any]:
    """The rights as a table, as TOML and JSON hold it: without what is not said."""
    if rights == xmp.Rights():
        raise FormatError("there are no rights to write")
    out = {name: said for name, said in asdict(rights).items() if said}
    if rights.labels:
        out["labels"] = [
            {name: said for name, said in asdict(label).items() if said} for label in rights.labels
        ]
    return out


def from_table(found: Mapping[str, Any]) -> tuple[xmp.Rights, tuple[str, ...]]:
    """The rights a table holds, and the names in it that are none. Raises FormatError naming the entry
    that is not text."""
    values: dict[str, Any] = {}
    for name in _NAMES:
        said = found.get(name, () if name in (*_MANY, "labels") else "")
        if name == "labels":
            values[name] = tuple(_label(each) for each in _listed(said, name))
        elif name in _MANY:
            values[name] = tuple(_text(each, name) for each in _listed(said, name))
        else:
            values[name] = _text(said, name)
    return xmp.Rights(**values), tuple(sorted(set(found) - set(_NAMES)))


def _label(value: Any) -> xmp.Label:
    if not isinstance(value, dict):
        raise FormatError("a label is a table with project_id, name and uri", "rights.labels")
    return xmp.Label(*(_text(value.get(name, ""), f"labels.{name}") for name in _LABEL_NAMES))


def _listed(value: Any, name: str) -> list[Any] | tuple[Any, ...]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise FormatError("this is no list", f"rights.{name}")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise FormatError("this is no text", f"rights.{name}")
    return value
