"""The simulated tracker's samples, read by the stage they are meant for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.formats import opentrackio
from openset.sim import tracker
from openset.sim.motion import camera_at
from openset.sim.optics import project, rotation_from_angles
from openset.sim.plan import NS_PER_S, DayPlan, wide
from openset.stage.lens.model import project as stage_project
from openset.stage.lens.report import lens_from_report
from openset.stage.tracking.opentrackio import sample_from_reading


def test_every_sample_is_valid_opentrackio() -> None:
    plan = wide()
    for index in (-30, 0, 1, 200, 731):
        assert opentrackio.validate(tracker.track_sample(plan, index)) == []


def test_the_stage_reads_the_pose_and_the_lens_the_camera_really_has() -> None:
    plan = replace(wide(), tracker_noise_m=0.0, tracker_noise_rad=0.0)
    reading = opentrackio.read(tracker.track_sample(plan, 200))
    sample = sample_from_reading(reading, 0)
    assert sample.lens is not None
    lens = lens_from_report(sample.lens, plan.width_px, plan.height_px)
    camera = camera_at(plan, 2.0)
    points = np.random.default_rng(2).uniform((-1.2, -0.4, 0.2), (1.2, 2.7, 2.0), (100, 3))
    truly = project(plan.optics, np.array(camera.position_m), camera.rotation, points)
    in_camera = (points - sample.stage_from_camera.matrix[:3, 3]) @ sample.stage_from_camera.matrix[
        :3, :3
    ]
    assert np.allclose(stage_project(lens, in_camera), truly, atol=1e-6)


def test_the_noise_is_as_large_as_the_plan_says() -> None:
    plan = wide()
    off_m, off_rad = [], []
    for index in range(300):
        reading = opentrackio.read(tracker.track_sample(plan, index))
        camera = camera_at(plan, index / plan.tracker_rate_hz)
        off_m.append(np.subtract(reading.position_m, camera.position_m))
        off_rad.append(reading.pan_rad - camera.pan_rad)
    assert float(np.std(off_m)) == pytest.approx(plan.tracker_noise_m, rel=0.1)
    assert float(np.std(off_rad)) == pytest.approx(plan.tracker_noise_rad, rel=0.15)


def test_the_static_block_comes_every_two_seconds() -> None:
    plan = wide()
    carrying = [i for i in range(500) if "static" in tracker.track_sample(plan, i)]
    assert carrying == [0, 200, 400]


def test_stamps_are_on_the_trackers_own_clock_hours_away_and_drifting() -> None:
    plan = DayPlan(tracker_clock_s=7200.5, tracker_drift=1e-4)
    assert tracker.tracker_clock_ns(plan, 0) == 7200 * NS_PER_S + NS_PER_S // 2
    assert tracker.tracker_clock_ns(plan, 10 * NS_PER_S) == round(7210.501 * NS_PER_S)
    reading = opentrackio.read(tracker.track_sample(plan, 1000))
    assert reading.sample_time_ns == tracker.tracker_clock_ns(plan, 10 * NS_PER_S)


def test_samples_arrive_after_they_were_measured() -> None:
    plan = wide()
    late = [tracker.arrival_ns(plan, i) - tracker.sample_time_ns(plan, i) for i in range(200)]
    assert min(late) >= 600_000
    assert max(late) <= 4_600_000


def test_the_track_outlasts_the_take() -> None:
    plan = wide(duration_s=4.0)
    last_ns = tracker.sample_time_ns(plan, tracker.sample_count(plan) - 1)
    assert last_ns == round(4.5 * NS_PER_S)


def test_a_samples_angles_turn_the_camera_as_the_optics_turn() -> None:
    plan = replace(wide(), tracker_noise_m=0.0, tracker_noise_rad=0.0)
    turned = tracker.track_sample(plan, 50)["transforms"][0]["rotation"]
    angles = np.radians([turned["pan"], turned["tilt"], turned["roll"]])
    assert np.allclose(rotation_from_angles(*angles), camera_at(plan, 0.5).rotation)
