"""The judge's figures, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim.judge import AT_MARK_M, key_error, track_error
from openset.sim.motion import camera_at
from openset.sim.optics import rotation_from_angles
from openset.sim.plan import wide


def test_a_perfect_matte_has_no_error() -> None:
    truth = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    error = key_error([truth], [truth])
    assert (error.sad_per_frame, error.mse, error.mse_mix, error.grad) == (0.0, 0.0, 0.0, 0.0)


def test_the_figures_of_a_flat_error_are_those_of_a_hand() -> None:
    truth = np.zeros((100, 100), np.uint8)
    truth[:, 50:] = 128
    matte = truth + np.uint8(51)
    error = key_error([matte, truth], [truth, truth])
    assert error.frames == 2
    assert error.sad_per_frame == pytest.approx(10_000 * 0.2 / 1000 / 2)
    assert error.mse == pytest.approx(0.04 / 2, rel=1e-5)
    assert error.mse_mix == pytest.approx(0.04 / 2, rel=1e-5)
    assert error.grad == pytest.approx(0.0, abs=1e-6)


def test_only_mixed_pixels_enter_the_mixed_error() -> None:
    truth = np.zeros((10, 10), np.uint8)
    truth[0, 0] = 100
    matte = truth.copy()
    matte[5:] = 255
    error = key_error([matte], [truth])
    assert error.mse == pytest.approx(0.5)
    assert error.mse_mix == 0.0


def test_the_gradient_error_of_a_missing_edge_is_the_integral_of_its_gaussian() -> None:
    nothing = np.zeros((40, 40), np.uint8)
    edge = nothing.copy()
    edge[:, 20:] = 255
    per_row = 1 / (2 * 1.4 * np.sqrt(np.pi))
    assert key_error([edge], [nothing]).grad == pytest.approx(40 * per_row / 1000, rel=0.03)


def test_what_lies_beside_the_cloth_does_not_count() -> None:
    truth = np.zeros((10, 10), np.uint8)
    matte = truth.copy()
    matte[:, 7:] = 255
    screen = np.full((10, 10), 255, np.uint8)
    screen[:, 7:] = 0
    assert key_error([matte], [truth], [screen]).mse == 0.0
    assert key_error([matte], [truth]).mse == pytest.approx(0.3)


def test_films_of_different_length_cannot_be_judged() -> None:
    frame = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError):
        key_error([frame], [frame, frame])
    with pytest.raises(ValueError, match="no matte"):
        key_error([], [])


def test_a_camera_moved_sideways_moves_the_mark_by_as_much() -> None:
    plan = wide()
    truth = np.stack([camera_at(plan, t).matrix for t in (0.0, 1.0, 2.0)])
    moved = truth.copy()
    moved[:, :3, 3] += 0.004 * truth[:, :3, 0]
    error = track_error(moved, truth, plan.optics)
    assert error.position_rms_mm == pytest.approx(4.0)
    assert error.rotation_rms_mdeg == pytest.approx(0.0, abs=1e-3)
    assert error.mark_rms_mm == pytest.approx(4.0, rel=0.02)
    distance = np.linalg.norm(truth[:, :3, 3] - AT_MARK_M, axis=1).mean()
    assert error.mark_rms_px == pytest.approx(0.004 / distance * plan.optics.f_px, rel=0.03)
    assert error.mark_max_px >= error.mark_rms_px


def test_a_turn_is_measured_in_thousandths_of_a_degree() -> None:
    plan = wide()
    truth = np.stack([camera_at(plan, t).matrix for t in (0.0, 1.0)])
    turned = truth.copy()
    turned[:, :3, :3] = truth[:, :3, :3] @ rotation_from_angles(0.0, np.radians(0.02), 0.0)
    turned[:, :3, :3] = turned[:, :3, :3] @ rotation_from_angles(0.0, 0.0, 0.0).T
    error = track_error(turned, truth, plan.optics)
    assert error.rotation_rms_mdeg == pytest.approx(20.0, rel=1e-6)
    assert error.position_rms_mm == 0.0


def test_poses_and_truth_must_be_as_many() -> None:
    one = np.eye(4)[None]
    with pytest.raises(ValueError, match="cannot be judged"):
        track_error(one, np.concatenate([one, one]), wide().optics)
