"""Timelines as files: OTIO, OTIO bundles, CMX 3600 edit lists, Final Cut Pro 7 XML, Avid logs.

The value is an `opentimelineio.schema.Timeline`. Edit lists and logs are read and written here; the
adapters of the field stop at the first line they do not like and start every record side at zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from openset.formats import ale, cmx3600
from openset.formats.cdl import Correction
from openset.formats.faults import FormatError
from openset.formats.plain_xml import MOST_BYTES as MOST_XML
from openset.primitives.errors import BadInput, PartMissing
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents

try:
    from openset.stage.exchange import timeline_ale, timeline_edl, timeline_fcp7, timeline_otio
    from openset.stage.exchange import timeline_parts as parts
except ModuleNotFoundError as error:
    raise PartMissing(
        "timelines need OpenTimelineIO", todo="Install openset[stage]: pip install 'openset[stage]'"
    ) from error


def read(path: Path, options: Options) -> Read:
    """The timeline in a file of the format that `options` names. Raises FormatError, and BadInput where
    an edit list's frame rate is not given."""
    if options.format == "edl":
        return _read_edl(contents(path), options)
    if options.format == "ale":
        return _read_ale(path, options)
    if options.format == "fcp7":
        found, others = timeline_fcp7.read(contents(path, MOST_XML))
    elif options.format == "otioz":
        found, others = timeline_otio.read_bundle(path)
    else:
        found, others = timeline_otio.parse(contents(path, timeline_otio.MOST_BYTES))
    _check(found)
    return Read(found, unheld=tuple(others[:MOST_FAULTS]))


def write(value: Any, path: Path, options: Options) -> None:
    """Write the timeline in the format that `options` names. Raises FormatError where it cannot hold
    it."""
    if options.format == "otioz":
        timeline_otio.write_bundle(value, path, options.folder)
        return
    try:
        data = _serialised(value, options)
    except parts.TROUBLES as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"OpenTimelineIO cannot write this: {error}") from error
    path.write_bytes(data)


def grades(timeline: Any) -> tuple[Correction, ...]:
    """The grades of the picture track's clips, in order. Raises FormatError where there is none."""
    track = parts.picture(timeline)
    found = [] if track is None else [parts.grade(clip) for clip in track.find_clips()]
    out = tuple(each for each in found if each is not None)
    if not out:
        raise FormatError("no clip of this timeline has a grade")
    return out


def fields(timeline: Any) -> dict[str, object]:
    """What a timeline says, by name, for comparing. Clips stand where an edit list has them: with a
    transition, the clip that comes in begins with it."""
    rate = parts.rate_of(timeline)
    start = parts.frames(timeline.global_start_time, rate) if timeline.global_start_time else 0
    track = parts.picture(timeline)
    shots = [] if track is None else list(parts.shots(track, rate))
    out: dict[str, object] = {
        "name": str(timeline.name or ""),
        "rate": float(rate),
        "global_start": start,
        "drop_frame": parts.drops(timeline, rate),
        **_shots(shots, start, rate),
        "track_names": tuple(str(each.name) for each in timeline.video_tracks()),
        "audio": tuple(
            tuple(_place(each) for each in parts.shots(one, rate)) for one in parts.sound(timeline)
        ),
        "other_tracks": _others(timeline, track, rate),
        "sequence_markers": tuple(
            (str(each.name), parts.frames(each.marked_range.start_time, rate))
            for each in timeline.tracks.markers
        ),
        "metadata": _metadata(timeline, shots),
    }
    return {name: said for name, said in out.items() if said not in ("", (), {}, None)}


def _shots(shots: list[parts.Shot], start: int, rate: Fraction) -> dict[str, object]:
    """What the clips of the picture track say, each as a tuple over them."""
    graded = [parts.grade(each.clip) for each in shots]
    numbers = tuple(
        None if each is None else (each.slope, each.offset, each.power, each.saturation)
        for each in graded
    )
    marks = [
        [
            (mark, parts.frames(mark.marked_range.start_time, rate) - each.source)
            for mark in each.clip.markers
        ]
        for each in shots
    ]
    return {
        "clips": tuple(str(each.clip.name or "") for each in shots),
        "record": tuple((start + each.record, each.frames) for each in shots),
        "source": tuple(each.source for each in shots),
        "reels": _any(parts.reel(each.clip) for each in shots),
        "media": _any(_media(each.clip) for each in shots),
        "speeds": tuple(timeline_edl.speed(each.clip) for each in shots)
        if any(timeline_edl.speed(each.clip) != 1 for each in shots)
        else (),
        "transitions": tuple((start + each.record, each.over, each.way) for each in shots if each.over),
        "cdl": numbers if any(graded) else (),
        "markers": tuple((at, str(mark.name)) for held in marks for mark, at in held),
        "marker_colours": tuple(str(mark.color) for held in marks for mark, _ in held),
        "marker_lengths": _lengths([mark for held in marks for mark, _ in held]),
    }


def _media(clip: Any) -> str:
    """Where a clip's media is; of a bundle's where it was, and "" where the bundle does not hold it."""
    url, original = parts.url(clip), parts.said(clip.media_reference, timeline_otio.ORIGINAL)
    if not isinstance(original, str):
        return url
    return original if url != original else ""


def _lengths(marks: list[Any]) -> tuple[int, ...]:
    """Of markers, where any is longer than a frame."""
    lengths = tuple(max(1, round(mark.marked_range.duration.value)) for mark in marks)
    return lengths if any(each > 1 for each in lengths) else ()


def _place(shot: parts.Shot) -> tuple[object, ...]:
    return str(shot.clip.name or ""), shot.record, shot.source, shot.frames


def _others(timeline: Any, picture: Any, rate: Fraction) -> tuple[object, ...]:
    """The video tracks beside the one that is the cut."""
    tracks = [each for each in timeline.video_tracks() if each is not picture]
    return tuple(
        (bool(each.enabled), tuple(_place(shot) for shot in parts.shots(each, rate))) for each in tracks
    )


def _metadata(timeline: Any, shots: list[parts.Shot]) -> tuple[object, ...]:
    """What stands in the metadata beyond what has a name of its own here."""
    ours = [_plain(each.metadata) for each in (timeline, *(shot.clip for shot in shots))]
    return tuple(ours) if any(ours) else ()


def _plain(value: Any) -> Any:
    """Metadata as plain dicts and lists, without the adapters' own parts."""
    if hasattr(value, "items"):
        own = ("cdl", "fcp_xml", "drop_frame", "reel")
        out = {str(key): _plain(each) for key, each in value.items() if key not in own}
        return {key: each for key, each in out.items() if each not in ({}, [], "", None)}
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


def _any(said: Iterable[str]) -> tuple[str | None, ...]:
    """Words where any is said; None where one is not, so that a format may add it."""
    held = tuple(each or None for each in said)
    return held if any(held) else ()


def _check(timeline: Any) -> None:
    """Raise FormatError for a timeline with no clip, or with times that cannot be counted."""
    try:
        fields(timeline)
    except parts.TROUBLES as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"OpenTimelineIO cannot use this: {error}") from error


def _read_edl(data: bytes, options: Options) -> Read:
    if options.rate is None:
        raise BadInput(
            "an edit list does not say its frame rate", todo="Give it: --rate 25, --rate 29.97"
        )
    edits = cmx3600.read(data, options.rate)
    found, faults = timeline_edl.timeline(edits, options.rate)
    told = (*edits.faults, *faults)
    _check(found)
    return Read(found, edits.skipped + len(faults), told[:MOST_FAULTS])


def _read_ale(path: Path, options: Options) -> Read:
    log = ale.read(contents(path))
    rate = log.rate(options.rate)
    found, faults = timeline_ale.timeline(log, rate, options.name or path.stem)
    if not len(found.tracks):
        raise FormatError(faults[0] if faults else "there is no clip")
    return Read(found, log.skipped + len(faults), (*log.faults, *faults)[:MOST_FAULTS])


def _serialised(value: Any, options: Options) -> bytes:
    writers: Mapping[str, Any] = {
        "otio": timeline_otio.serialised,
        "fcp7": timeline_fcp7.write,
        "edl": lambda timeline: cmx3600.write(timeline_edl.edits(timeline)),
        "ale": lambda timeline: ale.write(timeline_ale.log(timeline, options.size_px)),
    }
    out: bytes = writers[options.format or "otio"](value)
    return out
