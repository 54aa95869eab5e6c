"""The map of tags from a walk: right to a fraction of a millimetre, and honest where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.primitives.rotation import matrix_from_vector
from openset.sim.prints import Sheet, tag_sheet
from openset.sim.walks import WalkAround, ceiling, ceiling_round, stage_round, stage_set
from openset.stage.markers.bundle import Frame, solve_map
from openset.stage.markers.model import SeenTag
from openset.stage.markers.solution import MapSolution
from openset.stage.markers.tape import Taped

from .walked import between_m, errors_m, lens_of, map_error_mm, seen_on, true_map

LENS = lens_of()
SHEETS = stage_set(3)
TRUTH = true_map(SHEETS, 0.2)
TIMES = tuple(np.arange(24) * 1.0)
FRAMES = seen_on(stage_round(3), SHEETS, TIMES)
TAPE = Taped(100, 117, between_m(TRUTH, 100, 117))


@cache
def plain() -> MapSolution:
    """The walk as it is, with one tape."""
    return solve_map(FRAMES, LENS, 0.2, taped=[TAPE])


def test_a_walk_around_maps_the_stage_to_a_fraction_of_a_millimetre() -> None:
    found = plain()
    assert set(found.tag_map.tags) == set(TRUTH.tags)
    assert map_error_mm(found.tag_map, TRUTH) < 0.2
    assert found.findings == ()
    assert 0.03 < found.corner_sd_px < 0.06  # the noise is 0.045 px an axis
    assert found.tag_map.scale_from.startswith("tape 100-117")


def test_a_ceiling_is_mapped_within_the_bar() -> None:
    sheets = ceiling(1)
    truth = true_map(sheets, 0.16)
    frames = seen_on(ceiling_round(1), sheets, np.arange(40) * 0.6)
    tape = Taped(0, 34, between_m(truth, 0, 34))
    assert map_error_mm(solve_map(frames, LENS, 0.16, taped=[tape]).tag_map, truth) < 0.4


def test_the_floor_gives_the_frame_and_the_origin_lies_where_it_was_asked_for() -> None:
    frame = Frame((118, 122, 128, 130), 120, 130)
    found = solve_map(FRAMES, LENS, 0.2, taped=[TAPE], frame=frame, doubt_lens=False)
    tags = found.tag_map.tags
    np.testing.assert_allclose(tags[120].stage_from_tag.position_m, (0.0, 0.0, 0.0), atol=1e-3)
    x, y, z = tags[130].stage_from_tag.position_m
    assert abs(x) < 1e-9
    assert y == pytest.approx(between_m(TRUTH, 120, 130), abs=1e-3)
    assert abs(z) < 1e-3
    up = matrix_of(tags[118])[:, 2]
    assert up[2] > 0.999
    assert all(tags[each].stage_from_tag.position_m[2] > 0.3 for each in range(100, 118))


def matrix_of(tag: object) -> np.ndarray:
    return tag.stage_from_tag.matrix[:3, :3]  # type: ignore[attr-defined, no-any-return]


def test_without_a_floor_the_origin_tag_hangs_straight_in_its_own_frame() -> None:
    found = solve_map(FRAMES, LENS, 0.2, frame=Frame(origin=105), doubt_lens=False)
    pose = found.tag_map.tags[105].stage_from_tag
    np.testing.assert_allclose(pose.matrix, np.eye(4), atol=1e-9)


def test_the_cameras_are_found_where_they_stood() -> None:
    """All cameras' distances from each other do not depend on the frame."""
    found = plain()
    eyes = np.array([found.cameras[each].position_m for each in range(24)])
    wanted = np.array([stage_round(3).at(each)[0] for each in TIMES])
    apart = np.linalg.norm(eyes[1:] - eyes[0], axis=1) - np.linalg.norm(wanted[1:] - wanted[0], axis=1)
    assert np.abs(apart).max() < 0.002


def test_a_print_of_98_percent_is_told_by_the_tape() -> None:
    """All sheets shrunk to 98 %: the tape says how large the map really is."""
    small = [tag_sheet(each.id, 0.196, each.position_m, each.rotation) for each in SHEETS]
    found = solve_map(seen_on(stage_round(3), small, TIMES), LENS, 0.2, taped=[TAPE])
    assert found.scale.factor == pytest.approx(0.98, abs=5e-4)
    assert found.tag_map.tags[100].size_m == pytest.approx(0.196, abs=1e-4)
    assert map_error_mm(found.tag_map, true_map(small, 0.196)) < 0.3


def test_the_stated_spread_covers_the_true_error() -> None:
    """Without a tape the printed size's own uncertainty is part of the spread: 0.2 % of 3 m."""
    found = plain()
    spread = [found.tag_map.tags[each].covariance for each in TRUTH.tags]
    stated = 1000 * np.sqrt(np.mean([np.trace(each[:3, :3]) for each in spread if each is not None]))
    assert 0.2 < stated < 0.8  # a tape of 1 mm over 4 m stretches a map of +-2 m by half a millimetre
    loose = solve_map(FRAMES, LENS, 0.2, doubt_lens=False).tag_map.tags[100].covariance
    assert loose is not None
    assert 2.0 < 1000 * np.sqrt(np.trace(loose[:3, :3])) < 8.0


def test_nine_of_ten_tags_lie_within_their_stated_spread() -> None:
    """Ellipsoids of 90 % (6.25 for three axes) of 33 tags on each of three walks."""
    inside = []
    for seed in range(3):
        sheets = stage_set(seed)
        truth = true_map(sheets, 0.2)
        frames = seen_on(stage_round(seed), sheets, np.arange(20) * 1.2, seed=seed)
        tape = Taped(100, 117, between_m(truth, 100, 117), 1e-5)
        found = solve_map(frames, LENS, 0.2, taped=[tape], doubt_lens=False).tag_map
        for number, off in errors_m(found, truth).items():
            covariance = found.tags[number].covariance
            assert covariance is not None
            inside.append(off @ np.linalg.solve(covariance[:3, :3], off) < 6.25)
    assert 0.82 < np.mean(inside) < 0.98


def _with(sheets: tuple[Sheet, ...], *more: Sheet) -> tuple[Sheet, ...]:
    ids = {each.id for each in more}
    return (*(each for each in sheets if each.id not in ids), *more)


def _to_the_right(count: int) -> list[Sheet]:
    """More tags on the wall, half a metre apart, beyond its last."""
    last, ids = SHEETS[5], range(200, 200 + count)
    steps = [np.array([0.5 + 0.5 * each, 0.0, 0.3 * (each % 3)]) for each in range(count)]
    return [
        tag_sheet(number, 0.2, last.position_m + step, last.rotation)
        for number, step in zip(ids, steps, strict=True)
    ]


def test_two_tags_with_one_id_in_one_picture_are_named_and_left_out() -> None:
    twin = tag_sheet(103, 0.2, SHEETS[3].position_m + np.array([0.0, 0.0, 0.35]), SHEETS[3].rotation)
    found = solve_map(seen_on(stage_round(3), (*SHEETS, twin), TIMES), LENS, 0.2, taped=[TAPE])
    assert [each.tags for each in found.findings] == [(103,)]
    assert "tag 103 hangs more than once" in found.findings[0].text
    assert 103 not in found.tag_map.tags
    assert map_error_mm(found.tag_map, TRUTH) < 0.3


def test_a_tag_that_is_moved_during_the_walk_is_named_with_how_far() -> None:
    """Tag 110 hangs 40 cm further up in the second half of the walk."""
    moved = tag_sheet(110, 0.2, SHEETS[10].position_m + np.array([0.0, 0.0, 0.4]), SHEETS[10].rotation)
    later = seen_on(stage_round(3), _with(SHEETS, moved), TIMES[12:])
    found = solve_map([*FRAMES[:12], *later], LENS, 0.2, taped=[TAPE], doubt_lens=False)
    named = [each for each in found.findings if each.kind == "double"]
    assert [each.tags for each in named] == [(110,)]
    assert named[0].value == pytest.approx(400, abs=15)
    assert map_error_mm(found.tag_map, TRUTH) < 0.3


def test_as_many_tags_as_are_moved_during_the_walk_are_named() -> None:
    """A board with seven tags is lifted by 40 cm half-way: none of them may stay on the map."""
    up = np.array([0.0, 0.0, 0.4])
    board = [tag_sheet(each.id, 0.2, each.position_m + up, each.rotation) for each in SHEETS[:7]]
    frames = seen_on(stage_round(3), _with(SHEETS, *board), TIMES[12::2])
    tape = Taped(112, 132, between_m(TRUTH, 112, 132))
    found = solve_map([*FRAMES[:12:2], *frames], LENS, 0.2, taped=[tape], doubt_lens=False)
    named = {each for said in found.findings if said.kind == "double" for each in said.tags}
    assert named == set(range(100, 107))
    assert not named & set(found.tag_map.tags)
    assert map_error_mm(found.tag_map, TRUTH) < 0.3


def test_one_tag_of_another_size_is_mapped_with_its_own() -> None:
    little = tag_sheet(107, 0.12, SHEETS[7].position_m, SHEETS[7].rotation)
    sheets = _with(SHEETS, little)
    frames = seen_on(stage_round(3), sheets, TIMES)
    found = solve_map(frames, LENS, 0.2, sizes_m={107: 0.12}, taped=[TAPE])
    assert found.tag_map.tags[107].size_m == pytest.approx(0.12, abs=1e-4)
    assert (
        map_error_mm(found.tag_map, true_map(sheets, {**dict.fromkeys(TRUTH.tags, 0.2), 107: 0.12}))
        < 0.3
    )


def test_new_tags_are_added_and_the_old_ones_stay() -> None:
    frame = Frame((118, 122, 128), 120)
    old = solve_map(FRAMES, LENS, 0.2, taped=[TAPE], frame=frame, doubt_lens=False).tag_map
    new = tag_sheet(300, 0.2, np.array([0.3, 2.5, 1.7]), SHEETS[0].rotation)
    frames = seen_on(stage_round(8), (*SHEETS, new), np.arange(16) * 1.5, seed=9)
    found = solve_map(frames, LENS, 0.2, known=old)
    assert found.findings == ()
    for each, tag in old.tags.items():
        assert found.tag_map.tags[each].stage_from_tag == tag.stage_from_tag
    assert map_error_mm(found.tag_map, true_map((*SHEETS, new), 0.2)) < 0.3


def test_an_old_tag_that_is_seen_once_from_afar_keeps_its_place() -> None:
    """A walk about the right of the stage: at its rim tag 124 is seen once, unsure by millimetres."""
    path = WalkAround(10, (-1.5, -1.0, 1.0), (5.0, -0.2, 1.6), (0.0, 2.5, 0.8), (5.0, 2.5, 1.6))
    frames = seen_on(path, (*SHEETS, *_to_the_right(7)), np.arange(24) * 1.0, seed=55)
    found = solve_map(frames, LENS, 0.2, known=TRUTH, doubt_lens=False)
    assert found.findings == ()
    assert found.tag_map.tags[124].stage_from_tag == TRUTH.tags[124].stage_from_tag


def test_a_tag_that_has_moved_since_the_old_map_is_named_and_placed_anew() -> None:
    old = replace(TRUTH)
    turned = SHEETS[5].rotation @ matrix_from_vector(np.array([0.0, 0.0, 0.3]))
    moved = tag_sheet(105, 0.2, SHEETS[5].position_m + np.array([0.06, 0.0, 0.0]), turned)
    sheets = _with(SHEETS, moved)
    found = solve_map(seen_on(stage_round(4), sheets, TIMES), LENS, 0.2, known=old)
    (said,) = found.findings
    assert said.kind == "moved"
    assert said.tags == (105,)
    assert said.value == pytest.approx(60, abs=1)
    assert "moved by 6.0 cm and turned by 17 degrees" in said.text
    off = np.array(found.tag_map.tags[105].stage_from_tag.position_m) - moved.position_m
    assert np.linalg.norm(off) < 0.001


def test_a_lens_file_of_another_focal_length_is_doubted() -> None:
    wrong = replace(LENS, fx_px=LENS.fx_px * 1.01, fy_px=LENS.fy_px * 1.01)
    found = solve_map(FRAMES, wrong, 0.2, taped=[TAPE])
    (said,) = [each for each in found.findings if each.kind == "lens"]
    assert said.value == pytest.approx(-0.99, abs=0.05)


def test_a_lens_with_its_uncertainty_is_solved_along() -> None:
    """0.3 % wrong, and known to be so: the pictures put it right."""
    off = replace(LENS, fx_px=LENS.fx_px * 1.003, fy_px=LENS.fy_px * 1.003)
    sd = np.array([4.0, 4.0, 1.0, 1.0, 1e-3, 1e-3, 1e-4, 1e-4, 1e-3])
    found = solve_map(FRAMES, off, 0.2, taped=[TAPE], lens_covariance=np.diag(sd**2))
    assert found.lens.fx_px == pytest.approx(LENS.fx_px, rel=2e-4)
    assert map_error_mm(found.tag_map, TRUTH) < 0.3
    assert found.lens_covariance is not None
    assert found.lens_covariance[0, 0] < 1.0


def test_a_rolling_shutter_on_the_walk_is_solved_along() -> None:
    """20 ms of read-out: unmodelled it bends the map, modelled it does not."""
    frames = seen_on(stage_round(3), SHEETS, TIMES[::2], readout_s=0.02)
    bent = solve_map(frames, LENS, 0.2, taped=[TAPE], doubt_lens=False)
    found = solve_map(frames, LENS, 0.2, taped=[TAPE], slip_sd=np.full(6, 0.02), doubt_lens=False)
    assert map_error_mm(found.tag_map, TRUTH) < 0.35
    assert bent.corner_sd_px > 4 * found.corner_sd_px


def test_tags_that_never_meet_give_no_map() -> None:
    alone = [tuple(tag for tag in frame if tag.id == 100 + index) for index, frame in enumerate(FRAMES)]
    with pytest.raises(BadInput, match="no picture shows two tags together"):
        solve_map(alone, LENS, 0.2)


def test_sheets_that_all_carry_one_id_give_no_map_and_say_so() -> None:
    frames = [tuple(SeenTag(0, tag.corners_px) for tag in frame) for frame in FRAMES]
    with pytest.raises(BadInput, match="every tag that was seen hangs more than once"):
        solve_map(frames, LENS, 0.2)


def test_pictures_without_tags_give_no_map() -> None:
    with pytest.raises(BadInput, match="no tag was found in 3 pictures"):
        solve_map([(), (), ()], LENS, 0.2)


def test_a_tag_of_another_size_than_said_is_named_with_its_real_one() -> None:
    little = tag_sheet(107, 0.12, SHEETS[7].position_m, SHEETS[7].rotation)
    found = solve_map(seen_on(stage_round(3), _with(SHEETS, little), TIMES), LENS, 0.2, taped=[TAPE])
    assert [(each.kind, each.tags) for each in found.findings] == [("size", (107,))]
    assert found.findings[0].value == pytest.approx(120, abs=2)
    assert 107 not in found.tag_map.tags


def test_one_id_on_two_walls_that_are_never_seen_together_is_named() -> None:
    """A second tag 102 hangs far to the right, behind a row of others; no picture shows both."""
    bridge = _to_the_right(9)
    twin = tag_sheet(102, 0.2, SHEETS[5].position_m + np.array([4.2, 0.0, 1.0]), SHEETS[5].rotation)
    path = WalkAround(5, (-1.5, -1.0, 1.0), (5.0, -0.2, 1.6), (-1.5, 2.5, 0.8), (5.8, 2.5, 1.6))
    frames = seen_on(path, (*SHEETS, *bridge, twin), np.arange(40) * 0.6)
    frames = [
        frame if sum(tag.id == 102 for tag in frame) < 2 else tuple(t for t in frame if t.id != 102)
        for frame in frames
    ]
    found = solve_map(frames, LENS, 0.2, taped=[TAPE], doubt_lens=False)
    assert [(each.kind, each.tags) for each in found.findings] == [("double", (102,))]
    assert map_error_mm(found.tag_map, true_map((*SHEETS, *bridge), 0.2)) < 0.5
