"""The solved track as text, one line per frame, in the form of the take's own track."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

import orjson

from openset.formats.opentrackio import write
from openset.primitives.space import F64, Pose
from openset.primitives.time import parse_timecode
from openset.stage.accuracy.said import say_spread
from openset.stage.lens.model import Lens
from openset.stage.lens.report import report_from_lens
from openset.stage.record.model import TakeSpec
from openset.stage.record.track import TrackLine
from openset.stage.solve.image import lens_with
from openset.stage.solve.material import pose_at
from openset.stage.solve.model import Problem, Solution
from openset.stage.tracking.opentrackio import reading_from_sample
from openset.stage.tracking.samples import TrackSample

FEWEST_SIGHTINGS = 8
"""A frame that so many marks hold has a pose, whatever the tracker did."""


def solved_lines(
    spec: TakeSpec, lines: Sequence[TrackLine], problem: Problem, solution: Solution
) -> bytes:
    """The whole file: frame, timecode and time as recorded, the pose and lens as solved, and the
    pose's spread in the sample's status."""
    lenses = [lens_with(lens, solution.shared) for lens in problem.lenses]
    out = []
    for index, line in enumerate(lines):
        state = "tracked" if solution.seen[index] >= FEWEST_SIGHTINGS else line.state
        out.append(
            solved_line(
                spec, line, state, pose_at(solution.path, index), solution.covariance[index],
                lenses[problem.lens_of[index]],
            )
        )  # fmt: skip
    return b"".join(out)


def solved_line(
    spec: TakeSpec, line: TrackLine, state: str, pose: Pose, covariance: F64, lens: Lens
) -> bytes:
    """One line, newline included; the covariance is (6, 6)."""
    status = ", ".join(part for part in ("solved", say_spread(covariance)) if part)
    sample = TrackSample(line.time_ns, pose, report_from_lens(lens), sequence=line.frame, status=status)
    reading = replace(
        reading_from_sample(sample),
        sample_time_ns=line.time_ns if line.time_ns >= 0 else None,
        sample_rate=spec.rate,
        timecode=parse_timecode(line.timecode, spec.rate),
        slate=str(spec.id),
        recording=False,
    )
    told = {
        "frame": line.frame,
        "pts_s": float(line.frame / spec.rate),
        "timecode": line.timecode,
        "time_ns": line.time_ns,
        "age_s": 0.0,
        "state": state,
        "sample": write(
            reading,
            sample_id=uuid.uuid5(
                uuid.NAMESPACE_OID, f"solved {spec.id}/{line.time_ns}/{line.frame}"
            ).urn,
            source_id=uuid.uuid5(uuid.NAMESPACE_OID, "openset solve").urn,
            include_static=True,
        ),
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
