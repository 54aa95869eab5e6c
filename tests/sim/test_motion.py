"""How the simulated camera and figure move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from openset.sim.motion import camera_at, figure_at
from openset.sim.plan import wide


def test_the_same_plan_moves_the_same_way() -> None:
    assert camera_at(wide(), 1.234) == camera_at(wide(), 1.234)
    assert figure_at(wide(), 1.234) == figure_at(wide(), 1.234)


def test_another_seed_is_another_operator() -> None:
    assert camera_at(wide(seed=1), 1.0) != camera_at(wide(seed=2), 1.0)


def test_on_sticks_the_camera_starts_where_the_dolly_starts() -> None:
    plan = replace(wide(), handheld=0.0)
    assert np.allclose(camera_at(plan, 0.0).position_m, plan.camera_from_m)
    assert np.allclose(camera_at(plan, plan.duration_s).position_m, plan.camera_to_m)


def test_the_hand_shakes_at_its_four_frequencies() -> None:
    still = replace(
        wide(duration_s=100.0), camera_from_m=(0.0, -4.0, 1.5), camera_to_m=(0.0, -4.0, 1.5)
    )
    seconds = np.arange(0, 40, 0.01)
    tilt = np.array([camera_at(still, float(t)).tilt_rad for t in seconds])
    strength = np.abs(np.fft.rfft((tilt - tilt.mean()) * np.hanning(len(tilt))))
    hertz = np.fft.rfftfreq(len(tilt), 0.01)
    quiet = np.median(strength[(hertz > 1.5) & (hertz < 10)])
    for line in (2.1, 3.7, 5.9, 8.3):
        assert strength[np.abs(hertz - line) < 0.05].max() > 20 * quiet


def test_the_camera_always_sees_the_mark() -> None:
    plan = wide()
    for t in np.arange(0, plan.duration_s, 0.2):
        camera = camera_at(plan, float(t))
        depth = -((np.array([0.0, 0.0, 1.0]) - camera.position_m) @ camera.rotation)[2]
        assert 3.3 < depth < 4.8


def test_the_arm_sweeps_fast_enough_to_blur() -> None:
    seconds = np.arange(0, 6, 0.01)
    arm = np.array([sum(x[1] for x in _right_arm(float(t))) for t in seconds])
    assert np.abs(np.diff(arm) / 0.01).max() > 4.0


def _right_arm(time_s: float) -> tuple[tuple[float, float], tuple[float, float]]:
    state = figure_at(wide(), time_s)
    return state.shoulders_rad, state.elbows_rad
