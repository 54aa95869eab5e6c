"""What reports and a camera's weight say of the path: differences against derivatives."""

from typing import Any

import numpy as np

from openset.stage.solve.model import COUNT, DELAY, NODAL, RawTrack
from openset.stage.solve.path import moved
from openset.stage.solve.prior import knots
from openset.stage.solve.tracker import reading_floor, report_ties, weight_ties


def test_derivatives_of_the_reports_are_the_differences(taken: Any) -> None:
    take = taken(seconds=1.0, natural=5, violence=0.2)
    problem, path = take.problem, take.path
    spans = knots(problem.times_s)
    drift = np.full((len(spans), 6), 1e-4)
    shared = np.zeros(COUNT)
    shared[DELAY] = 0.0803

    def off(path: Any, shared: Any, drift: Any) -> Any:
        return report_ties(problem.times_s, path, problem.raw, shared, spans, drift, COUNT)

    base = off(path, shared, drift)
    step = 1e-6
    for number in (DELAY, *range(NODAL.start, NODAL.stop)):
        nudge = np.zeros(COUNT)
        nudge[number] = step
        column = 0 if number == DELAY else 1 + number - NODAL.start
        found = (base.off - off(path, shared + nudge, drift).off) / step
        size = np.abs(base.by_column[:, :, column]).max()
        np.testing.assert_allclose(found, base.by_column[:, :, column], atol=0.02 * size)
    slow = drift.copy()
    slow[0, 2] += step
    found = (base.off - off(path, shared, slow).off) / step
    first = base.columns[:, 7 + 2] == COUNT + 2
    np.testing.assert_allclose(found[first, 2], base.by_column[first, 2, 9], rtol=1e-5, atol=1e-3)
    for axis in range(6):
        nudge = np.zeros((len(problem.times_s), 6))
        nudge[12, axis] = step
        found = (base.off - off(moved(path, nudge), shared, drift).off) / step
        wanted = np.where(base.frames[:, :, None] == 12, base.by_pose[:, :, :, axis], 0.0).sum(axis=1)
        np.testing.assert_allclose(found, wanted, atol=0.02 * np.abs(wanted).max())


def test_reports_in_a_gap_of_the_picture_say_nothing(taken: Any) -> None:
    take = taken(seconds=1.0, natural=5)
    times = take.problem.times_s.copy()
    times[12:] += 1.0
    spans = knots(times)
    ties = report_ties(
        times, take.path, take.problem.raw, np.zeros(COUNT), spans, np.zeros((len(spans), 6)), COUNT
    )
    whole = report_ties(
        take.problem.times_s,
        take.path,
        take.problem.raw,
        np.zeros(COUNT),
        spans,
        np.zeros((len(spans), 6)),
        COUNT,
    )
    assert 0 < len(ties.off) < len(whole.off)


def test_an_even_push_costs_the_same_at_every_frame_and_a_straight_line_nothing(taken: Any) -> None:
    times = np.arange(8) / 25
    from openset.stage.solve.model import Path

    rotations = np.tile(np.eye(3), (8, 1, 1))
    line = np.stack([2 * times, times, 0 * times], 1)
    assert np.abs(weight_ties(times, Path(line, rotations)).off).max() < 1e-9
    push = np.stack([1.5 * times**2, 0 * times, 0 * times], 1)  # 3 m/s2, one standard deviation
    np.testing.assert_allclose(weight_ties(times, Path(push, rotations)).off[:, 0], -1.0)


def test_a_wild_report_loses_its_weight() -> None:
    times = np.arange(25) / 25
    from openset.stage.solve.model import Path

    path = Path(np.zeros((25, 3)), np.tile(np.eye(3), (25, 1, 1)))
    positions = np.zeros((25, 3))
    positions[10] = 0.5
    raw = RawTrack(times, positions, path.rotations, np.full((25, 6), 0.003))
    spans = knots(times)
    ties = report_ties(times, path, raw, np.zeros(COUNT), spans, np.zeros((len(spans), 6)), COUNT)
    assert ties.weight[10] < 1e-3
    assert ties.weight[9] == 1.0
    assert np.isfinite(ties.cost)


def test_what_the_cubic_misses_of_a_fast_tremor_is_known_from_the_reports(taken: Any) -> None:
    fast = taken(seconds=3.0, natural=2, violence=1.0, white_m=1e-5, white_rad=1e-6)
    slow = taken(seconds=3.0, natural=2, violence=0.02, white_m=1e-5, white_rad=1e-6)
    missed = [reading_floor(take.problem.times_s, take.problem.raw) for take in (fast, slow)]
    assert (missed[0][3:] > 5 * missed[1][3:]).all()
    assert missed[0][3] < np.radians(0.05)
