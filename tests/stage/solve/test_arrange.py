"""Marks are sorted into those that go first, those that stay and those that do not move."""

import numpy as np

from openset.stage.solve.arrange import FEWEST_FRAMES, arrange
from openset.stage.solve.model import Marks, Sightings


def sightings_of(runs: dict[int, range], held: tuple[int, ...] = ()) -> Sightings:
    frame = np.concatenate([np.array(run) for run in runs.values()])
    mark = np.concatenate([np.full(len(run), number) for number, run in runs.items()])
    return Sightings(frame, mark, np.zeros((len(frame), 2)), np.isin(mark, held))


def test_short_marks_go_first_tags_stay_and_long_ones_are_cut_only_where_too_many_stay() -> None:
    runs = {0: range(0, 90), 1: range(3, 20), 2: range(0, 2), 3: range(5, 30), 4: range(2, 60)}
    marks = Marks(np.full((5, 3), np.nan), np.ones(5), np.array([7, -1, -1, -1, -1]))
    found = arrange(sightings_of(runs, held=(3,)), marks, block=40)
    # 2 is too short, 3 is held out; 1 passes; tag corner 0 and long mark 4 stay.
    assert (found.passing, found.lasting) == (1, 2)
    assert found.source.tolist() == [1, 0, 4]
    assert found.starts.tolist() == [0, 17]
    assert (np.diff(found.sightings.mark) >= 0).all()


def test_no_run_of_a_mark_that_goes_first_is_longer_than_a_block() -> None:
    count = 200
    runs = {number: range(0, 100) for number in range(count)}
    marks = Marks(np.full((count, 3), np.nan), np.ones(count), np.full(count, -1))
    found = arrange(sightings_of(runs), marks, block=40)
    assert found.lasting == 80
    for p in range(found.passing):
        frames = found.sightings.frame[found.starts[p] : found.starts[p + 1]]
        assert frames[-1] - frames[0] < 40
        assert len(frames) >= FEWEST_FRAMES
    assert found.passing == 120 * 3


def test_known_marks_beyond_what_can_stay_do_not_move_but_count() -> None:
    count = 500
    runs = {number: range(0, 2) for number in range(count)}
    marks = Marks(np.zeros((count, 3)), np.ones(count), np.arange(count) // 4)
    found = arrange(sightings_of(runs), marks)
    assert (found.passing, found.lasting, len(found.source)) == (0, 400, 500)
