"""Rights as files: XMP sidecars, and a [rights] table as production.toml has it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import tomli_w

from openset.formats import xmp
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.stage.exchange.model import Options, Read
from openset.stage.exchange.whole_file import contents

_MANY = ("creators", "consent_refs")
_NAMES = tuple(each.name for each in dataclass_fields(xmp.Rights))
_LABEL_NAMES = tuple(each.name for each in dataclass_fields(xmp.Label))


def read(path: Path, options: Options) -> Read:
    """The rights in an XMP sidecar, or in the [rights] table of a TOML file. Raises FormatError."""
    data = contents(path)
    if options.format == "rights-toml":
        return _from_toml(data)
    found = xmp.read(data)
    return Read(found.rights, unheld=found.unheld)


def write(value: xmp.Rights, path: Path, options: Options) -> None:
    """Write the rights as an XMP sidecar or as TOML. Raises FormatError where they say nothing."""
    if options.format == "rights-toml":
        path.write_text(tomli_w.dumps({"rights": table(value)}), encoding="utf-8", newline="\n")
    else:
        path.write_bytes(xmp.write(value))


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


def _from_toml(data: bytes) -> Read:
    try:
        document = tomllib.loads(decoded(data))
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"this is not TOML: {error}") from error
    except RecursionError as error:
        raise FormatError("this TOML is nested too deep") from error
    found = document.get("rights")
    if not isinstance(found, dict) or not found:
        raise FormatError("there is no table [rights], or nothing in it")
    rights, unheld = from_table(found)
    if rights == xmp.Rights():
        raise FormatError("the table [rights] says nothing that is known")
    return Read(rights, unheld=unheld)


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
