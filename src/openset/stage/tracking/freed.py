"""FreeD poses as track samples, and back.

FreeD pans to the right for positive angles (clockwise from above); OpenTrackIO and Openset pan to
the left. Tilt is up and roll clockwise seen from behind in both; axes agree (X right, Y ahead, Z
up). Source: Vinten free-d installation manual 1.4.4, appendix B. What zoom, focus and user mean is
each maker's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from openset.formats.freed import D1
from openset.primitives.errors import BadInput
from openset.primitives.space import pan_tilt_roll_from_pose, pose_from_pan_tilt_roll
from openset.stage.tracking.samples import LensReport, TrackSample


@dataclass(frozen=True)
class Profile:
    """How one make fills the free fields; None where the numbers are bare encoder counts.

    Zoom in steps per mm of focal length, focus in steps per mm of distance, user in steps per stop of
    aperture in its lowest `stop_bits` bits.
    """

    name: str
    zoom_per_mm: float | None = None
    focus_per_mm: float | None = None
    user_per_stop: float | None = None
    stop_bits: int = 16


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("raw"),
        Profile("z-cam", zoom_per_mm=100, focus_per_mm=10, user_per_stop=100, stop_bits=12),
        Profile("syncro-link", zoom_per_mm=64, focus_per_mm=64, user_per_stop=10),
    )
}


def profile_named(name: str) -> Profile:
    """A known profile; BadInput naming those there are."""
    if name not in PROFILES:
        raise BadInput(f"no FreeD profile {name!r}", todo=f"Choose from {', '.join(sorted(PROFILES))}")
    return PROFILES[name]


def sample_from_freed(packet: D1, time_ns: int, profile: Profile = PROFILES["raw"]) -> TrackSample:
    """A packet as a sample at `time_ns`, its arrival: FreeD carries no time."""
    return TrackSample(
        time_ns=time_ns,
        stage_from_camera=pose_from_pan_tilt_roll(
            packet.position_m, -packet.pan_rad, packet.tilt_rad, packet.roll_rad
        ),
        lens=_lens(packet, profile),
    )


def freed_from_sample(sample: TrackSample, camera_id: int = 1) -> D1:
    """The pose of a sample as a packet, lens fields 0."""
    pan, tilt, roll = pan_tilt_roll_from_pose(sample.stage_from_camera)
    return D1(-pan, tilt, roll, sample.stage_from_camera.position_m, camera_id=camera_id)


def _lens(packet: D1, profile: Profile) -> LensReport | None:
    stop = packet.user & ((1 << profile.stop_bits) - 1)
    report = LensReport(
        focal_length_mm=_scaled(packet.zoom, profile.zoom_per_mm),
        focus_distance_m=_scaled(packet.focus, profile.focus_per_mm and profile.focus_per_mm * 1000),
        f_stop=_scaled(stop, profile.user_per_stop),
    )
    return None if report == LensReport() else report


def _scaled(steps: int, per_unit: float | None) -> float | None:
    return steps / per_unit if per_unit and steps else None
