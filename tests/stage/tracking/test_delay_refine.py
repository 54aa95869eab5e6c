from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from openset.stage.tracking.delay_fit import Fit, fit_of
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.delay_refine import FLOOR_S, refined


def robust(made: Any, near_s: float) -> Fit:
    origin = int(made.motion.from_ns[0])
    fit = fit_of(made.motion, path_of(made.track, origin), origin)
    return fit.reweighted(fit.refine(near_s))


def test_a_noisy_tracker_neither_pulls_at_the_delay_nor_shortens_the_lens(
    hand: Callable[..., Any],
) -> None:
    off, focal, plain = [], [], []
    for seed in range(8):
        fit = robust(hand(seed, 0.08, size_deg=0.08, noise_deg=0.03), 0.08)
        found = refined(fit, fit.refine(0.08))
        assert found is not None
        off.append(found.delay_s - 0.08)
        focal.append(found.gains[0])
        plain.append(fit.solve(0.08).gains[0])
    assert abs(float(np.mean(off))) < 0.001
    assert float(np.median(focal)) == pytest.approx(600.0, rel=0.04)
    assert float(np.median(plain)) < 560.0  # least squares does


def test_nine_of_ten_truths_lie_in_the_stated_interval(hand: Callable[..., Any]) -> None:
    inside = 0
    for seed in range(40, 70):
        fit = robust(hand(seed, 0.05, 8.0, size_deg=0.15, noise_deg=0.02, flow_noise_px=0.15), 0.05)
        found = refined(fit, 0.05)
        assert found is not None
        inside += abs(found.delay_s - 0.05) < 1.645 * found.sd_s
    assert 23 <= inside <= 30  # 27 of 30, give or take two and a half deviations (1.6 each)


def test_a_shoulder_rigs_truth_lies_in_the_stated_interval_as_well(hand: Callable[..., Any]) -> None:
    inside, surer = 0, 0
    for seed in range(100, 130):
        fit = robust(hand(seed, 0.05, size_deg=0.075, noise_deg=0.02), 0.05)
        found = refined(fit, 0.05)
        assert found is not None
        inside += abs(found.delay_s - 0.05) < 1.645 * found.sd_s
        # Neighbours that seem to cancel are believed by half at most.
        surer += found.sd_s < np.sqrt(0.5) * found.frames_sd_s
    assert 23 <= inside <= 30
    assert surer == 0


def test_no_uncertainty_is_below_the_floor(hand: Callable[..., Any]) -> None:
    found = refined(robust(hand(9, 0.08, flow_noise_px=0.0), 0.08), 0.08)
    assert found is not None
    assert FLOOR_S <= found.sd_s < 2 * FLOOR_S
    assert found.delay_s == pytest.approx(0.08, abs=0.0002)


def test_the_pulls_cancel_at_the_delay_found(hand: Callable[..., Any]) -> None:
    found = refined(robust(hand(10, 0.08), 0.08), 0.083)
    assert found is not None
    assert abs(float(found.pull.sum() / found.hold.sum())) < 1e-5
    assert len(found.pull) == len(found.hold) == 249


def test_what_does_not_move_fixes_no_delay(hand: Callable[..., Any]) -> None:
    made = hand(11, 0.08, size_deg=0.0, flow_noise_px=0.0)
    assert refined(robust(made, 0.08), 0.08) is None
