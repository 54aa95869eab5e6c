"""Sealing a folder with an ASC MHL manifest, and checking a folder against the one it holds.

ASC MHL v2.0: `<folder>/ascmhl/` holds one manifest per generation and a chain file that hashes them.
A seal is made beside the folder's files and moved into place whole, so that no kill leaves half of one.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pathspec
from ascmhl import hasher
from ascmhl.__version__ import ascmhl_supported_hashformats
from ascmhl.generator import MHLGenerationCreationSession
from ascmhl.hashlist import MHLCreatorInfo, MHLHashEntry, MHLProcess, MHLProcessInfo, MHLTool
from ascmhl.history import MHLHistory
from ascmhl.ignore import MHLIgnoreSpec
from click import ClickException
from lxml import etree

from openset import __version__
from openset.primitives.errors import AlreadyExists
from openset.store.files import hash_file, sync_folder, writing

FOLDER = "ascmhl"
HASH = "xxh128"
_ALWAYS_IGNORED = (".DS_Store", "ascmhl", "ascmhl/", ".?*")
"""Hidden files by ".?*": the reference tool, run on ".", takes ".*" to match everything and checks
nothing."""


class _OwnHistory(MHLHistory):  # type: ignore[misc]
    """The history of one folder, without those nested in it: they answer for themselves."""

    def _find_and_load_child_histories(self) -> None:
        pass


@dataclass(frozen=True)
class FileState:
    """What a check found of one file: `state` is "whole", "changed", "missing", "added" (the manifest
    does not know it), or, for the manifest itself, "unsealed" or "broken"."""

    path: str
    state: str
    detail: str = ""

    @property
    def ok(self) -> bool:
        """True for a file that is as it was sealed."""
        return self.state == "whole"


def is_sealed(folder: Path) -> bool:
    """True when the folder holds a manifest."""
    return (folder / FOLDER).is_dir()


def seal(folder: Path, *, ignore: Iterable[str] = ()) -> Path:
    """Hash every file below `folder` (xxh128) but those `ignore` (gitignore patterns) and hidden ones
    match, and write the first generation. Returns the manifest.

    Raises AlreadyExists when the folder is sealed, DiskFull, NotWritable.
    """
    folder = folder.absolute()
    if is_sealed(folder):
        raise AlreadyExists("is sealed already", where=str(folder / FOLDER))
    patterns = [*_ALWAYS_IGNORED, *ignore]
    with writing(folder / FOLDER):
        workshop = Path(tempfile.mkdtemp(prefix=".seal-", dir=folder))
        try:
            twin = workshop / folder.name
            twin.mkdir()
            _commit(folder, twin, patterns)
            for made in (twin / FOLDER).iterdir():
                _sync_file(made)
            sync_folder(twin / FOLDER)
            (twin / FOLDER).rename(folder / FOLDER)
            sync_folder(folder)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return next((folder / FOLDER).glob("0001_*.mhl"))


def check(folder: Path) -> tuple[FileState, ...]:
    """Every file against the newest generation that lists it, re-hashed; files no generation knows are
    "added", listed files that are gone "missing". Never raises for what is in the folder."""
    folder = folder.absolute()
    if not is_sealed(folder):
        return (FileState(FOLDER, "unsealed", "there is no manifest"),)
    try:
        _check_well_formed(folder / FOLDER)
        history = _OwnHistory.load_from_path(str(folder))
        listed = _listed(history)
        patterns = history.latest_ignore_patterns()
    except ClickException as error:
        return (FileState(FOLDER, "broken", f"{error.message}"),)
    except (etree.XMLSyntaxError, OSError, ValueError, AttributeError, TypeError) as error:
        return (FileState(FOLDER, "broken", str(error)),)
    if not listed:
        return (FileState(FOLDER, "broken", "the manifest lists no file"),)
    states = [_state(folder, name, entry) for name, entry in sorted(listed.items())]
    added = [name for name in files_below(folder, patterns or _ALWAYS_IGNORED) if name not in listed]
    return (*states, *(FileState(name, "added", "not in the manifest") for name in added))


def files_below(folder: Path, ignore: Iterable[str]) -> list[str]:
    """The files below `folder` that no gitignore pattern of `ignore` matches, as sorted POSIX paths."""
    spec = pathspec.GitIgnoreSpec.from_lines(ignore)
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != FOLDER)
        for name in names:
            path = (Path(base) / name).relative_to(folder).as_posix()
            if not spec.match_file(path):
                found.append(path)
    return sorted(found)


def _commit(folder: Path, twin: Path, patterns: list[str]) -> None:
    history = _OwnHistory.load_from_path(str(twin))
    session = MHLGenerationCreationSession(history, MHLIgnoreSpec(new_pattern_list=patterns))
    for name in files_below(folder, patterns):
        facts = (folder / name).stat()
        changed = datetime.fromtimestamp(facts.st_mtime)  # ascmhl adds the machine's own offset
        session.append_file_hash(
            str(twin / name), facts.st_size, changed, HASH, hash_file(folder / name)
        )
    creator, process = MHLCreatorInfo(), MHLProcessInfo()
    creator.tool = MHLTool("openset", __version__)
    creator.creation_date = datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251
    creator.host_name = platform.node() or "unknown"
    process.process = MHLProcess("in-place")
    session.commit(creator, process)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _check_well_formed(folder: Path) -> None:
    """Raises XMLSyntaxError where a manifest is no XML; ascmhl would leave its file open."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for path in sorted([*folder.glob("*.xml"), *folder.glob("*.mhl")]):
        etree.fromstring(path.read_bytes(), parser)


def _listed(history: MHLHistory) -> dict[str, MHLHashEntry]:
    """Each listed file with a hash of the newest generation that lists it."""
    listed = {}
    for generation in history.hash_lists:
        for media in generation.media_hashes:
            if not media.is_directory and media.hash_entries:
                listed[Path(media.path).as_posix()] = media.hash_entries[0]
    return listed


def _state(folder: Path, name: str, entry: MHLHashEntry) -> FileState:
    path = Path(os.path.normpath(folder / name))
    if not path.is_relative_to(folder):
        return FileState(name, "broken", "the path leads out of the folder")
    if not path.is_file():
        return FileState(name, "missing", "listed in the manifest, not on disk")
    if entry.hash_format not in ascmhl_supported_hashformats:
        return FileState(name, "broken", f"unknown hash {entry.hash_format}")
    try:
        known = entry.hash_format == HASH
        found = hash_file(path) if known else hasher.hash_file(str(path), entry.hash_format)
    except OSError as error:
        return FileState(name, "changed", f"cannot be read ({error.strerror})")
    if found != entry.hash_string:
        detail = f"{entry.hash_format} is {found}, the manifest says {entry.hash_string}"
        return FileState(name, "changed", detail)
    return FileState(name, "whole", f"{entry.hash_format} {found}")
