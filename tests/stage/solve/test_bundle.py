"""Parts of the solve's loop: what is believed, what is dropped, what is news."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.solve.arrow import solve_arrow
from openset.stage.solve.bundle import (
    begin,
    equations_of,
    far_off,
    fitted,
    look,
    news,
    raw_path,
    sighting_weights,
    spread_px,
    stepped,
)  # fmt: skip


@pytest.fixture(scope="module")
def begun(taken: Any) -> Any:
    take = taken(seconds=2.0, natural=30)
    setting, state, delay_s = begin(take.problem)
    return take, setting, state, delay_s


def test_the_solve_begins_at_the_trackers_path_at_the_delay_its_turning_tells(begun: Any) -> None:
    take, _, state, delay_s = begun
    assert delay_s == pytest.approx(0.08, abs=0.01)
    np.testing.assert_allclose(state.path.positions_m, raw_path(take.problem, delay_s).positions_m)
    assert take.errors(state.path)[0] < 0.02


def test_one_step_makes_every_sighting_nearer(begun: Any) -> None:
    _, setting, state, _ = begun
    view = look(setting, state)
    none = np.zeros(len(setting.arranged.source), bool)
    spread = spread_px(setting, view.image, none)
    weight = sighting_weights(setting, view.image, none, spread)
    arrow, inverses, pull = equations_of(setting, state, view, weight)
    after = stepped(setting, state, view, weight, solve_arrow(arrow, 1e-4), inverses, pull)
    nearer = spread_px(setting, look(setting, after).image, none)
    assert nearer[0] < 0.5 * spread[0]
    assert nearer[1] < 0.2 * spread[1]


def test_far_marks_lose_their_weight_and_whole_tags_go_together(begun: Any) -> None:
    _, setting, state, _ = begun
    view = look(setting, state)
    none = np.zeros(len(setting.arranged.source), bool)
    tags = setting.problem.marks.tag[setting.arranged.source]
    one = np.unique(tags[tags >= 0])[0]
    own = tags[setting.arranged.sightings.mark] == one
    view.image.off[:] = np.random.default_rng(1).normal(0, 0.1, view.image.off.shape)
    view.image.off[own] += 30.0
    gone = far_off(setting, view.image, none)
    assert (tags[gone] == one).all()
    assert gone.sum() == 4
    weight = sighting_weights(setting, view.image, none, spread_px(setting, view.image, none))
    assert weight[own].max() < 0.01 * np.median(weight[~own])


def test_what_is_off_the_same_way_frame_after_frame_is_no_news(begun: Any) -> None:
    _, setting, state, _ = begun
    view = look(setting, state)
    mark = setting.arranged.sightings.mark
    random = np.random.default_rng(1)
    weight = np.ones(len(mark))
    view.image.off[:] = random.normal(0, 0.1, (len(mark), 2))
    assert news(setting, view.image, weight).min() > 0.8
    view.image.off[:] = random.normal(0, 0.1, (mark.max() + 1, 2))[mark]
    assert news(setting, view.image, weight).max() < 0.1


def test_only_what_the_take_has_is_told_of(begun: Any) -> None:
    _, setting, _, _ = begun
    assert fitted(setting, (0.31, 0.05)) == "natural marks to 0.31 px, tags to 0.05 px"
    bare = replace(setting, tagged=np.zeros_like(setting.tagged))
    assert fitted(bare, (0.31, 1.0)) == "natural marks to 0.31 px"
