"""The recorder's thread: orders in, takes on disk."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.ids import TakeId
from openset.primitives.image import empty_yuv420
from openset.primitives.space import look_at
from openset.primitives.time import parse_timecode
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.live.recorder import Cut, Entry, Recorder, Roll
from openset.stage.live.track import RawSample
from openset.stage.record.files import read_take, verify_take
from openset.stage.record.model import Fault, TakeFrame, TakeSpec
from openset.store.production import Production, create_production

RATE = Fraction(25)
STARTED = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return create_production(tmp_path / "film", title="Film", rate=RATE)


def spec(take: int = 1, matte: bool = False) -> TakeSpec:
    return TakeSpec(
        id=TakeId("1", "A", take),
        rate=RATE,
        width=64,
        height=36,
        start_timecode=parse_timecode("10:00:00:00", RATE),
        delay_s=0.0,
        set_name="market",
        backend="cpu",
        plate_source="clip.mp4",
        track_source="move.f4",
        record_matte=matte,
    )


def frame(index: int) -> TakeFrame:
    picture = empty_yuv420(64, 36)
    picture.y[:], picture.u[:], picture.v[:] = 40 + index, 128, 128
    pose = look_at((0.0, -4.0, 1.5), (0.0, 0.0, 1.5))
    matte = np.full((36, 64), index, np.uint8)
    return TakeFrame(index, index * 40_000_000, picture, picture, matte, pose, None, 0.0, "tracked")


def shoot(recorder: Recorder, take: int, frames: int) -> None:
    recorder.pipe.put(Roll(spec(take, matte=True), STARTED), 5.0)
    for index in range(frames):
        recorder.pipe.put(Entry(frame(index)), 5.0)
    counts = {"frames_in": frames, "dropped": 0, "recorded": frames, "recording_lost": 0}
    recorder.pipe.put(Cut("cut", counts), 5.0)


def test_two_takes_after_each_other_are_both_whole(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    shoot(recorder, 1, 10)
    shoot(recorder, 2, 12)
    recorder.finish()
    assert [record.frames for record in recorder.records] == [10, 12]
    for name in ("1-A-t01", "1-A-t02"):
        folder = production.root / "takes" / name
        assert verify_take(folder).ok
        assert (folder / "proxy.mp4").is_file()
        assert (folder / "contact.jpg").is_file()


def test_faults_and_tracker_reports_stay_with_their_take(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(), STARTED), 5.0)
    raw = RawSample(1, 1, {"sampleId": "urn:uuid:1"})
    recorder.pipe.put(Entry(frame(0), (raw,), (Fault(1, "track", "the track stopped"),)), 5.0)
    marks = (MarkSummary("A", 9, 0.4, 1.4, 4.0, {"pose": 1.0}),)
    recorder.pipe.put(Cut("cut", {}, (Fault(2, "dropped", "1 frame dropped"),), marks), 5.0)
    recorder.finish()
    record = read_take(production.root / "takes" / "1-A-t01")
    assert record.accuracy == marks
    assert [fault.text for fault in record.faults] == ["the track stopped", "1 frame dropped"]
    assert "urn:uuid:1" in (production.root / "takes" / "1-A-t01" / "raw.otrk.jsonl").read_text()


def test_a_take_open_when_the_engine_ends_is_closed(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(), STARTED), 5.0)
    for index in range(5):
        recorder.pipe.put(Entry(frame(index)), 5.0)
    recorder.finish()
    assert recorder.records[0].frames == 5
    assert recorder.records[0].state == "closed"
    assert recorder.idle.is_set()


def test_frames_without_a_roll_go_nowhere(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Entry(frame(0)), 5.0)
    recorder.finish()
    assert recorder.records == []
    assert list((production.root / "takes").iterdir()) == []


def test_a_take_that_is_there_already_is_never_written_over(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    shoot(recorder, 1, 4)
    shoot(recorder, 1, 9)
    recorder.finish()
    assert read_take(production.root / "takes" / "1-A-t01").frames == 4
    assert recorder.trouble is not None
    assert recorder.trouble.exit_code == 17


def test_a_report_that_json_cannot_hold_costs_itself_and_never_the_take(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(), STARTED), 5.0)
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    hostile = (
        RawSample(1, 1, {"a": -(2**64)}),
        RawSample(2, 2, {"a": deep}),
        RawSample(3, 3, {"a": 1}),
    )
    recorder.pipe.put(Entry(frame(0), hostile), 5.0)
    recorder.pipe.put(Entry(frame(1)), 5.0)
    recorder.finish()
    assert recorder.trouble is None
    (record,) = recorder.records
    assert (record.frames, record.files.raw_lines) == (2, 1)
    assert sum("could not be kept" in fault.text for fault in record.faults) == 2
    assert verify_take(production.root / "takes" / "1-A-t01").ok


def test_a_failure_nobody_foresaw_still_closes_and_seals_the_take(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[object] = []
    monkeypatch.setattr("threading.excepthook", failures.append)
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(), STARTED), 5.0)
    recorder.pipe.put(Entry(frame(0)), 5.0)
    recorder.pipe.put(Entry(frame(7)), 5.0)
    recorder.finish()
    assert len(failures) == 1
    assert recorder.trouble is not None
    assert recorder.records[0].frames == 1
    assert verify_take(production.root / "takes" / "1-A-t01").ok


def test_frames_on_their_way_to_a_full_disk_are_counted_as_lost(
    small_disk: Path,
) -> None:
    production = create_production(small_disk / "film", title="Film", rate=RATE)
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(matte=True), STARTED), 5.0)
    random = np.random.default_rng(3)
    for index in range(60):
        noisy = frame(index)
        noisy.picture.y[:] = random.integers(0, 255, (36, 64))
        recorder.pipe.put(Entry(noisy), 5.0)
        if index == 20:
            while recorder.frames_done < 21:
                time.sleep(0.01)
            fill(small_disk)
    counts = {"frames_in": 60, "dropped": 0, "recorded": 60, "recording_lost": 0}
    recorder.pipe.put(Cut("full", counts), 5.0)
    recorder.finish()
    assert recorder.trouble is not None
    assert recorder.trouble.exit_code == 20
    (record,) = recorder.records
    assert 20 <= record.frames < 60
    assert record.counts["recorded"] == record.frames
    assert record.counts["recorded"] + record.counts["recording_lost"] == 60
    assert verify_take(production.root / "takes" / "1-A-t01").ok


def fill(disk: Path) -> None:
    """Leave not a byte on the disk."""
    with (disk / "fill").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
