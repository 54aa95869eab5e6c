"""What there is to convert: a file of any known format, a take, or a production.

A file holds one kind of value; a take is a camera move and a clip; a production is a script, a cut,
records and rights. The kind that is wanted decides what is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.rights_table import from_table
from openset.formats.xmp import Rights
from openset.primitives.errors import BadInput, OpensetError, TrackNotFound
from openset.stage.exchange.model import Kind, Options, Read
from openset.stage.exchange.registry import HEAD_BYTES, Format, named, told
from openset.stage.record.model import PICTURE_FILE, TAKE_FILE
from openset.store.production import FILE_NAME, Production, open_production, script_files, take_folder

Reader = Callable[[Options], Read]


@dataclass(frozen=True)
class Source:
    """Something that can be read as one of several kinds; the first is what it is for most."""

    path: Path
    title: str
    readers: Mapping[Kind, Reader]


def open_source(path: Path, form: str = "") -> Source:
    """The source at `path`; `form` names its format where neither name nor content tells.

    Raises BadInput.
    """
    if "#" in path.name and path.parent.is_dir() and not path.exists():
        return _sequence(path)
    if not path.exists():
        raise BadInput("there is nothing to convert", where=str(path), todo="Check the name")
    if path.is_dir():
        return _folder(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from error
    found = named(form) if form else told(path.name, head)
    if not found.reads:
        raise BadInput(
            f"Openset writes {found.name} and does not read it",
            where=str(path),
            todo="Convert from another",
        )
    reader = _timeline_file if found.kind == "timeline" else read_file
    return Source(path, found.title, {found.kind: lambda options: reader(path, found, options)})


def _timeline_file(path: Path, form: Format, options: Options) -> Read:
    """A timeline whose paths to media, where they lie by the file, are told from the new folder."""
    media = import_module("openset.stage.exchange.timeline_media")
    found = read_file(path, form, options)
    before = path.absolute().parent
    if form.name == "otioz":
        inside = media.unbundle(found.value, before, options.folder)
        return replace(found, unheld=(*found.unheld, *inside))
    media.rebase(found.value, before, options.folder)
    return found


def _sequence(path: Path) -> Source:
    """Frames by a name with `####` in it: the pictures of a camera move."""
    found = named("exr")
    return Source(path, found.title, {found.kind: lambda options: read_file(path, found, options)})


def read_file(path: Path, form: Format, options: Options) -> Read:
    """One file by its format's adapter. Raises BadInput naming the file and the place in it."""
    adapter = import_module(form.module)
    try:
        found: Read = adapter.read(path, replace(options, format=form.name))
    except FormatError as trouble:
        raise BadInput(
            f"not usable as {form.title}: {trouble.trouble}",
            where=f"{path}, {trouble.at}" if trouble.at else str(path),
            todo="Check the file, or name another format with --from",
        ) from trouble
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error})", where=str(path)) from error
    return found


def _folder(path: Path) -> Source:
    if (path / TAKE_FILE).is_file():
        return Source(
            path,
            "a take",
            {"move": lambda options: _take_move(path, options), **_cut([path], path.name)},
        )
    try:
        production = open_production(path)
    except OpensetError:
        raise BadInput(
            "this folder is neither a take nor a production",
            where=str(path),
            todo="Give a file, takes/1-A-t01, or a folder with production.toml",
        ) from None
    return _production(production)


def _production(production: Production) -> Source:
    from openset.stage.deliver.files import choose_takes

    readers: dict[Kind, Reader] = {}
    if scripts := script_files(production):
        readers["script"] = lambda options: _script(scripts, options)
    readers["records"] = lambda _: _records(production)

    def takes() -> list[Path]:
        return [take_folder(production, take) for take in choose_takes(production, ())]

    readers["timeline"] = lambda options: _timeline(takes(), production.title, options)
    if production.rights:
        readers["rights"] = lambda _: _rights(production)
    return Source(production.root, "a production", readers)


def _script(scripts: Sequence[Path], options: Options) -> Read:
    """The first script; the others are named as not held."""
    found = read_file(scripts[0], named("fountain"), options)
    return replace(found, unheld=(*found.unheld, *(f"script/{each.name}" for each in scripts[1:])))


def _records(production: Production) -> Read:
    found: Read = import_module("openset.stage.exchange.omc").read_production(production)
    return found


def _rights(production: Production) -> Read:
    """What the production's table [rights] says. Raises BadInput where it cannot be used."""
    try:
        rights, unheld = from_table(production.rights)
        if rights == Rights():
            raise FormatError("the table [rights] says nothing that is known")
    except FormatError as trouble:
        raise BadInput(
            str(trouble), where=str(production.root / FILE_NAME), todo="Correct the table [rights]"
        ) from trouble
    return Read(rights, unheld=unheld)


def _take_move(path: Path, options: Options) -> Read:
    from openset.stage.record.files import best_track, read_take

    spec, track = read_take(path).spec, path / best_track(path)
    known = replace(
        options, name=str(spec.id), rate=spec.rate, size_px=options.size_px or (spec.width, spec.height)
    )
    if not track.is_file():
        raise TrackNotFound("the take has no track", where=str(track))
    found = read_file(track, named("opentrackio"), known)
    picture = path / PICTURE_FILE
    return replace(found, value=replace(found.value, picture=picture if picture.is_file() else None))


def _cut(folders: Sequence[Path], name: str) -> dict[Kind, Reader]:
    return {"timeline": lambda options: _timeline(folders, name, options)}


def _timeline(folders: Sequence[Path], name: str, options: Options) -> Read:
    """The takes one after another, their media by the path from where the cut will lie."""
    from openset.stage.deliver.cut import timeline
    from openset.stage.deliver.model import HandedTake
    from openset.stage.deliver.track import camera_frames
    from openset.stage.record.files import best_track, read_marks, read_take, read_track_lines

    handed, places, sizes = [], {}, {}
    for folder in folders:
        record = read_take(folder)
        size = (record.spec.width, record.spec.height)
        lines = read_track_lines(folder, best_track(folder))
        frames = camera_frames(lines[: record.frames], *size)
        handed.append(HandedTake(record, read_marks(folder), frames))
        places[handed[-1].folder] = folder
        sizes[str(record.spec.id)] = list(size)
    made = timeline(options.name or name, handed)
    _rebase(made, places, options.folder)
    for clip in made.find_clips():
        clip.metadata["openset"]["size_px"] = sizes[clip.name]
    return Read(made)


def _rebase(timeline: Any, places: Mapping[str, Path], base: Path) -> None:
    for clip in timeline.find_clips():
        url = clip.media_reference.target_url
        take, file = url.rsplit("/", 1)
        clip.media_reference.target_url = Path(os.path.relpath(places[take] / file, base)).as_posix()
        clip.metadata["openset"].pop("camera", None)
