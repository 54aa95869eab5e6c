"""What the bench has worked out and nobody has put in use yet, on disk: it is offered again after a
power cut, or when the camera is opened the next day.

camera/<name>-new.json: {"said": what the page shows of it, "made": the text of the file it becomes}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openset.store.files import write_atomic, writing

_MOST_BYTES = 32 << 20


@dataclass(frozen=True)
class Draft:
    """A result: `said` is what a page shows of it, `made` the text of the file it becomes."""

    said: dict[str, Any]
    made: str


class DraftFile:
    """The draft of one step, and the drawing that goes with it: camera/<name>-new.svg, and
    camera/<name>.svg once it is in use."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}-new.json"
        self._drawn, self._in_use = folder / f"{name}-new.svg", folder / f"{name}.svg"

    def read(self) -> Draft | None:
        """The draft that lies there; None without one, or where it cannot be read."""
        try:
            with self.path.open("rb") as stream:
                found = json.loads(stream.read(_MOST_BYTES))
            said, made = found["said"], found["made"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return Draft(said, made) if isinstance(said, dict) and isinstance(made, str) else None

    def write(self, draft: Draft) -> None:
        """Keep a draft in place of the one before. Raises DiskFull, NotWritable."""
        write_atomic(self.path, json.dumps({"said": draft.said, "made": draft.made}).encode())

    def draw(self, svg: str) -> None:
        """Keep the drawing of what is being worked out. Raises DiskFull, NotWritable."""
        write_atomic(self._drawn, svg.encode())

    def settle(self) -> None:
        """It went into use: its drawing takes the place of the one before, and the draft goes. Raises
        DiskFull, NotWritable."""
        if self._drawn.is_file():
            write_atomic(self._in_use, self._drawn.read_bytes())
        self.drop()

    def drop(self) -> None:
        """Take the draft away: it went into use, or is worked out anew. Raises NotWritable."""
        with writing(self.path):
            self.path.unlink(missing_ok=True)


def put_in_use(path: Path, made: str) -> None:
    """Write a file in place of the one before, which stays beside it as <name>.before.json. Raises
    DiskFull, NotWritable."""
    if path.is_file():
        with writing(path):
            before = path.read_bytes()
        write_atomic(path.with_name(f"{path.stem}.before{path.suffix}"), before)
    write_atomic(path, made.encode())
