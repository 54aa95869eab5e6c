"""How `calibrate tags` answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from openset.cli.camera.tags_answer import figures_of, rows_of, title_of
from openset.primitives.space import IDENTITY, Pose
from openset.stage.lens.model import pinhole
from openset.stage.live.walk import Walk
from openset.stage.markers.finding import Finding
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.markers.quality import quality_of
from openset.stage.markers.solution import MapSolution
from openset.stage.markers.tape import Scale, Taped, scale_of

SPREAD = np.eye(6) * 1e-8
"""0.1 mm along each axis."""
TAGS = TagMap({3: PlacedTag(3, 0.16, Pose((1.0, 2.0, 2.7), (1, 0, 0, 0)), SPREAD, 2, 0.05)})
SOLUTION = MapSolution(
    TAGS, {0: IDENTITY, 1: Pose((2.0, 2.0, 0.0), (1, 0, 0, 0))}, {}, pinhole(960, 540, 28, 36), None,
    0.05, 2, 0, (3,), SPREAD, scale=Scale(0.98, 4e-4, (0.0,)), looks={3: (0, 1)},
)  # fmt: skip
WALK = Walk(960, 540, [(), ()], [0, 5], [0, 200], (12,), 10)


def test_the_figures_are_one_json_object_with_every_tag() -> None:
    said = figures_of(SOLUTION, quality_of(SOLUTION, WALK.frames), WALK, Path("map.json"))
    json.dumps(said, allow_nan=False)
    assert said["tags"][0]["sd_mm"] == 0.1
    assert said["tags"][0]["position_m"] == [1.0, 2.0, 2.7]
    assert said["print_percent"] == 98.0
    assert said["tapes_left_mm"] == [0.0]
    assert said["mirrored"] == [12]
    assert said["lens_focal_off_percent"] is None


def test_the_title_says_whether_the_map_is_good() -> None:
    quality = quality_of(SOLUTION, WALK.frames)
    assert title_of(SOLUTION, quality, Path("m.json")) == "m.json: 1 tag, sure to 0.1 mm"
    grave = replace(quality, findings=(Finding("lens", (), "it does not fit", "Check", grave=True),))
    assert "not good enough to track on yet" in title_of(SOLUTION, grave, Path("m.json"))


def test_the_rows_say_what_to_do_last() -> None:
    rows = rows_of(SOLUTION, quality_of(SOLUTION, WALK.frames), WALK)
    assert ("print", "98.00 % of the size given") in rows
    assert rows[-1][1].endswith(".")
    headings = [what for what, value in rows if not value]
    assert headings == ["tag", "what to do"]


def test_a_tape_that_was_not_used_is_told_in_the_first_row() -> None:
    scale = scale_of([Taped(3, 99, 2.4)], {3: np.zeros(3)})
    untaped = replace(SOLUTION, scale=scale)
    first, said = rows_of(untaped, quality_of(untaped, WALK.frames), WALK)[0]
    assert first == "scale from"
    assert said.startswith("the printed size: the distance 3-99 was not used")
