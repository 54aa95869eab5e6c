from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.tracking.delay_fit import fit_of
from openset.stage.tracking.delay_model import Drift, Jump
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.delay_refine import refined
from openset.stage.tracking.delay_trouble import drift_of, find_change
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000
SEARCH = (-0.3, 0.5)


def shifted(track: list[TrackSample], by_s: Callable[[float], float]) -> list[TrackSample]:
    """The track with its clock set on by so much at each moment."""
    return [replace(each, time_ns=each.time_ns + round(by_s(each.time_ns / S) * S)) for each in track]


def change_of(made: Any, track: list[TrackSample]) -> Jump | Drift | None:
    origin = int(made.motion.from_ns[0])
    fit = fit_of(made.motion, path_of(track, origin), origin)
    near_s, _ = fit.scan(np.arange(*SEARCH, 0.004))
    return find_change(fit.reweighted(near_s), near_s, SEARCH)


@pytest.mark.parametrize("by_s", [1.2, 0.04])
def test_a_jump_of_a_clock_is_found_with_its_moment_and_its_size(
    hand: Callable[..., Any], by_s: float
) -> None:
    made = hand(31, 0.08, 12.0)
    found = change_of(made, shifted(made.track, lambda at: by_s if at > 6.0 else 0.0))
    assert isinstance(found, Jump)
    # The track's stamps are later from 6 s on: the picture, first frame at 0.013 s, seems that much
    # earlier.
    assert found.at_s == pytest.approx(5.99, abs=0.1)
    assert found.by_s == pytest.approx(-by_s, abs=0.004)
    assert found.before_s == pytest.approx(0.08, abs=0.003)


def test_the_hole_that_a_jump_leaves_says_whose_clock_it_was(hand: Callable[..., Any]) -> None:
    made = hand(32, 0.08, 12.0)
    found = change_of(made, shifted(made.track, lambda at: 1.2 if at > 6.0 else 0.0))
    assert isinstance(found, Jump)
    assert found.whose == "tracker"


def test_a_clock_that_runs_fast_is_a_drift_and_no_jump(hand: Callable[..., Any]) -> None:
    made = hand(33, 0.08, 12.0)
    found = change_of(made, shifted(made.track, lambda at: 0.005 * at))
    assert isinstance(found, Drift)
    # Stamps that gain 5 ms a second make the picture come 5 ms a second earlier.
    assert found.ppm == pytest.approx(-5000, abs=300)
    assert found.over_s == pytest.approx(11.9, abs=0.1)


def test_one_delay_is_neither(hand: Callable[..., Any]) -> None:
    made = hand(34, 0.08, 12.0, noise_deg=0.02)
    assert change_of(made, made.track) is None


def test_the_drift_of_sound_clocks_is_within_its_doubt(hand: Callable[..., Any]) -> None:
    far = 0
    for seed in range(50, 58):
        made = hand(seed, 0.08, 8.0, noise_deg=0.02)
        origin = int(made.motion.from_ns[0])
        fit = fit_of(made.motion, path_of(made.track, origin), origin).reweighted(0.08)
        exact = refined(fit, 0.08)
        assert exact is not None
        drift = drift_of(fit, exact)
        assert drift is not None
        assert not drift.wander_sure
        far += abs(drift.ppm) > 2 * drift.sd_ppm
    assert far <= 2
