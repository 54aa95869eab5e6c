"""solved.toml: every figure there, and sentences for what somebody should know."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import tomli_w

from openset.stage.solve.model import NAMES, Figure
from openset.stage.solve.report import is_better, notes_of, report_tables, told
from openset.stage.solve.solve import solve


@pytest.fixture(scope="module")
def solved(taken: Any) -> Any:
    take = taken(seconds=2.0, natural=30)
    return take, solve(take.problem)


def test_the_report_is_toml_with_residuals_and_every_number(solved: Any) -> None:
    take, solution = solved
    tables = report_tables(
        solution, take.problem, delay_s=0.04, inputs={"picture.mov": "0" * 32}, software="openset 0",
        made_at=datetime(2026, 3, 1, tzinfo=UTC), notes=("a note",),
    )  # fmt: skip
    back = tomllib.loads(tomli_w.dumps(tables))
    assert back["residuals"]["before"]["rms_px"] > 10 * back["residuals"]["after"]["rms_px"]
    assert set(back["parameters"]) == set(NAMES)
    assert back["delay"]["assumed_s"] == 0.04
    assert back["delay"]["solved_s"] == pytest.approx(0.12, abs=0.005)
    assert back["solve"]["notes"] == ["a note"]
    assert back["inputs"] == {"picture.mov": "0" * 32}


def test_notes_say_what_somebody_should_know(solved: Any) -> None:
    take, solution = solved
    assert notes_of(solution, take.problem, zooms=False) == ()
    bare = solution.seen.copy()
    bare[: len(bare) // 2] = 0
    times = take.problem.times_s.copy()
    times[20:] += 0.12
    hard = replace(solution, tags_dropped=(104,), marks_dropped=10_000, seen=bare)
    told_of = " ".join(notes_of(hard, replace(take.problem, times_s=times), zooms=True))
    for word in ("tag 104", "actors fill", "the tracker alone", "zooms", "1 gaps"):
        assert word in told_of


def test_frames_that_were_not_to_be_looked_at_are_not_counted_as_bare(solved: Any) -> None:
    take, solution = solved
    third = solution.seen.copy()
    third[np.arange(len(third)) % 3 != 0] = 0
    skipped = replace(solution, seen=third)
    assert notes_of(skipped, take.problem, zooms=False, every=3) == ()
    tables = report_tables(
        skipped, take.problem, delay_s=0.04, inputs={}, software="openset 0",
        made_at=datetime(2026, 3, 1, tzinfo=UTC), notes=(), every=3,
    )  # fmt: skip
    assert tables["solve"]["frames_without_marks"] == 0


def test_a_solve_that_brings_hardly_anything_says_so(solved: Any) -> None:
    take, solution = solved
    before = replace(solution.before, rms_px=0.70)
    for after_px, said in ((0.63, True), (0.50, False)):
        poor = replace(solution, before=before, after=replace(solution.after, rms_px=after_px))
        notes = " ".join(notes_of(poor, take.problem, zooms=False))
        assert ("the track as shot is what is handed over" in notes) == said
        assert is_better(poor, take.problem) != said
    marks = take.problem.marks
    nowhere = replace(marks, known_m=np.full_like(marks.known_m, np.nan))
    bare = replace(take.problem, marks=nowhere)
    assert not is_better(poor, bare)
    assert is_better(replace(poor, after=replace(poor.after, rms_px=0.3)), bare)


def test_numbers_are_told_with_their_spread_and_unit() -> None:
    figure = Figure(0.0801, 0.0004, 0.0, 0.1, True)
    assert told("delay_s", figure) == "+80.1 ± 0.4 ms"
    assert told("focal_ratio", replace(figure, value=0.997, sd=0.0001)) == "-0.300 ± 0.01 %"
    assert told("nodal_turn_x_rad", replace(figure, value=np.radians(0.1), sd=np.radians(0.01))) == (
        "+100 ± 10 mdeg"
    )
    assert told("cx_px", replace(figure, value=-1.5, sd=0.3)) == "-1.5 ± 0.3 px"
    vague = replace(figure, determined=False, note="not determined by this take: too little motion")
    assert told("delay_s", vague) == vague.note
