"""How far two lenses draw apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.stage.calibrate.agreement import disagreement, map_spread_px, whole_picture
from openset.stage.lens.model import Lens

LENS = Lens(1920, 1080, 1450.0, 1450.0, 960.0, 540.0, -0.2, 0.08)


def test_a_lens_agrees_with_itself() -> None:
    assert disagreement(LENS, LENS).most_px < 1e-9
    assert whole_picture(LENS).shape == (627, 2)


def test_a_longer_lens_draws_larger() -> None:
    pinhole = Lens(1920, 1080, 1450.0, 1450.0, 960.0, 540.0)
    longer = replace(pinhole, fx_px=1450.0 * 1.001, fy_px=1450.0 * 1.001)
    # The corner is hypot(960, 540) = 1101.5 px from the middle: a thousandth of it is 1.10 px.
    assert disagreement(pinhole, longer).most_px == pytest.approx(1.10, abs=0.02)


def test_a_shifted_centre_is_mostly_a_turn() -> None:
    tele = Lens(1920, 1080, 4200.0, 4200.0, 960.0, 540.0)
    apart = disagreement(tele, replace(tele, cx_px=962.0))
    # A turn by 2 / 4200 rad puts the middle back; what remains grows as tan does: 2 * (960 / 4200)^2
    # = 0.10 px at the sides.
    assert apart.rms_px < 0.06
    assert apart.most_px < 0.2


def test_a_fisheye_and_a_pinhole_disagree_by_much() -> None:
    wide = Lens(1920, 1080, 900.0, 900.0, 960.0, 540.0, fisheye=(0.0, 0.0, 0.0, 0.0))
    plain = Lens(1920, 1080, 900.0, 900.0, 960.0, 540.0)
    assert disagreement(wide, plain).rms_px > 50


def test_a_covariance_means_as_many_pixels_as_lenses_drawn_from_it() -> None:
    random = np.random.default_rng(3)
    sd = np.array([1.0, 1.0, 0.5, 0.5, 0.001, 0.002, 0.0001, 0.0001, 0.001])
    from openset.stage.lens.derivatives import parameters_of, with_parameters

    drawn = [
        disagreement(
            LENS, with_parameters(LENS, parameters_of(LENS) + sd * random.normal(size=9))
        ).rms_px
        for _ in range(200)
    ]
    wanted = float(np.sqrt(np.mean(np.square(drawn))))
    assert map_spread_px(LENS, np.diag(sd**2)) == pytest.approx(wanted, rel=0.1)
