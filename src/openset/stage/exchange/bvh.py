"""BVH motion in and out. The file says no unit: what is taken for one is told among the faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.formats import bvh, bvh_write
from openset.formats.bvh_model import UNITS_M, Motion
from openset.formats.text_file import MOST_BYTES
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents


def read(path: Path, options: Options) -> Read:
    """A skeleton's motion. Raises FormatError."""
    found = bvh.read(contents(path, MOST_BYTES))
    motion = replace(found.motion, name=options.name)
    unit = next(name for name, metres in UNITS_M.items() if metres == motion.unit_m)
    told = f"the file says no unit: by the skeleton's height it is in {unit}"
    return Read(motion, found.skipped, (*found.faults, told)[-MOST_FAULTS:])


def write(value: Motion, path: Path, options: Options) -> None:
    """The motion as text, to a millionth of its unit and of a degree."""
    path.write_text(bvh_write.write(value), "utf-8")
