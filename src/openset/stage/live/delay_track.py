"""A recorded track as the delay reads it: one source's samples, in order, as the camera's pupil."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openset.formats import opentrackio
from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, Pose
from openset.primitives.time import NS_PER_S
from openset.stage.live.recorded import open_recording
from openset.stage.record.track import TrackLine
from openset.stage.tracking.buffer import TrackBuffer
from openset.stage.tracking.delay_model import clock
from openset.stage.tracking.opentrackio_reading import sample_from_reading
from openset.stage.tracking.samples import TrackSample

MOST_SAMPLES = 2_000_000
SET_BACK_NS = 100_000_000
_LONGEST_S = 36_000.0
_UNTURNED, _UNMOVED_M, _ENOUGH = 0.999999, 0.005, 5000


def samples_of(
    path: Path, rate: Fraction | None, profile: str, mount: Pose
) -> tuple[list[TrackSample], str]:
    """The samples of the source that sent most, in order of time, as the camera's entrance pupil; and
    what is said of a clock that was set back."""
    counts: Counter[str] = Counter()
    kept: list[tuple[str, TrackSample]] = []
    for report in open_recording(path, rate=rate, profile=profile).entries():
        counts[report.source] += 1
        kept.append((report.source, report.sample))
        if len(kept) > MOST_SAMPLES:
            raise BadInput(
                f"more than {MOST_SAMPLES} samples", where=str(path), todo="Give a shorter track"
            )
    most = counts.most_common(1)[0][0]
    samples = [sample for name, sample in kept if name == most]
    told = _set_back(samples)
    return mounted(sorted(samples, key=lambda sample: sample.time_ns), mount), told


def _set_back(samples: list[TrackSample]) -> str:
    """Where the times of a track, as it was recorded, go back: datagrams overtake each other by
    milliseconds, a clock that is set goes further."""
    times = np.array([sample.time_ns for sample in samples], np.int64)
    back = np.flatnonzero(np.diff(times) < -SET_BACK_NS)
    if not len(back):
        return ""
    here = int(back[0])
    by_s = (times[here] - times[here + 1]) / NS_PER_S
    return f"the tracker's clock was set back by {by_s:.2f} s at {clock(_since(times, here))}"


def _since(times: npt.NDArray[np.int64], here: int) -> float:
    """Seconds from the first sample to one, by the clock before it was set."""
    return float(times[here] - times[0]) / NS_PER_S


def mounted(samples: list[TrackSample], mount: Pose) -> list[TrackSample]:
    """A body's samples as the camera's that sits on it."""
    if mount == IDENTITY:
        return samples
    return [replace(each, stage_from_camera=each.stage_from_camera.after(mount)) for each in samples]


def mount_kept(lines: Sequence[TrackLine], track: Sequence[TrackSample]) -> Pose:
    """How the camera sat on the tracker in the take: its poses beside what the tracker sent."""
    heard = TrackBuffer(capacity_s=_LONGEST_S)
    for each in track[:_ENOUGH]:
        heard.add(each)
    for line in lines:
        body = heard.at(line.time_ns, hold_after_s=0.0)
        if line.state == "tracked" and body.state == "tracked" and body.pose is not None:
            reading = opentrackio.read(line.sample)
            camera = sample_from_reading(reading, line.time_ns, None).stage_from_camera
            mount = body.pose.inverse().after(camera)
            turned = abs(mount.rotation_wxyz[0]) < _UNTURNED
            return mount if turned or np.abs(mount.position_m).max() > _UNMOVED_M else IDENTITY
    return IDENTITY
