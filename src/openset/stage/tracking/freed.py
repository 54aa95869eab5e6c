"""FreeD poses as track samples and reports, and back.

FreeD pans to the right for positive angles (clockwise from above); OpenTrackIO and Openset pan to
the left. Tilt is up and roll clockwise seen from behind in both; axes agree (X right, Y ahead, Z
up). Source: Vinten free-d installation manual 1.4.4, appendix B. What zoom, focus and user mean is
each maker's own: see freed_profiles.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openset.formats import freed
from openset.formats.freed import D1, FreeDError, decode, encode
from openset.primitives.space import Pose, pan_tilt_roll_from_pose, pose_from_pan_tilt_roll
from openset.stage.tracking.freed_profiles import PROFILES, Profile, profile_named
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.senders import Senders
from openset.stage.tracking.wire import Heard

__all__ = [
    "FAULTS",
    "PROFILES",
    "FreeDDecoder",
    "FreeDEncoder",
    "Profile",
    "freed_from_sample",
    "profile_named",
    "sample_from_freed",
]

RANGE = "FreeD zoom, focus or iris is outside its maker's range"
TOO_FAR = "pose does not fit FreeD"

FAULTS: Mapping[str, str] = {
    **freed.FAULTS,
    RANGE: "The counts are not what this make sends: choose another profile.",
    TOO_FAR: "FreeD holds positions within 131 m and angles within 256 degrees.",
}

_FREED = frozenset({0xD1, *freed.MESSAGES})


def sample_from_freed(packet: D1, time_ns: int, profile: Profile = PROFILES["raw"]) -> TrackSample:
    """A packet as a sample at `time_ns`, its arrival: FreeD carries no time."""
    return TrackSample(
        time_ns=time_ns,
        stage_from_camera=_pose(packet),
        lens=lens_of(packet, profile),
        sequence=_sequence(packet, profile),
    )


def freed_from_sample(
    sample: TrackSample, camera_id: int = 1, profile: Profile = PROFILES["raw"], frame: int = 0
) -> D1:
    """A sample as a packet; lens fields 0 where the profile or the sample does not say them.

    `frame` goes into the frame number of a profile that has one.
    """
    pan, tilt, roll = pan_tilt_roll_from_pose(sample.stage_from_camera)
    lens = sample.lens or LensReport()
    focus_mm = lens.focus_distance_m and lens.focus_distance_m * 1000
    stop = _count("iris", lens.f_stop, lens.f_stop, profile.user_per_stop, profile)
    user = min(stop, (1 << profile.stop_bits) - 1)
    if profile.sequence_bits:
        user |= (frame % (1 << profile.sequence_bits)) << (16 - profile.sequence_bits)
    return D1(
        -pan,
        tilt,
        roll,
        sample.stage_from_camera.position_m,
        zoom=_count("zoom", lens.focal_length_mm, lens.focal_length_mm, profile.zoom_per_mm, profile),
        focus=_count("focus", lens.focus_distance_m, focus_mm, profile.focus_per_mm, profile),
        user=user,
        camera_id=camera_id,
    )


def lens_of(packet: D1, profile: Profile) -> LensReport | None:
    """What a packet says of the lens by a profile; None if nothing."""
    zoom, focus = packet.zoom - profile.zero, packet.focus - profile.zero
    stop = packet.user & ((1 << profile.stop_bits) - 1)
    zoom_ring = _ring(packet.zoom, profile.ranges.get("zoom"))
    focus_ring = _ring(packet.focus, profile.ranges.get("focus"))
    if profile.curves:
        curves = profile.curves
        return LensReport(
            zoom_ring=zoom_ring,
            focus_ring=focus_ring,
            focal_length_mm=curves["zoom"].value(zoom) if "zoom" in curves else None,
            focus_distance_m=curves["focus"].value(focus) if "focus" in curves else None,
            f_stop=curves["iris"].value(stop) if "iris" in curves else None,
        )
    if not (profile.zoom_per_mm or profile.focus_per_mm or profile.user_per_stop or profile.ranges):
        return None
    report = LensReport(
        zoom_ring=zoom_ring,
        focus_ring=focus_ring,
        focal_length_mm=_scaled(zoom, profile.zoom_per_mm),
        focus_distance_m=_scaled(focus, profile.focus_per_mm and profile.focus_per_mm * 1000),
        f_stop=_scaled(stop, profile.user_per_stop),
    )
    return None if report == LensReport() else report


def _ring(count: int, limits: tuple[int, int] | None) -> float | None:
    """Where a ring stands between the ends of the maker's range, 0 to 1."""
    if limits is None or not limits[0] <= count <= limits[1]:
        return None
    return (count - limits[0]) / (limits[1] - limits[0])


class FreeDDecoder:
    """FreeD D1 inwards, one report a packet; several packets may stand in one datagram."""

    name = "FreeD D1"

    def __init__(self, profile: Profile = PROFILES["raw"]) -> None:
        self.faults: Counter[str] = Counter()
        self._profile = profile
        self._fields = _fields(profile)
        self._senders = Senders()

    def takes(self, datagram: bytes) -> bool:
        """Whether the first byte and the length are those of FreeD's messages."""
        size = len(datagram)
        return size > 0 and datagram[0] in _FREED and (size <= 32 or size % freed.SIZE == 0)

    def feed(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        """The poses in a datagram."""
        if len(datagram) == freed.SIZE:
            return self._one(datagram, sender, arrival_ns)
        if len(datagram) % freed.SIZE or not datagram:
            self._refuse(datagram)
            return ()
        packets = (datagram[at : at + freed.SIZE] for at in range(0, len(datagram), freed.SIZE))
        return [heard for packet in packets for heard in self._one(packet, sender, arrival_ns)]

    def _one(self, datagram: bytes, sender: str, arrival_ns: int) -> Sequence[Heard]:
        try:
            packet = decode(datagram)
        except FreeDError as error:
            self.faults[error.fault] += 1
            return ()
        profile = self._profile
        if profile.ranges and not _in_range(packet, profile):
            self.faults[RANGE] += 1
        return (
            Heard(
                self._name(sender, packet.camera_id, arrival_ns),
                _pose(packet),
                lens_of(packet, profile),
                sequence=_sequence(packet, profile),
                sequence_bits=profile.sequence_bits or 16,
                fields=self._fields,
            ),
        )

    def _refuse(self, datagram: bytes) -> None:
        try:
            decode(datagram)
        except FreeDError as error:
            self.faults[error.fault] += 1

    def _name(self, sender: str, camera_id: int, arrival_ns: int) -> str:
        return f"FreeD camera {camera_id} from {self._senders.name(sender, arrival_ns, camera_id)}"


class FreeDEncoder:
    """FreeD D1 outwards: the pose always, the lens as far as the profile can say it."""

    name = "FreeD D1"

    def __init__(self, camera_id: int = 1, profile: Profile = PROFILES["raw"]) -> None:
        self.faults: Counter[str] = Counter()
        self._camera_id = camera_id
        self._profile = profile
        self._frame = 0

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """One packet; none, and a fault counted, where the pose does not fit."""
        try:
            packet = encode(freed_from_sample(sample, self._camera_id, self._profile, self._frame))
        except FreeDError:
            self.faults[TOO_FAR] += 1
            return ()
        self._frame += 1
        return (packet,)


def _pose(packet: D1) -> Pose:
    return pose_from_pan_tilt_roll(packet.position_m, -packet.pan_rad, packet.tilt_rad, packet.roll_rad)


def _sequence(packet: D1, profile: Profile) -> int | None:
    return packet.user >> (16 - profile.sequence_bits) if profile.sequence_bits else None


def _in_range(packet: D1, profile: Profile) -> bool:
    stop = packet.user & ((1 << profile.stop_bits) - 1)
    counts = {"zoom": packet.zoom, "focus": packet.focus, "iris": stop}
    return all(low <= counts[field] <= high for field, (low, high) in profile.ranges.items())


def _fields(profile: Profile) -> tuple[str, ...]:
    scales = {
        "zoom": ("focal length", profile.zoom_per_mm),
        "focus": ("focus distance", profile.focus_per_mm),
        "iris": ("iris", profile.user_per_stop),
    }
    return tuple(
        said if field in profile.curves or (scale and not profile.curves) else f"{field} count"
        for field, (said, scale) in scales.items()
    )


def _scaled(steps: int, per_unit: float | None) -> float | None:
    return steps / per_unit if per_unit and steps > 0 else None


def _count(
    field: str, value: float | None, scaled: float | None, per_unit: float | None, profile: Profile
) -> int:
    """The count of a value: by its curve, else by its scale, else 0; within the 24 bits there are."""
    if not (value and scaled and value > 0.0):
        return 0
    zero = 0 if field == "iris" else profile.zero
    if field in profile.curves:
        count = zero + profile.curves[field].count(value)
    else:
        count = zero + round(min(scaled * per_unit, 1e7)) if per_unit and not profile.curves else 0
    return min(max(count, 0), (1 << 24) - 1)
