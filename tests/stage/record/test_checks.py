"""Figures that do not hold are found, and said with the frame they are wrong at."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from openset.stage.record.checks import check_movie, check_raw, check_state, check_totals, check_track
from openset.stage.record.model import Fault, FileTotals, TakeRecord
from openset.stage.record.track import frame_line


@pytest.fixture
def record(kit: Any) -> TakeRecord:
    return TakeRecord(
        kit.spec(),
        "lane",
        "closed",
        datetime(2026, 1, 1, tzinfo=UTC),
        frames=5,
        files=FileTotals(5, 5, 5, 5, 2),
        counts={"dropped": 0, "recording_lost": 0},
    )


@pytest.fixture
def lines(kit: Any) -> list[bytes]:
    return [frame_line(kit.spec(), kit.frame(index)) for index in range(5)]


def with_field(line: bytes, **changes: object) -> bytes:
    return orjson.dumps({**orjson.loads(line), **changes})


def failures(record: TakeRecord, lines: list[bytes]) -> dict[str, str]:
    return {finding.what: finding.detail for finding in check_track(record, lines) if not finding.ok}


def test_a_true_track_has_no_failure(record: TakeRecord, lines: list[bytes]) -> None:
    assert failures(record, lines) == {}


def test_a_gap_is_named_by_its_line(record: TakeRecord, lines: list[bytes]) -> None:
    del lines[2]
    found = failures(record, lines)
    assert found["every line is read"] == "4 lines, take.toml says 5"
    assert found["frame numbers have no gap"].startswith("line 3 is frame 3")


def test_a_timecode_that_jumps_is_named_with_the_one_expected(
    record: TakeRecord, lines: list[bytes]
) -> None:
    lines[3] = with_field(lines[3], timecode="01:00:00:07")
    assert failures(record, lines) == {
        "timecode and time run on": "frame 3 is 01:00:00:07, not 01:00:00:03"
    }


def test_a_timecode_may_skip_the_frames_that_were_lost_and_no_more(
    record: TakeRecord, lines: list[bytes]
) -> None:
    lines[3:] = [
        with_field(line, timecode=f"01:00:00:{6 + place:02d}") for place, line in enumerate(lines[3:])
    ]
    lost = {"dropped": 2, "recording_lost": 1}
    assert failures(replace(record, counts=lost), lines) == {}
    assert failures(replace(record, counts={}, state="recovered"), lines) == {}
    told = failures(replace(record, counts={**lost, "dropped": 1}), lines)
    assert told["timecode and time run on"].startswith("frame 3 is 01:00:00:06, not 01:00:00:03")


@pytest.mark.parametrize("text", ["01:00:00:02", "noon"])
def test_a_timecode_never_runs_back_even_in_a_recovered_take(
    record: TakeRecord, lines: list[bytes], text: str
) -> None:
    lines[3] = with_field(lines[3], timecode=text)
    assert "frame 3" in failures(replace(record, counts={}), lines)["timecode and time run on"]


def test_time_that_stands_still_is_named(record: TakeRecord, lines: list[bytes]) -> None:
    lines[2] = with_field(lines[2], time_ns=orjson.loads(lines[1])["time_ns"])
    assert "frame 2 is not later" in failures(record, lines)["timecode and time run on"]


def test_an_unknown_state_and_an_invalid_sample_are_named(
    record: TakeRecord, lines: list[bytes]
) -> None:
    lines[1] = with_field(lines[1], state="guessed", sample={"transforms": "none"})
    found = failures(record, lines)
    assert "frame 1 is 'guessed'" in found["pose states are known"]
    assert found["samples are valid OpenTrackIO 1.0.1"].startswith("frame 1: ")


def test_a_torn_line_is_named_and_the_rest_is_still_read(
    record: TakeRecord, lines: list[bytes]
) -> None:
    lines[4] = lines[4][:50]
    assert list(failures(record, lines)) == ["every line is read"]


def test_many_problems_are_told_by_the_first_three_and_a_count(
    record: TakeRecord, lines: list[bytes]
) -> None:
    lines = [with_field(line, state="lost") for line in lines]
    assert failures(record, lines)["pose states are known"].endswith("; and 2 more")


def test_a_take_still_recording_is_not_closed(record: TakeRecord) -> None:
    assert check_state(record).ok
    assert check_state(replace(record, state="recovered", reason="cut off")).ok
    assert not check_state(replace(record, state="recording")).ok


def test_after_a_clean_cut_all_files_hold_the_same_frames(record: TakeRecord) -> None:
    uneven = replace(record, files=FileTotals(6, 5, 5, 5, 2))
    assert check_totals(record).ok
    assert not check_totals(uneven).ok
    assert check_totals(replace(uneven, state="recovered")).ok
    assert check_totals(replace(uneven, faults=(Fault(0, "DiskFull", "full"),))).ok
    assert not check_totals(replace(uneven, state="recovered", frames=6)).ok


def test_a_movie_is_held_against_frames_size_and_timecode(record: TakeRecord) -> None:
    size = (record.spec.width, record.spec.height)
    assert check_movie("a.mov", 5, 5, size, "01:00:00:00", record, "").ok
    found = check_movie("a.mov", 5, 4, (8, 8), "", record, "decoding stops")
    assert not found.ok
    assert found.detail == (
        "decoding stops; 4 frames decode, take.toml says 5; 8x8, take.toml says 192x108; and 1 more"
    )


def test_raw_lines_are_counted_and_must_be_json(record: TakeRecord) -> None:
    assert check_raw(record, [b"{}", b"{}"]).ok
    assert not check_raw(record, [b"{}"]).ok
    assert "line 2" in check_raw(record, [b"{}", b"{"]).detail
