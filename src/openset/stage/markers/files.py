"""Tag maps on disk: read whole or refused by name, written so that nothing is found half done."""

from __future__ import annotations

from pathlib import Path

from openset.formats.faults import FormatError
from openset.stage.markers.map_file import json_from_map, map_from_json
from openset.stage.markers.model import TagMap
from openset.stage.markers.verdict import unusable
from openset.store.files import read_small, write_atomic

_MOST_BYTES = 4 << 20


def read_map(path: Path) -> TagMap:
    """The tag map in a file. Raises BadInput naming the file, and the place in it, where there is
    none."""
    data = read_small(path, _MOST_BYTES, "tag map", "Make one with openset calibrate tags")
    try:
        return map_from_json(data)
    except FormatError as error:
        raise error.in_file(path, "Give a map that openset calibrate tags wrote") from error


def read_good_map(path: Path) -> TagMap:
    """The same, for whatever places a camera by it. Raises VerifyFailed as well for a map that did not
    hold when it was made."""
    found = read_map(path)
    if trouble := unusable(found, path):
        raise trouble
    return found


def write_map(path: Path, tag_map: TagMap) -> Path:
    """Write the map whole, in place of what stood there. Raises DiskFull, NotWritable."""
    write_atomic(path, json_from_map(tag_map))
    return path
