"""Between an OTIO timeline and the rows of an Avid log.

A log is a bin, not a cut: its clips stand end to end; of a cut, each clip of the tracks
that are on is listed once. What an editor knows under a column's name stays under it in `ALE`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from openset.formats import ale
from openset.formats.faults import FormatError
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange import timeline_parts as parts

_FIRST = ("Name", "Tracks", "Start", "End", "Duration", "Tape", "Source File")
_GRADE = ("ASC_SOP", "ASC_SAT")
_SIZE = "Image Size"
_PIXELS = re.compile(r"([0-9]{1,6}) ?x ?([0-9]{1,6})")
_OWN = frozenset((*_FIRST, *_GRADE))
_FROM_TAKE = {"Scene": "scene", "Take": "take", "Comments": "note"}


def timeline(log: ale.Log, rate: Fraction, name: str) -> tuple[Any, list[str]]:
    """The log as a timeline, and the rows that could not be used, in words."""
    video = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    audio = otio.schema.Track("A1", kind=otio.schema.TrackKind.Audio)
    faults: list[str] = []
    drop = False
    for number, row in enumerate(log.rows):
        values = dict(zip(log.columns, row, strict=True))
        try:
            clip, dropped = _clip(values, rate)
        except FormatError as error:
            at = f"line {log.lines[number]}" if log.lines else f"row {number + 1}"
            faults.append(f"{at}: {error}")
            continue
        drop = drop or dropped
        sound = bool(values.get("Tracks")) and "V" not in values["Tracks"].upper()
        (audio if sound else video).append(clip)
    out = otio.schema.Timeline(name)
    out.global_start_time = parts.time(0, rate)
    out.metadata["openset"] = {"drop_frame": drop}
    out.metadata["ALE"] = {"header": dict(log.heading), "columns": list(log.columns)}
    out.tracks.extend(each for each in (video, audio) if len(each))
    return out, faults


def log(timeline: Any, size_px: tuple[int, int] | None = None) -> ale.Log:
    """The clips of the timeline as a log, their picture `size_px` where they do not say it. Raises
    FormatError where there is no clip."""
    rate = parts.rate_of(timeline)
    drop = parts.drops(timeline, rate)
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    tracks = [parts.picture(timeline), *parts.sound(timeline)]
    for track in (each for each in tracks if each is not None):
        channel = "V" if track.kind == otio.schema.TrackKind.Video else "A1"
        for shot in parts.shots(track, rate):
            row = _row(shot.clip, channel, rate, drop)
            rows.setdefault(tuple(row[key] for key in ("Name", "Start", "End", "Source File")), row)
    if not rows:
        raise FormatError("this timeline has no clip on a track that is on")
    used = [key for key in (*_FIRST, *_GRADE) if any(row.get(key) for row in rows.values())]
    columns, cells = ale.table(list(rows.values()), used)
    header = _table(timeline, "ALE", "header")
    heading = {
        "FIELD_DELIM": "TABS",
        "VIDEO_FORMAT": "1080",  # the editor wants one; of a picture of unknown size this is usual
        "AUDIO_FORMAT": "48khz",
        **{str(key): str(value) for key, value in header.items()},
        **_video_format([row.get(_SIZE, "") for row in rows.values()], size_px),
        "FPS": f"{float(rate):.3f}".rstrip("0").rstrip("."),
    }
    return ale.Log(heading, columns, tuple(map(tuple, cells)))


def _clip(values: dict[str, str], rate: Fraction) -> tuple[Any, bool]:
    """The clip of a row, and whether its timecode drops frames."""
    start = _timecode(values.get("Start", ""), rate)
    end = _timecode(values.get("End", ""), rate)
    length = _timecode(values.get("Duration", ""), rate)
    if start is None or (end is None and length is None):
        raise FormatError("a clip needs its Start, and its End or Duration")
    frames = length.frame_count if end is None and length else 0
    if end is not None:
        frames = (end.frame_count - start.frame_count) % start.frames_per_day
    if not frames:
        raise FormatError("a clip without a frame")
    clip = otio.schema.Clip(
        values.get("Name", ""), source_range=parts.span(start.frame_count, frames, rate)
    )
    if values.get("Source File"):
        clip.media_reference = otio.schema.ExternalReference(values["Source File"])
    if values.get("Tape"):
        clip.metadata["cmx_3600"] = {"reel": values["Tape"]}
    grade = ale.grade_of(values.get("ASC_SOP", ""), values.get("ASC_SAT", ""), values.get("Name", ""))
    if grade is not None:
        parts.set_grade(clip, grade)
    rest = {key: said for key, said in values.items() if key not in _OWN and said}
    if rest:
        clip.metadata["ALE"] = rest
    return clip, start.drop_frame


def _row(clip: Any, channel: str, rate: Fraction, drop: bool) -> dict[str, str]:
    used = parts.clip_range(clip)
    start = Timecode(
        parts.frames(used.start_time, rate) % Timecode(0, rate, drop).frames_per_day, rate, drop
    )
    length = parts.frames(used.duration, rate)
    if not 0 < length < start.frames_per_day:
        raise FormatError("a clip of no frame, or of a day or more", f"clip {clip.name}")
    row = {
        "Name": str(clip.name),
        "Tracks": channel,
        "Start": str(start),
        "End": str(start.plus(length)),
        "Duration": str(Timecode(length, rate, drop)),
        "Tape": parts.reel(clip) or str(_table(clip, "openset").get("take", "")),
        "Source File": parts.url(clip),
    }
    grade = parts.grade(clip)
    if grade is not None:
        row |= {"ASC_SOP": ale.sop_text(grade), "ASC_SAT": ale.sat_text(grade)}
    ours = _table(clip, "openset")
    row |= {column: str(ours[key]) for column, key in _FROM_TAKE.items() if ours.get(key)}
    size = ours.get("size_px")
    if isinstance(size, list) and len(size) == 2:
        row[_SIZE] = "x".join(map(str, size))
    rest = _table(clip, "ALE")
    return row | {str(key): str(said) for key, said in rest.items() if key not in _OWN}


def _video_format(sizes: list[str], known: tuple[int, int] | None) -> dict[str, str]:
    """The heading's word for the picture: of the size that is known, else of the first clip that says
    its own; nothing where none does."""
    said = next(filter(None, map(_PIXELS.fullmatch, sizes)), None)
    size = known or (said and (int(said[1]), int(said[2])))
    return {"VIDEO_FORMAT": ale.video_format(*size)} if size else {}


def _table(item: Any, *path: str) -> dict[str, Any]:
    """The table under a path of names in an object's metadata; empty for anything else."""
    found = parts.said(item, *path)
    return found if isinstance(found, dict) else {}


def _timecode(text: str, rate: Fraction) -> Timecode | None:
    if not text:
        return None
    try:
        return parse_timecode(text, rate)
    except ValueError as error:
        raise FormatError(str(error)) from error
