"""The recorder's thread: orders in, takes on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.ids import TakeId
from openset.primitives.image import empty_yuv420
from openset.primitives.space import look_at
from openset.primitives.time import parse_timecode
from openset.stage.live.recorder import Cut, Fault, Recorder, Roll
from openset.stage.live.track import RawSample
from openset.stage.record.files import read_take, verify_take
from openset.stage.record.model import TakeFrame, TakeSpec
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
        recorder.pipe.put(frame(index), 5.0)
    recorder.pipe.put(Cut("cut", {"frames_in": frames, "dropped": 0}), 5.0)


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
    recorder.pipe.put(frame(0), 5.0)
    raw = {"sampleId": "urn:uuid:1"}
    recorder.pipe.put(RawSample(1, 1, raw), 5.0)
    recorder.pipe.put(Fault(1, "track", "the track stopped"), 5.0)
    recorder.pipe.put(Cut("cut", {}), 5.0)
    recorder.finish()
    record = read_take(production.root / "takes" / "1-A-t01")
    assert [fault.text for fault in record.faults] == ["the track stopped"]
    assert "urn:uuid:1" in (production.root / "takes" / "1-A-t01" / "raw.otrk.jsonl").read_text()


def test_a_take_open_when_the_engine_ends_is_closed(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(Roll(spec(), STARTED), 5.0)
    for index in range(5):
        recorder.pipe.put(frame(index), 5.0)
    recorder.finish()
    assert recorder.records[0].frames == 5
    assert recorder.records[0].state == "closed"
    assert recorder.idle.is_set()


def test_frames_without_a_roll_go_nowhere(production: Production) -> None:
    recorder = Recorder(production)
    recorder.start()
    recorder.pipe.put(frame(0), 5.0)
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
