"""The track as the loop sees it."""

from __future__ import annotations

import threading

import pytest

from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.track import FileTrack, LiveTrack
from openset.stage.tracking.samples import TrackSample

MS = 1_000_000


def sample(time_ms: float, x_m: float = 0.0) -> TrackSample:
    return TrackSample(round(time_ms * MS), pose_from_pan_tilt_roll((x_m, -4.0, 1.5), 0.1, 0.0, 0.0))


def test_the_loop_waits_for_the_sample_it_needs_and_no_longer() -> None:
    track = LiveTrack()
    track.add(sample(0), None)
    assert not track.wait_for(5 * MS, 0.02)
    threading.Timer(0.02, track.add, args=(sample(10, 1.0), None)).start()
    assert track.wait_for(5 * MS, 5.0)
    found = track.at(5 * MS)
    assert found.pose is not None
    assert found.pose.position_m[0] == pytest.approx(0.5)


def test_reports_are_drained_once_in_the_order_they_came() -> None:
    track = LiveTrack()
    for number in range(3):
        track.add(sample(10 * number), {"sequence": number})
    assert [raw.sample["sequence"] for raw in track.drain(10 * MS)] == [0, 1]
    assert [raw.sample["sequence"] for raw in track.drain(99 * MS)] == [2]
    assert track.drain(99 * MS) == []
    assert track.samples == 3


def test_a_freed_report_is_kept_as_opentrackio() -> None:
    track = LiveTrack()
    track.add(sample(0, 2.0), None)
    (raw,) = track.drain(0)
    assert raw.sample["transforms"][0]["translation"]["x"] == pytest.approx(2.0)


def test_the_samples_of_the_rehearsal_can_be_asked_for() -> None:
    track = LiveTrack()
    for number in range(10):
        track.add(sample(10 * number), None)
    assert [s.time_ns // MS for s in track.between(20 * MS, 40 * MS)] == [20, 30, 40]


def test_a_recorded_move_starts_when_the_clip_does() -> None:
    track = FileTrack([sample(0, 0.0), sample(100, 1.0)])
    track.start_at(5_000 * MS)
    found = track.at(5_050 * MS)
    assert found.pose is not None
    assert found.pose.position_m[0] == pytest.approx(0.5)
    assert [s.time_ns // MS for s in track.between(5_000 * MS, 5_100 * MS)] == [5_000, 5_100]


def test_a_recorded_move_loops_with_its_clip() -> None:
    track = FileTrack([sample(10 * n, n / 10) for n in range(11)], period_ns=100 * MS)
    first, second = track.at(30 * MS), track.at(130 * MS)
    assert first == second
    assert first.state == "tracked"


def test_a_looped_move_gives_its_reports_again_with_later_stamps() -> None:
    track = FileTrack([sample(10 * n) for n in range(10)], period_ns=100 * MS)
    assert len(track.drain(95 * MS)) == 10
    again = track.drain(125 * MS)
    assert [raw.time_ns // MS for raw in again] == [100, 110, 120]


def test_past_the_end_of_a_recorded_move_the_last_pose_is_held_and_says_so() -> None:
    track = FileTrack([sample(0), sample(100, 1.0)])
    found = track.at(2_000 * MS)
    assert found.state == "held"
    assert found.age_s == pytest.approx(1.9)
    assert [pose.position_m[0] for pose, _ in track.every(2)] == [0.0, 1.0]


def test_a_recorded_moves_samples_are_told_on_the_engines_clock() -> None:
    track = FileTrack([sample(10 * number) for number in range(10)])
    track.start_at(5_000 * MS)
    asked = track.between(5_020 * MS, 5_040 * MS)
    assert [each.time_ns // MS for each in asked] == [5_020, 5_030, 5_040]


def test_samples_are_kept_for_as_long_as_is_asked() -> None:
    short, long = LiveTrack(), LiveTrack(90.0)
    for track in (short, long):
        for second in range(80):
            track.add(sample(1000.0 * second), None)
    assert len(long.between(0, 80_000 * MS)) == 80
    assert len(short.between(0, 80_000 * MS)) <= 32
