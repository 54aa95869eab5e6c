from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.tracking.delay_fit import Fit, fit_of
from openset.stage.tracking.delay_path import path_of


def fitted(made: Any) -> Fit:
    origin = int(made.motion.from_ns[0])
    return fit_of(made.motion, path_of(made.track, origin), origin)


def test_the_gains_are_the_focal_length_and_a_roll_of_one(hand: Callable[..., Any]) -> None:
    solved = fitted(hand(1, 0.08)).solve(0.08)
    assert solved.correlation > 0.998
    assert solved.agreement > 0.998
    # 600 px, less the little that smoothing the track takes from its fastest motion.
    assert solved.gains[0] == pytest.approx(600.0, rel=0.03)
    assert solved.gains[2] == pytest.approx(1.0, rel=0.04)


def test_the_scan_finds_the_peak_and_refining_sharpens_it(hand: Callable[..., Any]) -> None:
    fit = fitted(hand(2, 0.0537))
    near_s, heights = fit.scan(np.arange(-0.3, 0.5, 0.004))
    assert near_s == pytest.approx(0.0537, abs=0.002)
    assert heights.max() > 0.99
    assert fit.refine(near_s) == pytest.approx(0.0537, abs=0.0005)


def test_frames_that_contradict_the_rest_lose_their_weight(hand: Callable[..., Any]) -> None:
    made = hand(3, 0.08)
    flow = made.motion.flow_px.copy()
    spoiled = np.arange(20, 200, 9)
    flow[spoiled] += 15.0
    fit = fitted(replace(made, motion=replace(made.motion, flow_px=flow)))
    weighed = fit.reweighted(fit.refine(0.08))
    trust = weighed.weight[0] / weighed.weight[0].max()
    assert trust[spoiled].max() < 0.05
    assert np.median(np.delete(trust, spoiled)) == pytest.approx(1.0)


def test_what_is_cut_off_lies_at_three_deviations_and_the_rest_is_kept(
    hand: Callable[..., Any],
) -> None:
    made = hand(4, 0.08)
    flow = made.motion.flow_px.copy()
    flow[100] += 40.0
    fit = fitted(replace(made, motion=replace(made.motion, flow_px=flow))).reweighted(0.08)
    even = fit.evened(0.08)
    assert abs(even.seen[0, 100] - fit.seen[0, 100]) > 35.0
    assert even.seen[:, 50] == pytest.approx(fit.seen[:, 50], abs=1e-9)
    assert len(set(even.weight[0].tolist())) == 1


def test_a_roll_that_is_not_known_is_not_counted(hand: Callable[..., Any]) -> None:
    made = hand(5, 0.08)
    fit = fitted(replace(made, motion=replace(made.motion, roll_rad=None)))
    assert not fit.weight[2].any()
    assert fit.solve(0.08).gains[2] == 0.0
    assert fit.refine(0.08) == pytest.approx(0.08, abs=0.001)


def test_no_track_there_is_no_correlation(hand: Callable[..., Any]) -> None:
    assert fitted(hand(6, 0.08)).solve(30.0).correlation == 0.0
