"""Where marks land: derivatives against differences, a rolling shutter against the simulation."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.solve.image import Places, across, expected, lens_with, sight_lines
from openset.stage.solve.model import COUNT, LENS, NAMES, READOUT, SEEN
from openset.stage.solve.path import moved, twists


@pytest.fixture(scope="module")
def seen(taken: Any) -> Any:
    """A short take, its true path, a few sightings, and places that are half points, half sights."""
    take = taken(seconds=1.0, natural=20, delay_error_s=0.0, focal_error=0.0)
    problem, path = take.problem, take.path
    random = np.random.default_rng(2)
    count = len(problem.marks.tag)
    points = np.arange(count) % 2 == 0
    direction = np.where(
        points[:, None],
        random.uniform(-1, 1, (count, 3)) + np.array([0, 2.5, 1.2]),
        random.normal(0, 0.1, (count, 3)) + np.array([0, 1.0, 0]),
    )
    direction[~points] /= np.linalg.norm(direction[~points], axis=1, keepdims=True)
    origin = np.where(points[:, None], 0.0, np.array([0.0, -2.6, 1.6]))
    places = Places(origin, direction, np.where(points, 1.0, 0.3), points)
    chosen = random.choice(len(problem.sightings.frame), 60, replace=False)
    shared = problem.prior.values.copy()
    shared[READOUT] = 0.015
    edged = problem.sightings.edged(problem.marks.tag)
    return problem, path, edged.only(chosen), places, shared


def test_derivatives_by_pose_mark_and_lens_are_the_differences(seen: Any) -> None:
    problem, path, sightings, places, shared = seen
    twist = twists(path, problem.times_s) * 0.02  # an almost still camera: row and pose move alike
    base = expected(problem, sightings, path, twist, places, shared)
    step = 1e-6
    for axis in range(6):
        nudge = np.zeros((len(problem.times_s), 6))
        nudge[:, axis] = step
        after = expected(problem, sightings, moved(path, nudge), twist, places, shared)
        found = (base.off - after.off) / step
        np.testing.assert_allclose(found, base.by_pose[:, :, axis], rtol=2e-3, atol=0.3)
    for axis in range(3):
        nudge = np.zeros((len(problem.marks.tag), 3))
        nudge[:, axis] = step
        after = expected(problem, sightings, path, twist, places.moved(nudge), shared)
        np.testing.assert_allclose(
            (base.off - after.off) / step, base.by_mark[:, :, axis], rtol=1e-3, atol=0.05
        )
    for number in range(SEEN):
        nudge = np.zeros(COUNT)
        nudge[number] = 1e-6
        after = expected(problem, sightings, path, twist, places, shared + nudge)
        np.testing.assert_allclose(
            (base.off - after.off) / 1e-6, base.by_shared[:, :, number], rtol=1e-3, atol=0.05,
            err_msg=NAMES[number],
        )  # fmt: skip


def test_the_true_path_and_readout_explain_a_rolling_shutter(taken: Any) -> None:
    take = taken(seconds=2.0, natural=10, delay_error_s=0.0, focal_error=0.0, tag_px=0.0,
                 map_error_m=0.0, readout_s=0.02)  # fmt: skip
    problem = take.problem
    tags = problem.sightings.only(problem.marks.tag[problem.sightings.mark] >= 0)
    tags = tags.only((tags.frame > 5) & (tags.frame < 44))
    known = problem.marks.known
    places = Places(
        np.zeros_like(problem.marks.known_m),
        np.where(known[:, None], problem.marks.known_m, [0, 1, 0]),
        np.ones(len(known)), np.ones(len(known), bool),
    )  # fmt: skip
    shared = problem.prior.values.copy()
    rms = []
    for readout_s in (0.0, 0.02):
        shared[READOUT] = readout_s
        twist = twists(take.path, problem.times_s)
        off = expected(problem, tags, take.path, twist, places, shared).off
        rms.append(float(np.sqrt((off**2).sum(axis=1).mean())))
    assert rms[0] > 0.4
    assert rms[1] < 0.1


def test_a_mark_behind_the_camera_is_not_usable_and_harms_nothing(seen: Any) -> None:
    problem, path, sightings, places, shared = seen
    behind = replace(places, direction=-places.direction - [0, 6, 0])
    found = expected(problem, sightings, path, twists(path, problem.times_s), behind, shared)
    assert not found.usable.any()
    assert np.isfinite(found.off).all()


def test_sight_lines_come_back_as_pixels_and_corrections_act_on_the_lens(seen: Any) -> None:
    problem, _, sightings, _, shared = seen
    lines = sight_lines(problem, sightings, shared)
    np.testing.assert_allclose(np.linalg.norm(lines, axis=1), 1.0)
    lens = lens_with(problem.lenses[0], np.array([1.01, 2.0, -3.0, 0.01, 0, 0, 0, 0]))
    assert lens.fx_px == pytest.approx(problem.lenses[0].fx_px * 1.01)
    assert lens.cx_px == pytest.approx(problem.lenses[0].cx_px + 2.0)
    assert lens.k1 == pytest.approx(problem.lenses[0].k1 + 0.01)
    assert shared[LENS][0] == 1.0


def test_two_ways_across_a_direction_are_at_right_angles() -> None:
    directions = np.random.default_rng(1).normal(size=(20, 3))
    first, second = across(directions)
    for one, other in ((first, second), (first, directions), (second, directions)):
        np.testing.assert_allclose((one * other).sum(axis=1), 0.0, atol=1e-12)
