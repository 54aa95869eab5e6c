"""The judge: a true path explains what was held out, a wrong one does not, and marks are no excuse."""

from typing import Any

import numpy as np
import pytest

from openset.stage.solve.bundle import raw_path
from openset.stage.solve.judge import residuals, summary


def test_the_true_path_explains_all_and_the_trackers_does_not(taken: Any) -> None:
    take = taken(seconds=2.0, natural=40, focal_error=0.0, map_error_m=0.0)
    problem = take.problem
    shared = problem.prior.values.copy()
    shared[8] = take.plan.readout_s
    held = problem.sightings.only(problem.sightings.held_out)
    true = summary(residuals(problem, held, take.path, shared, problem.marks.known_m))
    raw = summary(residuals(problem, held, raw_path(problem, 0.0), shared, problem.marks.known_m))
    assert true.rms_px < 0.25
    assert raw.rms_px > 10 * true.rms_px


def test_a_summary_leaves_the_worst_twentieth_out_of_the_rms() -> None:
    lengths = np.concatenate([np.ones(95), np.full(5, 100.0)])
    found = summary(lengths)
    assert found.rms_px == pytest.approx(1.0)
    assert found.median_px == 1.0
    assert found.sightings == 100
    assert summary(np.zeros(0)).sightings == 0
