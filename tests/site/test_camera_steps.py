"""The five steps as the production's folder has them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from openset.primitives.space import IDENTITY
from openset.site.camera_steps import StepOnPage, first_open, steps
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.markers.files import write_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.store.camera import camera_folder, write_setup
from openset.store.production import Production, create_production, update_marks, update_stage

LENS = Lens(1000, 500, 500.0, 500.0, 500.0, 250.0)


@pytest.fixture
def lane(tmp_path: Path) -> Production:
    return create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))


def named(production: Production, name: str) -> StepOnPage:
    return next(each for each in steps(production) if each.name == name)


def test_nothing_is_done_at_first(lane: Production) -> None:
    found = steps(lane)
    assert [each.name for each in found] == ["print", "lens", "tags", "delay", "check"]
    assert {each.state for each in found} == {"open"}
    assert all(each.todo for each in found)
    assert first_open(found) == "print"


def test_a_measured_lens_says_its_angle_and_its_doubt(lane: Production) -> None:
    camera_folder(lane)
    measured = MeasuredLens(LENS, map_uncertainty_px=0.04)
    write_lens(lane.root / "camera" / "lens.json", LensFile("", (measured,)))
    step = named(update_stage(lane, {"lens": "camera/lens.json"}), "lens")
    # 500 pixels of focal length and 1000 of width: 45 degrees to each side.
    assert (step.state, step.known) == ("proved", "90° · ± 0.04 px")


def test_a_series_says_how_many_settings_and_the_least_sure(lane: Production) -> None:
    camera_folder(lane)
    tele = Lens(1000, 500, 1000.0, 1000.0, 500.0, 250.0)
    both = (
        MeasuredLens(LENS, map_uncertainty_px=0.04),
        MeasuredLens(tele, 0, 1, map_uncertainty_px=0.07),
    )
    write_lens(lane.root / "camera" / "lens.json", LensFile("", both))
    step = named(update_stage(lane, {"lens": "camera/lens.json"}), "lens")
    assert (step.state, step.known) == ("proved", "2 settings · \u206653–90° · ± 0.07 px\u2069")
    assert step.todo == "Add settings where you will shoot."


def test_a_lens_with_a_warning_or_one_that_cannot_be_read_is_not_done(lane: Production) -> None:
    camera_folder(lane)
    path = lane.root / "camera" / "lens.json"
    write_lens(path, LensFile("", (MeasuredLens(LENS),), notes={"warnings": "soft"}))
    lane = update_stage(lane, {"lens": "camera/lens.json"})
    assert named(lane, "lens").state == "degraded"
    path.write_text("{")
    assert named(lane, "lens").state == "degraded"


def test_a_map_that_did_not_hold_is_not_done(lane: Production) -> None:
    tags = TagMap({0: PlacedTag(0, 0.16, IDENTITY)})
    path = camera_folder(lane) / "tags.json"
    lane = update_stage(lane, {"tags": "camera/tags.json"})
    write_map(path, tags)
    assert named(lane, "tags").state == "proved"
    write_map(path, replace(tags, notes={"not usable": "tag 0 moved on the walk"}))
    step = named(lane, "tags")
    assert (step.state, step.known) == ("degraded", "1 tag")
    assert "not good enough" in step.todo


def test_a_bar_of_98_mm_is_done_and_says_so(lane: Production) -> None:
    write_setup(lane, bar_mm=98.0)
    assert named(lane, "print").known == "bar 98 mm"


def test_a_delay_set_by_hand_is_not_a_measured_one(lane: Production) -> None:
    lane = update_stage(lane, {"delay_s": 0.083})
    assert named(lane, "delay").state == "degraded"
    lane = update_stage(lane, {"delay_s": -0.0000001, "delay_sd_s": 0.0004})
    step = named(lane, "delay")
    assert (step.state, step.known) == ("proved", "0 ms ± 0.4")


def test_a_mark_alone_is_no_check_of_the_error(lane: Production) -> None:
    step = named(update_marks(lane, {"A": (0.0, 1.0, 0.0)}), "check")
    assert (step.state, step.known) == ("open", "1 mark")
