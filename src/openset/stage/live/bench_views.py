"""Kept views of the board on disk, so that a calibration goes on where it was left: each is the picture
as PNG and what was found in it as JSON, written when it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from openset.primitives.errors import NotWritable
from openset.primitives.image import U8Plane
from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.prints.model import Board
from openset.store.files import make_folder, write_atomic

MOST_VIEWS = 200
_MOST_BYTES = 1 << 20


class KeptViews:
    """The views of one board, seen in pictures of one size. Others in the same folder stay as they are
    and do not count."""

    def __init__(self, folder: Path, board: Board, width_px: int, height_px: int) -> None:
        self.folder = folder
        self._mark = {"board": str(board), "width_px": width_px, "height_px": height_px}
        self._corners = board.columns * board.rows
        make_folder(folder)

    def next_name(self) -> str:
        """A name no view in the folder has."""
        taken = [int(path.stem[5:]) for path in self.folder.glob("view-*.*") if path.stem[5:].isdigit()]
        return f"view-{max(taken, default=0) + 1:03d}"

    def read(self) -> list[View]:
        """The views that are whole and of this board and size, in the order they were kept."""
        found = (self._view(path) for path in sorted(self.folder.glob("view-*.json"))[:MOST_VIEWS])
        return [view for view in found if view is not None]

    def others(self) -> int:
        """How many views of another board or size lie here."""
        return len(list(self.folder.glob("view-*.json"))) - len(self.read())

    def write(self, view: View, luma: U8Plane) -> None:
        """Keep one view; its JSON comes last, so half a view is none. Raises DiskFull, NotWritable."""
        good, data = cv2.imencode(".png", luma)
        if not good:
            raise NotWritable("the picture cannot be kept as PNG", where=str(self.folder))
        write_atomic(self.folder / f"{view.name}.png", bytes(data))
        said = {
            **self._mark,
            "blur_px": round(view.blur_px, 3),
            "index": view.seen.index.tolist(),
            "corners_px": np.round(view.seen.corners_px, 4).tolist(),
        }
        write_atomic(self.folder / f"{view.name}.json", json.dumps(said).encode())

    def remove(self, name: str) -> None:
        """Forget one view."""
        for suffix in (".json", ".png"):
            (self.folder / f"{name}{suffix}").unlink(missing_ok=True)

    def _view(self, path: Path) -> View | None:
        try:
            with path.open("rb") as stream:
                said = json.loads(stream.read(_MOST_BYTES))
            if {name: said[name] for name in self._mark} != self._mark:
                return None
            index = np.asarray(said["index"], dtype=np.intp)
            corners = np.asarray(said["corners_px"], dtype=np.float64)
            blur = float(said["blur_px"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return None
        whole = index.ndim == 1 and corners.shape == (len(index), 2) and len(set(index.tolist())) > 3
        if not whole or len(set(index.tolist())) != len(index):
            return None
        known = bool(((index >= 0) & (index < self._corners)).all())
        if not (known and np.isfinite(corners).all() and np.isfinite(blur)):
            return None
        return View(path.stem, SeenBoard(index, corners), blur)
