"""The score means what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openset.stage.key.report import KeyReport

GOOD = KeyReport(gain=1.0, screen_coverage=0.7, evenness=0.8, noise=0.02, purity=0.6, ms=5.0)


def test_a_good_screen_scores_a_hundred_and_none_scores_nothing() -> None:
    assert GOOD.score == pytest.approx(100.0)
    assert replace(GOOD, screen_coverage=0.0).score == 0.0


@pytest.mark.parametrize(
    "worse", [{"screen_coverage": 0.05}, {"evenness": 2.0}, {"noise": 0.15}, {"purity": 0.3}]
)
def test_each_fault_costs_points(worse: dict[str, float]) -> None:
    assert 1.0 < replace(GOOD, **worse).score < 75.0
