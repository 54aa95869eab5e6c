from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson

from openset.formats.opentrackio import Reading, write
from openset.stage.live.recorded import Report, open_recording
from openset.stage.live.replay import Replay

MS = 1_000_000


def sample(x: float, sequence: int | None = None, source: int = 1, **more: Any) -> dict[str, Any]:
    return write(
        Reading((x, 2.0, 1.5), 0.1, 0.2, 0.3, sequence=sequence, **more),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id=f"urn:uuid:00000000-0000-4000-8000-{source:012x}",
        include_static=True,
    )


def line(arrival_ms: float, time_ms: float, x: float, sequence: int = 0, **more: Any) -> bytes:
    entry = {
        "arrival_ns": round(arrival_ms * MS),
        "time_ns": round(time_ms * MS),
        "sample": sample(x, sequence, **more),
    }
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


class Clock:
    """A clock that goes on as far as it is asked to wait, by being read."""

    def __init__(self) -> None:
        self.now_ns = 5_000 * MS

    def __call__(self) -> int:
        self.now_ns += 20_000
        return self.now_ns


def played(replay: Replay, most: int = 1000) -> list[Report]:
    reports: list[Report] = []
    while not replay.ended and len(reports) < most:
        reports += replay.receive(0.0)
    return reports


def test_reports_come_in_order_with_the_spacing_they_were_recorded_with(tmp_path: Path) -> None:
    times_ms = [100, 110, 121, 130, 300]
    path = tmp_path / "raw.otrk.jsonl"
    path.write_bytes(b"".join(line(t + 2, t, t / 100, n) for n, t in enumerate(times_ms)))
    clock = Clock()
    replay = Replay(open_recording(path), clock=clock, epoch_ns=10**18)
    reports = played(replay)
    assert [r.sample.stage_from_camera.position_m[0] for r in reports] == [t / 100 for t in times_ms]
    gaps_ms = [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports]
    assert gaps_ms == [0, 10, 21, 30, 200]
    # Stamps stand two milliseconds before the arrivals, as they did.
    stamps = [r.heard.stamp_ns for r in reports]
    assert stamps == [10**18 + round((t - 102) * MS) for t in times_ms]
    assert [r.sample.time_ns - r.arrival_ns for r in reports] == [-2 * MS] * 5


def test_a_sample_keeps_all_it_says_but_its_stamp(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(line(0, 0, 1.0, 4, focal_length_mm=35.0, status="Optical Good", slate="1-A-t01"))
    (report,) = played(Replay(open_recording(path), clock=Clock(), epoch_ns=7_000_000_003))
    original = orjson.loads(path.read_bytes())["sample"]
    assert report.heard.raw is not None
    assert report.heard.raw["timing"]["sampleTimestamp"] == {"seconds": 7, "nanoseconds": 3}
    assert report.heard.raw["timing"]["sequenceNumber"] == 4
    assert {k: v for k, v in report.heard.raw.items() if k != "timing"} == {
        k: v for k, v in original.items() if k != "timing"
    }
    assert report.sample.lens is not None
    assert report.sample.lens.focal_length_mm == 35.0


def test_twice_the_speed_is_half_the_spacing(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(b"".join(line(t, t, 0.0) for t in (0, 40, 80)))
    reports = played(Replay(open_recording(path), speed=2.0, clock=Clock()))
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [0, 20, 40]


def test_at_another_speed_a_sample_says_the_rate_it_comes_at(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"

    def rates(rate: Fraction, speed: float) -> list[Any]:
        path.write_bytes(line(0, 0, 1.0, sample_rate=rate))
        raws = [r.heard.raw for r in played(Replay(open_recording(path), speed=speed, clock=Clock()))]
        return [raw and raw["timing"].get("sampleRate") for raw in raws]

    assert rates(Fraction(100), 1.0) == [{"num": 100, "denom": 1}]
    assert rates(Fraction(100), 4.0) == [{"num": 400, "denom": 1}]
    assert rates(Fraction(30000, 1001), 0.5) == [{"num": 15000, "denom": 1001}]
    assert rates(Fraction(2**31 - 1), 100.0) == [None]  # more than a sample can say


def test_a_loop_goes_on_after_a_usual_gap_and_its_numbers_rise(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(b"".join(line(t, t, 0.0, n) for n, t in enumerate((0, 10, 20))))
    replay = Replay(open_recording(path), loop=True, clock=Clock(), epoch_ns=0)
    reports = played(replay, most=8)[:8]
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [
        0,
        10,
        20,
        30,
        40,
        50,
        60,
        70,
    ]
    assert [r.sample.sequence for r in reports] == list(range(8))
    stamps = [r.heard.stamp_ns for r in reports]
    assert stamps == sorted(stamps)  # type: ignore[type-var]
    assert replay.passes == 2


def test_a_loop_of_two_sources_and_a_lost_report_loses_no_more(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    # The first source counts 65534, 65535, 1 (0 was lost as it wrapped); the second 7 and 8.
    told = ((0, 65534, 1), (5, 7, 2), (10, 65535, 1), (15, 8, 2), (20, 1, 1))
    path.write_bytes(b"".join(line(t, t, 0.0, n, source=who) for t, n, who in told))
    reports = played(Replay(open_recording(path), loop=True, clock=Clock()), most=10)[:10]
    numbers: dict[str, list[int]] = {}
    for report in reports:
        numbers.setdefault(report.source, []).append((report.sample.sequence or 0) & 0xFFFF)
    assert list(numbers.values()) == [[65534, 65535, 1, 2, 3, 5], [7, 8, 9, 10]]


def test_a_player_that_was_stopped_goes_on_instead_of_sending_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(b"".join(line(t, t, 0.0) for t in (0, 10, 20, 30)))
    clock = Clock()
    replay = Replay(open_recording(path), clock=clock)
    assert len(replay.receive(0.0)) == 1
    clock.now_ns += 60_000 * MS
    assert len(replay.receive(0.0)) == 1
    assert replay.receive(0.0) == []
