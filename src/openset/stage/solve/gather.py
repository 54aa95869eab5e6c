"""The sightings of a take, picture by picture: corners of tags, and natural ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.bow import unbowed
from openset.stage.markers.detect import TagDetector, twice_seen
from openset.stage.markers.model import PlacedTag
from openset.stage.solve.features import Follower
from openset.stage.solve.model import I64, Marks, Sightings

LOOK_FOR_TAGS_EVERY = 10
"""Where no map is given and no tag was seen so far, only every tenth picture is searched."""
HELD_OUT_OF = 10
"""One mark, or one sighting of a tag, in so many is kept out to judge the solve by."""
UNSURE_CORNER_M = 5e-4


@dataclass(eq=False)
class Gatherer:
    """Feed it the pictures of a take in order, then ask for `sightings` and `marks`."""

    width_px: int
    height_px: int
    known: Mapping[int, PlacedTag] = field(default_factory=dict)
    look_for_tags: bool = True
    tags_seen: dict[int, int] = field(default_factory=dict)
    _follower: Follower = field(init=False)
    _detector: TagDetector = field(default_factory=TagDetector)
    _rows: list[tuple[int, I64, F64]] = field(default_factory=list)
    _tags: list[tuple[int, int, F64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._follower = Follower(self.width_px, self.height_px)

    def add(self, frame: int, luma: U8Plane, lens: Lens | None = None) -> None:
        """The picture (h, w) of a frame; through its `lens` a tag's corners lie where the tag's are,
        without one where straight lines through its bowed edges cross."""
        numbers, pixels = self._follower.add(luma)
        self._rows.append((frame, numbers, pixels))
        if not self.look_for_tags:
            return
        if not self.known and not self.tags_seen and frame % LOOK_FOR_TAGS_EVERY:
            return
        seen = self._detector.detect(luma)
        double = twice_seen(seen)
        for tag in seen if lens is None else unbowed(seen, lens):
            if tag.id not in double:
                self._tags.append((frame, tag.id, tag.corners_px))
                self.tags_seen[tag.id] = self.tags_seen.get(tag.id, 0) + 1

    def cut(self) -> None:
        """The next picture does not follow the last one: time has jumped."""
        self._follower.restart()

    def result(self) -> tuple[Sightings, Marks]:
        """All sightings, and the marks: four to a tag, in the order of ids, then the natural ones."""
        ids = sorted(self.tags_seen)
        first = {tag: 4 * place for place, tag in enumerate(ids)}
        natural = 4 * len(ids)
        frames, marks, pixels, held = [], [], [], []
        turn: dict[int, int] = {}
        for frame, tag, corners in self._tags:
            turn[tag] = turn.get(tag, 3 * tag) + 1
            frames.append(np.full(4, frame))
            marks.append(first[tag] + np.arange(4))
            pixels.append(corners)
            held.append(np.full(4, turn[tag] % HELD_OUT_OF == 0))
        for frame, numbers, places in self._rows:
            frames.append(np.full(len(numbers), frame))
            marks.append(natural + numbers)
            pixels.append(places)
            held.append(numbers % HELD_OUT_OF == 0)
        sightings = Sightings(
            np.concatenate([*frames, np.zeros(0, np.int64)]).astype(np.int64),
            np.concatenate([*marks, np.zeros(0, np.int64)]).astype(np.int64),
            np.concatenate([*pixels, np.zeros((0, 2))]),
            np.concatenate([*held, np.zeros(0, bool)]),
        )
        count = max(natural, int(sightings.mark.max(initial=-1)) + 1)
        return sightings, self._marks(ids, count)

    def _marks(self, ids: list[int], count: int) -> Marks:
        known, sd = np.full((count, 3), np.nan), np.full(count, UNSURE_CORNER_M)
        tag = np.full(count, -1, np.int64)
        for place, each in enumerate(ids):
            own = slice(4 * place, 4 * place + 4)
            tag[own] = each
            placed = self.known.get(each)
            if placed is not None:
                known[own] = placed.corners_m
                if placed.covariance is not None:
                    spread = float(np.sqrt(np.trace(placed.covariance[:3, :3]) / 3))
                    sd[own] = np.clip(spread, 1e-4, 0.01)
        return Marks(known, sd, tag)
