from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from openset.stage.tracking.delay_fit import fit_of
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.delay_readout import readout_of
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
    assert found[1] < 0.001


def test_a_noisy_tracker_does_not_make_it_look_short(hand: Callable[..., Any]) -> None:
    found = [read(hand(s, 0.08, 20.0, readout_s=0.02, noise_deg=0.03)) for s in range(4)]
    known = [each[0] for each in found if each is not None]
    assert sum(known) / len(known) == pytest.approx(0.02, abs=0.001)


def test_it_is_not_said_where_the_picture_does_not_show_it(hand: Callable[..., Any]) -> None:
    made = hand(22, 0.08)
    assert read(replace(made, motion=replace(made.motion, shear_px=None))) is None
    assert read(hand(23, 0.08, size_deg=0.003, flow_noise_px=0.3)) is None
