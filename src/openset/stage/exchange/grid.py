"""A camera move brought onto the frame grid, for formats that count frames.

Reports of a tracker come when they come; a frame stands at its number over the rate. A move whose times
do not lie there is interpolated between the reports on both sides (position linear, rotation by slerp),
as the stage does live. A file's own frame numbers and a timecode of the same rate count on from the
first.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from openset.primitives.errors import BadInput
from openset.primitives.time import NS_PER_S, frame_time_ns
from openset.stage.exchange.model import CameraMove
from openset.stage.exchange.move import lens_reports, pupil_poses, rate_of, sample_of, timecodes
from openset.stage.exchange.shot import first_frame, numbered
from openset.stage.exchange.usd_samples import merged
from openset.stage.tracking.buffer import TrackBuffer
from openset.stage.tracking.samples import TrackSample

OFF_GRID = Fraction(1, 20)
"""Of a frame: times this near to it lie on the grid. A millisecond, as some files round to, is a
twentieth of a frame at 50 a second."""

MOST_FRAMES = 2_000_000
HOLD_S = 0.4
"""Across a wider gap the last pose is held, as on the stage."""


def on_grid(move: CameraMove, rate: Fraction | None) -> tuple[CameraMove, str]:
    """The move with one sample a frame, and a note if that took interpolation; else as it is.

    `rate` None takes the move's own, or the one its times tell. Raises BadInput where that is not
    known, or the move is too long. A move with a picture has its frames already.
    """
    if move.picture is not None or len(move.samples) < 2:
        return move, ""
    rate = rate or rate_of(move)
    if rate is None:
        raise BadInput("the times of the reports tell no usual frame rate", todo="Say it with --rate")
    if _lies_on(move, rate):
        return move, ""
    made = _resampled(move, rate)
    count = f"{len(move.samples)} reports became {len(made.samples)} frames"
    return made, f"{count} at {_plain(rate)}, interpolated"


def _lies_on(move: CameraMove, rate: Fraction) -> bool:
    exact = [Fraction(time_ns) * rate / NS_PER_S for time_ns in move.times_ns]
    frames = [round(each) for each in exact]
    near = all(abs(each - frame) <= OFF_GRID for each, frame in zip(exact, frames, strict=True))
    return near and len(set(frames)) == len(frames)


def _resampled(move: CameraMove, rate: Fraction) -> CameraMove:
    length = math.floor(Fraction(move.times_ns[-1]) * rate / NS_PER_S + OFF_GRID) + 1
    if length > MOST_FRAMES:
        raise BadInput(
            f"the move is {length} frames long, more than {MOST_FRAMES}", todo="Check its times"
        )
    buffer, lenses = TrackBuffer(math.inf), lens_reports(move)
    for time_ns, pose, lens in zip(move.times_ns, pupil_poses(move), lenses, strict=True):
        if pose is not None:
            buffer.add(TrackSample(time_ns, pose, lens))
    gaps = sorted(b - a for a, b in zip(move.times_ns, move.times_ns[1:], strict=False))
    hold_s = max(HOLD_S, 3 * gaps[len(gaps) // 2] / NS_PER_S)
    times = tuple(frame_time_ns(index, rate) for index in range(length))
    samples, nearest = [], 0
    for index, time_ns in enumerate(times):
        while nearest + 1 < len(move.times_ns) and abs(move.times_ns[nearest + 1] - time_ns) <= abs(
            move.times_ns[nearest] - time_ns
        ):
            nearest += 1
        found = buffer.at(time_ns, hold_s)
        made = sample_of(
            name=move.name,
            index=index,
            time_ns=time_ns,
            pose=found.pose,
            lens=found.lens or lenses[nearest],
            rate=rate,
        )
        samples.append(_laid(move.samples[nearest], made))
    return replace(move, samples=_counted(move, samples, rate), times_ns=times, rate=rate)


def _laid(nearest: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What the nearest report says beside its pose and lens, with those of the frame."""
    said = {name: value for name, value in nearest.items() if name not in ("transforms", "sampleId")}
    laid = merged(said, {name: value for name, value in made.items() if name != "sourceId"})
    return laid if "sourceId" in laid else {**laid, "sourceId": made["sourceId"]}


def _counted(
    move: CameraMove, samples: list[dict[str, Any]], rate: Fraction
) -> tuple[dict[str, Any], ...]:
    """The samples with numbers and timecode that count on from the first."""
    start = timecodes(move)[0]
    if start is not None and start.rate == rate:
        for index, sample in enumerate(samples):
            code = sample_of(
                name=move.name, index=index, time_ns=0, pose=None, timecode=start.plus(index)
            )
            sample["timing"] = {**sample["timing"], "timecode": code["timing"]["timecode"]}
    if any("openset" in sample for sample in move.samples):
        first = first_frame(move, rate)
        return tuple(numbered(sample, first + index) for index, sample in enumerate(samples))
    return tuple(samples)


def _plain(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
