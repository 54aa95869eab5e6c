"""The cut of a delivery: its takes one after another in scene order, as OpenTimelineIO and as an EDL.

The composites are the picture; the plates lie under them on a track that is switched off. Where the
pose was held or something went wrong the clip carries a marker. Times are whole frames; the record side
starts at 01:00:00:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from openset.formats.cmx3600 import Event, Mark, reel_names
from openset.primitives.errors import BadInput
from openset.primitives.time import Timecode, timecode_from_fields
from openset.stage.deliver.model import HandedTake
from openset.stage.deliver.track import frame_at
from openset.stage.record.model import COMPOSITE_FILE, PICTURE_FILE, TakeRecord

COMPOSITES, PLATES = "composites", "plates"
_MOST_REMARKS = 50


@dataclass(frozen=True)
class Remark:
    """Something worth seeing in a clip: `frames` frames from frame `start` of the take."""

    start: int
    frames: int
    text: str


@dataclass(frozen=True)
class ClipSeen:
    """What a timeline says of one clip: its take, media, first source frame (counted from midnight),
    length, and rate."""

    take: str
    media: str
    source_start: int
    frames: int
    rate: Fraction


def check_one_rate(records: Sequence[TakeRecord]) -> Fraction:
    """The frame rate all takes share. Raises BadInput naming two that differ."""
    first = records[0].spec
    for spec in (record.spec for record in records):
        if spec.rate != first.rate:
            raise BadInput(
                f"runs at {spec.rate} frames a second, {first.id} at {first.rate}",
                where=str(spec.id),
                todo="One cut has one frame rate: deliver these takes apart",
            )
    return first.rate


def record_start(take: HandedTake) -> Timecode:
    """01:00:00:00 at the take's rate, drop-frame if its own timecode is."""
    start = take.record.spec.start_timecode
    return timecode_from_fields(1, 0, 0, 0, start.rate, start.drop_frame)


def remarks(take: HandedTake) -> list[Remark]:
    """Runs of frames without a fresh pose, then the faults noted while it rolled; the first ones of
    many."""
    found = []
    for state, run in groupby(take.frames, key=lambda frame: frame.state):
        frames = list(run)
        if state == "held":
            found.append(Remark(frames[0].index, len(frames), "pose held: the tracker was late"))
        elif state == "none":
            found.append(Remark(frames[0].index, len(frames), "no pose"))
    for fault in take.record.faults:
        index = frame_at(take.frames, fault.time_ns)
        found.append(Remark(index, 1, f"{fault.kind}: {fault.text}"))
    return found[:_MOST_REMARKS]


def timeline(name: str, takes: Sequence[HandedTake]) -> Any:
    """The cut as an otio.schema.Timeline with media by relative path. Raises BadInput where the takes
    differ in rate, or there is none with a frame."""
    rated = [take for take in takes if take.record.frames]
    if not rated:
        raise BadInput("no take holds a frame", todo="Shoot a take first")
    check_one_rate([take.record for take in rated])
    out = otio.schema.Timeline(name)
    start = record_start(rated[0])
    out.global_start_time = _time(start.frame_count, start.rate)
    out.metadata["openset"] = {"takes": [str(take.id) for take in rated]}
    plates = otio.schema.Track(PLATES, kind=otio.schema.TrackKind.Video)
    plates.enabled = False
    composites = otio.schema.Track(COMPOSITES, kind=otio.schema.TrackKind.Video)
    for take in rated:
        plates.append(_clip(take, PICTURE_FILE, take.record.files.picture_frames))
        composites.append(_clip(take, COMPOSITE_FILE, take.record.files.composite_frames))
    out.tracks.extend([plates, composites])
    return out


def events(takes: Sequence[HandedTake]) -> list[Event]:
    """The cut of the composites as edit-list events."""
    rated = [take for take in takes if take.record.frames]
    at = record_start(rated[0])
    reels = reel_names([str(take.id) for take in rated])
    out = []
    for take, reel in zip(rated, reels, strict=True):
        spec, frames = take.record.spec, take.record.frames
        out.append(
            Event(
                reel,
                spec.start_timecode,
                take.record.end_timecode,
                at,
                at.plus(frames),
                clip=str(take.id),
                file=f"{take.folder}/{COMPOSITE_FILE}",
                marks=tuple(Mark(at.plus(remark.start), text=remark.text) for remark in remarks(take)),
            )
        )
        at = at.plus(frames)
    return out


def clips_seen(found: Any, track: str) -> list[ClipSeen]:
    """The clips of one track of an opened timeline, as far as they can be told."""
    tracks = [each for each in found.video_tracks() if each.name == track]
    return [_seen(clip) for each in tracks for clip in each if isinstance(clip, otio.schema.Clip)]


def wanted_clips(takes: Sequence[HandedTake], file: str) -> list[ClipSeen]:
    """What `clips_seen` has to find for these takes."""
    return [
        ClipSeen(
            str(take.id),
            f"{take.folder}/{file}",
            take.record.spec.start_timecode.frame_count,
            take.record.frames,
            take.record.spec.rate,
        )
        for take in takes
        if take.record.frames
    ]


def _clip(take: HandedTake, file: str, available: int) -> Any:
    spec, frames = take.record.spec, take.record.frames
    start = spec.start_timecode.frame_count
    media = otio.schema.ExternalReference(
        f"{take.folder}/{file}", TimeRange(_time(start, spec.rate), _time(available, spec.rate))
    )
    clip = otio.schema.Clip(
        str(take.id),
        media_reference=media,
        source_range=TimeRange(_time(start, spec.rate), _time(frames, spec.rate)),
        metadata={
            "openset": {
                "take": str(spec.id),
                "scene": spec.id.scene,
                "shot": spec.id.shot,
                "camera": f"{take.folder}/camera.usda",
                "delay_s": spec.delay_s,
                "circled": take.marks.circled,
                "note": take.marks.note,
            }
        },
    )
    for remark in remarks(take):
        where = TimeRange(_time(start + remark.start, spec.rate), _time(remark.frames, spec.rate))
        marker = otio.schema.Marker(remark.text, where, otio.schema.MarkerColor.RED)
        clip.markers.append(marker)
    return clip


def _seen(clip: Any) -> ClipSeen:
    found = clip.source_range
    media = clip.media_reference
    return ClipSeen(
        str(clip.name),
        str(getattr(media, "target_url", "")),
        round(found.start_time.value),
        round(found.duration.value),
        Fraction(found.start_time.rate).limit_denominator(1001),
    )


def _time(frames: int, rate: Fraction) -> Any:
    return RationalTime(frames, float(rate))
