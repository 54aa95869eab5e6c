from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.space import angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.tracking.buffer import TrackBuffer
from openset.stage.tracking.samples import LensReport, TrackSample

MS = 1_000_000


def sample(
    time_ms: float, x_m: float = 0.0, pan_rad: float = 0.0, focal_mm: float = 35.0
) -> TrackSample:
    pose = pose_from_pan_tilt_roll((x_m, 0.0, 1.5), pan_rad, 0.0, 0.0)
    return TrackSample(round(time_ms * MS), pose, LensReport(focal_length_mm=focal_mm))


def filled(*samples: TrackSample, capacity_s: float = 30.0) -> TrackBuffer:
    buffer = TrackBuffer(capacity_s)
    for each in samples:
        buffer.add(each)
    return buffer


def test_an_empty_buffer_has_no_pose() -> None:
    found = TrackBuffer().at(0)
    assert (found.pose, found.lens, found.state) == (None, None, "none")
    assert TrackBuffer().newest_time_ns is None


@given(st.floats(0, 100))
def test_between_two_samples_the_pose_lies_on_the_way(at_ms: float) -> None:
    buffer = filled(sample(0, 0.0, 0.0, 30.0), sample(100, 1.0, 0.2, 40.0))
    found = buffer.at(round(at_ms * MS))
    assert found.pose is not None
    assert found.lens is not None
    assert found.state == "tracked"
    assert found.age_s == 0.0
    assert found.pose.position_m[0] == pytest.approx(at_ms / 100, abs=1e-6)
    assert found.lens.focal_length_mm == pytest.approx(30 + at_ms / 10, abs=1e-5)
    expected = pose_from_pan_tilt_roll((0, 0, 0), at_ms / 500, 0.0, 0.0)
    assert angle_between_rad(found.pose, expected) < 1e-6


def test_on_a_sample_the_pose_is_that_sample_untouched() -> None:
    middle = sample(10, 0.123, 0.3)
    found = filled(sample(0), middle, sample(20)).at(10 * MS)
    assert found.pose == middle.stage_from_camera


def test_a_track_that_stops_is_held_with_growing_age_never_extrapolated() -> None:
    buffer = filled(sample(0, 0.0), sample(100, 1.0))
    soon, later, much_later = (buffer.at(ms * MS) for ms in (300, 600, 5000))
    assert soon.pose == later.pose == much_later.pose == sample(100, 1.0).stage_from_camera
    assert [each.state for each in (soon, later, much_later)] == ["tracked", "held", "held"]
    assert [each.age_s for each in (soon, later, much_later)] == pytest.approx([0.2, 0.5, 4.9])


def test_a_track_that_comes_back_is_tracked_again_and_its_gap_is_not_invented() -> None:
    buffer = filled(sample(0, 0.0), sample(100, 1.0), sample(3000, 5.0), sample(3010, 6.0))
    inside = buffer.at(1500 * MS)
    assert inside.state == "held"
    assert inside.pose is not None
    assert inside.pose.position_m[0] == 1.0
    assert buffer.at(3005 * MS).state == "tracked"


def test_before_the_track_begins_its_first_pose_is_held_for_a_moment_then_there_is_none() -> None:
    buffer = filled(sample(1000, 2.0), sample(1010, 2.0))
    assert buffer.at(900 * MS).state == "held"
    assert buffer.at(900 * MS).age_s == pytest.approx(-0.1)
    assert buffer.at(500 * MS).state == "none"


@given(st.permutations(range(12)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    buffer = filled(*(sample(10 * index, index) for index in order))
    assert [each.time_ns for each in buffer.samples()] == [10 * index * MS for index in range(12)]
    found = buffer.at(55 * MS)
    assert found.pose is not None
    assert found.pose.position_m[0] == pytest.approx(5.5)


def test_a_duplicate_replaces_what_was_said_before() -> None:
    buffer = filled(sample(0, 0.0), sample(10, 1.0), sample(20, 2.0), sample(10, 1.5))
    assert len(buffer) == 3
    found = buffer.at(10 * MS)
    assert found.pose is not None
    assert found.pose.position_m[0] == 1.5


def test_samples_older_than_the_capacity_are_dropped_and_memory_stays_bounded() -> None:
    buffer = TrackBuffer(capacity_s=2.0)
    for index in range(5000):
        buffer.add(sample(10 * index))
    assert len(buffer) == 201
    buffer.add(sample(0, 9.0))
    assert len(buffer) == 201
    assert buffer.at(0).state == "none"


def test_a_track_from_a_file_may_be_kept_whole() -> None:
    buffer = filled(*(sample(1000 * index) for index in range(100)), capacity_s=math.inf)
    assert len(buffer) == 100
    assert buffer.oldest_time_ns == 0


def test_stamps_of_any_size_keep_their_nanoseconds() -> None:
    base = 2**62
    buffer = TrackBuffer()
    rng = random.Random(3)
    for index in rng.sample(range(50), 50):
        pose = pose_from_pan_tilt_roll((float(index), 0.0, 0.0), 0.0, 0.0, 0.0)
        buffer.add(TrackSample(base + index, pose))
    found = buffer.at(base + 17)
    assert found.pose is not None
    assert found.pose.position_m[0] == 17.0
