from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.tracking.delay_fit import fit_of
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.delay_readout import SHARE, readout_of
from openset.stage.tracking.delay_refine import refined


def read(made: Any) -> tuple[float, float] | None:
    origin = int(made.motion.from_ns[0])
    fit = fit_of(made.motion, path_of(made.track, origin), origin).reweighted(0.08)
    exact = refined(fit, 0.08)
    assert exact is not None
    return readout_of(made.motion, fit, exact)


@pytest.mark.parametrize("readout_s", [0.0, 0.008, 0.02])
def test_the_read_out_is_what_bends_the_picture_as_the_camera_speeds_up(
    hand: Callable[..., Any], readout_s: float
) -> None:
    found = read(hand(21, 0.08, readout_s=readout_s, flow_noise_px=0.1, noise_deg=0.01))
    assert found is not None
    assert found[0] == pytest.approx(readout_s, abs=0.0015)
    assert found[1] < 0.0006 + SHARE * readout_s


def test_a_noisy_tracker_does_not_make_it_look_short(hand: Callable[..., Any]) -> None:
    found = [read(hand(s, 0.08, 20.0, readout_s=0.02, noise_deg=0.03)) for s in range(4)]
    known = [each[0] for each in found if each is not None]
    assert sum(known) / len(known) == pytest.approx(0.02, abs=0.001)


def test_it_is_not_said_where_the_picture_does_not_show_it(hand: Callable[..., Any]) -> None:
    made = hand(22, 0.08)
    assert read(replace(made, motion=replace(made.motion, shear_px=None))) is None
    assert read(hand(23, 0.08, size_deg=0.003, flow_noise_px=0.3)) is None


def test_two_axes_that_tell_different_read_outs_tell_none(hand: Callable[..., Any]) -> None:
    made = hand(24, 0.08, readout_s=0.015)
    assert read(made) is not None
    twice = made.motion.shear_px * [3.0, 1.0]  # 45 ms by the pans, 15 ms by the tilts
    assert read(replace(made, motion=replace(made.motion, shear_px=twice))) is None


def test_stretches_that_tell_different_read_outs_are_in_the_doubt(hand: Callable[..., Any]) -> None:
    made = hand(25, 0.08, readout_s=0.015, flow_noise_px=0.2)
    plain = read(made)
    bent = made.motion.shear_px.copy()
    bent[:80] *= 1.5
    found = read(replace(made, motion=replace(made.motion, shear_px=bent)))
    assert plain is not None
    assert found is None or found[1] > 1.2 * plain[1]


def test_what_every_turn_bends_is_no_read_out(hand: Callable[..., Any]) -> None:
    """A wide lens nobody named: each turn moves the picture's upper half more than its lower."""
    off = []
    for seed in range(26, 32):
        made = hand(seed, 0.08, 5.0, readout_s=0.010)
        bent = made.motion.shear_px + 0.3 * made.motion.flow_px
        found = read(replace(made, motion=replace(made.motion, shear_px=bent)))
        assert found is not None
        off.append(abs(found[0] - 0.010))
    assert float(np.median(off)) < 0.0005
    assert max(off) < 0.0015


def test_no_read_out_longer_than_a_picture_is_told(hand: Callable[..., Any]) -> None:
    assert read(hand(32, 0.08, readout_s=0.060)) is None


def test_nine_of_ten_read_outs_lie_in_what_is_stated(hand: Callable[..., Any]) -> None:
    inside = 0
    for seed in range(40, 60):
        made = hand(seed, 0.08, size_deg=0.15, readout_s=0.015, flow_noise_px=0.15, noise_deg=0.02)
        found = read(made)
        inside += found is None or abs(found[0] - 0.015) < 1.645 * found[1]
    assert inside >= 16
