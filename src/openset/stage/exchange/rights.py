"""Rights as files: XMP sidecars, and a [rights] table as production.toml has it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import tomli_w

from openset.formats import xmp
from openset.formats.faults import FormatError
from openset.formats.rights_table import from_table, table
from openset.formats.text_file import decoded
from openset.stage.exchange.model import Options, Read
from openset.stage.exchange.whole_file import contents


def read(path: Path, options: Options) -> Read:
    """The rights in an XMP sidecar, or in the [rights] table of a TOML file. Raises FormatError."""
    data = contents(path)
    if options.format == "rights-toml":
        return _from_toml(data)
    found = xmp.read(data)
    return Read(found.rights, unheld=found.unheld)


def write(value: xmp.Rights, path: Path, options: Options) -> None:
    """Write the rights as an XMP sidecar or as TOML. Raises FormatError where they say nothing."""
    if options.format == "rights-toml":
        path.write_text(tomli_w.dumps({"rights": table(value)}), encoding="utf-8", newline="\n")
    else:
        path.write_bytes(xmp.write(value))


def _from_toml(data: bytes) -> Read:
    try:
        document = tomllib.loads(decoded(data))
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"this is not TOML: {error}") from error
    except RecursionError as error:
        raise FormatError("this TOML is nested too deep") from error
    found = document.get("rights")
    if not isinstance(found, dict) or not found:
        raise FormatError("there is no table [rights], or nothing in it")
    rights, unheld = from_table(found)
    if rights == xmp.Rights():
        raise FormatError("the table [rights] says nothing that is known")
    return Read(rights, unheld=unheld)
