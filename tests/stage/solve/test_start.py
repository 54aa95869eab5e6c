"""The first guess: turns read from the picture, the delay they tell, places of natural marks."""

from typing import Any

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.stage.solve.bundle import raw_path
from openset.stage.solve.image import sight_lines
from openset.stage.solve.start import first_delay_s, picture_turns, places, turn_between


def test_a_turn_is_read_from_sight_lines_though_a_third_of_them_move() -> None:
    random = np.random.default_rng(1)
    before = random.normal(size=(30, 3)) * 0.3 + [0, 0, -1]
    before /= np.linalg.norm(before, axis=1, keepdims=True)
    turn = np.array([0.01, -0.02, 0.005])
    after = before @ matrix_from_vector(turn)  # what was along r is now along R' r
    after[:9] += random.normal(0, 0.02, (9, 3))
    np.testing.assert_allclose(turn_between(before, after), turn, atol=1e-9)


@pytest.mark.parametrize("error_s", [0.08, -0.12, 0.0])
def test_the_delay_is_found_to_a_few_milliseconds(taken: Any, error_s: float) -> None:
    problem = taken(seconds=5.0, natural=60, delay_error_s=error_s).problem
    lines = sight_lines(problem, problem.sightings, problem.prior.values)
    found = first_delay_s(problem.times_s, problem.sightings, lines, problem.raw)
    assert found == pytest.approx(error_s, abs=0.008)


def test_a_camera_on_legs_tells_no_delay(taken: Any) -> None:
    problem = taken(seconds=3.0, natural=40, violence=0.0).problem
    lines = sight_lines(problem, problem.sightings, problem.prior.values)
    assert first_delay_s(problem.times_s, problem.sightings, lines, problem.raw) == 0.0
    frames, turns = picture_turns(problem.times_s, problem.sightings, lines)
    assert len(frames) == len(problem.times_s) - 1
    assert np.abs(turns).max() < 1e-3


def test_natural_marks_stand_where_the_path_sees_them(taken: Any) -> None:
    take = taken(seconds=3.0, natural=40, delay_error_s=0.0, focal_error=0.0, readout_s=0.0,
                 white_m=1e-6, white_rad=1e-7, drift_m=1e-7, drift_rad=1e-9, violence=1.0)  # fmt: skip
    problem = take.problem
    own = problem.sightings.only(problem.marks.tag[problem.sightings.mark] >= 0)
    lines = sight_lines(problem, own, problem.prior.values)
    path = raw_path(problem, 0.0)
    origin, direction, nearness = places(path, own, lines, len(problem.marks.tag))
    seen = np.unique(own.mark)
    spots = origin[seen] + direction[seen] / nearness[seen][:, None]
    off = np.linalg.norm(spots - problem.marks.known_m[seen], axis=1)
    assert np.median(off) < 0.05
