"""Final Cut Pro 7 XML, by OpenTimelineIO's adapter, with what it gets wrong put right on both sides.

Source: Apple, Final Cut Pro XML Interchange Format. The adapter writes drop-frame, reels and
switched-off tracks only where metadata says so; it puts markers in the source's timecode where the
format counts from the media's first frame; it writes two equal clips as one with a back-reference,
which moves the second onto the first; and it stops at media whose length is unknown.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from lxml import etree
from opentimelineio.opentime import TimeRange

from openset.formats import plain_xml as xml
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_parts as parts

MOST_ELEMENTS = 2_000_000

_META = "fcp_xml"
_BLACK = "Slug"
_GENERATOR = {
    "effecttype": "generator",
    "mediatype": "video",
    "effectcategory": "Video Generators",
}
_TRACK_NAME = "@MZ.TrackName"
_REFERRED = (
    "sequence",
    "timecode",
    "media",
    "video",
    "audio",
    "track",
    "clipitem",
    "generatoritem",
    "transitionitem",
    "file",
    "filter",
)


def read(data: bytes) -> tuple[Any, list[str]]:
    """The first sequence as a timeline, and the names of the others. Raises FormatError."""
    root = xml.parse(data)
    if xml.name(root) != "xmeml":
        raise FormatError(f"the root element is {xml.name(root)!r}, not xmeml", xml.place(root))
    _check_size(root)
    try:
        found = otio.adapters.read_from_string(etree.tostring(root, encoding="unicode"), "fcp_xml")
    except (*parts.TROUBLES, RecursionError, SyntaxError) as error:  # its own XML reader's is the last
        trouble = " ".join(str(error).split())[:200] or type(error).__name__
        raise FormatError(f"this sequence cannot be read: {trouble}") from error
    others: list[str] = []
    if isinstance(found, otio.schema.SerializableCollection):
        found, *rest = list(found)
        others = [f"sequence {each.name}" for each in rest]
    if not isinstance(found, otio.schema.Timeline) or found.tracks is None:
        raise FormatError("there is no sequence with tracks")
    _tidy(found)
    return found, others


def write(timeline: Any) -> bytes:
    """The timeline as xmeml version 4. Raises FormatError for what the adapter cannot write."""
    rate = parts.rate_of(timeline)
    try:
        text = otio.adapters.write_to_string(_prepared(timeline, rate), "fcp_xml")
    except parts.TROUBLES as error:
        if isinstance(error, FormatError):
            raise
        trouble = " ".join(str(error).split())[:200] or type(error).__name__
        raise FormatError(f"this timeline cannot be written: {trouble}") from error
    return str(text).encode("utf-8", "replace")


def _check_size(root: etree._Element) -> None:
    """Raise FormatError for a sequence that is endless, or vast, once its references are followed: by
    an id a clip may stand for one elsewhere, with all that is in it."""
    first: dict[str, etree._Element] = {}
    for element in root.iter(*_REFERRED):
        first.setdefault(element.get("id", ""), element)
    try:
        if _size(root, first, {}) > MOST_ELEMENTS:
            raise FormatError(f"this XML comes to more than {MOST_ELEMENTS} elements")
    except RecursionError as error:
        raise FormatError("the sequences of this XML are nested too deep") from error


def _size(
    element: etree._Element, first: Mapping[str, etree._Element], sizes: dict[str, int | None]
) -> int:
    """How many elements it comes to; of those with an id the size is kept, None while it is counted."""
    own = element.get("id", "") if element.tag in _REFERRED else ""
    if not own:
        return 1 + sum(_size(each, first, sizes) for each in element)
    if own not in sizes:
        sizes[own] = None
        sizes[own] = 1 + sum(_size(each, first, sizes) for each in first[own])
    size = sizes[own]
    if size is None:
        raise FormatError(f"{xml.name(element)} {own!r} holds itself", xml.place(element))
    return size


def _tidy(timeline: Any) -> None:
    """Put what the adapter keeps in metadata where OTIO has a place for it."""
    drop = _said(timeline, "timecode", "displayformat")
    if drop:
        timeline.metadata["openset"] = {"drop_frame": drop == "DF"}
    for track in timeline.tracks:
        track.enabled = _said(track, "enabled").upper() != "FALSE"
        track.name = track.name or _said(track, _TRACK_NAME)
    for clip in timeline.find_clips():
        clip.enabled = _said(clip, "enabled").upper() != "FALSE"
        media = clip.media_reference
        if isinstance(media, otio.schema.GeneratorReference) and media.generator_kind == _BLACK:
            media.generator_kind = "black"
        reel = _said(media, "timecode", "reel", "name")
        if reel:
            clip.metadata["cmx_3600"] = {"reel": reel}
        _shift_markers(clip, 1)
        available = media.available_range
        if available is not None and available.duration.value == 0:
            media.available_range = None


def _prepared(timeline: Any, rate: Fraction) -> Any:
    """A copy with all that the adapter needs to be told."""
    out = copy.deepcopy(timeline)
    drop = parts.drops(timeline, rate)
    timecode = {"displayformat": "DF" if drop else "NDF"}
    if out.global_start_time is None:
        out.global_start_time = parts.time(0, rate)
    _tell(out, {"timecode": timecode})
    for number, track in enumerate(out.tracks):
        track.metadata["openset_place"] = number
        _tell(track, {} if track.enabled else {"enabled": "FALSE"})
        if track.name:
            _tell(track, {_TRACK_NAME: xml.fit(str(track.name))})
    for number, clip in enumerate(out.find_clips()):
        clip.metadata["openset_place"] = number
        if not clip.enabled:
            _tell(clip, {"enabled": "FALSE"})
        _prepare_clip(clip, timecode)
    return out


def _prepare_clip(clip: Any, timecode: Mapping[str, str]) -> None:
    clip.name = xml.fit(str(clip.name or ""))
    used = parts.clip_range(clip)
    clip.source_range = used
    media = clip.media_reference
    if isinstance(media, otio.schema.ImageSequenceReference):
        media = otio.schema.ExternalReference(parts.url(clip), media.available_range)
        clip.media_reference = media
    elif type(media) is otio.core.MediaReference:  # says nothing, and the adapter stumbles over it
        media = otio.schema.MissingReference(media.name, media.available_range)
        clip.media_reference = media
    if isinstance(media, otio.schema.GeneratorReference):
        _prepare_generator(media)
    if isinstance(media, otio.schema.ExternalReference | otio.schema.GeneratorReference):
        if media.available_range is None:
            media.available_range = used
        media.name = xml.fit(str(media.name or ""))
    reel = parts.reel(clip)
    said: dict[str, Any] = dict(timecode)
    if reel:
        said["reel"] = {"name": xml.fit(reel)}
    _tell(media, {"timecode": said})
    _shift_markers(clip, -1)
    for marker in clip.markers:
        marker.name = xml.fit(str(marker.name or ""))


def _prepare_generator(media: Any) -> None:
    """What the adapter needs in order to write a generator at all; black is called Slug there."""
    media.generator_kind = xml.fit(_BLACK if media.generator_kind == "black" else media.generator_kind)
    media.name = media.name or media.generator_kind
    kept = parts.said(media, _META)
    _tell(media, {**_GENERATOR, **(kept if isinstance(kept, dict) else {})})


def _shift_markers(clip: Any, way: int) -> None:
    """Between the source's timecode and the media's first frame. A marker without length has out -1."""
    available = clip.media_reference.available_range
    for marker in clip.markers:
        where = marker.marked_range
        start = where.start_time
        if available is not None:
            offset = available.start_time.rescaled_to(start.rate)
            start = start + offset if way > 0 else start - offset
        marker.marked_range = TimeRange(start, where.duration)


def _tell(item: Any, said: Mapping[str, Any]) -> None:
    """Put words for the adapter into an object's metadata."""
    kept = parts.plain(item.metadata.get(_META))
    item.metadata[_META] = {**(kept if isinstance(kept, dict) else {}), **said}


def _said(item: Any, *path: str) -> str:
    """What the adapter kept under a path of names, or ""."""
    value: Any = item.metadata.get(_META, {})
    for name in path:
        value = value.get(name) if hasattr(value, "get") else None
    return value if isinstance(value, str) else ""
