"""The take's track as text: one JSON line per recorded frame, each holding an OpenTrackIO 1.0.1 sample.

    {"frame": 0, "pts_s": 0.0, "timecode": "01:00:00:00", "time_ns": …, "age_s": 0.01,
     "state": "tracked", "sample": {…}}

`frame` and `pts_s` are the frame's place in the movies, which have no gaps; `timecode` is the source's
own, and jumps where frames of the source were lost. A line is written with one call and ends with a
newline, so a kill leaves whole lines, and a power cut at most one torn at the end.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, replace
from typing import Any

import orjson

from openset.formats.opentrackio import Reading, write
from openset.primitives.time import Timecode
from openset.stage.lens.report import report_from_lens
from openset.stage.record.model import TakeFrame, TakeSpec, TrackTotals
from openset.stage.tracking.opentrackio import reading_from_sample
from openset.stage.tracking.samples import TrackSample


@dataclass(frozen=True)
class TrackLine:
    """One line of track.otrk.jsonl, as read."""

    frame: int
    timecode: str
    time_ns: int
    age_s: float | None
    state: str
    sample: dict[str, Any]


def frame_line(spec: TakeSpec, frame: TakeFrame) -> bytes:
    """The track line of a recorded frame, newline included."""
    sample = write(
        frame_reading(spec, frame),
        sample_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{spec.id}/{frame.time_ns}/{frame.index}").urn,
        source_id=uuid.uuid5(uuid.NAMESPACE_OID, f"openset {spec.track_source}").urn,
        include_static=True,
    )
    line = {
        "frame": frame.index,
        "pts_s": float(frame.index / spec.rate),
        "timecode": str(source_timecode(spec, frame)),
        "time_ns": frame.time_ns,
        "age_s": frame.age_s if math.isfinite(frame.age_s) else None,
        "state": frame.state,
        "sample": sample,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def source_timecode(spec: TakeSpec, frame: TakeFrame) -> Timecode:
    """The timecode the source gave this frame: frames lost before it count."""
    return spec.start_timecode.plus(frame.index + frame.skipped)


def raw_line(arrival_ns: int, time_ns: int, sample: dict[str, Any]) -> bytes:
    """The line of one report as the tracker sent it, newline included. TypeError if it is not JSON."""
    line = {"arrival_ns": arrival_ns, "time_ns": time_ns, "sample": sample}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def frame_reading(spec: TakeSpec, frame: TakeFrame) -> Reading:
    """Everything the take knows of a frame, as OpenTrackIO tells it."""
    lens = report_from_lens(frame.lens) if frame.lens else None
    pose = TrackSample(
        frame.time_ns, frame.stage_from_camera, lens, sequence=frame.index, status=frame.state
    )
    return replace(
        reading_from_sample(pose),
        sample_time_ns=frame.time_ns if frame.time_ns >= 0 else None,
        sample_rate=spec.rate,
        timecode=source_timecode(spec, frame),
        slate=str(spec.id),
        recording=True,
    )


def parse_track_line(line: bytes) -> TrackLine:
    """One line as written by `frame_line`. Raises ValueError saying what is wrong."""
    found = orjson.loads(line)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    frame, time_ns, age_s = found.get("frame"), found.get("time_ns"), found.get("age_s")
    timecode, state, sample = found.get("timecode"), found.get("state"), found.get("sample")
    if not isinstance(frame, int) or not isinstance(time_ns, int):
        raise ValueError("frame and time_ns are whole numbers")
    if not isinstance(timecode, str) or not isinstance(state, str) or not isinstance(sample, dict):
        raise ValueError("timecode and state are texts, sample an object")
    if age_s is not None and not isinstance(age_s, int | float):
        raise ValueError("age_s is a number or null")
    return TrackLine(frame, timecode, time_ns, age_s, state, sample)


def totals_with(totals: TrackTotals, state: str, age_s: float | None) -> TrackTotals:
    """`totals` after one more frame of this state whose pose was this old."""
    aged = age_s is not None and math.isfinite(age_s) and state != "none"
    return TrackTotals(
        tracked=totals.tracked + (state == "tracked"),
        held=totals.held + (state == "held"),
        none=totals.none + (state == "none"),
        longest_age_s=max(totals.longest_age_s, age_s) if aged and age_s else totals.longest_age_s,
    )
