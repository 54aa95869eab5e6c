from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, write
from openset.primitives.errors import BadInput, TrackBroken, TrackNotFound
from openset.stage.tracking.files import load_track, read_track

MS = 1_000_000
SOURCE = "urn:uuid:00000000-0000-4000-8000-000000000001"


def raw(index: int, **fields: Any) -> dict[str, Any]:
    reading = Reading((index / 10, 0.0, 1.5), 0.0, 0.0, 0.0, sequence=index, **fields)
    sample_id = f"urn:uuid:00000000-0000-4000-8000-{index:012x}"
    return write(reading, sample_id=sample_id, source_id=SOURCE, include_static=True)


def frame_line(index: int) -> bytes:
    line = {
        "frame": index,
        "pts_s": index / 25,
        "timecode": "01:00:00:00",
        "time_ns": 9_000 * MS + index * 40 * MS,
        "age_s": 0.0,
        "state": "tracked",
        "sample": raw(index),
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def received_line(index: int) -> bytes:
    line = {
        "arrival_ns": index * 10 * MS + 3,
        "time_ns": 500 * MS + index * 10 * MS,
        "sample": raw(index),
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def test_a_takes_track_reads_frame_by_frame_from_any_start(tmp_path: Path) -> None:
    path = tmp_path / "track.otrk.jsonl"
    path.write_bytes(b"".join(map(frame_line, range(5))))
    track = load_track(path, start_ns=1_000 * MS)
    assert track.kind == "take frames"
    assert [sample.time_ns // MS for sample in track.samples] == [1000, 1040, 1080, 1120, 1160]
    assert track.samples[3].stage_from_camera.position_m == pytest.approx((0.3, 0.0, 1.5))
    assert read_track(path, start_ns=None)[0].time_ns == 9_000 * MS


def test_what_was_received_reads_too_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "raw.otrk.jsonl"
    path.write_bytes(b"".join(received_line(index) for index in (2, 0, 1)))
    track = load_track(path)
    assert track.kind == "take as received"
    assert [sample.sequence for sample in track.samples] == [0, 1, 2]


def test_a_last_line_cut_off_by_a_kill_is_counted_and_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "track.otrk.jsonl"
    path.write_bytes(b"".join(map(frame_line, range(5)))[:-40])
    track = load_track(path)
    assert (len(track.samples), track.skipped, track.cut_off) == (4, 1, True)


def test_lines_that_are_broken_in_the_middle_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "track.otrk.jsonl"
    broken = [b"{not json}\n", b"[]\n", b'{"time_ns": 1, "sample": null}\n', b'{"sample": {}}\n', b"\n"]
    path.write_bytes(frame_line(0) + b"".join(broken) + frame_line(1))
    track = load_track(path)
    assert len(track.samples) == 2
    assert track.skipped >= 3
    assert not track.cut_off


def test_a_list_of_samples_is_timed_by_its_stamps(tmp_path: Path) -> None:
    path = tmp_path / "track.json"
    path.write_bytes(orjson.dumps([raw(i, sample_time_ns=10**18 + i * 20 * MS) for i in range(4)]))
    assert [sample.time_ns // MS for sample in read_track(path)] == [0, 20, 40, 60]


def test_a_list_without_stamps_is_timed_by_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "track.json"
    path.write_bytes(orjson.dumps([raw(i, sample_rate=Fraction(50)) for i in range(4)]))
    track = load_track(path)
    assert track.rate == 50
    assert [sample.time_ns // MS for sample in track.samples] == [0, 20, 40, 60]


def test_a_freed_dump_needs_its_rate_and_skips_what_is_no_packet(tmp_path: Path) -> None:
    path = tmp_path / "head.freed"
    packets = [freed.encode(freed.D1(0, 0, 0, (index, 0, 0))) for index in range(4)]
    path.write_bytes(packets[0] + packets[1] + b"\xd1noise" + packets[2] + packets[3][:10])
    with pytest.raises(BadInput, match="rate"):
        load_track(path)
    track = load_track(path, rate=Fraction(50))
    assert [sample.stage_from_camera.position_m[0] for sample in track.samples] == [0, 1, 2]
    assert [sample.time_ns // MS for sample in track.samples] == [0, 20, 40]
    assert track.skipped >= 1


def test_a_missing_track_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackNotFound, match="no such track"):
        read_track(tmp_path / "absent.f4")
    (tmp_path / "folder.f4").mkdir()
    with pytest.raises(TrackNotFound, match="cannot be read"):
        read_track(tmp_path / "folder.f4")


@pytest.mark.parametrize("name", ["a.f4", "a.otrk.jsonl", "a.json", "a.freed"])
@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 500, b"{}", b"[]", b'{"sample": 1}\n'])
def test_a_file_without_a_pose_is_refused_by_name(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(TrackBroken, match=name):
        read_track(tmp_path / name, rate=Fraction(25))


def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "track.fbx").write_bytes(b"x")
    with pytest.raises(BadInput, match=r"\.f4"):
        read_track(tmp_path / "track.fbx")


def test_the_real_mosys_move_is_a_minute_at_25(shared_data: Path) -> None:
    track = load_track(shared_data / "tracking" / "mosys_A003_C001.f4", start_ns=5)
    assert (track.kind, track.rate) == ("Mo-Sys F4", 25)
    assert track.samples[0].time_ns == 5
    steps = {b.time_ns - a.time_ns for a, b in zip(track.samples, track.samples[1:], strict=False)}
    assert steps == {40 * MS}
    assert len(track.samples) >= 713
    assert all(sample.lens is not None for sample in track.samples)


def test_the_official_examples_read(shared_data: Path) -> None:
    for path in sorted((shared_data / "opentrackio" / "examples").glob("*.json")):
        assert len(load_track(path).samples) == 1, path.name
