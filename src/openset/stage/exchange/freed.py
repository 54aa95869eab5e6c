"""FreeD D1 packets recorded end to end, as camera moves and back.

FreeD carries no time: the rate must be told, and a packet is a frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.freed import D1, SIZE, FreeDError, decode_dump, encode
from openset.formats.opentrackio import Sample
from openset.primitives.errors import BadInput
from openset.primitives.time import frame_time_ns
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.move import lens_reports, pupil_poses, sample_of
from openset.stage.tracking.freed import freed_from_sample, profile_named, sample_from_freed
from openset.stage.tracking.freed_profiles import Profile
from openset.stage.tracking.samples import TrackSample

LARGEST_FILE = 1 << 29
"""Bytes; an hour at 60 packets a second is 6 MB."""


def read(path: Path, options: Options) -> Read:
    """A dump as a move. Of several cameras the first is followed, the others are skipped and told.

    Raises BadInput without `options.rate`, and FormatError where there is no packet.
    """
    profile = profile_named(options.profile)
    if path.stat().st_size > LARGEST_FILE:
        raise FormatError(f"a recording of more than {LARGEST_FILE >> 20} MB is none; split it")
    packets, rubbish = decode_dump(path.read_bytes())
    if not packets:
        raise FormatError("the file holds no FreeD D1 packet", "byte 0")
    if options.rate is None:
        raise BadInput(
            "FreeD packets carry no time", where=str(path), todo="Give --rate, for example 50"
        )
    camera_id = packets[0].camera_id
    mine = [packet for packet in packets if packet.camera_id == camera_id]
    faults = [f"{rubbish} bytes belong to no packet"] if rubbish else []
    others = Counter(packet.camera_id for packet in packets if packet.camera_id != camera_id)
    faults += [f"{count} packets of camera {other} left out" for other, count in sorted(others.items())]
    name = options.name or path.name.split(".")[0]
    times = tuple(frame_time_ns(index, options.rate) for index in range(len(mine)))
    samples = tuple(
        _sample(name, index, time_ns, packet, options.rate, profile)
        for index, (time_ns, packet) in enumerate(zip(times, mine, strict=True))
    )
    move = CameraMove(name, samples, times, options.rate, options.size_px)
    skipped = -(-rubbish // SIZE) + sum(others.values())
    user = not (profile.user_per_stop or profile.curves) and any(packet.user for packet in mine)
    return Read(move, skipped, tuple(faults), ("user",) if user else ())


def _sample(
    name: str, index: int, time_ns: int, packet: D1, rate: Fraction, profile: Profile
) -> Sample:
    track = sample_from_freed(packet, time_ns, profile)
    counts: dict[str, Any] = {}
    if not (profile.zoom_per_mm or profile.curves) and (packet.zoom or packet.focus):
        counts["rawEncoders"] = {"zoom": packet.zoom, "focus": packet.focus}
    return sample_of(
        name=name,
        index=index,
        time_ns=time_ns,
        pose=track.stage_from_camera,
        lens=track.lens,
        rate=rate,
        camera={"label": str(packet.camera_id)},
        lens_more=counts,
    )


def write(value: CameraMove, path: Path, options: Options) -> None:
    """A packet a frame: the pose, and of the lens what the profile says.

    Bare encoder counts are handed through by a profile without units. Raises FormatError naming the
    frame that has no pose, or one that FreeD cannot hold.
    """
    profile = profile_named(options.profile)
    with path.open("wb") as stream:
        frames = zip(value.samples, pupil_poses(value), lens_reports(value), strict=True)
        for index, (sample, pose, lens) in enumerate(frames):
            if pose is None:
                raise FormatError("FreeD holds poses, and here is none", f"frame {index}")
            camera_id = _camera_id(value.samples[0])
            try:
                packet = freed_from_sample(TrackSample(0, pose, lens), camera_id, profile, index)
                stream.write(encode(_with_counts(packet, sample, profile)))
            except FreeDError as trouble:
                raise FormatError(trouble.trouble, f"frame {index}") from trouble


def _with_counts(packet: D1, sample: Sample, profile: Profile) -> D1:
    counts = _entry(sample, "lens", "rawEncoders")
    if profile.zoom_per_mm or profile.curves:
        return packet
    zoom, focus = (_count(_entry(counts, axis)) for axis in ("zoom", "focus"))
    return packet._replace(zoom=zoom, focus=focus)


def _count(value: Any) -> int:
    """What an encoder counts, in FreeD's three bytes; 0 for what is no count."""
    return value & 0xFFFFFF if isinstance(value, int) and not isinstance(value, bool) else 0


def _entry(group: Any, *path: str) -> Any:
    for name in path:
        group = group.get(name) if isinstance(group, Mapping) else None
    return group


def _camera_id(sample: Sample) -> int:
    """The number that the camera's label is, 1 where it is none."""
    label = str(_entry(sample, "static", "camera", "label"))
    number = int(label) if label.isascii() and label.isdecimal() and len(label) < 4 else 1
    return number if number < 256 else 1
