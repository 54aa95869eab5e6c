"""The track as the loop sees it: one object, live or from a file, with the pose for any moment."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from openset.primitives.space import Pose
from openset.stage.tracking.buffer import Found, TrackBuffer
from openset.stage.tracking.opentrackio import sample_from_track
from openset.stage.tracking.samples import LensReport, TrackSample

HOLD_AFTER_S = 0.4


@dataclass(frozen=True)
class RawSample:
    """A tracker report for the take's record: when it came and what it said (OpenTrackIO JSON)."""

    arrival_ns: int
    time_ns: int
    sample: dict[str, Any]


class LiveTrack:
    """Samples as they arrive from a tracker's thread; the loop may wait for the one it needs."""

    complete = False

    def __init__(self, capacity_s: float = 30.0) -> None:
        self._changed = threading.Condition()
        self._buffer = TrackBuffer(capacity_s)
        self._raw: deque[RawSample] = deque(maxlen=20_000)
        self.samples = 0

    def add(self, sample: TrackSample, raw: dict[str, Any] | None) -> None:
        """A new report; called from the tracker's thread."""
        arrival_ns = time.monotonic_ns()
        with self._changed:
            self._buffer.add(sample)
            self._raw.append(RawSample(arrival_ns, sample.time_ns, raw or sample_from_track(sample)))
            self.samples += 1
            self._changed.notify_all()

    def wait_for(self, time_ns: int, timeout_s: float) -> bool:
        """Wait until a sample at or after `time_ns` has come; False when `timeout_s` passed first."""
        with self._changed:
            return self._changed.wait_for(
                lambda: (self._buffer.newest_time_ns or 0) >= time_ns, timeout_s
            )

    def at(self, time_ns: int) -> Found:
        """The pose at `time_ns` on the engine's clock."""
        with self._changed:
            return self._buffer.at(time_ns, hold_after_s=HOLD_AFTER_S)

    def between(self, start_ns: int, end_ns: int) -> list[TrackSample]:
        """The samples still in memory with start <= time <= end."""
        with self._changed:
            return [s for s in self._buffer.samples() if start_ns <= s.time_ns <= end_ns]

    def drain(self, until_ns: int) -> list[RawSample]:
        """The reports not yet drained, as they came, up to the first that is later than `until_ns`."""
        out = []
        with self._changed:
            while self._raw and self._raw[0].time_ns <= until_ns:
                out.append(self._raw.popleft())
        return out


class FileTrack:
    """A recorded move on the engine's clock, its time 0 at `start_at`; with `period_ns` it starts again
    each period, together with a clip that loops."""

    complete = True

    def __init__(self, samples: list[TrackSample], *, period_ns: int | None = None) -> None:
        self._start_ns, self._period_ns = 0, period_ns
        self._all = sorted(samples, key=lambda s: s.time_ns)
        self._times = [s.time_ns for s in self._all]
        self._buffer = TrackBuffer(capacity_s=math.inf)
        for sample in self._all:
            self._buffer.add(sample)
        self._drained = 0
        self.samples = len(samples)

    def every(self, step: int) -> list[tuple[Pose, LensReport | None]]:
        """Pose and lens of every `step`-th sample of the move, and of its last."""
        picked = [*self._all[::step], self._all[-1]]
        return [(sample.stage_from_camera, sample.lens) for sample in picked]

    def start_at(self, start_ns: int) -> None:
        """Put the move's time 0 at `start_ns`."""
        self._start_ns = start_ns

    def _own_time(self, time_ns: int) -> int:
        own = time_ns - self._start_ns
        return own % self._period_ns if self._period_ns else own

    def wait_for(self, time_ns: int, timeout_s: float) -> bool:
        """A file is always there."""
        return True

    def at(self, time_ns: int) -> Found:
        """The pose at `time_ns` on the engine's clock."""
        return self._buffer.at(self._own_time(time_ns), hold_after_s=HOLD_AFTER_S)

    def between(self, start_ns: int, end_ns: int) -> list[TrackSample]:
        """The samples with start <= time <= end, on the engine's clock, of the first period."""
        first = bisect_right(self._times, start_ns - self._start_ns - 1)
        last = bisect_right(self._times, end_ns - self._start_ns)
        found = self._all[first:last]
        return [replace(each, time_ns=each.time_ns + self._start_ns) for each in found]

    def drain(self, until_ns: int) -> list[RawSample]:
        """The reports between the last call and `until_ns`, stamped on the engine's clock."""
        own = self._own_time(until_ns)
        upto = bisect_right(self._times, own)
        if upto < self._drained:
            self._drained = 0
        shift = until_ns - own
        out = [
            RawSample(sample.time_ns + shift, sample.time_ns + shift, sample_from_track(sample))
            for sample in self._all[self._drained : upto]
        ]
        self._drained = upto
        return out


Track = LiveTrack | FileTrack
