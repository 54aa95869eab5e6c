"""Mo-Sys F4 frames as track samples.

F4 measures its lens in pixels of a 1920 x 1080 picture, so only angles are known. Where nobody
names the sensor, a 36 mm wide one stands in: every angle stays right, only the millimetres are nominal.
"""

from __future__ import annotations

from openset.formats.mosys_f4 import PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX, F4Frame
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.tracking.opentrackio import moved_forward
from openset.stage.tracking.samples import LensReport, TrackSample

NOMINAL_SENSOR_WIDTH_MM = 36.0


def sample_from_f4(
    frame: F4Frame, time_ns: int, sensor_width_mm: float = NOMINAL_SENSOR_WIDTH_MM
) -> TrackSample:
    """A frame as a sample at `time_ns`, its pose moved from the sensor to the entrance pupil."""
    sensor = pose_from_pan_tilt_roll(frame.position_m, frame.pan_rad, frame.tilt_rad, frame.roll_rad)
    return TrackSample(
        time_ns=time_ns,
        stage_from_camera=moved_forward(sensor, frame.entrance_pupil_offset_m or 0.0),
        lens=_lens(frame, sensor_width_mm),
        status=frame.status,
    )


def _lens(frame: F4Frame, sensor_width_mm: float) -> LensReport | None:
    if not frame.fx_px:
        return None
    pitch_mm = sensor_width_mm / PICTURE_WIDTH_PX
    focal_mm = frame.fx_px * pitch_mm
    squeeze = frame.fx_px / frame.fy_px if frame.fy_px else 1.0
    k1, k2 = frame.radial or (0.0, 0.0)
    centre_x, centre_y = frame.centre_offset_px or (0.0, 0.0)
    distorted = bool(k1 or k2)
    return LensReport(
        focal_length_mm=focal_mm,
        focus_distance_m=frame.focus_distance_m,
        f_stop=frame.f_stop or None,
        entrance_pupil_offset_m=frame.entrance_pupil_offset_m,
        sensor_width_mm=sensor_width_mm,
        sensor_height_mm=pitch_mm * PICTURE_HEIGHT_PX * squeeze,
        projection_offset_mm=(centre_x * pitch_mm, centre_y * pitch_mm * squeeze),
        distortion_model="Brown-Conrady D-U" if distorted else None,
        radial=(k1 / focal_mm**2, 0.0, k2 / focal_mm**4) if distorted else (),
    )
