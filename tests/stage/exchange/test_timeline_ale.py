"""Timelines as Avid logs: columns of a take, grades, and rows that are no clip."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest

from openset.formats import ale
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_ale
from openset.stage.exchange import timeline_parts as parts

PAL = Fraction(25)


def timeline() -> otio.schema.Timeline:
    out = otio.schema.Timeline("LANE", global_start_time=parts.time(90000, PAL))
    clip = otio.schema.Clip("1-A-t03", source_range=parts.span(90000, 100, PAL))
    clip.media_reference = otio.schema.ExternalReference("takes/1-A-t03/picture.mov")
    clip.metadata["openset"] = {"scene": "1", "take": "1-A-t03", "note": "best\tone"}
    clip.metadata["cmx_3600"] = {"reel": "A001"}
    clip.metadata["cdl"] = {"asc_sop": {"slope": [1.5, 1, 1]}, "asc_sat": 0.5}
    sound = otio.schema.Clip("s", source_range=parts.span(0, 50, PAL))
    again = otio.schema.Clip.from_json_string(clip.to_json_string())
    out.tracks.append(otio.schema.Track("V", [clip, again], kind=otio.schema.TrackKind.Video))
    out.tracks.append(otio.schema.Track("A1", [sound], kind=otio.schema.TrackKind.Audio))
    return out


def test_each_clip_is_listed_once_with_what_the_take_says() -> None:
    log = timeline_ale.log(timeline())
    rows = [dict(zip(log.columns, row, strict=True)) for row in log.rows]
    assert [row["Name"] for row in rows] == ["1-A-t03", "s"]
    # 90000 frames are one hour, 100 are four seconds
    assert rows[0] == {
        "Name": "1-A-t03",
        "Tracks": "V",
        "Start": "01:00:00:00",
        "End": "01:00:04:00",
        "Duration": "00:00:04:00",
        "Tape": "A001",
        "Source File": "takes/1-A-t03/picture.mov",
        "ASC_SOP": "(1.5 1.0 1.0)(0.0 0.0 0.0)(1.0 1.0 1.0)",
        "ASC_SAT": "0.5",
        "Scene": "1",
        "Take": "1-A-t03",
        "Comments": "best\tone",
    }
    assert rows[1]["Tracks"] == "A1"
    assert (log.heading["FPS"], log.heading["FIELD_DELIM"]) == ("25", "TABS")


def test_a_take_names_its_tape_and_the_size_of_its_picture() -> None:
    value = timeline()
    for clip in value.tracks[0]:
        clip.metadata["openset"]["size_px"] = [1280, 720]
        del clip.metadata["cmx_3600"]
    log = timeline_ale.log(value)
    row = dict(zip(log.columns, log.rows[0], strict=True))
    assert (row["Tape"], row["Image Size"]) == ("1-A-t03", "1280x720")
    assert log.heading["VIDEO_FORMAT"] == "720"
    found, _ = timeline_ale.timeline(log, PAL, "bin")
    assert timeline_ale.log(found).heading["VIDEO_FORMAT"] == "720"
    assert timeline_ale.log(value, (720, 576)).heading["VIDEO_FORMAT"] == "PAL"
    assert timeline_ale.log(timeline(), (4096, 2160)).heading["VIDEO_FORMAT"] == "CUSTOM"


def test_the_fields_own_reader_opens_the_log() -> None:
    text = ale.write(timeline_ale.log(timeline())).decode()
    clips = list(otio.adapters.read_from_string(text, "ale"))
    assert [(each.name, each.source_range.start_time.value) for each in clips] == [
        ("1-A-t03", 90000),
        ("s", 0),
    ]
    assert list(clips[0].metadata["cdl"]["asc_sop"]["slope"]) == [1.5, 1, 1]


def test_a_log_becomes_clips_end_to_end_with_all_its_columns() -> None:
    log = ale.Log(
        {"FPS": "25"},
        ("Name", "Start", "End", "Duration", "Tape", "Camera", "ASC_SAT"),
        (
            ("a", "01:00:00:00", "01:00:02:00", "", "A001", "Alexa", "0.5"),
            ("b", "02:00:00:00", "", "00:00:01:00", "", "", ""),
            ("c", "", "", "", "", "", ""),
            ("d", "01:00:00:00", "01:00:00:00", "", "", "", ""),
            ("e", "at noon", "01:00:00:00", "", "", "", ""),
            ("f", "01:00:00:00", "01:00:02:00", "", "", "", "much"),
        ),
    )
    found, faults = timeline_ale.timeline(log, PAL, "bin")
    a, b = found.find_clips()
    assert (a.source_range.start_time.value, a.source_range.duration.value) == (90000, 50)
    assert (b.name, b.source_range.duration.value) == ("b", 25)
    assert dict(a.metadata["ALE"]) == {"Camera": "Alexa"}
    assert (parts.reel(a), a.metadata["cdl"]["asc_sat"]) == ("A001", 0.5)
    assert [fault.split(":")[0] for fault in faults] == ["row 3", "row 4", "row 5", "row 6"]
    again = timeline_ale.log(found)
    assert [dict(zip(again.columns, row, strict=True)).get("Camera") for row in again.rows] == [
        "Alexa",
        "",
    ]


def test_drop_frame_is_kept() -> None:
    rate = Fraction(30000, 1001)
    rows = (("a", "01:00:00;00", "01:00:01;00"),)
    found, _ = timeline_ale.timeline(ale.Log({}, ("Name", "Start", "End"), rows), rate, "bin")
    assert found.metadata["openset"]["drop_frame"] is True
    assert timeline_ale.log(found).rows[0][2:4] == ("01:00:00;00", "01:00:01;00")
    assert timeline_ale.log(found).heading["FPS"] == "29.97"


def test_a_timeline_of_nothing_is_refused() -> None:
    with pytest.raises(FormatError, match="no clip"):
        timeline_ale.log(otio.schema.Timeline("a", global_start_time=parts.time(0, PAL)))
