"""OpenTrackIO readings as track samples, and back.

OpenTrackIO places the camera's sensor; Openset's poses are of the entrance pupil, through which the
picture is seen. The pupil lies `entrance_pupil_offset_m` in front of the sensor (positive towards
the scene).
"""

from __future__ import annotations

import uuid
from typing import Any

from openset.formats.opentrackio import Reading, write
from openset.primitives.space import (
    Pose,
    moved_along_sight,
    pan_tilt_roll_from_pose,
    pose_from_pan_tilt_roll,
)
from openset.stage.tracking.samples import LensReport, TrackSample


def moved_forward(pose: Pose, distance_m: float) -> Pose:
    """The pose moved along its own line of sight: from the sensor to the pupil, or back if negative."""
    return moved_along_sight(pose, distance_m)


def sample_from_reading(reading: Reading, time_ns: int, lens: LensReport | None = None) -> TrackSample:
    """A reading as a sample at `time_ns` on the engine's clock.

    `lens` replaces the reading's own report: the caller's, completed by what the source said earlier;
    an empty one says that nothing usable is known.
    """
    report = lens_of_reading(reading) if lens is None else lens
    if report == LensReport():
        report = None
    sensor = pose_from_pan_tilt_roll(
        reading.position_m, reading.pan_rad, reading.tilt_rad, reading.roll_rad
    )
    return TrackSample(
        time_ns=time_ns,
        stage_from_camera=moved_forward(sensor, (report and report.entrance_pupil_offset_m) or 0.0),
        lens=report,
        source_time_ns=reading.sample_time_ns,
        sequence=reading.sequence,
        status=reading.status or "",
    )


def lens_of_reading(reading: Reading) -> LensReport | None:
    """What a reading says of the lens; None if nothing."""
    report = LensReport(
        focal_length_mm=reading.focal_length_mm,
        focus_distance_m=reading.focus_distance_m,
        f_stop=reading.f_stop,
        entrance_pupil_offset_m=reading.entrance_pupil_offset_m,
        sensor_width_mm=reading.sensor_width_mm,
        sensor_height_mm=reading.sensor_height_mm,
        projection_offset_mm=reading.projection_offset_mm,
        distortion_offset_mm=reading.distortion_offset_mm,
        distortion_model=reading.distortion_model,
        radial=reading.radial,
        tangential=reading.tangential,
        zoom_ring=reading.zoom_ring,
        focus_ring=reading.focus_ring,
    )
    return None if report == LensReport() else report


def reading_from_sample(sample: TrackSample) -> Reading:
    """A sample as a reading, the pose moved back to the sensor.

    Its time is the source's own stamp, else the engine's; none before zero, which the standard cannot
    say.
    """
    lens = sample.lens or LensReport()
    sensor = moved_forward(sample.stage_from_camera, -(lens.entrance_pupil_offset_m or 0.0))
    pan, tilt, roll = pan_tilt_roll_from_pose(sensor)
    stamp = sample.time_ns if sample.source_time_ns is None else sample.source_time_ns
    return Reading(
        position_m=sensor.position_m,
        pan_rad=pan,
        tilt_rad=tilt,
        roll_rad=roll,
        focal_length_mm=lens.focal_length_mm,
        focus_distance_m=lens.focus_distance_m,
        f_stop=lens.f_stop,
        entrance_pupil_offset_m=lens.entrance_pupil_offset_m,
        sensor_width_mm=lens.sensor_width_mm,
        sensor_height_mm=lens.sensor_height_mm,
        projection_offset_mm=lens.projection_offset_mm,
        distortion_offset_mm=lens.distortion_offset_mm,
        distortion_model=lens.distortion_model,
        radial=lens.radial,
        tangential=lens.tangential,
        zoom_ring=lens.zoom_ring,
        focus_ring=lens.focus_ring,
        sample_time_ns=stamp if stamp >= 0 else None,
        sequence=sample.sequence,
        status=sample.status or None,
    )


def sample_from_track(sample: TrackSample) -> dict[str, Any]:
    """A sample of any tracker in OpenTrackIO's own shape, for the take's record."""
    name = f"{sample.time_ns}/{sample.sequence}"
    return write(
        reading_from_sample(sample),
        sample_id=uuid.uuid5(uuid.NAMESPACE_OID, name).urn,
        source_id=uuid.uuid5(uuid.NAMESPACE_OID, "openset track").urn,
        include_static=True,
    )
