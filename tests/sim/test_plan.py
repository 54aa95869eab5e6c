"""The plan of a simulated take."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from openset.sim.plan import DayPlan, medium, wide


def test_frame_times_are_exact_at_ntsc_rates() -> None:
    plan = DayPlan(rate=Fraction(30000, 1001))
    assert plan.frame_time_ns(30000) == 1001 * 1_000_000_000


def test_a_plan_holds_its_whole_duration() -> None:
    assert wide(duration_s=8.0).frame_count == 200


def test_the_lens_keeps_its_framing_in_a_smaller_picture() -> None:
    big = wide().optics
    small = replace(wide(), width_px=320, height_px=180).optics
    assert (small.f_px, small.cx_px, small.cy_px) == pytest.approx(
        (big.f_px / 4, big.cx_px / 4, big.cy_px / 4)
    )


def test_the_two_framings_differ_in_lens_and_move() -> None:
    assert wide().focal_length_mm < medium().focal_length_mm
    assert wide().camera_from_m != medium().camera_from_m
