"""What a delivery is: the names of its files, and what making one gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openset.primitives.ids import TakeId

PASSPORT_FILE = "passport.json"
PAGE_FILE = "passport.html"
TAKES_FOLDER = "takes"
SETS_FOLDER = "sets"


@dataclass(frozen=True)
class Delivery:
    """A delivery on disk: where it lies, its takes in scene order, and its size, seal included."""

    folder: Path
    takes: tuple[TakeId, ...]
    file_count: int
    byte_count: int
