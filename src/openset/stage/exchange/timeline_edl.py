"""Between an OTIO timeline and the events of a CMX 3600 edit list.

A list holds one video track and four of sound. Its record side starts where the timeline does; a
transition begins at its event's record in and is read as one that starts on the cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from openset.formats.cmx3600 import REEL_LENGTH, EditList, Event, Mark, one_line, reel_names
from openset.formats.faults import FormatError
from openset.primitives.time import Timecode
from openset.stage.exchange import timeline_parts as parts

_TRACKS = {
    "A": ("A1",),
    "AA": ("A1", "A2"),
    "B": ("V", "A1"),
    "A/V": ("V", "A1"),
    "A2/V": ("V", "A2"),
    "AA/V": ("V", "A1", "A2"),
}
_SOUND = ("A", "A2", "A3", "A4")
_REEL_NOTE = "REEL NAME: "
_COLOURS = frozenset(
    name for name in vars(otio.schema.MarkerColor) if name.isupper() and not name.startswith("_")
)


def timeline(edits: EditList, rate: Fraction) -> tuple[Any, list[str]]:
    """The list as a timeline, and the events that could not be placed, in words."""
    starts = [event.record_in.frame_count for event in edits.events]
    start = min(starts)
    out = otio.schema.Timeline(edits.title)
    out.global_start_time = parts.time(start, rate)
    out.metadata["openset"] = {"drop_frame": edits.events[0].record_in.drop_frame}
    faults: list[str] = []
    tracks: dict[str, Any] = {}
    ends: dict[str, int] = {}
    for event in sorted(edits.events, key=lambda event: event.record_in.frame_count):
        for name in _TRACKS.get(event.channel, (event.channel,)):
            if name not in tracks:
                audio = name.startswith("A")
                kind = otio.schema.TrackKind.Audio if audio else otio.schema.TrackKind.Video
                tracks[name] = otio.schema.Track(name, kind=kind)
            at = event.record_in.frame_count - start
            trouble = _trouble(event, ends.get(name, 0) - at)
            if trouble:
                faults.append(f"line {event.line}: {trouble}")
                continue
            _place(tracks[name], event, at - ends.get(name, 0), rate)
            ends[name] = at + event.frames
    out.tracks.extend(tracks[name] for name in sorted(tracks, key=lambda name: (name[0] != "V", name)))
    return out, faults


def edits(timeline: Any) -> EditList:
    """The timeline as a list: its picture track and up to four tracks of sound. Raises FormatError."""
    rate = parts.rate_of(timeline)
    drop = parts.drops(timeline, rate)
    start = parts.frames(timeline.global_start_time, rate) if timeline.global_start_time else 0
    picture = parts.picture(timeline)
    tracks = [] if picture is None else [("V", picture)]
    tracks += zip(_SOUND, parts.sound(timeline), strict=False)
    found = [(name, shot) for name, track in tracks for shot in parts.shots(track, rate)]
    if not found:
        raise FormatError("this timeline has no clip on a track that is on")
    reels = _reels([shot.clip for _, shot in found])
    events = [
        _event(name, shot, Timecode(start, rate, drop), reel, long)
        for (name, shot), (reel, long) in zip(found, reels, strict=True)
    ]
    events.sort(key=lambda event: event.record_in.frame_count)
    return EditList(str(timeline.name or ""), tuple(events))


def _trouble(event: Event, overlap: int) -> str:
    """Why an event cannot stand on its track, if it cannot."""
    if not event.frames:
        return "an event without a frame"
    if overlap > 0:
        return f"it begins {overlap} frames before the event before it ends"
    if event.over > event.frames:
        return "its transition is longer than itself"
    return ""


def _place(track: Any, event: Event, gap: int, rate: Fraction) -> None:
    """Put an event on the end of a track, `gap` frames after the one before."""
    if gap:
        track.append(otio.schema.Gap(source_range=parts.span(0, gap, rate)))
    if event.edit != "C":
        track.append(_transition(event, rate))
    track.append(_clip(event, rate))


def _transition(event: Event, rate: Fraction) -> Any:
    wipe = event.edit.startswith("W")
    return otio.schema.Transition(
        name=event.edit,
        transition_type="SMPTE_Wipe" if wipe else otio.schema.TransitionTypes.SMPTE_Dissolve,
        in_offset=parts.time(0, rate),
        out_offset=parts.time(event.over, rate),
        metadata={"cmx_3600": {"transition": event.edit}},
    )


def _clip(event: Event, rate: Fraction) -> Any:
    start = event.source_in.frame_count
    clip = otio.schema.Clip(event.clip, source_range=parts.span(start, event.frames, rate))
    if event.reel in ("BL", "BLACK", "BARS"):
        kind = "SMPTEBars" if event.reel == "BARS" else "black"
        clip.media_reference = otio.schema.GeneratorReference(generator_kind=kind)
    elif event.file:
        clip.media_reference = otio.schema.ExternalReference(event.file)
    _notes(clip, event)
    if event.grade is not None:
        parts.set_grade(clip, event.grade)
    for mark in event.marks:
        offset = mark.at.frame_count - event.record_in.frame_count
        colour = mark.colour if mark.colour in _COLOURS else otio.schema.MarkerColor.RED
        where = parts.span(start + offset, 0, rate)
        clip.markers.append(otio.schema.Marker(mark.text, where, colour))
    _retime(clip, event, rate)
    return clip


def _notes(clip: Any, event: Event) -> None:
    """Keep the reel and what has no place of its own in the metadata."""
    said: dict[str, Any] = {"reel": event.reel} if event.reel != "AX" else {}
    notes = [each for each in event.notes if not each.startswith(_REEL_NOTE)]
    long = [each.removeprefix(_REEL_NOTE) for each in event.notes if each.startswith(_REEL_NOTE)]
    if long:
        said["reel"] = long[-1]
    if notes:
        said["comments"] = notes
    if said:
        clip.metadata["cmx_3600"] = said


def _retime(clip: Any, event: Event, rate: Fraction) -> None:
    """A speed, said or by lengths that differ, as an effect."""
    scalar = event.source_frames / event.frames
    if event.speed is not None:
        scalar = event.speed / float(rate)
    elif event.source_frames == event.frames:
        return
    if scalar == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif scalar != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=scalar))


def speed(clip: Any) -> float:
    """How fast a clip runs: 1 as shot, 0 for a freeze frame."""
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            return float(effect.time_scalar)
    return 1.0


def _event(channel: str, shot: parts.Shot, start: Timecode, reel: str, long: str) -> Event:
    clip, rate = shot.clip, start.rate
    scalar = speed(clip)
    if not -100 <= scalar <= 100:
        raise FormatError(f"it runs at {scalar} times its speed", f"clip {clip.name}")
    source = Timecode(shot.source % start.frames_per_day, rate, start.drop_frame)
    record = start.plus(shot.record)
    if shot.frames >= start.frames_per_day:
        raise FormatError("a clip of a day or more", f"clip {clip.name}")
    comments = parts.said(clip, "cmx_3600", "comments")
    notes = tuple(map(str, comments if isinstance(comments, list) else [comments] if comments else []))
    return Event(
        reel,
        source,
        source.plus(round(shot.frames * abs(scalar))),
        record,
        record.plus(shot.frames),
        str(clip.name or ""),
        parts.url(clip),
        channel,
        _edit(shot.way),
        shot.over,
        tuple(_marks(shot, record, rate)),
        parts.grade(clip),
        None if scalar == 1 else scalar * float(rate),
        (*notes, *([f"{_REEL_NOTE}{long}"] if long else [])),
    )


def _edit(way: str) -> str:
    if not way:
        return "C"
    if way.startswith("W") and way[1:].isdigit():
        return f"W{int(way[1:]) % 1000:03d}"
    return "W001" if way == "SMPTE_Wipe" else "D"


def _marks(shot: parts.Shot, record: Timecode, rate: Fraction) -> Iterable[Mark]:
    for marker in shot.clip.markers:
        offset = parts.frames(marker.marked_range.start_time, rate) - shot.source
        if 0 <= offset < shot.frames:
            yield Mark(record.plus(offset), str(marker.color or "RED"), one_line(str(marker.name)))


def _reels(clips: list[Any]) -> list[tuple[str, str]]:
    """A reel for each clip, at most eight letters long, and its whole name where it was longer. Clips
    of the same media are on the same reel."""
    keys = [(parts.reel(clip), parts.reel(clip) or parts.url(clip) or clip.name) for clip in clips]
    kept = {said for said, _ in keys if 0 < len(said) <= REEL_LENGTH and " " not in said}
    named = list(dict.fromkeys(str(key) for said, key in keys if said not in kept))
    new = dict(zip(named, _others(named, kept), strict=True))
    return [(said, "") if said in kept else (new[str(key)], said) for said, key in keys]


def _others(names: list[str], kept: set[str]) -> list[str]:
    """Reels for names, none of those that are taken."""
    taken = sorted(each.upper() for each in kept)
    stems = [each.rpartition("/")[2].rpartition(".")[0] or each for each in names]
    made = reel_names([*taken, *stems])[len(taken) :]
    return made
