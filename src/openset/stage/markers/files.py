"""Tag maps on disk: read whole or refused by name, written so that nothing is found half done."""

from __future__ import annotations

from pathlib import Path

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.stage.markers.map_file import json_from_map, map_from_json
from openset.stage.markers.model import TagMap
from openset.store.files import write_atomic

_MOST_BYTES = 4 << 20


def read_map(path: Path) -> TagMap:
    """The tag map in a file. Raises BadInput naming the file, and the place in it, where there is
    none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise BadInput(
            "no such tag map", where=str(path), todo="Make one with openset calibrate tags"
        ) from error
    except OSError as error:
        raise BadInput(f"the tag map cannot be read ({error.strerror})", where=str(path)) from error
    try:
        if len(data) > _MOST_BYTES:
            raise FormatError("this is larger than any tag map")
        return map_from_json(data)
    except FormatError as error:
        raise BadInput(
            error.trouble,
            where=f"{path}, {error.at}" if error.at else str(path),
            todo="Give a map that openset calibrate tags wrote",
        ) from error


def write_map(path: Path, tag_map: TagMap) -> Path:
    """Write the map whole, in place of what stood there. Raises DiskFull, NotWritable."""
    write_atomic(path, json_from_map(tag_map))
    return path
