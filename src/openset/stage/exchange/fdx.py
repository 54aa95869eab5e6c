"""Final Draft scripts in and out, by way of the same `Script` as Fountain.

Not held, and named when a file has them: revision marks and colours, page and scene lengths, cast and
breakdown tags, display settings, headers and footers, omitted scenes, an author and date of a note.
"""

from __future__ import annotations

from pathlib import Path

from openset.formats import fdx, fdx_write
from openset.formats.fountain_model import Script
from openset.stage.exchange.fountain import script_bytes, slate_faults
from openset.stage.exchange.model import MOST_FAULTS, Options, Read


def read(path: Path, options: Options) -> Read:
    """A script, and what the file says beyond it. Raises FormatError."""
    found = fdx.read(script_bytes(path))
    faults = (*found.faults, *slate_faults(found.script))
    return Read(found.script, found.skipped, faults[:MOST_FAULTS], found.unheld)


def write(value: Script, path: Path, options: Options) -> None:
    """The script as a Final Draft file."""
    path.write_bytes(fdx_write.write(value))
