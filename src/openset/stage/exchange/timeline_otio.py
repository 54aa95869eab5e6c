"""OpenTimelineIO's own files, .otio and .otioz, read so that a damaged one cannot end the program.

The library's reader ends the whole process for many a document that is not as it should be, so the
text is looked through first (`formats/otio_json.py`).
"""

from __future__ import annotations

import copy
import errno
import lzma
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

import opentimelineio as otio

from openset.formats import otio_json
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.stage.exchange import timeline_parts as parts

MOST_BYTES = 128 * 1024 * 1024

_CONTENT, _VERSION, MEDIA = "content.otio", "version.txt", "media"
_ZIP_TROUBLES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    RuntimeError,
    ValueError,
)
_WHY = "missing_reference_because"
ORIGINAL = "original_target_url"
"""Where a bundle's media were when it was made, as the library names it in their metadata."""


def parse(data: bytes) -> tuple[Any, list[str]]:
    """The timeline in a .otio, and what else is in it: the names of others that stand beside it, and
    of effects, markers and media that only their maker's program knows. Raises FormatError."""
    if len(data) > MOST_BYTES:
        raise FormatError(f"this timeline is larger than {MOST_BYTES // 2**20} MB")
    text, dropped = otio_json.checked(decoded(data), otio.core.type_version_map())
    try:
        found = otio.adapters.read_from_string(text, "otio_json")
    except parts.TROUBLES as error:
        raise FormatError(f"OpenTimelineIO cannot read this: {_brief(error)}") from error
    timeline, others = _timeline(found)
    return timeline, [*others, *dropped]


def serialised(timeline: Any) -> bytes:
    """The timeline as .otio, indented."""
    text: str = otio.adapters.write_to_string(timeline, "otio_json", indent=4)
    return text.encode("utf-8", "replace") + b"\n"


def read_bundle(path: Path) -> tuple[Any, list[str]]:
    """The timeline in an .otioz. A reference the bundle could not carry is given back. `ORIGINAL` in
    the metadata says where each file was; of one that is not in the bundle it is the path itself.
    Raises FormatError."""
    try:
        with zipfile.ZipFile(path) as bundle:
            info = bundle.getinfo(_CONTENT)
            if info.file_size > MOST_BYTES:
                raise FormatError(f"its timeline is larger than {MOST_BYTES // 2**20} MB", _CONTENT)
            with bundle.open(info) as stream:
                data = stream.read(MOST_BYTES + 1)
    except FormatError:
        raise
    except KeyError as error:
        raise FormatError(f"there is no {_CONTENT} in this bundle") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's beginning
            raise
        raise FormatError("this is no readable zip: it points outside itself") from error
    except _ZIP_TROUBLES as error:
        raise FormatError(f"this is no readable zip: {_brief(error)}") from error
    timeline, others = parse(data)
    for clip in timeline.find_clips():
        _give_back(clip)
    return timeline, others


def write_bundle(timeline: Any, path: Path, folder: Path) -> None:
    """The timeline with those of its media that are there; paths are relative to `folder`."""
    bundled = copy.deepcopy(timeline)
    names: dict[Path, str] = {}
    for clip in bundled.find_clips():
        media = clip.media_reference
        if not isinstance(media, otio.schema.ExternalReference):
            continue
        found = local_file(str(media.target_url), folder)
        if found is None:
            clip.media_reference = _missing(media)
            continue
        names.setdefault(found, _free_name(found.name, set(names.values())))
        media.metadata[ORIGINAL] = media.target_url
        media.target_url = f"{MEDIA}/{names[found]}"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(_VERSION, "1.0.0", zipfile.ZIP_DEFLATED)
        bundle.writestr(_CONTENT, serialised(bundled), zipfile.ZIP_DEFLATED)
        for source, name in names.items():
            bundle.write(source, f"{MEDIA}/{name}", zipfile.ZIP_STORED)


def local_file(url: str, folder: Path) -> Path | None:
    """The file a media url means, if it is one on this machine."""
    parsed = urlparse(url) if "://" in url else None
    if parsed is not None and parsed.scheme != "file":
        return None
    try:
        for path in (unquote(parsed.path),) if parsed else (url, unquote(url)):
            if path and (folder / path).is_file():
                return (folder / path).resolve()
    except (OSError, ValueError):
        pass
    return None


def _timeline(found: Any) -> tuple[Any, list[str]]:
    if isinstance(found, otio.schema.Timeline):
        return found, []
    if isinstance(found, otio.schema.SerializableCollection):
        held = [each for each in found if isinstance(each, otio.schema.Timeline)]
        if held:
            return held[0], [f"timeline {each.name}" for each in held[1:]]
    out = otio.schema.Timeline(str(getattr(found, "name", "")))
    if isinstance(found, otio.schema.Stack):
        out.tracks = found
    elif isinstance(found, otio.schema.Track):
        out.tracks.append(found)
    elif isinstance(found, otio.schema.Clip):
        out.tracks.append(otio.schema.Track("V", [found], kind=otio.schema.TrackKind.Video))
    else:
        raise FormatError(f"there is no timeline in this, but a {type(found).__name__}")
    return out, []


def _missing(media: Any) -> Any:
    out = otio.schema.MissingReference(media.name, media.available_range, parts.plain(media.metadata))
    out.metadata[_WHY] = "there was no such file when the bundle was made"
    out.metadata[ORIGINAL] = media.target_url
    return out


def _give_back(clip: Any) -> None:
    media = clip.media_reference
    if not isinstance(media, otio.schema.MissingReference) or not {_WHY, ORIGINAL} <= set(
        media.metadata
    ):
        return
    said = parts.plain(media.metadata)
    del said[_WHY]
    found = otio.schema.ExternalReference(str(said[ORIGINAL]), media.available_range, said)
    found.name = media.name
    clip.media_reference = found


def _free_name(name: str, taken: set[str]) -> str:
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    tried = (name, *(f"{stem}-{count}{suffix}" for count in range(2, len(taken) + 3)))
    return next(each for each in tried if each not in taken)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
