"""Pictures of one moment, and the tags in them.

A source decodes on a thread of its own while the moment before is looked at. What is found does not
depend on who is faster: the same clips give the same tags.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from openset.primitives.image import U8Plane
from openset.stage.lens.model import Lens
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.model import SeenTag
from openset.stage.markers.pieces import Box

WAIT_S = 0.25
FARTHEST_S = 0.1
"""A further camera's picture that was taken so long before or after says nothing of the moment: that
camera stopped, ended or is much slower."""
LEAST_EXPECTED = 2
"""With fewer tags to be expected the whole picture is looked at."""
ENOUGH = 0.6
"""The part of the expected tags that must be found, or the whole picture is looked at."""
SWEEP = 15
"""Every so many pictures the whole one is looked at, for what nobody expects."""
CLOSELY = 5
"""While few tags are found, every so many pictures are looked at closely, which takes three times as
long."""
GIVE_UP = 3
"""A tag that is looked for so often in vain is covered: it is not looked for until the next sweep."""


@dataclass(frozen=True, eq=False)
class Taken:
    """One moment: the first camera's picture, and of each other the one taken nearest to it; None where
    none was taken near."""

    first: PlateFrame
    others: tuple[PlateFrame | None, ...] = ()

    @property
    def frames(self) -> tuple[PlateFrame | None, ...]:
        """Each camera's picture."""
        return (self.first, *self.others)

    @property
    def time_ns(self) -> int:
        """When the first camera's picture was taken: the moment's own time."""
        return self.first.time_ns

    @property
    def late_s(self) -> list[float]:
        """By how much later each camera's picture was taken; 0 where there is none."""
        return [(frame.time_ns - self.time_ns) / 1e9 if frame else 0.0 for frame in self.frames]


class _Nearest:
    """The picture of a further camera that was taken nearest to a time."""

    def __init__(self, plate: PlateSource) -> None:
        self._plate = plate
        self._kept: deque[PlateFrame] = deque(maxlen=2)
        self._ended = False

    def at(self, time_ns: int) -> PlateFrame | None:
        """None where none was taken near it. A live camera is not waited for."""
        live = self._plate.realtime
        while not self._ended and (not self._kept or self._kept[-1].time_ns < time_ns):
            try:
                frame = self._plate.queue.get(0.0 if live else WAIT_S)
            except PipeClosed:
                self._ended = True
                break
            if frame is not None:
                self._kept.append(frame)
            elif live:
                break
        near = [frame for frame in self._kept if abs(frame.time_ns - time_ns) <= FARTHEST_S * 1e9]
        return min(near, key=lambda frame: abs(frame.time_ns - time_ns), default=None)


class Moments:
    """Takes moments from running sources. The first gives their times; a live source is taken at its
    newest picture. `ended` says that the first has."""

    def __init__(self, plates: Sequence[PlateSource]) -> None:
        self._first = plates[0]
        self._others = [_Nearest(plate) for plate in plates[1:]]
        self._passed_over = 0
        self.ended = False

    @property
    def skipped(self) -> int:
        """Pictures of the first camera there was no time for."""
        return self._passed_over + self._first.dropped

    def next(self) -> Taken | None:
        """The next moment; None where none came for a while, or all is over."""
        try:
            frame = self._first.queue.get(WAIT_S)
            while self._first.realtime and frame is not None and len(self._first.queue):
                self._passed_over += 1
                frame = self._first.queue.get(0.0)
        except PipeClosed:
            self.ended = True
            return None
        if frame is None:
            return None
        return Taken(frame, tuple(other.at(frame.time_ns) for other in self._others))


class Looker:
    """Finds one camera's tags: where they are expected, or all over the picture."""

    def __init__(self, lens: Lens) -> None:
        self._detector = TagDetector(lens=lens)
        self._misses: dict[int, int] = {}
        self._since_sweep = 0
        self._poor = 0

    @property
    def given_up(self) -> Collection[int]:
        """The ids that were looked for in vain."""
        return [number for number, count in self._misses.items() if count >= GIVE_UP]

    def look(self, luma: U8Plane, expected: Mapping[int, Box]) -> tuple[SeenTag, ...]:
        """The tags in a picture (h, w). Where tags are `expected` their pieces are looked at at full
        size; the whole picture where there are none, where too few are found, and now and then."""
        near = self._detector.detect_in(luma, expected.values()) if expected else ()
        found = {tag.id for tag in near}
        for number in expected:
            self._misses[number] = 0 if number in found else self._misses.get(number, 0) + 1
        hit = sum(number in found for number in expected)
        self._since_sweep += 1
        enough = len(expected) >= LEAST_EXPECTED and hit >= max(LEAST_EXPECTED, ENOUGH * len(expected))
        if enough and self._since_sweep < SWEEP:
            self._poor = 0
            return near
        self._since_sweep = 0
        self._misses.clear()
        self._poor = 0 if enough else self._poor + 1
        return _joined(near, self._whole(luma, enough))

    def _whole(self, luma: U8Plane, enough: bool) -> tuple[SeenTag, ...]:
        # Mapped tags are looked for in light where they must be; what else there is shows in codes.
        quick = self._detector.detect(luma, least=0) if enough else self._detector.detect(luma)
        if self._poor % CLOSELY == 1 and len(quick) < LEAST_EXPECTED:
            return self._detector.detect_full(luma)
        return quick


def _joined(near: Sequence[SeenTag], far: Sequence[SeenTag]) -> tuple[SeenTag, ...]:
    """The tags of both looks; of one that both found, the closer look's."""
    out = list(near)
    for tag in far:
        middle = tag.corners_px.mean(axis=0)
        same = [each for each in near if each.id == tag.id]
        if all(float(abs(each.corners_px.mean(axis=0) - middle).max()) > 3.0 for each in same):
            out.append(tag)
    return tuple(sorted(out, key=lambda tag: tag.id))
