"""One file, take or production into another format, with an honest list of what did not get through.

What was lost is measured: the file just written is read back by its own reader and compared, field by
field, with what went in. Only formats that are never read declare what they keep.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import AlreadyExists, BadInput
from openset.stage.exchange.loss import Fields, fields_of, lost
from openset.stage.exchange.model import Kind, Options, Read
from openset.stage.exchange.registry import Format, named, sequence_name, target
from openset.stage.exchange.sources import Source, open_source, read_file
from openset.stage.exchange.words import HELD, count
from openset.store.files import make_folder, writing


@dataclass(frozen=True)
class Converted:
    """What a conversion did. `frames` counts what the value is made of (frames, clips, scenes,
    corrections …) as far as it was written; `lost_fields` names what the new file does not say, and
    `notes` says what was changed on the way."""

    source: str
    target: str
    kind: Kind
    frames: int
    skipped: int
    faults: tuple[str, ...]
    lost_fields: tuple[str, ...]
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def convert(
    source: Path,
    to: Path,
    options: Options,
    *,
    from_format: str = "",
    to_format: str = "",
    replace_old: bool = False,
) -> Converted:
    """Read `source`, write `to`. Raises BadInput, AlreadyExists (unless `replace_old`), PartMissing,
    DiskFull, NotWritable; then nothing has been written."""
    to = sequence_name(to)
    options = replace(options, folder=to.absolute().parent)
    found = open_source(source if source.exists() else sequence_name(source), from_format)
    form = named(to_format) if to_format else target(to.name, _reachable(found), _held(found))
    if not form.writes:
        raise BadInput(f"Openset reads {form.name} and does not write it", where=str(to))
    read, kind, dropped = _as_kind(found, form.kind, options)
    value, note = _on_frames(form, read.value, options)
    value, left = _narrowed(form, value, options)
    options = _filled(options, kind, value)
    alone = form.name == "exr" and "#" not in to.name and len(value.samples) > 1
    if alone:
        left = [f"the other {len(value.samples) - 1} frames"]
    with _workshop(to, replace_old) as part:
        gone = write_measured(value, part, form, options)
        names = sorted((path.name for path in part.parent.iterdir()), key=_by_number)
        _move_out(part.parent, to.absolute().parent, names, replace_old)
    return Converted(
        found.title,
        form.name,
        kind,
        1 if alone else count(kind, value),
        read.skipped,
        read.faults,
        tuple(dict.fromkeys((*read.unheld, *dropped, *left, *gone))),
        tuple(to.absolute().parent / name for name in names),
        (*((note,) if note else ()), *(_one_picture(left[0], options) if alone else ())),
    )


def _by_number(name: str) -> list[tuple[str, int]]:
    """A name's place in order, where 2 comes before 10."""
    return [(words, int(number or 0)) for words, number in re.findall("([^0-9]*)([0-9]*)", name)]


# --- from one kind of value to another

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


def _reachable(source: Source) -> tuple[Kind, ...]:
    """The kinds a source can become, its own first."""
    own = tuple(source.readers)
    return (*own, *(after for before, after in DERIVED if before in own and after not in own))


def _as_kind(source: Source, kind: Kind, options: Options) -> tuple[Read, Kind, list[str]]:
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
        f"{_held(source)}, not {HELD[kind]}",
        where=str(source.path),
        todo="docs/formats.md shows what becomes what",
    )


def _held(source: Source) -> str:
    """What a source holds, for saying that something else was wanted."""
    *others, last = (HELD[kind] for kind in source.readers)
    what = f"{', '.join(others)} and {last}" if others else last
    return f"{source.title if source.path.is_dir() else 'the file'} holds {what}"


ON_FRAMES = ("nuke", "nuke-chan", "after-effects", "blender", "fbx", "exr")
"""Formats that count frames: a move's reports are brought onto them."""


def _on_frames(form: Format, value: Any, options: Options) -> tuple[Any, str]:
    if form.name not in ON_FRAMES:
        return value, ""
    made: tuple[Any, str] = import_module("openset.stage.exchange.grid").on_grid(value, options.rate)
    return made


def _one_picture(others: str, options: Options) -> tuple[str, ...]:
    return (
        f"only frame {options.frame} was written; {others} were not written",
        "#### in the name writes all frames, --frame chooses another",
    )


ONE_OF_MANY = ("cc", "amf")
"""Formats that hold one grade of a list: `--frame` says which, from 0."""


def _narrowed(form: Format, value: Any, options: Options) -> tuple[Any, list[str]]:
    """The one entry that the format can hold, and a word about the others."""
    if form.name not in ONE_OF_MANY or not value:
        return value, []
    others = len(value) - 1
    if options.frame > others:
        raise BadInput(
            f"there are only {len(value)} corrections" if others else "there is only one correction",
            where=f"--frame {options.frame}",
            todo="They count from 0",
        )
    left = [f"the other {others} corrections" if others > 1 else "the other correction"]
    return (value[options.frame],), left if others else []


# --- what a value says

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


def _filled(options: Options, kind: Kind, value: Any) -> Options:
    """What the value knows and the target may need to be told."""
    rate = getattr(value, "rate", None)
    if kind == "timeline":
        rate = import_module("openset.stage.exchange.timeline_parts").rate_of(value)
    size = getattr(value, "size_px", None)
    name = getattr(value, "name", "")
    return replace(
        options,
        rate=options.rate or rate,
        size_px=options.size_px or size,
        name=options.name or (name if isinstance(name, str) else ""),
    )


# --- writing, and reading back

_TOLD = {"rate": ("time", "timing.sampleRate", "rate")}


def write_measured(value: Any, path: Path, form: Format, options: Options) -> list[str]:
    """Write a value of the format's kind to `path`, read it back, and name what was lost."""
    _write(value, path, form, options)
    return _lost(value, path, form, options)


def _write(value: Any, path: Path, form: Format, options: Options) -> None:
    adapter = import_module(form.module)
    try:
        with writing(path):
            adapter.write(value, path, replace(options, format=form.name))
    except FormatError as trouble:
        raise BadInput(
            f"cannot be written as {form.title}: {trouble.trouble}",
            where=trouble.at,
            todo="Choose another format; docs/formats.md shows what each can hold",
        ) from trouble


def _lost(value: Any, path: Path, form: Format, options: Options) -> list[str]:
    said = fields(form.kind, value)
    if form.name == "exr" and "#" not in path.name:
        said = _of_one_frame(said, options.frame)
    if not form.reads:
        keeps = import_module(form.module).KEEPS
        return [name for name in said if not f"{name}.".startswith(tuple(keeps))]
    bare = Options(frame=options.frame, profile=options.profile)
    try:
        return lost(said, fields(form.kind, read_file(path, form, bare).value))
    except BadInput:
        told = replace(options, rate=options.rate or Fraction(25))
        again = fields(form.kind, _read_again(path, form, told))
        untold = [name for name in _TOLD["rate"] if name in said]
        return [*untold, *(name for name in lost(said, again) if name not in untold)]


def _read_again(path: Path, form: Format, options: Options) -> Any:
    try:
        return read_file(path, form, options).value
    except BadInput as trouble:
        raise BadInput(
            f"cannot be written as {form.title} so that it can be read again: {trouble.what}",
            todo="Choose another format; docs/formats.md shows what each can hold",
        ) from trouble


def _of_one_frame(said: Fields, frame: int) -> Fields:
    """What a move says at one frame, whose time then is 0."""
    one = {name: (values[frame],) for name, values in said.items() if isinstance(values, tuple)}
    return {**one, "time": (0.0,)}


@contextmanager
def _workshop(to: Path, replace_old: bool) -> Iterator[Path]:
    """Where the new file, and what the adapter puts beside it, is made before it is moved to its
    place."""
    folder = to.absolute().parent
    if not replace_old:
        _refuse_if_there(to)
    if not folder.parent.exists():
        raise BadInput(
            "there is no folder", where=str(folder.parent), todo="Check the name, or make it"
        )
    was_there = folder.exists()
    make_folder(folder)
    with writing(folder):
        hidden = Path(tempfile.mkdtemp(prefix=".openset.", suffix=".part", dir=folder))
    try:
        yield hidden / to.name
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        if not was_there:
            with suppress(OSError):
                folder.rmdir()  # which it only does where nothing was written


def _refuse_if_there(path: Path) -> None:
    if path.exists():
        raise AlreadyExists(
            "there is a file already", where=str(path), todo="Give --replace, or another name"
        )


def _move_out(hidden: Path, folder: Path, names: list[str], replace_old: bool) -> None:
    for name in names if not replace_old else ():
        _refuse_if_there(folder / name)
    with writing(folder):
        for name in names:
            os.replace(hidden / name, folder / name)
