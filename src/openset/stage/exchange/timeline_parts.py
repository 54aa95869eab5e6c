"""What adapters need to know of an OTIO timeline: its rate, its count, its picture track, its clips.

Conventions in metadata, shared with the field's adapters: a clip's reel is `cmx_3600.reel`, its grade
`cdl.asc_sop` and `cdl.asc_sat`; Openset adds `openset.drop_frame` to a timeline, since OTIO counts
frames and does not say how timecode names them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from openset.formats.cdl import CdlError, Correction
from openset.formats.faults import FormatError
from openset.primitives.time import Timecode, parse_rate

MOST_FRAMES = 10_000_000_000
"""Three years at 100 frames a second; a count beyond it is damage."""

GENERATED = {"black": "BL", "SMPTEBars": "BARS"}
"""The reels that are no reels, by the kind of generator."""

TROUBLES = (
    otio.exceptions.OTIOError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What OpenTimelineIO and its adapters raise for a file they cannot use."""


@dataclass(frozen=True)
class Shot:
    """A clip where it stands: the first frame of its record side (counted from the track's start), its
    source range, whole frames at the timeline's rate. Of the frames a transition takes, those before
    its cut belong to the clip that comes in, as edit lists have it; `over` is how many it takes in all,
    `way` its type or "" for a cut."""

    clip: Any
    record: int
    source: int
    frames: int
    over: int = 0
    way: str = ""


def snapped(rate: float) -> Fraction:
    """The exact frame rate a float means. Raises FormatError for one that is none."""
    if not (math.isfinite(rate) and 1 <= rate <= 1000):
        raise FormatError(f"{rate} frames a second is no rate")
    return parse_rate(rate)


def rate_of(timeline: Any) -> Fraction:
    """The timeline's frame rate: of its start, else of its first clip. Raises FormatError for none."""
    start = timeline.global_start_time
    if start is not None and start.rate > 1:
        return snapped(start.rate)
    for clip in timeline.find_clips():
        return snapped(clip_range(clip).duration.rate)
    raise FormatError("this timeline holds no clip")


def drops(timeline: Any, rate: Fraction) -> bool:
    """Whether its timecode drops frames: as it says, else as makes its start a whole minute, else as is
    usual at 29.97 and 59.94."""
    if rate.denominator == 1 or Timecode(0, rate).nominal_rate % 30:
        return False
    known = said(timeline, "openset", "drop_frame")
    if isinstance(known, bool):
        return known
    start = frames(timeline.global_start_time, rate) if timeline.global_start_time else 0
    for drop in (True, False):
        if Timecode(start, rate, drop).fields()[2:] == (0, 0):
            return drop
    return True


def frames(time: Any, rate: Fraction) -> int:
    """A time in whole frames. Raises FormatError for one that cannot be counted."""
    value = time.value_rescaled_to(float(rate)) if time.rate > 0 else math.nan
    if not abs(value) <= MOST_FRAMES:
        raise FormatError(f"a time of {time.value} at {time.rate} frames a second")
    return round(value)


def time(count: int, rate: Fraction) -> Any:
    """A count of frames as OTIO has it."""
    return RationalTime(count, float(rate))


def span(start: int, length: int, rate: Fraction) -> Any:
    """A range of frames as OTIO has it."""
    return TimeRange(time(start, rate), time(length, rate))


def clip_range(clip: Any) -> Any:
    """The part of the source a clip uses. Raises FormatError where neither it nor its media say."""
    try:
        return clip.trimmed_range()
    except TROUBLES as error:
        raise FormatError(
            "neither the clip nor its media says how long it is", f"clip {clip.name}"
        ) from error


def picture(timeline: Any) -> Any | None:
    """The track that is the cut: the lowest video track that is on and holds a clip."""
    return next((each for each in timeline.video_tracks() if each.enabled and _holds_clip(each)), None)


def sound(timeline: Any) -> list[Any]:
    """The audio tracks that are on and hold a clip."""
    return [each for each in timeline.audio_tracks() if each.enabled and _holds_clip(each)]


def shots(track: Any, rate: Fraction) -> Iterator[Shot]:
    """The clips of a track in order, those inside nested ones left out."""
    items = list(track)
    at, before = 0, None
    for item, following in zip(items, [*items[1:], None], strict=False):
        if isinstance(item, otio.schema.Transition):
            before = item
            continue
        length = frames(item.duration(), rate)
        if isinstance(item, otio.schema.Clip) and length > 0:
            lead, over, way = _transition(before, rate)
            after = _transition(following, rate)[0]
            start = frames(clip_range(item).start_time, rate)
            yield Shot(item, at - lead, start - lead, length + lead - after, over, way)
        at, before = at + length, None


def reel(clip: Any) -> str:
    """The reel a clip says it is on, or ""; of black and bars what edit lists call it."""
    name = said(clip, "cmx_3600", "reel")
    if isinstance(name, str) and name:
        return name
    return GENERATED.get(str(getattr(clip.media_reference, "generator_kind", "")), "")


def url(clip: Any) -> str:
    """Where a clip's media is, or ""; of a sequence of pictures the first."""
    media = clip.media_reference
    if isinstance(media, otio.schema.ImageSequenceReference):
        try:
            return str(media.abstract_target_url("#" * max(1, media.frame_zero_padding)))
        except TROUBLES:
            return str(media.target_url_base)
    return str(getattr(media, "target_url", "") or "")


def grade(clip: Any) -> Correction | None:
    """The clip's grade, named like the clip. Raises CdlError for one that is none."""
    numbers = said(clip, "cdl")
    if not isinstance(numbers, dict) or not numbers:
        return None
    sop = numbers.get("asc_sop", {})
    try:
        slope, offset, power = (
            tuple(float(each) for each in sop.get(name, default))
            for name, default in (("slope", (1, 1, 1)), ("offset", (0, 0, 0)), ("power", (1, 1, 1)))
        )
        saturation = float(numbers.get("asc_sat", 1.0))
    except (TypeError, ValueError, AttributeError) as error:
        raise CdlError("the grade is not ten numbers", f"clip {clip.name}") from error
    return Correction(str(clip.name), slope, offset, power, saturation, media=url(clip))  # type: ignore[arg-type]


def set_grade(clip: Any, correction: Correction) -> None:
    """Give a clip its grade."""
    clip.metadata["cdl"] = {
        "asc_sop": {
            "slope": list(correction.slope),
            "offset": list(correction.offset),
            "power": list(correction.power),
        },
        "asc_sat": correction.saturation,
    }


def said(item: Any, *path: str) -> Any:
    """What an object's metadata say under a path of names, as Python's own values; None for nothing."""
    value: Any = item.metadata
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return plain(value)


def plain(value: Any) -> Any:
    """Metadata as dicts and lists of Python's own. The library's hold on to the object they come from;
    given to another object, they can take the whole process down (OpenTimelineIO 0.18)."""
    if isinstance(value, MutableMapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, MutableSequence):
        return [plain(each) for each in value]
    return value


def _holds_clip(track: Any) -> bool:
    return any(isinstance(each, otio.schema.Clip) for each in track)


def _transition(item: Any | None, rate: Fraction) -> tuple[int, int, str]:
    """How many frames before the cut it takes, how many in all, and its type."""
    if not isinstance(item, otio.schema.Transition):
        return 0, 0, ""
    lead, tail = (frames(each, rate) for each in (item.in_offset, item.out_offset))
    way = str(item.transition_type)
    code = said(item, "cmx_3600", "transition")
    if isinstance(code, str) and code.startswith("W") and way != "SMPTE_Dissolve":
        way = code
    return (lead, lead + tail, way) if lead + tail > 0 and min(lead, tail) >= 0 else (0, 0, "")
