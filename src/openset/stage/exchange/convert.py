"""One file, take or production into another format, with an honest list of what did not get through.

What was lost is measured: the file just written is read back by its own reader and compared, field by
field, with what went in. Only formats that are never read declare what they keep.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import AlreadyExists, BadInput
from openset.stage.exchange.kinds import as_kind, fields, held_by, reachable
from openset.stage.exchange.loss import Fields, lost
from openset.stage.exchange.model import Kind, Options
from openset.stage.exchange.registry import Format, named, sequence_name, target
from openset.stage.exchange.sources import open_source, read_file
from openset.stage.exchange.words import count
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
    form = named(to_format) if to_format else target(to.name, reachable(found), held_by(found))
    if not form.writes:
        raise BadInput(f"Openset reads {form.name} and does not write it", where=str(to))
    read, kind, dropped = as_kind(found, form.kind, options)
    value, note = _on_frames(form, read.value, options)
    value, left = _narrowed(form, value, options)
    options = _filled(options, kind, value)
    alone = form.name == "exr" and "#" not in to.name and len(value.samples) > 1
    if alone:
        left = [f"the other {len(value.samples) - 1} frames"]
    place = form.name == "st-map" and len(value.settings) > 1
    with _workshop(to, replace_old) as part:
        gone = write_measured(value, part, form, options)
        names = sorted((path.name for path in part.parent.iterdir()), key=_by_number)
        _move_out(part.parent, to.absolute().parent, names, replace_old)
    return Converted(
        found.title,
        form.name,
        kind,
        1 if alone or place else count(kind, value),
        read.skipped,
        read.faults,
        tuple(dict.fromkeys((*read.unheld, *dropped, *left, *gone))),
        tuple(to.absolute().parent / name for name in names),
        (
            *((note,) if note else ()),
            *(_one_picture(left[0], options) if alone else ()),
            *((_one_setting(value, options),) if place else ()),
        ),
    )


def _by_number(name: str) -> list[tuple[str, int]]:
    """A name's place in order, where 2 comes before 10."""
    return [(words, int(number or 0)) for words, number in re.findall("([^0-9]*)([0-9]*)", name)]


# --- what of a value the format has place for

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


def _one_setting(table: Any, options: Options) -> str:
    """Which setting of a lens was written, where the format holds one."""
    optics = table.settings[options.frame].optics
    focal = f" ({optics.focal_length_mm:.4g} mm)" if optics.focal_length_mm else ""
    return (
        f"only setting {options.frame}{focal} of 0 to {len(table.settings) - 1} was written: "
        "--frame chooses another"
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
