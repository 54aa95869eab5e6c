"""Timelines as edit lists: by hand, by the field's own reader, and events that cannot be placed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest

from openset.formats import cmx3600
from openset.formats.cmx3600 import EditList
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_edl
from openset.stage.exchange import timeline_parts as parts

PAL = Fraction(25)
NTSC = Fraction(30000, 1001)


def cut(rate: Fraction, drop: bool, start: int) -> Any:
    """Two clips with a dissolve of 10 frames about the cut, the second with a locator and a grade."""
    out = otio.schema.Timeline("LANE", global_start_time=parts.time(start, rate))
    out.metadata["openset"] = {"drop_frame": drop}
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    one = otio.schema.Clip("one", source_range=parts.span(1000, 100, rate))
    two = otio.schema.Clip("two", source_range=parts.span(5000, 100, rate))
    one.metadata["cmx_3600"] = {"reel": "A001"}
    two.metadata["cmx_3600"] = {"reel": "A002_C003_0412XY"}
    two.media_reference = otio.schema.ExternalReference("takes/two.mov")
    two.metadata["cdl"] = {"asc_sop": {"slope": [1.1, 1, 1]}, "asc_sat": 0.9}
    two.markers.append(otio.schema.Marker("look here", parts.span(5020, 3, rate), "GREEN"))
    dissolve = otio.schema.Transition("", "SMPTE_Dissolve", parts.time(4, rate), parts.time(6, rate))
    track.extend([one, dissolve, two])
    out.tracks.append(track)
    return out


def test_a_cut_is_written_as_by_hand() -> None:
    text = cmx3600.write(timeline_edl.edits(cut(PAL, False, 90000))).decode()
    # 90000 frames are one hour; the dissolve starts 4 frames before the cut at frame 100
    assert text.splitlines() == [
        "TITLE: LANE",
        "FCM: NON-DROP FRAME",
        "",
        "001  A001     V     C        00:00:40:00 00:00:43:21 01:00:00:00 01:00:03:21",
        "* FROM CLIP NAME: one",
        "",
        "002  A001     V     C        00:00:43:21 00:00:43:21 01:00:03:21 01:00:03:21",
        "002  R00002   V     D    010 00:03:19:21 00:03:24:00 01:00:03:21 01:00:08:00",
        "* FROM CLIP NAME: one",
        "* TO CLIP NAME: two",
        "* SOURCE FILE: takes/two.mov",
        "*ASC_SOP (1.1 1.0 1.0)(0.0 0.0 0.0)(1.0 1.0 1.0)",
        "*ASC_SAT 0.9",
        "* LOC: 01:00:04:20 GREEN   look here",
        "* REEL NAME: A002_C003_0412XY",
    ]


def test_drop_frame_timecode_is_written_with_its_signs() -> None:
    # 01:00:00;00 is frame 107892; 100 frames on, less 4, is 01:00:03;06
    text = cmx3600.write(timeline_edl.edits(cut(NTSC, True, 107892))).decode()
    assert "FCM: DROP FRAME" in text
    assert "01:00:00;00 01:00:03;06" in text
    assert "* LOC: 01:00:04;00 GREEN" in text


@pytest.mark.parametrize(("rate", "drop", "start"), [(PAL, False, 90000), (NTSC, True, 107892)])
def test_the_fields_own_reader_finds_the_same_frames(rate: Fraction, drop: bool, start: int) -> None:
    text = cmx3600.write(timeline_edl.edits(cut(rate, drop, start))).decode()
    found = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    one, two = found.find_clips()
    assert (one.source_range.start_time.value, one.source_range.duration.value) == (1000, 96)
    assert (two.source_range.start_time.value, two.source_range.duration.value) == (4996, 104)
    assert (one.name, two.name) == ("one", "two")
    assert list(two.metadata["cdl"]["asc_sop"]["slope"]) == [1.1, 1, 1]
    (transition,) = [each for each in found.tracks[0] if isinstance(each, otio.schema.Transition)]
    assert transition.out_offset.value == 10


def test_a_list_becomes_tracks_gaps_and_markers_in_the_sources_time() -> None:
    edits = cmx3600.read(
        b"TITLE: A\n"
        b"001 A1 B C 00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00\n"
        b"* LOC: 01:00:00:10 CHARTREUSE odd colour\n"
        b"002 A2 V C 00:00:05:00 00:00:06:00 01:00:02:00 01:00:03:00\n"
        b"* a remark\n"
        b"003 BL V C 00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00\n",
        PAL,
    )
    found, faults = timeline_edl.timeline(edits, PAL)
    assert faults == []
    assert found.global_start_time.value == 90000
    video, audio = found.tracks
    assert (video.name, video.kind, audio.name, audio.kind) == ("V", "Video", "A1", "Audio")
    assert [type(each).__name__ for each in video] == ["Clip", "Gap", "Clip", "Clip"]
    assert video[1].duration().value == 25
    # one second into the source, ten frames after record in
    assert video[0].markers[0].marked_range.start_time.value == 35
    assert (video[0].markers[0].color, video[0].markers[0].name) == ("RED", "odd colour")
    assert list(video[2].metadata["cmx_3600"]["comments"]) == ["a remark"]
    assert video[3].media_reference.generator_kind == "black"
    assert found.metadata["openset"]["drop_frame"] is False


def test_events_that_overlap_or_have_no_frame_cost_themselves() -> None:
    edits = cmx3600.read(
        b"001 A V C 00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00\n"
        b"002 B V C 00:00:01:00 00:00:02:00 01:00:00:20 01:00:01:20\n"
        b"003 C V C 00:00:01:00 00:00:01:00 01:00:02:00 01:00:02:00\n"
        b"004 D V D 050 00:00:01:00 00:00:02:00 01:00:03:00 01:00:04:00\n",
        PAL,
    )
    found, faults = timeline_edl.timeline(edits, PAL)
    assert [each.name for each in found.find_clips()] == [""]
    assert faults == [
        "line 2: it begins 5 frames before the event before it ends",
        "line 3: an event without a frame",
        "line 4: its transition is longer than itself",
    ]


def test_speeds_and_freeze_frames_are_kept_both_ways() -> None:
    text = (
        b"001 A V C 00:00:01:00 00:00:03:00 01:00:00:00 01:00:01:00\n"
        b"M2   A        050.0                00:00:01:00\n"
        b"002 A V C 00:00:01:00 00:00:01:00 01:00:01:00 01:00:02:00\n"
        b"M2   A        000.0                00:00:01:00\n"
        b"003 A V C 00:00:01:00 00:00:01:12 01:00:02:00 01:00:02:24\n"
    )
    found, _ = timeline_edl.timeline(cmx3600.read(text, PAL), PAL)
    assert [timeline_edl.speed(each) for each in found.find_clips()] == [2.0, 0.0, 0.5]
    again, _ = timeline_edl.timeline(cmx3600.read(cmx3600.write(timeline_edl.edits(found)), PAL), PAL)
    assert [timeline_edl.speed(each) for each in again.find_clips()] == [2.0, 0.0, 0.5]


def test_clips_of_the_same_media_share_a_reel_and_others_do_not() -> None:
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for name, file in (("a", "x.mov"), ("b", "y.mov"), ("c", "x.mov")):
        media = otio.schema.ExternalReference(file)
        track.append(otio.schema.Clip(name, media_reference=media, source_range=parts.span(0, 9, PAL)))
    timeline = otio.schema.Timeline("a")
    timeline.tracks.append(track)
    assert [each.reel for each in timeline_edl.edits(timeline).events] == ["X", "Y", "X"]


def test_four_tracks_of_sound_go_beside_the_picture() -> None:
    timeline = otio.schema.Timeline("a")
    for name in ("V", "A1", "A2", "A3", "A4", "A5"):
        kind = otio.schema.TrackKind.Video if name == "V" else otio.schema.TrackKind.Audio
        made = otio.schema.Clip(name, source_range=parts.span(0, 9, PAL))
        timeline.tracks.append(otio.schema.Track(name, [made], kind=kind))
    edits = timeline_edl.edits(timeline)
    assert [each.channel for each in edits.events] == ["V", "A", "A2", "A3", "A4"]
    found, _ = timeline_edl.timeline(edits, PAL)
    assert [each.name for each in found.tracks] == ["V", "A1", "A2", "A3", "A4"]


def test_what_no_list_holds_is_refused() -> None:
    with pytest.raises(FormatError, match="no clip"):
        timeline_edl.edits(otio.schema.Timeline("a", global_start_time=parts.time(0, PAL)))
    with pytest.raises(FormatError, match="999"):
        cmx3600.write(EditList("", timeline_edl.edits(cut(PAL, False, 0)).events * 500))
    fast = cut(PAL, False, 0)
    fast.tracks[0][0].effects.append(otio.schema.LinearTimeWarp(time_scalar=1e9))
    with pytest.raises(FormatError, match="times its speed"):
        timeline_edl.edits(fast)
