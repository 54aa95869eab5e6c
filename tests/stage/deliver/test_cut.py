"""The cut as a timeline and as events, at the rates the field runs."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from openset.formats import cmx3600
from openset.primitives.errors import BadInput
from openset.stage.deliver.cut import (
    COMPOSITES,
    PLATES,
    check_one_rate,
    clips_seen,
    events,
    remarks,
    timeline,
    wanted_clips,
)
from openset.stage.deliver.model import HandedTake
from openset.stage.deliver.track import camera_frames
from openset.stage.record.files import read_marks, read_take, read_track_lines

RATES = [
    (Fraction(25), "10:00:07:00", "01:00:00:00"),
    (Fraction(24000, 1001), "23:59:59:10", "01:00:00:00"),
    (Fraction(30000, 1001), "10:00:59;20", "01:00:00;00"),
    (Fraction(30000, 1001), "10:00:59:20", "01:00:00:00"),
]


def handed(folder: Path) -> HandedTake:
    record = read_take(folder)
    lines = read_track_lines(folder)
    frames = camera_frames(lines, record.spec.width, record.spec.height)
    return HandedTake(record, read_marks(folder), frames)


def reread(made: Any) -> Any:
    return otio.adapters.read_from_string(otio.adapters.write_to_string(made, "otio_json"), "otio_json")


@pytest.mark.parametrize(("rate", "start", "record"), RATES)
def test_timeline_and_edit_list_agree_frame_for_frame(
    new_film: Any, tmp_path: Path, rate: Fraction, start: str, record: str
) -> None:
    film = new_film(tmp_path / "film", rate)
    takes = [
        handed(film.shoot("1-A-t01", 14, start=start)),
        handed(film.shoot("2-A-t01", 7, start=start)),
    ]
    found = reread(timeline("Lane", takes))
    for track, file in ((COMPOSITES, "composite.mov"), (PLATES, "picture.mov")):
        assert clips_seen(found, track) == wanted_clips(takes, file)
    start_text = found.global_start_time.to_timecode(float(rate), ";" in start)
    assert start_text == record
    edits = cmx3600.EditList("Lane", tuple(events(takes)))
    (first, second) = cmx3600.read(cmx3600.write(edits), rate).events
    assert str(first.source_in) == start
    assert str(first.source_out) == str(takes[0].record.end_timecode)
    assert str(first.record_in) == record
    assert first.record_out == second.record_in
    composites = [clip for clip in found.find_clips() if "composite" in clip.media_reference.target_url]
    for clip, event in zip(composites, (first, second), strict=True):
        length = event.record_out.frame_count - event.record_in.frame_count
        assert round(clip.duration().value) == length
        begin = round(clip.source_range.start_time.value)
        assert begin == event.source_in.frame_count


def test_the_plates_lie_under_the_composites_and_are_off(shot_once: Any) -> None:
    takes = [handed(path) for path in sorted((shot_once[0].production.root / "takes").iterdir())]
    found = reread(timeline("Lane", takes))
    assert [(track.name, track.enabled) for track in found.video_tracks()] == [
        (PLATES, False),
        (COMPOSITES, True),
    ]
    clip = clips_seen(found, COMPOSITES)[0]
    assert clip.media == "takes/1-A-t01/composite.mov"
    metadata = next(iter(found.find_clips())).metadata["openset"]
    assert (metadata["take"], metadata["scene"], metadata["circled"]) == ("1-A-t01", "1", True)


def test_held_poses_and_faults_become_markers(shot_once: Any) -> None:
    take = handed(shot_once[0].production.root / "takes" / "2-B-t01")
    assert [(each.start, each.frames) for each in remarks(take)] == [(3, 2), (6, 1)]
    found = reread(timeline("Lane", [take]))
    clip = next(iter(found.find_clips()))
    begin = round(clip.source_range.start_time.value)
    marks = [(marker.name, round(marker.marked_range.start_time.value)) for marker in clip.markers]
    assert marks == [
        ("pose held: the tracker was late", begin + 3),
        ("tracker: went silent", begin + 6),
    ]
    (event,) = events([take])
    assert [str(mark.at) for mark in event.marks] == ["01:00:00:03", "01:00:00:06"]


def test_a_take_of_no_frames_is_left_out_of_the_cut(film: Any) -> None:
    takes = [handed(film.shoot("1-A-t01", 0)), handed(film.shoot("1-A-t02", 3))]
    assert [event.clip for event in events(takes)] == ["1-A-t02"]
    assert len(clips_seen(timeline("Lane", takes), COMPOSITES)) == 1
    with pytest.raises(BadInput, match="no take holds a frame"):
        timeline("Lane", takes[:1])


def test_takes_of_two_rates_do_not_make_one_cut(film: Any) -> None:
    takes = [
        handed(film.shoot("1-A-t01", 3)),
        handed(film.shoot("1-A-t02", 3, rate=Fraction(24))),
    ]
    with pytest.raises(BadInput, match=r"1-A-t02.*24 frames a second, 1-A-t01 at 25"):
        check_one_rate([take.record for take in takes])
