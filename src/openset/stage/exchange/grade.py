"""Colour decisions as files: .cc, .ccc and .cdl both ways, and ACES metadata files out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

from openset.formats import amf, cdl
from openset.primitives.errors import BadInput
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents

KEEPS = ("id", "slope", "offset", "power", "saturation", "descriptions", "media")
"""What an ACES metadata file says of a correction; it is written only."""


def read(path: Path, options: Options) -> Read:
    """The corrections of a .cc, .ccc or .cdl as a tuple. Raises FormatError."""
    grades = cdl.read(contents(path))
    return Read(grades.corrections, len(grades.faults), grades.faults[:MOST_FAULTS], grades.unheld)


def write(value: tuple[cdl.Correction, ...], path: Path, options: Options) -> None:
    """Write corrections in the format of `options`. A .cc holds the one that `options.frame` counts to.

    Raises BadInput where there is no such correction, or several for the one clip of an ACES metadata
    file; FormatError where the format cannot hold one.
    """
    if options.format == "amf":
        if len(value) != 1:
            raise BadInput(
                f"an ACES metadata file is about one clip, and there are {len(value)} corrections",
                todo="Take one of them first: convert to .cc, with --frame for its number",
            )
        path.write_bytes(amf.write(_pipeline(value[0], options)))
        return
    if options.format == "cc":
        if not 0 <= options.frame < len(value):
            raise BadInput(f"there are {len(value)} corrections, no number {options.frame}")
        path.write_bytes(cdl.write(value[options.frame : options.frame + 1], "cc"))
        return
    path.write_bytes(cdl.write(value, "cdl" if options.format == "cdl" else "ccc"))


def _pipeline(grade: cdl.Correction, options: Options) -> amf.Pipeline:
    """The correction as the look of the clip it names."""
    clip = options.name or grade.media or grade.id
    return amf.Pipeline(
        (str(uuid.uuid4()), str(uuid.uuid4())),
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: TID251
        clip,
        grade.media,
        grades=(grade,),
    )
