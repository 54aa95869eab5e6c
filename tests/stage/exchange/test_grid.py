"""Moves whose reports came when they came, brought onto frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.primitives.space import pan_tilt_roll_from_pose, pose_from_pan_tilt_roll
from openset.primitives.time import timecode_from_fields
from openset.stage.exchange.grid import MOST_FRAMES, on_grid
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove
from openset.stage.exchange.move import (
    even_times,
    fields,
    lens_reports,
    likely_rate,
    move_from_samples,
    pupil_poses,
    rate_of,
    timecodes,
)
from openset.stage.exchange.shot import first_frame, numbered
from openset.stage.tracking.samples import LensReport, TrackSample

RATE = Fraction(25)


def _walk(times_ns: list[int]) -> CameraMove:
    """A camera that goes a metre a second along x, pans 0.2 rad a second and zooms 10 mm a second."""
    samples = []
    for time_ns in times_ns:
        seconds = time_ns / 1e9
        pose = pose_from_pan_tilt_roll((seconds, -2.0, 1.5), 0.2 * seconds, 0.0, 0.0)
        lens = LensReport(focal_length_mm=35.0 + 10 * seconds, sensor_width_mm=36.0)
        samples.append(TrackSample(time_ns, pose, lens))
    return move_from_samples("walk", samples)


def _arrivals(count: int) -> list[int]:
    """Fifty a second as a network delivers them: 1 ms of jitter, every fortieth lost."""
    late_ms = np.random.default_rng(5).normal(0.0, 1.0, count)
    times = [round(20e6 * index + 1e6 * late_ms[index]) for index in range(count) if index % 40 != 7]
    return [time_ns - times[0] for time_ns in times]


def test_jittered_arrivals_tell_the_usual_rate_they_came_at() -> None:
    times = _arrivals(500)
    assert len(times) == 487  # of 500 the thirteen whose number is 7, 47, … 487 were lost
    assert likely_rate(times) == 50


def test_reports_between_frames_become_frames_where_the_camera_was() -> None:
    move, note = on_grid(_walk(_arrivals(500)), RATE)
    # The last report comes after 499 of 20 ms = 9.98 s, with its jitter: frames 0 to 249.
    assert note == "487 reports became 250 frames at 25, interpolated"
    assert (move.rate, move.times_ns) == (RATE, even_times(250, RATE))
    for index, (pose, lens) in enumerate(zip(pupil_poses(move), lens_reports(move), strict=True)):
        assert pose is not None
        assert lens is not None
        assert pose.position_m[0] == pytest.approx(index / 25, abs=1e-6)
        assert pan_tilt_roll_from_pose(pose)[0] == pytest.approx(0.2 * index / 25, abs=1e-6)
        assert lens.focal_length_mm == pytest.approx(35 + 10 * index / 25, abs=1e-3)
    assert [trouble for sample in move.samples[:3] for trouble in validate(sample)] == []


def test_a_move_on_the_grid_stays_as_it_is_even_with_frames_left_out() -> None:
    times = [time_ns for index, time_ns in enumerate(even_times(20, RATE)) if index != 5]
    move = _walk(times)
    assert on_grid(move, None) == (move, "")
    assert on_grid(move, RATE) == (move, "")


def test_four_reports_a_frame_become_the_one_at_the_frame() -> None:
    move = _walk(list(even_times(101, Fraction(100))))
    made, note = on_grid(move, RATE)
    assert note == "101 reports became 26 frames at 25, interpolated"
    assert lost({"pose": fields(made)["pose"]}, {"pose": fields(move)["pose"][::4]}) == []  # type: ignore[index]


def test_frame_numbers_and_timecode_count_on_from_the_first() -> None:
    walk = _walk([0, 39_000_000, 90_000_000, 120_000_000])
    codes = [timecode_from_fields(10, 0, 0, index, RATE) for index in range(4)]
    samples = tuple(numbered(sample, 1001 + at) for at, sample in enumerate(walk.samples))
    coded = move_from_samples(
        "a", [TrackSample(t, p) for t, p in zip(walk.times_ns, pupil_poses(walk), strict=True) if p],
        rate=RATE, timecodes=codes,
    )  # fmt: skip
    made, _ = on_grid(replace(walk, samples=samples), RATE)
    assert [sample["openset"]["frame"] for sample in made.samples] == [1001, 1002, 1003, 1004]
    assert first_frame(made, RATE) == 1001
    assert timecodes(on_grid(coded, RATE)[0]) == codes


def test_across_a_wide_gap_the_last_pose_is_held() -> None:
    times = [*range(0, 1_000_000_000, 30_000_000), *range(3_000_000_000, 4_000_000_000, 30_000_000)]
    made, _ = on_grid(_walk(times), RATE)
    poses = pupil_poses(made)
    # Frame 50 is at 2 s; the last report before it at 33 * 30 ms = 0.99 s.
    assert poses[50] is not None
    assert poses[50].position_m[0] == pytest.approx(0.99)


def test_times_that_tell_no_rate_ask_for_it() -> None:
    move = _walk([0, 10_000_000, 47_000_000, 58_000_000, 120_000_000, 300_000_000])
    assert rate_of(move) is None
    with pytest.raises(BadInput, match="--rate"):
        on_grid(move, None)


def test_a_move_of_days_is_refused() -> None:
    with pytest.raises(BadInput, match=str(MOST_FRAMES)):
        on_grid(_walk([0, 10_000_000, 10**15]), RATE)


def test_a_move_with_a_picture_has_its_frames_already(tmp_path: Path) -> None:
    move = replace(_walk([0, 39_000_000, 90_000_000]), picture=tmp_path / "picture.mov")
    assert on_grid(move, RATE) == (move, "")
