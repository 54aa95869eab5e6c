"""What reports and a camera's weight say of the path: differences against derivatives."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.solve.model import COUNT, DELAY, NODAL, Path, RawTrack
from openset.stage.solve.path import moved, read_path
from openset.stage.solve.prior import knots
from openset.stage.solve.tracker import gathered, reading_floor, report_ties, weight_ties


def test_derivatives_of_the_reports_are_the_differences(taken: Any) -> None:
    take = taken(seconds=1.0, natural=5, violence=0.05, white_m=0.0, white_rad=0.0, drift_m=0.0,
                 drift_rad=0.0)  # fmt: skip
    problem, path = take.problem, take.path
    raw = replace(problem.raw, sd=np.full_like(problem.raw.sd, 1e-3))
    spans = knots(problem.times_s)
    drift = np.full((len(spans), 6), 1e-4)
    shared = np.zeros(COUNT)
    shared[DELAY] = 0.0803

    def off(path: Any, shared: Any, drift: Any) -> Any:
        return report_ties(problem.times_s, path, raw, shared, spans, drift, COUNT)

    base = off(path, shared, drift)
    step = 1e-6
    for number in (DELAY, *range(NODAL.start, NODAL.stop)):
        nudge = np.zeros(COUNT)
        nudge[number] = step
        column = 0 if number == DELAY else 1 + number - NODAL.start
        found = (base.off - off(path, shared + nudge, drift).off) / step
        wanted = base.by_column[:, :, column]
        # A path's speed is known between frames, and less at its ends.
        inner = slice(4, -4) if number == DELAY else slice(None)
        atol = (0.05 if number == DELAY else 0.02) * np.abs(wanted).max()
        np.testing.assert_allclose(found[inner], wanted[inner], atol=atol)
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


def test_a_frame_that_no_report_is_near_is_told_nothing(taken: Any) -> None:
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
    rotations = np.tile(np.eye(3), (8, 1, 1))
    line = np.stack([2 * times, times, 0 * times], 1)
    assert np.abs(weight_ties(times, Path(line, rotations)).off).max() < 1e-9
    push = np.stack([1.5 * times**2, 0 * times, 0 * times], 1)  # 3 m/s2, one standard deviation
    np.testing.assert_allclose(weight_ties(times, Path(push, rotations)).off[:, 0], -1.0)


def test_a_wild_report_loses_its_weight() -> None:
    times = np.arange(25) / 25
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
    fast = taken(seconds=3.0, natural=2, violence=1.0, white_m=1e-5, white_rad=1e-6, tracker_hz=25.0)
    slow = taken(seconds=3.0, natural=2, violence=0.02, white_m=1e-5, white_rad=1e-6, tracker_hz=25.0)
    missed = [reading_floor(take.problem.raw) for take in (fast, slow)]
    assert (missed[0][3:] > 5 * missed[1][3:]).all()
    assert missed[0][3] < np.radians(0.05)


def test_a_frame_hears_all_reports_that_come_to_it_and_a_tremor_is_kept(taken: Any) -> None:
    noisy = taken(seconds=3.0, natural=2, violence=0.0, drift_m=0.0, drift_rad=0.0)
    problem = noisy.problem
    found = gathered(problem.times_s, problem.raw)
    assert np.std(np.diff(found.positions_m, axis=0)) < 0.5 * np.std(
        np.diff(problem.raw.positions_m, axis=0)
    )
    np.testing.assert_allclose(found.sd[5, 0], problem.raw.sd[5, 0] * np.sqrt(17 / 35))
    shaking = taken(seconds=3.0, natural=2, violence=1.0, white_m=1e-6, white_rad=1e-7).problem.raw
    kept = gathered(problem.times_s, shaking)
    off = np.abs(kept.positions_m - shaking.positions_m)
    assert off.max() < 0.04 * np.abs(shaking.positions_m - shaking.positions_m.mean(axis=0)).max()
    as_often = replace(
        shaking,
        times_s=shaking.times_s[::4],
        positions_m=shaking.positions_m[::4],
        rotations=shaking.rotations[::4],
        sd=shaking.sd[::4],
    )
    assert gathered(problem.times_s, as_often) is as_often


def test_a_report_that_is_heard_at_three_frames_counts_as_one(taken: Any) -> None:
    problem = taken(seconds=3.0, rate=60.0, tracker_hz=20.0, natural=2).problem
    heard = gathered(problem.times_s, problem.raw)
    assert np.array_equal(heard.positions_m, problem.raw.positions_m)
    assert heard.sd == pytest.approx(problem.raw.sd * np.sqrt(3.0), rel=1e-3)
    each_second = (20.0 / problem.raw.sd**2).mean(axis=0)
    assert (60.0 / heard.sd**2).mean(axis=0) == pytest.approx(each_second, rel=1e-3)


def test_the_reports_alone_tell_no_delay(taken: Any) -> None:
    """A path that follows the reports fits them at every delay alike."""
    take = taken(seconds=4.0, natural=2, violence=1.0, drift_m=0.0, drift_rad=0.0, delay_error_s=0.0)
    problem = take.problem
    raw = gathered(problem.times_s, problem.raw)
    spans = knots(problem.times_s)
    drift = np.zeros((len(spans), 6))
    costs = []
    for delay_s in np.linspace(-0.02, 0.02, 9):
        shared = np.zeros(COUNT)
        shared[DELAY] = delay_s
        read = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, problem.times_s - delay_s)
        path = Path(read.positions_m, read.rotations)
        costs.append(report_ties(problem.times_s, path, raw, shared, spans, drift, COUNT).cost)
    np.testing.assert_allclose(costs, 0.0, atol=1e-9)


def test_a_frame_just_after_the_last_report_is_held_by_it_loosely(taken: Any) -> None:
    problem = taken(seconds=1.0, natural=2, delay_error_s=0.0).problem
    raw, last = problem.raw, problem.times_s[-1]
    early = raw.times_s < last - 0.03
    cut = replace(
        raw,
        times_s=raw.times_s[early],
        positions_m=raw.positions_m[early],
        rotations=raw.rotations[early],
        sd=raw.sd[early],
    )
    read = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, problem.times_s)
    path, spans = Path(read.positions_m, read.rotations), knots(problem.times_s)
    found = report_ties(
        problem.times_s, path, cut, np.zeros(COUNT), spans, np.zeros((len(spans), 6)), COUNT
    )
    assert found.frames[-1, 0] == len(problem.times_s) - 1
    believed = found.by_pose[:, 0, 0, 0]
    assert 0 < believed[-1] < 0.7 * believed[-2]
