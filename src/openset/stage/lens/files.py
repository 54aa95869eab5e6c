"""Lens files on disk, and ST maps as Nuke's STMap, Resolve and Blender read them.

A lens file is Openset's own (stage/lens/lens_file.py), read whole or refused by name. An ST map is
OpenEXR, 32-bit float (half would be half a pixel coarse at 1920): R = x / w, G = 1 - y / h with x,
y counted from the top-left corner of the picture looked up, which is x and y from its bottom left
over its size; the centre of the first pixel is half a pixel in. B is 0.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

import numpy as np
import OpenEXR

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput, DiskFull, NotWritable
from openset.stage.lens.lens_file import json_from_lens_file, lens_file_from_json
from openset.stage.lens.measured import LensFile
from openset.stage.lens.stmap import F32Map
from openset.store.files import read_small, write_atomic

_MOST_BYTES = 16 << 20


def read_lens(path: Path) -> LensFile:
    """Openset's own lens file. Raises BadInput naming the file, and the place in it, where there is
    none."""
    data = read_small(path, _MOST_BYTES, "lens file", "Make one with openset calibrate lens")
    try:
        return lens_file_from_json(data)
    except FormatError as error:
        raise error.in_file(path, "Give a file that openset calibrate lens wrote") from error


def write_lens(path: Path, file: LensFile) -> Path:
    """Write the lens file whole, in place of what stood there. Raises DiskFull, NotWritable."""
    write_atomic(path, json_from_lens_file(file))
    return path


def write_st_map(path: Path, st_map: F32Map) -> Path:
    """Write a map (h, w, 2) of top-left coordinates as an EXR; NotWritable or DiskFull if it cannot
    be."""
    picture = np.zeros((*st_map.shape[:2], 3), np.float32)
    picture[..., 0] = st_map[..., 0]
    picture[..., 1] = 1.0 - st_map[..., 1]
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch()
        OpenEXR.File(header, {"RGB": picture}).write(str(part))
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    except RuntimeError as error:  # the library's word for a write that failed half-way
        part.unlink(missing_ok=True)
        raise DiskFull(
            "the ST map could not be written whole", where=str(path), todo="Free some space"
        ) from error
    return path


def _unwritable(path: Path, error: OSError) -> DiskFull | NotWritable:
    if error.errno == errno.ENOSPC:
        return DiskFull("no space left for the ST map", where=str(path), todo="Free some space")
    return NotWritable(
        f"the ST map cannot be written ({error.strerror})",
        where=str(path),
        todo="Choose another folder",
    )


def read_st_map(path: Path) -> F32Map:
    """A map as written above, or another program's, back to top-left coordinates; BadInput if it is
    none."""
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            channels = {
                name: np.asarray(channel.pixels, np.float32)
                for name, channel in file.channels().items()
            }
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(
            "this is not a readable EXR", where=str(path), todo="Write the ST map again"
        ) from error
    if "R" not in channels or "G" not in channels:
        raise BadInput("an ST map needs the channels R and G", where=str(path))
    return np.ascontiguousarray(np.stack([channels["R"], 1.0 - channels["G"]], axis=-1))
