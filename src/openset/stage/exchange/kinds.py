"""How a source becomes the kind of value that a format holds, and what a value of each kind says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.exchange.loss import Fields, fields_of
from openset.stage.exchange.model import Kind, Options, Read
from openset.stage.exchange.sources import Source
from openset.stage.exchange.words import HELD

_FIELDS: Mapping[str, tuple[str, str]] = {
    "move": ("openset.stage.exchange.move", "fields"),
    "timeline": ("openset.stage.exchange.timeline", "fields"),
    "lens": ("openset.stage.lens.table", "fields"),
    "script": ("openset.stage.exchange.fountain", "fields"),
}


def fields(kind: Kind, value: Any) -> Fields:
    """What a value says, by name, for comparing."""
    if kind in _FIELDS:
        module, function = _FIELDS[kind]
        said: Fields = getattr(import_module(module), function)(value)
        return said
    return fields_of(value)


Derived = Callable[[Any], Any]


def _lens_of_move(move: Any) -> Any:
    from openset.stage.exchange.move import lens_reports
    from openset.stage.lens.table import table_from_reports

    return replace(table_from_reports(move.name, lens_reports(move)), size_px=move.size_px)


def _timecode_of_move(move: Any) -> Any:
    return import_module("openset.stage.exchange.ltc").from_move(move)


def _grades_of_timeline(timeline: Any) -> Any:
    return import_module("openset.stage.exchange.timeline").grades(timeline)


def _framing_of_move(move: Any) -> Any:
    if move.size_px is None:
        raise FormatError("the size of the picture is not known; say it with --size")
    fdl = import_module("openset.stage.exchange.fdl")
    return (fdl.framed(move.size_px, Fraction(*move.size_px), move.name),)


DERIVED: Mapping[tuple[Kind, Kind], tuple[Derived, tuple[str, ...]]] = {
    ("move", "lens"): (_lens_of_move, ("lens.", "static.lens.", "static.camera.", "field of view")),
    ("move", "timecode"): (_timecode_of_move, ("time", "timing.timecode", "timing.sampleRate")),
    ("move", "framing"): (_framing_of_move, ("static.camera.activeSensorResolution",)),
    ("timeline", "grade"): (_grades_of_timeline, ("cdl",)),
}
"""How a value of one kind is made of another, and the beginnings of the fields that come along."""


def reachable(source: Source) -> tuple[Kind, ...]:
    """The kinds a source can become, its own first."""
    own = tuple(source.readers)
    return (*own, *(after for before, after in DERIVED if before in own and after not in own))


def as_kind(source: Source, kind: Kind, options: Options) -> tuple[Read, Kind, list[str]]:
    """The source's value as `kind`, and the fields that this kind has no place for."""
    if kind in source.readers:
        return source.readers[kind](options), kind, []
    for before, reader in source.readers.items():
        if (before, kind) in DERIVED:
            read = reader(options)
            derive, kept = DERIVED[before, kind]
            dropped = [name for name in fields(before, read.value) if not name.startswith(kept)]
            try:
                return replace(read, value=derive(read.value)), kind, dropped
            except FormatError as trouble:
                raise BadInput(str(trouble), where=str(source.path)) from trouble
    raise BadInput(
        f"{held_by(source)}, not {HELD[kind]}",
        where=str(source.path),
        todo="docs/formats.md shows what becomes what",
    )


def held_by(source: Source) -> str:
    """What a source holds, for saying that something else was wanted."""
    *others, last = (HELD[kind] for kind in source.readers)
    what = f"{', '.join(others)} and {last}" if others else last
    return f"{source.title if source.path.is_dir() else 'the file'} holds {what}"
