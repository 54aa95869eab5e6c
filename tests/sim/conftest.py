"""A small simulated studio, built once for all tests of the day without hardware."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openset.sim.picture import Studio
from openset.sim.plan import DayPlan, wide


@pytest.fixture(scope="session")
def small_plan() -> DayPlan:
    """Twelve frames of 320x180."""
    return replace(wide(seed=3, duration_s=0.48), width_px=320, height_px=180)


@pytest.fixture(scope="session")
def small_studio(small_plan: DayPlan) -> Studio:
    """The studio of the small plan."""
    return Studio(small_plan)
