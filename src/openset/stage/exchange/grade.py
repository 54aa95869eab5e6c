"""Colour decisions as files: .cc, .ccc and .cdl both ways, and ACES metadata files out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

from openset.formats import amf, cdl
from openset.primitives.errors import BadInput
from openset.stage.exchange.model import MOST_FAULTS, Options, Read


def read(path: Path, options: Options) -> Read:
    """The corrections of a .cc, .ccc or .cdl as a tuple. Raises FormatError."""
    grades = cdl.read(path.read_bytes())
    return Read(grades.corrections, len(grades.faults), grades.faults[:MOST_FAULTS], grades.unheld)


def write(value: tuple[cdl.Correction, ...], path: Path, options: Options) -> None:
    """Write corrections in the format of `options`. A .cc holds the one that `options.frame` counts to.

    Raises BadInput where there is no such correction, FormatError where the format cannot hold one.
    """
    if options.format == "amf":
        path.write_bytes(amf.write(_pipeline(value, options)))
        return
    if options.format == "cc":
        if not 0 <= options.frame < len(value):
            raise BadInput(f"there are {len(value)} corrections, no number {options.frame}")
        path.write_bytes(cdl.write(value[options.frame : options.frame + 1], "cc"))
        return
    path.write_bytes(cdl.write(value, "cdl" if options.format == "cdl" else "ccc"))


def _pipeline(value: tuple[cdl.Correction, ...], options: Options) -> amf.Pipeline:
    """The corrections one after another as looks of a clip, the one they name if they do."""
    media = next((each.media for each in value if each.media), "")
    clip = options.name or media or next((each.id for each in value if each.id), "")
    return amf.Pipeline(
        (str(uuid.uuid4()), str(uuid.uuid4())),
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: TID251
        clip,
        media,
        grades=value,
    )
