"""Conversions say what they did, lose nothing silently and never leave half a file."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest

from openset.primitives.errors import AlreadyExists, BadInput, DiskFull, NotWritable
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.exchange.convert import convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import even_times, sample_of
from openset.stage.tracking.samples import LensReport

LENS = LensReport(focal_length_mm=35.0, sensor_width_mm=36.0, sensor_height_mm=20.25, f_stop=4.0)


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """A move of eight frames that says a lens and an f-stop."""
    path = tmp_path / "move.otrk.jsonl"
    with path.open("wb") as stream:
        for index, time_ns in enumerate(even_times(8, Fraction(25))):
            pose = pose_from_pan_tilt_roll((0.1 * index, -2.0, 1.5), 0.02 * index, 0.1, 0.0)
            sample = sample_of(
                name="a", index=index, time_ns=time_ns, pose=pose, lens=LENS, rate=Fraction(25)
            )
            stream.write(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE))
    return path


def test_a_conversion_within_one_standard_loses_nothing(track: Path, tmp_path: Path) -> None:
    done = convert(track, tmp_path / "move.otrk.json", Options())
    assert (done.frames, done.skipped, done.lost_fields) == (8, 0, ())
    assert done.files == (tmp_path / "move.otrk.json",)
    assert len(orjson.loads((tmp_path / "move.otrk.json").read_bytes())) == 8


def test_freed_keeps_the_pose_and_says_that_time_and_lens_are_lost(track: Path, tmp_path: Path) -> None:
    done = convert(track, tmp_path / "move.freed", Options())
    assert (tmp_path / "move.freed").stat().st_size == 8 * 29
    assert "pose" not in done.lost_fields
    assert {"time", "lens.fStop", "lens.pinholeFocalLength"} <= set(done.lost_fields)


def test_a_file_that_is_there_is_not_replaced_unless_asked(track: Path, tmp_path: Path) -> None:
    (tmp_path / "out.otrk.json").write_text("mine")
    with pytest.raises(AlreadyExists):
        convert(track, tmp_path / "out.otrk.json", Options())
    assert (tmp_path / "out.otrk.json").read_text() == "mine"
    convert(track, tmp_path / "out.otrk.json", Options(), replace_old=True)
    assert (tmp_path / "out.otrk.json").read_text() != "mine"


def test_a_frame_of_a_sequence_that_is_there_is_not_replaced_unless_asked(
    track: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.0003.exr").write_text("mine")
    with pytest.raises(AlreadyExists, match="there is a file"):
        convert(track, tmp_path / "out.####.exr", Options())
    assert [each.name for each in tmp_path.glob("out*")] == ["out.0003.exr"]
    assert (tmp_path / "out.0003.exr").read_text() == "mine"
    assert len(convert(track, tmp_path / "out.####.exr", Options(), replace_old=True).files) == 8


def test_a_pose_the_target_cannot_hold_is_told_without_the_hidden_folder(tmp_path: Path) -> None:
    sample = sample_of(
        name="a", index=0, time_ns=0, pose=pose_from_pan_tilt_roll((1e18, 0, 0), 0, 0, 0)
    )
    (tmp_path / "far.otrk.jsonl").write_bytes(orjson.dumps(sample))
    with pytest.raises(BadInput, match="beyond any camera") as trouble:
        convert(tmp_path / "far.otrk.jsonl", tmp_path / "far.nk", Options())
    assert ".part" not in trouble.value.line
    assert [each.name for each in tmp_path.iterdir()] == ["far.otrk.jsonl"]


def test_a_conversion_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.otrk.jsonl").write_text("nonsense\n")
    with pytest.raises(BadInput, match=r"bad\.otrk\.jsonl"):
        convert(tmp_path / "bad.otrk.jsonl", tmp_path / "out.otrk.json", Options())
    assert [path.name for path in tmp_path.iterdir()] == ["bad.otrk.jsonl"]


def test_a_full_disk_is_named_and_leaves_nothing(track: Path, small_disk: Path) -> None:
    with (small_disk / "filler").open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(bytes(1 << 16)):
            pass
    with pytest.raises(DiskFull):
        convert(track, small_disk / "out.otrk.json", Options())
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_script_does_not_become_a_track(tmp_path: Path) -> None:
    (tmp_path / "a.fountain").write_text("INT. LANE - DAY\n\nRain.\n")
    with pytest.raises(BadInput, match="script"):
        convert(tmp_path / "a.fountain", tmp_path / "a.chan", Options())


def test_a_target_in_a_folder_that_cannot_be_made_is_refused(track: Path, tmp_path: Path) -> None:
    with pytest.raises(NotWritable):
        convert(track, track / "inside" / "a.freed", Options())


def test_a_take_becomes_a_track_of_its_own_rate(film: Any, tmp_path: Path) -> None:
    done = convert(film.shoot("1-A-t01", 6), tmp_path / "out" / "take.otrk.jsonl", Options())
    assert (done.source, done.kind, done.frames, done.lost_fields) == ("a take", "move", 6, ())


def test_one_picture_of_a_move_counts_as_one_and_names_the_others(track: Path, tmp_path: Path) -> None:
    done = convert(track, tmp_path / "m.exr", Options(frame=3))
    assert (done.frames, done.files) == (1, (tmp_path / "m.exr",))
    assert "the other 7 frames" in done.lost_fields
    assert "the other 7 frames were not written" in done.notes[0]
    assert "####" in done.notes[1]


def test_the_files_of_a_sequence_are_in_order_of_their_numbers(carried: Path, tmp_path: Path) -> None:
    done = convert(carried, tmp_path / "p.#.exr", Options(rate=Fraction(4)))
    # 2.9789 s at 4: frames 0 to 11.
    assert [path.name for path in done.files] == [f"p.{number}.exr" for number in range(1, 13)]


def test_a_take_says_what_it_holds(film: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"a take holds a camera move and a cut, and the ending \.xmp"):
        convert(film.shoot("1-A-t01", 6), tmp_path / "x.xmp", Options())


def test_a_sequence_is_named_as_printf_counts_too(track: Path, tmp_path: Path) -> None:
    done = convert(track, tmp_path / "f.%04d.exr", Options())
    assert (done.frames, len(done.files), done.notes) == (8, 8, ())
    assert done.files[0] == tmp_path / "f.0001.exr"
    again = convert(tmp_path / "f.%04d.exr", tmp_path / "again.otrk.json", Options())
    assert again.frames == 8


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    """Three seconds of a bridge's lines by arrival: 50 a second, a millisecond early or late."""
    path = tmp_path / "carried.otrk.jsonl"
    with path.open("wb") as stream:
        for index in range(150):
            time_ns = 20_000_000 * index + (0, 900_000, -1_100_000)[index % 3] + 7_000_000_000
            pose = pose_from_pan_tilt_roll((time_ns / 1e9, -2.0, 1.5), 0.0, 0.1, 0.0)
            sample = sample_of(name="a", index=index, time_ns=0, pose=pose, lens=LENS)
            sample["timing"].pop("sampleTimestamp", None)
            line = {"arrival_ns": time_ns, "time_ns": time_ns, "source": "a", "sample": sample}
            stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return path


@pytest.mark.parametrize("name", ["c.nk", "c.chan", "c.jsx", "c.blender.py", "c.####.exr"])
def test_reports_by_arrival_are_brought_onto_frames_and_lose_no_pose(
    name: str, carried: Path, tmp_path: Path
) -> None:
    done = convert(carried, tmp_path / name, Options(rate=Fraction(25)))
    # 149 * 20 ms - 1.1 ms = 2.9789 s: frames 0 to 74.
    assert done.frames == 75
    assert done.notes == ("150 reports became 75 frames at 25, interpolated",)
    assert "pose" not in done.lost_fields
    assert name == "c.chan" or "time" not in done.lost_fields


def test_a_file_of_arrivals_comes_back_out_of_nuke(carried: Path, tmp_path: Path) -> None:
    done = convert(carried, tmp_path / "c.nk", Options())
    assert "at 50" in done.notes[0]
    back = convert(tmp_path / "c.nk", tmp_path / "back.otrk.jsonl", Options())
    assert (back.frames, back.lost_fields) == (done.frames, ())
    sample = orjson.loads((tmp_path / "back.otrk.jsonl").read_bytes().splitlines()[0])
    assert sample["timing"]["sampleRate"] == {"num": 50, "denom": 1}


def test_a_nuke_script_of_a_measured_rate_still_becomes_samples(tmp_path: Path, track: Path) -> None:
    convert(track, tmp_path / "c.nk", Options())
    script = (tmp_path / "c.nk").read_text()
    assert "fps 25" in script
    (tmp_path / "c.nk").write_text(script.replace("fps 25", "fps 49.4234042553"))
    assert convert(tmp_path / "c.nk", tmp_path / "back.otrk.jsonl", Options()).frames == 8


def test_what_a_source_holds_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.fountain").write_text("INT. LANE - DAY\n\nRain.\n")
    with pytest.raises(BadInput, match="holds a script, not rights"):
        convert(tmp_path / "a.fountain", tmp_path / "a.xmp", Options(), to_format="xmp")
    assert [path.name for path in tmp_path.iterdir()] == ["a.fountain"]


def test_only_the_last_folder_of_a_target_is_made(track: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        convert(track, tmp_path / "typo" / "post" / "a.freed", Options())
    assert not (tmp_path / "typo").exists()
    convert(track, tmp_path / "post" / "a.freed", Options())
    assert (tmp_path / "post" / "a.freed").exists()


def test_a_folder_made_for_a_conversion_that_fails_goes_again(track: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not 20"):
        convert(track, tmp_path / "post" / "a.exr", Options(frame=20))
    assert not (tmp_path / "post").exists()


def test_a_correction_there_is_not_is_said_in_the_right_number(tmp_path: Path) -> None:
    (tmp_path / "a.cc").write_text(
        '<ColorCorrection id="a"><SOPNode><Slope>1.1 1 1</Slope><Offset>0 0 0</Offset>'
        "<Power>1 1 1</Power></SOPNode></ColorCorrection>"
    )
    with pytest.raises(BadInput, match="there is only one correction"):
        convert(tmp_path / "a.cc", tmp_path / "b.cc", Options(frame=1))
