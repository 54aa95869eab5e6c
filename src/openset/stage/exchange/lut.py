"""Cube LUTs as files."""

from __future__ import annotations

from pathlib import Path

from openset.formats import cube
from openset.formats.text_file import MOST_BYTES
from openset.stage.exchange.model import Options, Read
from openset.stage.exchange.whole_file import contents


def read(path: Path, options: Options) -> Read:
    """The LUT as a `Cube`. Raises FormatError with the line."""
    found = cube.read(contents(path, MOST_BYTES))
    return Read(found, unheld=tuple(each for each in found.comments if each.endswith("VIDEO_RANGE")))


def write(value: cube.Cube, path: Path, options: Options) -> None:
    """Write the LUT in Adobe's dialect; with a shaper before the cube, in Resolve's."""
    path.write_bytes(cube.write(value))
