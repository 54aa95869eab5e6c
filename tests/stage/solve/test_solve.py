"""Whole takes: wrong delay, wrong lens, a tracker that shakes and slides, actors, moved tags."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.solve.bundle import raw_path
from openset.stage.solve.solve import solve


@pytest.fixture(scope="module")
def solved(taken: Any) -> Any:
    take = taken(seconds=5.0)
    return take, solve(take.problem)


def test_the_residual_is_ten_times_smaller_and_the_path_is_nearer_the_truth(solved: Any) -> None:
    take, found = solved
    assert found.before.rms_px > 10 * found.after.rms_px
    assert found.after.rms_px < 0.25
    raw_m, raw_rad = take.errors(raw_path(take.problem, 0.0))
    place_m, turn_rad = take.errors(found.path)
    assert place_m < raw_m / 5
    assert turn_rad < raw_rad / 8


def test_delay_focal_length_and_readout_are_found_within_their_own_spread(solved: Any) -> None:
    take, found = solved
    truth = {
        "delay_s": take.plan.delay_error_s,
        "focal_ratio": 1 / (1 + take.plan.focal_error),
        "readout_s": take.plan.readout_s,
    }
    for name, true in truth.items():
        figure = found.figures[name]
        assert figure.determined, name
        assert abs(figure.value - true) < 4 * figure.sd + 0.02 * abs(true) * (name == "readout_s"), name
    assert found.figures["delay_s"].sd < 0.002


def test_nothing_is_dropped_where_everything_stands_still(solved: Any) -> None:
    _, found = solved
    assert found.tags_dropped == ()
    assert found.marks_dropped < 0.02 * found.marks_used
    assert found.seen.min() > 50
    assert np.linalg.eigvalsh(found.covariance).min() > 0


def test_what_is_not_asked_for_keeps_its_value(taken: Any) -> None:
    take = taken(seconds=3.0, natural=40, free=frozenset({"delay"}))
    found = solve(take.problem)
    assert found.figures["focal_ratio"].value == pytest.approx(1.0, abs=1e-5)
    assert found.figures["focal_ratio"].note == "not asked for"
    assert not found.figures["focal_ratio"].determined
    assert found.figures["delay_s"].value == pytest.approx(0.08, abs=0.004)


def test_without_tags_the_picture_still_mends_the_path_and_scale_stays_the_trackers(taken: Any) -> None:
    take = taken(seconds=4.0, tags=False, natural=110)
    found = solve(take.problem)
    assert found.before.rms_px > 4 * found.after.rms_px
    # A steady error of the whole track cannot be seen in the picture: what varies can.
    off = found.path.positions_m - take.path.positions_m
    varying_m = float(np.sqrt(((off - off.mean(0)) ** 2).sum(1).mean()))
    raw = raw_path(take.problem, 0.0).positions_m - take.path.positions_m
    raw_m = float(np.sqrt(((raw - raw.mean(0)) ** 2).sum(1).mean()))
    assert varying_m < raw_m / 2


def test_without_tags_a_mount_that_is_hardly_told_does_not_take_the_path_away(taken: Any) -> None:
    take = taken(
        seconds=4.0, tags=False, natural=60, natural_px=0.3, drift_m=2e-4, drift_rad=1e-5, white_m=5e-4,
        white_rad=5e-5, delay_error_s=0.0, focal_error=0.0, pan_rad=(0.04, 0.06, 0.01),
    )  # fmt: skip
    problem = replace(take.problem, drift_m=0.005, drift_rad=0.00087)
    found = solve(problem)
    figure = found.figures["nodal_turn_y_rad"]
    assert not figure.determined
    assert figure.value == figure.prior
    place_m, turn_rad = take.errors(found.path)
    assert place_m < 0.005
    assert turn_rad < np.radians(0.1)


def test_edges_seen_inside_of_where_they_are_move_no_camera(taken: Any) -> None:
    """Many tags hold a camera whatever its edges do: three hold it only once the edges are known."""
    take = taken(seed=3, seconds=3.0, natural=20, map_error_m=1e-4, focal_error=0.0, tag_px=0.04,
                 free=frozenset({"delay", "readout", "edges"}))  # fmt: skip
    edged = take.problem.sightings.edged(take.problem.marks.tag)
    inward = replace(edged, pixels=edged.pixels - 0.3 * edged.outward)
    few = inward.only(take.problem.marks.tag[inward.mark] < 103)
    problem = replace(take.problem, sightings=few, drift_m=0.05)
    found = solve(problem)
    figure = found.figures["edge_px"]
    assert figure.determined
    assert figure.value == pytest.approx(-0.3, abs=0.02)
    assert figure.sd < 0.02
    unaware = solve(replace(problem, free=problem.free - {"edges"}))
    place_m, turn_rad = take.errors(found.path)
    assert place_m < 0.005
    assert take.errors(unaware.path)[0] > 2 * place_m
    assert take.errors(unaware.path)[1] > 2 * turn_rad


def test_without_tags_nothing_is_said_of_edges(taken: Any) -> None:
    figure = solve(taken(seconds=2.0, tags=False, natural=60).problem).figures["edge_px"]
    assert not figure.determined
    assert "no tags seen from near and from afar" in figure.note


def test_without_tags_a_good_track_is_not_made_worse_by_a_cloth_in_the_wind(taken: Any) -> None:
    take = taken(seed=4, seconds=3.0, tags=False, natural=30, drift_m=0.0, drift_rad=0.0, white_m=3e-4,
                 white_rad=1e-4, delay_error_s=0.0, focal_error=0.0)  # fmt: skip
    sightings, times = take.problem.sightings, take.problem.times_s
    # All that is seen sways alike, by more than the tracker shakes.
    sway = np.stack([0.6 * np.sin(2.5 * times), 0.3 * np.sin(1.7 * times + 1.0)], axis=1)
    swayed = replace(sightings, pixels=sightings.pixels + sway[sightings.frame])
    problem = replace(take.problem, sightings=swayed, drift_m=0.005, drift_rad=0.00087)
    found = solve(problem)
    raw_m, raw_rad = take.errors(raw_path(problem, 0.0))
    place_m, turn_rad = take.errors(found.path)
    assert place_m < 2.0 * raw_m
    assert turn_rad < 2.0 * raw_rad
    delay = found.figures["delay_s"]
    assert abs(delay.value) < 2 * delay.sd or not delay.determined


def test_unknown_tags_are_solved_along(taken: Any) -> None:
    take = taken(seconds=3.0, map_known=False, natural=30)
    found = solve(take.problem)
    assert found.before.rms_px > 8 * found.after.rms_px


def test_a_camera_on_legs_says_that_delay_and_readout_were_not_determined(taken: Any) -> None:
    take = taken(seconds=3.0, violence=0.0, natural=40, delay_error_s=0.0)
    found = solve(take.problem)
    for name in ("delay_s", "readout_s"):
        figure = found.figures[name]
        assert not figure.determined, name
        assert "too little motion" in figure.note
        assert figure.value == figure.prior
    assert found.after.rms_px < found.before.rms_px


def test_a_moved_tag_is_named_and_does_no_harm(taken: Any) -> None:
    take = taken(seconds=3.0, natural=40, moved_tag=108)
    found = solve(take.problem)
    assert found.tags_dropped == (108,)
    assert found.after.rms_px < 0.3


def test_marks_on_an_actor_are_dropped(taken: Any) -> None:
    take = taken(seconds=3.0, natural=60, actor=25)
    found = solve(take.problem)
    assert found.marks_dropped >= 20
    assert found.after.rms_px < 0.4
    _, turn_rad = take.errors(found.path)
    assert turn_rad < np.radians(0.05)


def test_a_picture_that_holds_nothing_is_refused(taken: Any) -> None:
    take = taken(seconds=1.0, tags=False, natural=3)
    with pytest.raises(BadInput, match="too little that stands still"):
        solve(take.problem)
