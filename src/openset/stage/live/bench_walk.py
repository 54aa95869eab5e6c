"""The walk around the tags on disk: a line of JSON for each picture that was kept, so that a walk goes
on where it was left. A half-written last line is no picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from openset.primitives.image import U8Plane
from openset.stage.live.walk import sharpness
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag
from openset.store.files import writing

MOST_PICTURES = 150
WINDOW = 6
"""Of so many pictures the sharpest is looked at."""
_MIRROR_EVERY = 4
_MOST_BYTES = 64 << 20
Seen = tuple[SeenTag, ...]


class WalkLog:
    """What was seen on the walk, in pictures of one size."""

    def __init__(self, path: Path, width_px: int, height_px: int) -> None:
        self.path, self._size = path, [width_px, height_px]
        self.frames: list[Seen] = self._read()
        self.mirrored: set[int] = set()
        self._best: tuple[float, U8Plane] | None = None
        self._count = self._looked = 0

    @property
    def counts(self) -> dict[int, int]:
        """In how many pictures each tag was seen."""
        out: dict[int, int] = {}
        for frame in self.frames:
            for tag in frame:
                out[tag.id] = out.get(tag.id, 0) + 1
        return out

    def offer(self, luma: U8Plane, detector: TagDetector) -> None:
        """A picture of the walk: the sharpest of a few is looked at closely and kept. Raises DiskFull,
        NotWritable."""
        if len(self.frames) >= MOST_PICTURES:
            return
        sharp = sharpness(luma)
        if self._best is None or sharp > self._best[0]:
            self._best = (sharp, luma)
        self._count += 1
        if self._count % WINDOW == 0:
            best, self._best = self._best[1], None
            self._keep(best, detector)

    def again(self) -> None:
        """Begin the walk anew; the old one stays beside it until the next time."""
        if self.path.exists():
            with writing(self.path):
                self.path.replace(self.path.with_name("walk.before.jsonl"))
        self.frames, self.mirrored, self._best = [], set(), None

    def _keep(self, luma: U8Plane, detector: TagDetector) -> None:
        seen = detector.detect_full(luma)
        self._looked += 1
        if self._looked % _MIRROR_EVERY == 0 or not seen:
            flipped = detector.detect_full(np.ascontiguousarray(luma[:, ::-1]))
            self.mirrored |= {tag.id for tag in flipped}
        self.mirrored -= {tag.id for tag in seen}
        if len(seen) < 2:
            return  # one tag alone ties nothing together
        self.frames.append(seen)
        line = json.dumps({"size": self._size, "tags": [_line(tag) for tag in seen]})
        with writing(self.path), self.path.open("a", encoding="utf-8") as sink:
            sink.write(line + "\n")

    def _read(self) -> list[Seen]:
        try:
            with self.path.open("rb") as stream:
                lines = stream.read(_MOST_BYTES).splitlines()
        except OSError:
            return []
        found = (_frame(line, self._size) for line in lines[-MOST_PICTURES:])
        return [frame for frame in found if frame]


def _line(tag: SeenTag) -> list[Any]:
    corners = np.round(tag.corners_px, 4).tolist()
    return [tag.id, tag.mended_bits, round(tag.margin, 1), corners]


def _frame(line: bytes, size: list[int]) -> Seen:
    try:
        said = json.loads(line)
        if said["size"] != size:
            return ()
        tags = []
        for number, mended, margin, corners in said["tags"]:
            places = np.asarray(corners, dtype=np.float64)
            if places.shape != (4, 2) or not np.isfinite(places).all():
                return ()
            tags.append(SeenTag(int(number), places, int(mended), float(margin)))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return ()
    return tuple(tags)
