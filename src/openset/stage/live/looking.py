"""Pictures of one moment and the tags in them, looked for ahead of whoever solves for the pose.

Detection leaves the interpreter free, so that it runs beside decoding and solving. What is found does
not depend on who is faster: the same clips give the same tags.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from openset.stage.lens.model import Lens
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateFrame, PlateSource
from openset.stage.markers.detect import Box, TagDetector
from openset.stage.markers.model import SeenTag

WAIT_S = 0.25


@dataclass(frozen=True, eq=False)
class Looked:
    """One moment: each camera's newest picture by then, and the tags a quick look found in it."""

    frames: tuple[PlateFrame, ...]
    tags: tuple[tuple[SeenTag, ...], ...]

    @property
    def time_ns(self) -> int:
        """When the first camera's picture was taken: the moment's own time."""
        return self.frames[0].time_ns

    @property
    def late_s(self) -> list[float]:
        """By how much later each camera's picture was taken."""
        return [(frame.time_ns - self.time_ns) / 1e9 for frame in self.frames]


class _Nearest:
    """The picture of a further camera that was taken nearest to a time."""

    def __init__(self, plate: PlateSource) -> None:
        self._plate = plate
        self._kept: deque[PlateFrame] = deque(maxlen=2)
        self._ended = False

    def at(self, time_ns: int) -> PlateFrame | None:
        """None where nothing has come yet."""
        while not self._ended and (not self._kept or self._kept[-1].time_ns < time_ns):
            live = self._plate.realtime
            try:
                frame = self._plate.queue.get(0.0 if live and self._kept else WAIT_S)
            except PipeClosed:
                self._ended = True
                break
            if frame is None:
                break
            self._kept.append(frame)
        return min(self._kept, key=lambda frame: abs(frame.time_ns - time_ns), default=None)


class Lookout:
    """Takes pictures from running sources and looks for tags in them, a few moments ahead, each through
    its lens.

    The first source gives the moments. A live source is taken at its newest picture: `skipped` counts
    those there was no time for. `ended` says that the first source has.
    """

    def __init__(self, plates: Sequence[PlateSource], lenses: Sequence[Lens]) -> None:
        self._first = plates[0]
        self._others = [_Nearest(plate) for plate in plates[1:]]
        cores = os.cpu_count() or 2
        # A live picture is looked at by all cores at once, for its age; clips by each core for itself.
        self._threads = max(1, cores // len(plates)) if self._first.realtime else 1
        workers = len(plates) if self._first.realtime else max(2, cores)
        self._ahead = 1 if self._first.realtime else workers + 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="lookout")
        self._own = threading.local()
        self._lenses = tuple(lenses)
        self._closer = [TagDetector(threads=self._threads, lens=lens) for lens in lenses]
        self._waiting: deque[tuple[tuple[PlateFrame, ...], list[Future[tuple[SeenTag, ...]]]]] = deque()
        self._over = False
        self.skipped = 0

    @property
    def ended(self) -> bool:
        """No more moments will come."""
        return self._over and not self._waiting

    def next(self) -> Looked | None:
        """The next moment; None where none came for a while, or all is over."""
        while not self._over and len(self._waiting) < self._ahead:
            frames = self._moment()
            if frames is None:
                break
            found = [self._pool.submit(self._quick, *each) for each in enumerate(frames)]
            self._waiting.append((frames, found))
        if not self._waiting:
            return None
        frames, found = self._waiting.popleft()
        return Looked(frames, tuple(each.result() for each in found))

    def closer(self, camera: int, frame: PlateFrame, boxes: Sequence[Box]) -> tuple[SeenTag, ...]:
        """The tags in pieces of a camera's picture, at full size."""
        return self._closer[camera].detect_in(frame.picture.y, boxes)

    def whole(self, camera: int, frame: PlateFrame) -> tuple[SeenTag, ...]:
        """The tags in a camera's whole picture, at full size."""
        return self._closer[camera].detect_full(frame.picture.y)

    def close(self) -> None:
        """No more is looked for."""
        self._over = True
        self._waiting.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _quick(self, camera: int, frame: PlateFrame) -> tuple[SeenTag, ...]:
        """A quick look by the detector of this thread for this camera."""
        detectors: dict[int, TagDetector] = self._own.__dict__.setdefault("detectors", {})
        if camera not in detectors:
            detectors[camera] = TagDetector(threads=self._threads, lens=self._lenses[camera])
        return detectors[camera].detect(frame.picture.y)

    def _moment(self) -> tuple[PlateFrame, ...] | None:
        try:
            frame = self._first.queue.get(WAIT_S)
            while self._first.realtime and frame is not None and len(self._first.queue):
                self.skipped += 1
                frame = self._first.queue.get(0.0)
        except PipeClosed:
            self._over = True
            return None
        if frame is None:
            return None
        others = [other.at(frame.time_ns) for other in self._others]
        if any(each is None for each in others):
            return None
        return (frame, *[each for each in others if each is not None])
