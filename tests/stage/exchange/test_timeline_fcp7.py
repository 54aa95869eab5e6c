"""Final Cut Pro 7 XML: what the adapter gets wrong put right, and files that are none."""

from __future__ import annotations

import contextlib
import re
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import plain_xml as xml
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_fcp7
from openset.stage.exchange import timeline_parts as parts

PAL = Fraction(25)
NTSC = Fraction(30000, 1001)


def cut(rate: Fraction = PAL, start: int = 90000, drop: bool = False) -> Any:
    """The same clip twice, marked, on a reel; one with media of unknown length; a track that is off."""
    out = otio.schema.Timeline("LANE", global_start_time=parts.time(start, rate))
    out.metadata["openset"] = {"drop_frame": drop}
    track = otio.schema.Track("cut", kind=otio.schema.TrackKind.Video)
    for _ in range(2):
        clip = otio.schema.Clip("same", source_range=parts.span(1050, 100, rate))
        clip.media_reference = otio.schema.ExternalReference("a.mov", parts.span(1000, 500, rate))
        clip.metadata["cmx_3600"] = {"reel": "A001"}
        clip.markers.append(otio.schema.Marker("here", parts.span(1060, 5, rate)))
        track.append(clip)
    open_ended = otio.schema.Clip("open", source_range=parts.span(7, 10, rate))
    open_ended.media_reference = otio.schema.ExternalReference("b.mov")
    off = otio.schema.Track("plates", [otio.schema.Clip("p", source_range=parts.span(0, 9, rate))])
    off.enabled = False
    track.append(open_ended)
    out.tracks.extend([track, off])
    return out


def test_equal_clips_stay_where_they_are() -> None:
    found, _ = timeline_fcp7.read(timeline_fcp7.write(cut()))
    starts = [found.tracks[0].range_of_child(each).start_time.value for each in found.tracks[0]]
    assert starts == [0, 100, 200]


def test_the_start_and_drop_frame_are_written_as_the_format_has_them() -> None:
    root = xml.parse(timeline_fcp7.write(cut(NTSC, 107892, drop=True)))
    timecode = root.find(".//sequence/timecode")
    assert timecode is not None
    # 01:00:00;00 is frame 107892 at 29.97
    assert timecode.findtext("string") == "01:00:00;00"
    assert timecode.findtext("frame") == "107892"
    assert timecode.findtext("displayformat") == "DF"
    assert (timecode.findtext("rate/timebase"), timecode.findtext("rate/ntsc")) == ("30", "TRUE")
    plain = xml.parse(timeline_fcp7.write(cut(NTSC, 108000, drop=False)))
    assert plain.findtext(".//sequence/timecode/string") == "01:00:00:00"
    assert plain.findtext(".//sequence/timecode/displayformat") == "NDF"
    for data, drop in (
        (timeline_fcp7.write(cut(NTSC, 107892, drop=True)), True),
        (xml.serialised(plain), False),
    ):
        found, _ = timeline_fcp7.read(data)
        assert found.metadata["openset"]["drop_frame"] is drop


@pytest.mark.parametrize(
    ("rate", "timebase", "ntsc"),
    [
        (PAL, "25", "FALSE"),
        (Fraction(24000, 1001), "24", "TRUE"),
        (Fraction(60000, 1001), "60", "TRUE"),
    ],
)
def test_rates_are_a_timebase_and_ntsc(rate: Fraction, timebase: str, ntsc: str) -> None:
    root = xml.parse(timeline_fcp7.write(cut(rate, 0)))
    assert {each.findtext("timebase") for each in root.iter("rate")} == {timebase}
    assert {each.findtext("ntsc") for each in root.iter("rate")} == {ntsc}
    assert parts.rate_of(timeline_fcp7.read(xml.serialised(root))[0]) == rate


def test_markers_count_from_the_medias_first_frame() -> None:
    data = timeline_fcp7.write(cut())
    marker = xml.parse(data).find(".//clipitem/marker")
    assert marker is not None
    # the media starts at 1000, the marker is at 1060, five frames long
    assert (marker.findtext("in"), marker.findtext("out")) == ("60", "65")
    found, _ = timeline_fcp7.read(data)
    assert found.tracks[0][0].markers[0].marked_range.start_time.value == 1060


def test_reels_names_and_what_is_off_come_back() -> None:
    found, _ = timeline_fcp7.read(timeline_fcp7.write(cut()))
    assert [(each.name, each.enabled) for each in found.tracks] == [("cut", True), ("plates", False)]
    assert [parts.reel(each) for each in found.tracks[0]] == ["A001", "A001", ""]
    assert found.tracks[0][2].source_range == cut().tracks[0][2].source_range


def test_black_and_bars_are_generators() -> None:
    out = otio.schema.Timeline("a", global_start_time=parts.time(0, PAL))
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for kind in ("black", "SMPTEBars"):
        media = otio.schema.GeneratorReference(generator_kind=kind)
        track.append(otio.schema.Clip(kind, media, parts.span(0, 25, PAL)))
    out.tracks.append(track)
    data = timeline_fcp7.write(out)
    kinds = [each.findtext("effect/effectid") for each in xml.parse(data).iter("generatoritem")]
    assert kinds == ["Slug", "SMPTEBars"]  # Slug is the format's word for black
    clips = list(timeline_fcp7.read(data)[0].find_clips())
    assert [each.media_reference.generator_kind for each in clips] == ["black", "SMPTEBars"]
    assert [parts.reel(each) for each in clips] == ["BL", "BARS"]


def test_media_of_no_kind_are_written_as_missing() -> None:
    out = cut()
    out.tracks[0][2].media_reference = otio.core.MediaReference("m", parts.span(0, 99, PAL))
    found, _ = timeline_fcp7.read(timeline_fcp7.write(out))
    assert isinstance(found.tracks[0][2].media_reference, otio.schema.MissingReference)


def test_the_timeline_that_is_written_is_not_touched() -> None:
    made = cut()
    before = made.to_json_string()
    timeline_fcp7.write(made)
    assert made.to_json_string() == before


def test_a_second_sequence_is_named() -> None:
    root = xml.parse(timeline_fcp7.write(cut()))
    other = xml.parse(timeline_fcp7.write(cut()).replace(b"LANE", b"ALLEY")).find(".//sequence")
    children = root.find(".//children")
    assert children is not None
    assert other is not None
    other.set("id", "sequence-2")
    for each in other.iter("clipitem", "file"):
        each.set("id", f"other-{each.get('id')}")
    children.append(other)
    found, others = timeline_fcp7.read(xml.serialised(root))
    assert (found.name, others) == ("LANE", ["sequence ALLEY"])


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"<a/>", "line 1: the root element is 'a'"),
        (b"<xmeml>\n<x>", "not XML"),
        (b"<xmeml/>", "No top-level sequences"),
        (
            "<xmeml \u0221='1'/>".encode(),
            "cannot be read",
        ),  # a name to one XML reader and not to the other
        (b'<!DOCTYPE x [<!ENTITY e "x">]><xmeml>&e;</xmeml>', "entities"),
        (
            b'<xmeml><sequence id="s"><media><sequence id="s"/></media></sequence></xmeml>',
            "holds itself",
        ),
    ],
)
def test_what_is_no_sequence_is_refused(data: bytes, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        timeline_fcp7.read(data)


NESTED = "<rate><timebase>25</timebase></rate><media><video><track>{items}</track></video></media>"
ITEM = "<clipitem><start>{at}</start><end>{end}</end><in>0</in><out>9</out>{inside}</clipitem>"


def nested(depth: int, copies: int) -> str:
    """Sequences in sequences, each used several times."""
    if not depth:
        return '<sequence id="s0">' + NESTED.format(items="") + "</sequence>"
    whole, again = nested(depth - 1, copies), f'<sequence id="s{depth - 1}"/>'
    places = [(9 * n, 9 * n + 9, again if n else whole) for n in range(copies)]
    items = "".join(ITEM.format(at=at, end=end, inside=inside) for at, end, inside in places)
    return f'<sequence id="s{depth}">' + NESTED.format(items=items) + "</sequence>"


def test_sequences_in_sequences_are_read_unless_they_swell() -> None:
    found, _ = timeline_fcp7.read(f"<xmeml>{nested(3, 2)}</xmeml>".encode())
    assert found.duration().value == 18
    with pytest.raises(FormatError, match="comes to more than"):
        timeline_fcp7.read(f"<xmeml>{nested(30, 3)}</xmeml>".encode())


def test_a_clip_that_holds_itself_by_its_id_is_refused() -> None:
    inside = '<sequence id="s">' + NESTED.format(items='<clipitem id="a"/>') + "</sequence>"
    item = ITEM.format(at=0, end=9, inside=inside).replace("<clipitem>", '<clipitem id="a">')
    with pytest.raises(FormatError, match="'a' holds itself"):
        timeline_fcp7.read(f"<xmeml><sequence>{NESTED.format(items=item)}</sequence></xmeml>".encode())


GOOD = timeline_fcp7.write(cut()).decode()
PLACES = [match.span(1) for match in re.finditer(r">([^<>\n]+)<", GOOD)]
STRANGE = ["-1", "x", "", "1e300", "nan", "9" * 40, "0", "clipitem-1"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(STRANGE))
def test_a_strange_value_anywhere_gives_a_timeline_or_a_format_error(
    place: tuple[int, int], value: str
) -> None:
    with contextlib.suppress(FormatError):
        timeline_fcp7.read((GOOD[: place[0]] + value + GOOD[place[1] :]).encode())
