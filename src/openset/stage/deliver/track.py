"""The camera of a take, frame by frame: from its track lines, and as a table for people and scripts."""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np

from openset.formats.opentrackio import read
from openset.primitives.errors import BadInput, TrackBroken
from openset.primitives.space import pan_tilt_roll_from_pose
from openset.stage.deliver.model import CameraFrame, optics
from openset.stage.lens.model import project, rays
from openset.stage.lens.report import lens_from_report
from openset.stage.record.track import TrackLine
from openset.stage.tracking.opentrackio import sample_from_reading

COLUMNS = (
    "frame", "timecode", "state", "age_ms", "x_m", "y_m", "z_m",
    "pan_deg", "tilt_deg", "roll_deg", "focal_length_mm", "focus_distance_m", "f_stop",
)  # fmt: skip


def camera_frames(lines: Iterable[TrackLine], width_px: int, height_px: int) -> tuple[CameraFrame, ...]:
    """Track lines as camera frames for a picture of that size.

    Raises TrackBroken naming the frame whose sample holds no pose."""
    return tuple(_camera_frame(line, width_px, height_px) for line in lines)


def frames_csv(frames: Sequence[CameraFrame]) -> str:
    """One row per frame under COLUMNS: metres, degrees, milliseconds; empty where unknown. Angles are
    OpenTrackIO's pan, tilt and roll; the place is the lens's entrance pupil on the stage."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for frame in frames:
        angles = pan_tilt_roll_from_pose(frame.stage_from_camera)
        lens = frame.lens
        writer.writerow([
            frame.index,
            frame.timecode,
            frame.state,
            _told(None if frame.age_s is None else frame.age_s * 1000, 3),
            *(_told(value, 6) for value in frame.stage_from_camera.position_m),
            *(_told(math.degrees(angle), 6) for angle in angles),
            _told(lens.focal_length_mm if lens else None, 5),
            _told(lens.focus_distance_m if lens else None, 4),
            _told(lens.f_stop if lens else None, 3),
        ])  # fmt: skip
    return out.getvalue()


def frame_at(frames: Sequence[CameraFrame], time_ns: int) -> int:
    """The first frame exposed at or after that moment of the engine's clock, or the last one."""
    times = [frame.time_ns for frame in frames]
    return min(bisect_left(times, time_ns), max(0, len(times) - 1))


def lens_drift_px(frames: Sequence[CameraFrame]) -> float:
    """How far, at most, another frame's lens moves a point of the picture against the first frame's."""
    lenses = list({optics(frame.lens): frame.lens for frame in frames if frame.lens}.values())
    if len(lenses) < 2:
        return 0.0
    first = lenses[0]
    x, y = np.meshgrid(np.linspace(0, first.width_px, 9), np.linspace(0, first.height_px, 5))
    points = np.stack([x, y], axis=-1)
    directions = rays(first, points)
    return max(float(np.abs(project(lens, directions) - points).max()) for lens in lenses[1:])


def _camera_frame(line: TrackLine, width_px: int, height_px: int) -> CameraFrame:
    try:
        sample = sample_from_reading(read(line.sample), line.time_ns)
    except ValueError as error:
        raise TrackBroken(f"frame {line.frame} holds no pose ({error})") from error
    lens = None
    if sample.lens is not None and sample.lens.focal_length_mm:
        try:
            lens = lens_from_report(sample.lens, width_px, height_px)
        except BadInput as error:
            raise TrackBroken(f"frame {line.frame}: {error.what}") from error
    return CameraFrame(
        line.frame,
        line.timecode,
        line.time_ns,
        line.age_s,
        line.state,
        sample.stage_from_camera,
        lens,
    )


def _told(value: float | None, places: int) -> str:
    """A number with that many places; a negative zero loses its sign."""
    return "" if value is None else f"{round(value, places) + 0.0:.{places}f}"
