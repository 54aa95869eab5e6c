"""How good a map is, and what would make it better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.space import IDENTITY, Pose
from openset.sim.walks import stage_round, stage_set
from openset.stage.markers.bundle import solve_map
from openset.stage.markers.finding import Finding
from openset.stage.markers.model import PlacedTag, SeenTag
from openset.stage.markers.quality import MapQuality, quality_of, seen_from_deg, spread_of
from openset.stage.markers.tape import Scale, Taped

from .walked import between_m, lens_of, seen_on, true_map

SHEETS = stage_set(3)
FRAMES = seen_on(stage_round(3), SHEETS, np.arange(16) * 1.5)
TAPE = Taped(100, 117, between_m(true_map(SHEETS, 0.2), 100, 117), 1e-5)
SOLVED = solve_map(FRAMES, lens_of(), 0.2)


def _kinds(quality: MapQuality) -> list[str]:
    return [each.kind for each in quality.findings]


def test_a_good_walk_has_nothing_to_say() -> None:
    quality = quality_of(SOLVED, FRAMES)
    assert quality.usable
    assert quality.findings == ()
    assert len(quality.tags) == 33
    assert 0 < quality.sd_m < quality.worst_sd_m


def test_the_range_of_directions_a_tag_was_seen_from_is_an_angle() -> None:
    """From 1 m to the left and 1 m to the right of a tag 1 m away: 90 degrees."""
    cameras = {0: Pose((-1.0, 0.0, 1.0), (1, 0, 0, 0)), 1: Pose((1.0, 0.0, 1.0), (1, 0, 0, 0))}
    assert seen_from_deg(IDENTITY, (0, 1), cameras) == pytest.approx(90.0)
    assert seen_from_deg(IDENTITY, (0,), cameras) == 0.0


def test_the_spread_is_the_rms_of_the_three_axes() -> None:
    tag = PlacedTag(1, 0.2, IDENTITY, np.diag([4e-6, 1e-6, 1e-6, 0.0, 0.0, 0.0]))
    assert spread_of(tag) == pytest.approx(np.sqrt(2e-6))
    assert spread_of(replace(tag, covariance=None)) == 0.0


def test_a_tag_seen_once_is_to_be_filmed_again() -> None:
    kept = next(index for index, frame in enumerate(FRAMES) if any(tag.id == 112 for tag in frame))
    frames = [
        frame if index == kept else tuple(tag for tag in frame if tag.id != 112)
        for index, frame in enumerate(FRAMES)
    ]
    quality = quality_of(solve_map(frames, lens_of(), 0.2), frames)
    (said,) = [each for each in quality.findings if each.kind == "unsure"]
    assert said.tags == (112,)
    assert said.text == "tag 112 was seen once"
    assert said.todo == "Film it again"


def test_tags_that_never_stand_in_one_picture_with_the_rest_are_named() -> None:
    far = tuple(SeenTag(each, FRAMES[0][place].corners_px) for place, each in enumerate((200, 201)))
    quality = quality_of(solve_map([*FRAMES, far], lens_of(), 0.2), [*FRAMES, far])
    (said,) = quality.findings
    assert said.tags == (200, 201)
    assert "tags 200 and 201 never stood in one picture with the rest" in said.text


def test_a_tag_seen_from_one_side_only_is_to_be_walked_around() -> None:
    """A coarse camera sees all other tags from all over, tag 100 from one place alone."""
    walk = stage_round(3)
    all_over = seen_on(walk, SHEETS, np.arange(16) * 1.5, sd_px=0.3)
    there = next(index for index, frame in enumerate(all_over) if any(tag.id == 100 for tag in frame))
    standing = seen_on(walk, SHEETS, [there * 1.5] * 4, sd_px=0.3, seed=2)
    frames = [*(tuple(tag for tag in frame if tag.id != 100) for frame in all_over), *standing]
    quality = quality_of(solve_map(frames, lens_of(), 0.2, taped=[TAPE]), frames)
    (row,) = [each for each in quality.tags if each.id == 100]
    assert row.advice == "seen from one side only: walk around it"
    assert row.seen_from_deg < 1.0
    (said,) = [each for each in quality.findings if 100 in each.tags]
    assert said.text == "tag 100 was seen from one side only"
    assert said.todo == "Walk around it"


def test_a_walk_of_empty_pictures_was_blurred() -> None:
    frames = [*FRAMES, *[()] * 16]
    assert _kinds(quality_of(solve_map(frames, lens_of(), 0.2), frames)) == ["blurred walk"]


def test_a_short_walk_is_too_short() -> None:
    assert "few pictures" in _kinds(quality_of(solve_map(FRAMES[:6], lens_of(), 0.2), FRAMES[:6]))


def test_a_print_that_came_out_small_is_named_with_its_percent() -> None:
    small = replace(SOLVED, scale=Scale(0.98, 4e-4, (0.0,)))
    (said,) = quality_of(small, FRAMES).findings
    assert said.kind == "print size"
    assert said.text.startswith("the print is 98.0 % of its size by the tape")


def test_corners_that_fit_badly_make_the_map_unusable() -> None:
    quality = quality_of(replace(SOLVED, corner_sd_px=0.9), FRAMES)
    assert _kinds(quality) == ["misfit"]
    assert not quality.usable


def test_a_tag_that_most_pictures_contradict_is_named_and_many_make_no_map() -> None:
    used = SOLVED.looks[105]
    few = replace(SOLVED, looks={**SOLVED.looks, 105: used[:1]})
    assert len(used) >= 7
    (said,) = [each for each in quality_of(few, FRAMES).findings if each.kind == "contradicted"]
    assert said.tags == (105,)
    assert f"in 1 of {len(used)} pictures" in said.text
    assert not said.grave
    many = {number: looks[:1] if len(looks) >= 7 else looks for number, looks in SOLVED.looks.items()}
    quality = quality_of(replace(SOLVED, looks=many), FRAMES)
    assert not quality.usable


def test_much_left_out_is_said() -> None:
    assert _kinds(quality_of(replace(SOLVED, dropped=SOLVED.used), FRAMES)) == ["dropped"]


def test_what_the_solution_found_is_passed_on() -> None:
    found = Finding("tape", (1, 2), "it disagrees", "Measure again", grave=True)
    quality = quality_of(replace(SOLVED, findings=(found,)), FRAMES)
    assert quality.findings == (found,)
    assert not quality.usable


def test_a_size_no_printer_makes_is_told_as_the_size_to_give() -> None:
    # 160 mm given and 125 % of it by the tape: tags of 200 mm.
    large = replace(SOLVED, scale=Scale(1.25, 4e-4, (0.0,)))
    (said,) = quality_of(large, FRAMES, size_m=0.16).findings
    assert "--size-mm 200 " in said.todo
    assert "--bar-mm" not in said.todo


def test_a_bar_that_was_measured_is_not_asked_for_again() -> None:
    small = replace(SOLVED, scale=Scale(0.98, 4e-4, (0.0,)))
    (said,) = quality_of(small, FRAMES, size_m=0.16, bar_given=True).findings
    assert "--bar-mm" not in said.todo
