"""The last seconds of the track, and the pose for any moment in them.

Never filtered and never extrapolated: low-passing or predicting a pose makes the set swim against the
picture (measured: 2 to 14 px), so the picture is held back until its own pose has arrived instead.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Literal

from openset.primitives.space import Pose, interpolate
from openset.primitives.time import ns_from_s, s_from_ns
from openset.stage.tracking.samples import LensReport, TrackSample, between

State = Literal["tracked", "held", "none"]


@dataclass(frozen=True)
class Found:
    """The pose for a moment.

    `state` is "tracked" (between two samples, or no more than the allowed hold from one), "held" (the
    track has stopped: the last pose stands still) or "none". `age_s` is how much older the pose is than
    the moment asked for: 0 between samples, negative where the track begins only later.
    """

    pose: Pose | None
    lens: LensReport | None
    age_s: float
    state: State


NOTHING = Found(None, None, math.inf, "none")


class TrackBuffer:
    """Samples of one tracker in order of their time; not locked, the engine's loop owns it.

    `capacity_s` may be math.inf, for a track that comes whole from a file.
    """

    def __init__(self, capacity_s: float = 30.0) -> None:
        self._capacity_ns = None if math.isinf(capacity_s) else ns_from_s(capacity_s)
        self._times: list[int] = []
        self._samples: list[TrackSample] = []

    def __len__(self) -> int:
        return len(self._times)

    @property
    def newest_time_ns(self) -> int | None:
        """The time of the newest sample; None while nothing has arrived."""
        return self._times[-1] if self._times else None

    @property
    def oldest_time_ns(self) -> int | None:
        """The time of the oldest sample still kept."""
        return self._times[0] if self._times else None

    def add(self, sample: TrackSample) -> None:
        """Take a sample in, in any order. One of the same time replaces the earlier word; one older
        than the capacity is dropped."""
        time_ns, newest = sample.time_ns, self.newest_time_ns
        if newest is None or time_ns > newest:
            self._times.append(time_ns)
            self._samples.append(sample)
            self._forget()
            return
        if self._capacity_ns is not None and time_ns < newest - self._capacity_ns:
            return
        index = bisect_left(self._times, time_ns)
        if self._times[index] == time_ns:
            self._samples[index] = sample
        else:
            self._times.insert(index, time_ns)
            self._samples.insert(index, sample)

    def _forget(self) -> None:
        if self._capacity_ns is None:
            return
        expired = bisect_left(self._times, self._times[-1] - self._capacity_ns)
        if expired:
            del self._times[:expired], self._samples[:expired]

    def samples(self) -> list[TrackSample]:
        """What is kept, oldest first."""
        return list(self._samples)

    def at(self, time_ns: int, hold_after_s: float = 0.4) -> Found:
        """The pose and lens at `time_ns`: linear and slerp between the neighbours.

        Past the newest sample, and inside a gap wider than `hold_after_s`, the last pose before it is
        held; it counts as held once it is more than `hold_after_s` old. Before the first sample
        that one is held for as long, then there is none.
        """
        if not self._times:
            return NOTHING
        after = bisect_right(self._times, time_ns)
        if after == 0:
            early_s = s_from_ns(self._times[0] - time_ns)
            first = self._samples[0]
            if early_s > hold_after_s:
                return NOTHING
            return Found(first.stage_from_camera, first.lens, -early_s, "held")
        before = self._samples[after - 1]
        age_s = s_from_ns(time_ns - before.time_ns)
        if age_s == 0.0:
            return Found(before.stage_from_camera, before.lens, 0.0, "tracked")
        if after < len(self._samples):
            later = self._samples[after]
            gap_ns = later.time_ns - before.time_ns
            if s_from_ns(gap_ns) <= hold_after_s:
                return _blend(before, later, (time_ns - before.time_ns) / gap_ns)
        state: State = "tracked" if age_s <= hold_after_s else "held"
        return Found(before.stage_from_camera, before.lens, age_s, state)


def _blend(before: TrackSample, later: TrackSample, fraction: float) -> Found:
    pose = interpolate(before.stage_from_camera, later.stage_from_camera, fraction)
    return Found(pose, between(before.lens, later.lens, fraction), 0.0, "tracked")
