"""OpenTrackIO files: every line that can be used is, and what is written is strict."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.primitives.space import IDENTITY
from openset.stage.exchange import opentrackio
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import even_times, lens_reports, pupil_poses, sample_of

LINES, LISTED = Options(format="opentrackio"), Options(format="opentrackio-json")


def _move(frames: int = 3) -> CameraMove:
    times = even_times(frames, Fraction(25))
    samples = tuple(
        sample_of(name="a", index=i, time_ns=t, pose=IDENTITY, rate=Fraction(25))
        for i, t in enumerate(times)
    )
    return CameraMove("a", samples, times, Fraction(25))


def _lines(path: Path, *entries: object) -> Path:
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in entries))
    return path


@pytest.mark.parametrize("options", [LINES, LISTED], ids=["lines", "list"])
def test_a_move_comes_back_as_it_was_written(options: Options, tmp_path: Path) -> None:
    opentrackio.write(_move(), tmp_path / "a.json", options)
    read = opentrackio.read(tmp_path / "a.json", options)
    assert (read.value.samples, read.value.times_ns, read.value.rate) == (
        _move().samples,
        _move().times_ns,
        25,
    )
    assert (read.skipped, read.faults) == (0, ())


def test_a_broken_line_costs_itself_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = orjson.dumps(_move(1).samples[0])
    path.write_bytes(good + b"\n{oops\n[1]\n\n" + good + b"\n" + good[:40])
    read = opentrackio.read(path, LINES)
    assert len(read.value.samples) == 2
    assert read.skipped == 3
    assert read.faults[0] == "line 2: not JSON"
    assert read.faults[1] == "line 3: not a sample"
    assert read.faults[2] == "line 6: not JSON, the last line was cut off in the writing"


def test_a_group_that_is_none_costs_itself(tmp_path: Path) -> None:
    first, second = _move(2).samples
    path = _lines(tmp_path / "a.jsonl", {**first, "static": [1], "lens": 2.5}, second)
    read = opentrackio.read(path, LINES)
    assert (len(read.value.samples), read.skipped) == (2, 0)
    assert read.faults == ("line 1: static, lens left out: it is no group of fields",)
    assert "static" not in read.value.samples[0]
    assert lens_reports(read.value) == [None, None]
    assert all(pupil_poses(read.value))


def test_a_file_without_a_usable_sample_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    path = _lines(tmp_path / "a.jsonl", {"transforms": [{"translation": {"x": "far"}}]})
    with pytest.raises(FormatError, match=r"line 1: transforms\[0\].translation.x"):
        opentrackio.read(path, LINES)


def test_a_line_that_never_ends_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"[" * (opentrackio.LONGEST_LINE + 5))
    with pytest.raises(FormatError, match="line 1: a line is longer"):
        opentrackio.read(path, LINES)


def test_the_lines_of_a_take_are_samples_at_their_own_times(tmp_path: Path) -> None:
    samples = _move(2).samples
    path = _lines(
        tmp_path / "track.otrk.jsonl",
        {"frame": 0, "time_ns": 7_000_000_000, "sample": samples[0]},
        {"frame": 1, "time_ns": 7_041_000_000, "sample": samples[1]},
    )
    assert opentrackio.read(path, LINES).value.times_ns == (0, 41_000_000)


def test_the_frames_of_a_take_lie_where_its_movies_have_them(tmp_path: Path) -> None:
    """The source lost a frame between these two; the movies have no gap, so the track has none."""
    samples = _move(2).samples
    path = _lines(
        tmp_path / "track.otrk.jsonl",
        {"frame": 0, "pts_s": 0.0, "time_ns": 7_000_000_000, "sample": samples[0]},
        {"frame": 1, "pts_s": 0.04, "time_ns": 7_080_000_000, "sample": samples[1]},
    )
    assert opentrackio.read(path, LINES).value.times_ns == (0, 40_000_000)


def test_samples_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    first, second = _move(2).samples
    read = opentrackio.read(_lines(tmp_path / "a.jsonl", second, first), LINES)
    assert read.value.samples == (first, second)


def test_samples_without_times_are_placed_by_the_rate_given(tmp_path: Path) -> None:
    bare = {"transforms": _move(1).samples[0]["transforms"]}
    path = _lines(tmp_path / "a.jsonl", bare, bare, bare)
    with pytest.raises(FormatError, match="--rate"):
        opentrackio.read(path, LINES)
    timed = opentrackio.read(path, Options(format="opentrackio", rate=Fraction(50)))
    assert timed.value.times_ns == (0, 20_000_000, 40_000_000)


def test_what_the_standard_forbids_is_not_written(tmp_path: Path) -> None:
    sample = orjson.loads(orjson.dumps(_move(1).samples[0]))
    sample["protocol"]["version"] = [1, 0, 0]
    sample["lens"] = {"fStop": -4.0, "tStop": 2.8, "mood": "warm"}
    sample["tracker"] = {"status": 7}
    path = tmp_path / "a.otrk.jsonl"
    opentrackio.write(CameraMove("a", (sample,), (0,)), path, LINES)
    written = orjson.loads(path.read_bytes())
    assert validate(written) == []
    assert written["lens"] == {"tStop": 2.8}
    assert written["protocol"]["version"] == [1, 0, 1]
    assert sample["lens"]["fStop"] == -4.0  # the value handed in is left alone


def test_a_list_that_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[\n{"lens":\n')
    with pytest.raises(FormatError, match="line 3"):
        opentrackio.read(tmp_path / "a.json", LISTED)
