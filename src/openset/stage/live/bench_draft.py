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
    """The draft of one step."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}-new.json"

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

    def drop(self) -> None:
        """Take the draft away: it went into use, or is worked out anew. Raises NotWritable."""
        with writing(self.path):
            self.path.unlink(missing_ok=True)
