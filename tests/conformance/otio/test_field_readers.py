"""What Openset writes, as the field's own readers find it; what its writers write, as Openset finds it.

The readers and writers are OpenTimelineIO and its adapters for edit lists, Final Cut Pro 7 and Avid
logs. Where they are known to be wrong the test says so.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from openset.primitives.time import timecode_from_fields
from openset.stage.exchange import timeline as adapter
from openset.stage.exchange import timeline_parts as parts
from openset.stage.exchange.model import Options

RATES = [
    (Fraction(24000, 1001), False),
    (Fraction(24), False),
    (Fraction(25), False),
    (Fraction(30000, 1001), True),
    (Fraction(30), False),
    (Fraction(50), False),
    (Fraction(60000, 1001), True),
]


def cut(rate: Fraction, drop: bool) -> Any:
    """Three clips from ten hours on, a gap, a dissolve that starts on its cut as edit lists have it."""
    start = timecode_from_fields(10, 0, 0, 0, rate, drop)
    out = otio.schema.Timeline("LANE", global_start_time=parts.time(start.frame_count, rate))
    out.metadata["openset"] = {"drop_frame": drop}
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for number, (first, length) in enumerate([(9_000, 70), (40_000, 120), (200, 33)]):
        clip = otio.schema.Clip(f"clip {number}", source_range=parts.span(first, length, rate))
        media = otio.schema.ExternalReference(
            f"takes/{number}.mov", parts.span(first - 100, length + 200, rate)
        )
        clip.media_reference = media
        clip.metadata["cmx_3600"] = {"reel": f"A00{number}"}
        parts.set_grade(clip, adapter.Correction("", (1.25, 1.0, 0.5), saturation=0.75))
        if number == 1:
            track.append(
                otio.schema.Transition("D", "SMPTE_Dissolve", parts.time(0, rate), parts.time(9, rate))
            )
        if number == 2:
            track.append(otio.schema.Gap(source_range=parts.span(0, 11, rate)))
        track.append(clip)
    out.tracks.append(track)
    return out


def written(timeline: Any, name: str, rate: Fraction, folder: Path) -> Path:
    path = folder / f"a.{name}"
    adapter.write(timeline, path, Options(format=name, rate=rate, folder=folder))
    return path


def ranges(timeline: Any) -> list[tuple[str, int, int]]:
    """Name, first source frame and length of each clip."""
    return [
        (
            each.name,
            round(each.source_range.start_time.value),
            round(each.source_range.duration.value),
        )
        for each in timeline.find_clips()
    ]


@pytest.mark.parametrize(("rate", "drop"), RATES)
def test_the_fields_reader_of_edit_lists_finds_the_cut(
    tmp_path: Path, rate: Fraction, drop: bool
) -> None:
    made = cut(rate, drop)
    path = written(made, "edl", rate, tmp_path)
    found = otio.adapters.read_from_file(str(path), "cmx_3600", rate=float(rate))
    assert ranges(found) == ranges(made)
    places = [found.tracks[0].range_of_child(each) for each in found.find_clips()]
    assert [round(each.start_time.value) for each in places] == [0, 70, 201]
    for clip in found.find_clips():
        assert dict(clip.metadata["cdl"])["asc_sat"] == 0.75
    # the record side: the reader keeps it as the track's offset, and only that
    start = -found.tracks[0].source_range.start_time.value
    assert start == made.global_start_time.value


@pytest.mark.parametrize(("rate", "drop"), RATES)
def test_the_fields_reader_of_final_cut_xml_finds_the_cut(
    tmp_path: Path, rate: Fraction, drop: bool
) -> None:
    made = cut(rate, drop)
    found = otio.adapters.read_from_file(str(written(made, "fcp7", rate, tmp_path)), "fcp_xml")
    assert ranges(found) == ranges(made)
    assert round(found.global_start_time.value) == made.global_start_time.value
    assert parts.snapped(found.global_start_time.rate) == rate
    places = [found.tracks[0].range_of_child(each) for each in found.find_clips()]
    assert [round(each.start_time.value) for each in places] == [0, 70, 201]


@pytest.mark.parametrize(("rate", "drop"), RATES)
def test_the_fields_reader_of_logs_finds_the_clips(tmp_path: Path, rate: Fraction, drop: bool) -> None:
    made = cut(rate, drop)
    found = otio.adapters.read_from_file(str(written(made, "ale", rate, tmp_path)), "ale")
    assert ranges(found) == ranges(made)


@pytest.mark.parametrize(("rate", "drop"), RATES)
def test_openset_finds_the_cut_in_what_the_fields_writers_write(
    tmp_path: Path, rate: Fraction, drop: bool
) -> None:
    made = cut(rate, drop)
    for clip in made.find_clips():
        clip.metadata["ALE"] = {}  # the writer of logs takes it for granted
    xml = tmp_path / "a.xml"
    otio.adapters.write_to_file(made, str(xml), "fcp_xml")
    found = adapter.read(xml, Options(format="fcp7", rate=rate)).value
    assert ranges(found) == ranges(made)
    assert found.global_start_time == made.global_start_time
    plain = tmp_path / "a.otio"
    otio.adapters.write_to_file(made, str(plain), "otio_json")
    assert adapter.fields(adapter.read(plain, Options(format="otio")).value) == adapter.fields(made)
    log = tmp_path / "a.ale"
    otio.adapters.write_to_file(made, str(log), "ale", fps=float(rate))
    assert ranges(adapter.read(log, Options(format="ale", rate=rate)).value) == ranges(made)
    edits = tmp_path / "a.edl"
    otio.adapters.write_to_file(made, str(edits), "cmx_3600", rate=float(rate))
    assert [
        length for *_, length in ranges(adapter.read(edits, Options(format="edl", rate=rate)).value)
    ] == [length for *_, length in ranges(made)]


def test_the_writer_of_the_field_starts_every_record_side_at_zero(tmp_path: Path) -> None:
    """Why Openset writes its own lists: this fails when the adapter is put right."""
    made = cut(Fraction(25), False)
    theirs = otio.adapters.write_to_string(made, "cmx_3600", rate=25)
    ours = written(made, "edl", Fraction(25), tmp_path).read_text(encoding="utf-8")
    assert " 00:00:00:00 00:00:02:20" in theirs
    assert " 10:00:00:00 10:00:02:20" in ours
