"""A camera move: between OpenTrackIO samples and the poses, lenses and timecodes adapters work with."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from openset.formats.opentrackio import OpenTrackIOError, Reading, Sample, read, write
from openset.primitives.space import IDENTITY, Pose
from openset.primitives.time import NS_PER_S, Timecode, frame_time_ns
from openset.stage.exchange.model import CameraMove
from openset.stage.tracking.opentrackio import (
    lens_of_reading,
    reading_from_sample,
    sample_from_reading,
)
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible

NOWHERE = [{"id": "Camera", "translation": {}, "rotation": {}}]


def sample_of(
    *,
    name: str,
    index: int,
    time_ns: int,
    pose: Pose | None,
    lens: LensReport | None = None,
    rate: Fraction | None = None,
    timecode: Timecode | None = None,
    status: str = "",
    camera: Mapping[str, Any] | None = None,
    lens_static: Mapping[str, Any] | None = None,
    lens_more: Mapping[str, Any] | None = None,
) -> Sample:
    """One valid OpenTrackIO 1.0.1 sample of a file called `name`; a rate that was measured is made
    the nearest one with a short fraction.

    `pose` is `stage_from_camera` of the entrance pupil; None leaves `transforms` out. `camera` and
    `lens_static` are fields of `static.camera` and `static.lens`, `lens_more` of `lens`, in the
    standard's own names and units. Raises OpenTrackIOError where a value is not allowed there.
    """
    place = TrackSample(time_ns, pose or IDENTITY, lens, sequence=index, status=status)
    reading = replace(
        reading_from_sample(place),
        sample_time_ns=max(0, time_ns),
        sample_rate=rate and short_rate(rate),
        timecode=timecode,
    )
    sample = write(
        reading,
        sample_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{index}").urn,
        source_id=uuid.uuid5(uuid.NAMESPACE_OID, name).urn,
        include_static=True,
    )
    if pose is None:
        del sample["transforms"]
    if lens_more:
        sample.setdefault("lens", {}).update(lens_more)
    static = sample.setdefault("static", {})
    for part, more in (("camera", camera), ("lens", lens_static)):
        if more:
            static.setdefault(part, {}).update(more)
    if not static:
        del sample["static"]
    return sample


def move_from_samples(
    name: str,
    samples: Sequence[TrackSample],
    *,
    rate: Fraction | None = None,
    timecodes: Sequence[Timecode | None] | None = None,
    size_px: tuple[int, int] | None = None,
    camera: Mapping[str, Any] | None = None,
) -> CameraMove:
    """Track samples in order of time as a move; times count from the first."""
    start_ns = samples[0].time_ns if samples else 0
    codes = timecodes or [None] * len(samples)
    times = tuple(sample.time_ns - start_ns for sample in samples)
    made = (
        sample_of(
            name=name,
            index=index,
            time_ns=time_ns,
            pose=sample.stage_from_camera,
            lens=sample.lens,
            rate=rate,
            timecode=timecode,
            status=sample.status,
            camera=camera,
        )
        for index, (sample, time_ns, timecode) in enumerate(zip(samples, times, codes, strict=True))
    )
    return CameraMove(name, tuple(made), times, rate, size_px)


def readings(move: CameraMove) -> Iterator[Reading]:
    """Each sample's reading; the pose of one without transforms is the origin (see `pupil_poses`)."""
    static: Mapping[str, Any] | None = None
    for sample in move.samples:
        static = sample.get("static") or static
        placed = sample if sample.get("transforms") else {**sample, "transforms": NOWHERE}
        yield read(placed, static)


def lens_reports(move: CameraMove) -> list[LensReport | None]:
    """What is known of the lens at each frame; what a sample leaves out holds from earlier ones."""
    held: LensReport | None = None
    out = []
    for reading in readings(move):
        held = credible(completed(lens_of_reading(reading), held)) or held
        out.append(held)
    return out


def pupil_poses(move: CameraMove) -> list[Pose | None]:
    """`stage_from_camera` (entrance pupil) at each frame; None where the file had no pose."""
    reports = lens_reports(move)
    return [
        sample_from_reading(reading, 0, report or LensReport()).stage_from_camera
        if sample.get("transforms")
        else None
        for sample, reading, report in zip(move.samples, readings(move), reports, strict=True)
    ]


def timecodes(move: CameraMove) -> list[Timecode | None]:
    """The timecode of each frame, None where the file had none."""
    return [reading.timecode for reading in readings(move)]


def rate_of(move: CameraMove, otherwise: Fraction | None = None) -> Fraction | None:
    """Frames a second: the move's own, else the samples', else of their times, else `otherwise`."""
    if move.rate is not None:
        return move.rate
    for reading in readings(move):
        if reading.sample_rate is not None:
            return reading.sample_rate
    if otherwise is None and len(move.times_ns) > 1 and move.times_ns[-1] > 0:
        return likely_rate(move.times_ns)
    return otherwise


_RATES = [
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 90, 100, 120)),
    *(Fraction(n * 1000, 1001) for n in (24, 30, 60)),
]


def likely_rate(times_ns: Sequence[int]) -> Fraction | None:
    """The frame rate that times in order most likely have: a usual one within 0.02 %; where they come
    evenly, as measured; where they jitter or some are lost, a usual one within 3 % of the mean step
    (of those within half of the median), else None."""
    measured = Fraction((len(times_ns) - 1) * NS_PER_S, times_ns[-1] - times_ns[0])
    near = _usual(measured)
    if abs(near - measured) <= near / 5000:
        return near
    steps = sorted(later - time_ns for time_ns, later in pairwise(times_ns))
    median = steps[len(steps) // 2]
    if steps[-1] - steps[0] <= median / 50:
        return short_rate(measured)
    whole = [step for step in steps if median < 2 * step < 3 * median]
    if not whole:
        return None
    typical = Fraction(len(whole) * NS_PER_S, sum(whole))
    near = _usual(typical)
    return near if abs(near - typical) <= near * Fraction(3, 100) else None


def _usual(rate: Fraction) -> Fraction:
    return min(_RATES, key=lambda usual: abs(usual - rate))


def short_rate(rate: Fraction) -> Fraction:
    """The nearest rate with a denominator up to 1001, that of 29.97 as television has it."""
    return rate.limit_denominator(1001)


def even_times(count: int, rate: Fraction) -> tuple[int, ...]:
    """The times of `count` frames at `rate`, in nanoseconds from the first."""
    return tuple(frame_time_ns(index, rate) for index in range(count))


# --- what a move says, for telling what a conversion lost

_BOOKKEEPING = {
    "protocol",
    "sampleId",
    "relatedSampleIds",
    "timing.mode",
    "timing.sequenceNumber",
    "timing.sampleTimestamp",
    "transforms",
}


def fields(move: CameraMove) -> dict[str, object]:
    """What the move says, by OpenTrackIO's own names down to its groups: each a tuple over the frames.

    Besides them: "pose" (entrance pupil: metres and quaternion), "field of view" (radians, both ways)
    and "time" (seconds from the first frame), which many formats keep in other words. Transforms count
    as "pose", and as "transforms" where there is a chain of them.
    """
    out: dict[str, list[Any]] = {"time": [time_ns / 1e9 for time_ns in move.times_ns]}
    poses, reports = pupil_poses(move), lens_reports(move)
    if any(poses):
        out["pose"] = [pose and (pose.position_m, _upright(pose)) for pose in poses]
    views = [_view(report) for report in reports]
    if any(views):
        out["field of view"] = list(views)
    if any(len(sample.get("transforms", ())) > 1 for sample in move.samples):
        out["transforms"] = [sample.get("transforms") for sample in move.samples]
    static: Mapping[str, Any] = {}
    for index, sample in enumerate(move.samples):
        static = sample.get("static") or static
        for name, value in _groups({**sample, "static": static}):
            if name not in _BOOKKEEPING:
                out.setdefault(name, [None] * index).append(value)
        for values in out.values():
            values.extend([None] * (index + 1 - len(values)))
    return {name: tuple(values) for name, values in out.items()}


_OPENED = {"static", "static.camera", "static.lens", "static.tracker", "timing", "lens", "tracker"}


def _groups(said: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    """The entries of a sample by name: groups such as `lens` entry by entry, all others whole."""
    for key, value in said.items():
        name = f"{path}.{key}" if path else key
        if name in _OPENED and isinstance(value, Mapping):
            yield from _groups(value, name)
        else:
            yield name, value


def _upright(pose: Pose) -> tuple[float, ...]:
    """The quaternion with its first sizeable component positive: q and -q are one rotation."""
    sign = next((math.copysign(1.0, part) for part in pose.rotation_wxyz if abs(part) > 1e-4), 1.0)
    return tuple(sign * part for part in pose.rotation_wxyz)


def _view(report: LensReport | None) -> tuple[float, ...] | None:
    if report is None or not report.focal_length_mm:
        return None
    sides = (report.sensor_width_mm, report.sensor_height_mm)
    return tuple(2 * math.atan(side / 2 / report.focal_length_mm) for side in sides if side) or None


def usable(sample: Sample) -> bool:
    """Whether a sample's pose can be read, or it has none to read."""
    try:
        read(sample if sample.get("transforms") else {**sample, "transforms": NOWHERE})
    except OpenTrackIOError:
        return False
    return True
