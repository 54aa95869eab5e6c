"""One report of a tracker, in Openset's units, whatever wire it came by."""

from __future__ import annotations

from dataclasses import dataclass, field

from openset.primitives.space import Pose


@dataclass(frozen=True)
class TrackSample:
    """Where the camera was at `time_ns` on the engine's clock.

    `stage_from_camera` is the entrance-pupil pose on the studio floor. `lens` is None where the tracker
    says nothing about it. `source_time_ns` is the tracker's own stamp, None where it has none.
    `status` is the tracker's own word for its health.
    """

    time_ns: int
    stage_from_camera: Pose
    lens: LensReport | None = None
    source_time_ns: int | None = None
    sequence: int | None = None
    status: str = ""


@dataclass(frozen=True)
class LensReport:
    """What a tracker reports of the lens; None where it does not. Lengths in mm unless named."""

    focal_length_mm: float | None = None
    focus_distance_m: float | None = None
    f_stop: float | None = None
    entrance_pupil_offset_m: float | None = None
    sensor_width_mm: float | None = None
    sensor_height_mm: float | None = None
    projection_offset_mm: tuple[float, float] | None = None
    distortion_model: str | None = None
    radial: tuple[float, ...] = field(default=())
    tangential: tuple[float, ...] = field(default=())
