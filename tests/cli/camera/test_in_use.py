"""What a production uses, for verbs that were given nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from openset.cli.camera.in_use import in_use, kept_number, needed, production_of
from openset.primitives.errors import BadInput
from openset.store.production import Production, create_production, open_production, update_stage


@pytest.fixture
def lane(tmp_path: Path) -> Production:
    made = create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    update_stage(made, {"tags": "camera/tags.json"})
    return open_production(made.root)


def test_the_map_in_use_is_found_and_a_lens_that_is_not_named_is_none(lane: Production) -> None:
    (lane.root / "camera").mkdir()
    (lane.root / "camera" / "tags.json").write_text("{}")
    assert in_use(lane, "tags") == lane.root / "camera" / "tags.json"
    assert needed(lane, "tags", "openset calibrate tags") == in_use(lane, "tags")
    assert in_use(lane, "lens") is None


def test_where_the_rings_stand_is_kept_as_a_number(lane: Production) -> None:
    assert kept_number(lane, "focal_mm") is None
    assert kept_number(update_stage(lane, {"focal_mm": 35}), "focal_mm") == 35.0
    with pytest.raises(BadInput, match=r"production\.toml: \[stage\] focal_mm is 'wide'"):
        kept_number(update_stage(lane, {"focal_mm": "wide"}), "focal_mm")


def test_a_map_that_is_gone_is_named(lane: Production) -> None:
    with pytest.raises(BadInput, match="which is not there"):
        in_use(lane, "tags")


def test_what_is_needed_and_not_there_is_asked_for(lane: Production) -> None:
    with pytest.raises(BadInput, match="--lens"):
        needed(lane, "lens", "openset calibrate lens")
    with pytest.raises(BadInput, match="--tags"):
        needed(None, "tags", "openset calibrate tags")


def test_a_take_knows_its_production(lane: Production, tmp_path: Path) -> None:
    take = lane.root / "takes" / "1-A-t01"
    take.mkdir(parents=True)
    found = production_of(take)
    assert found is not None
    assert found.id == lane.id
    assert production_of(tmp_path / "elsewhere" / "1-A-t01") is None
