"""Samples as attributes of a USD camera."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pxr import Sdf, Usd, UsdGeom

from openset.stage.exchange.usd_samples import (
    attributes_of,
    leaves,
    merged,
    read_leaves,
    said,
    set_over,
    write_leaves,
)

SAMPLE: dict[str, Any] = {
    "lens": {
        "tStop": 3.0,
        "pinholeFocalLength": 35.0,
        "distortion": [
            {"model": "Brown-Conrady U-D", "radial": [0.1, -0.2]},
            {"radial": [1, 2]},
        ],
        "rawEncoders": {"focus": 7},
    },
    "tracker": {"recording": True, "slate": "1-A"},
    "transforms": [{"translation": {"x": 1.0, "y": 2.0, "z": 3.0}}],
    "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]},
}


@pytest.fixture
def camera() -> Any:
    """A stage, which has to live as long as what is in it, and its camera."""
    stage = Usd.Stage.CreateInMemory()
    return stage, UsdGeom.Camera.Define(stage, "/Camera").GetPrim()


def test_a_leaf_has_its_path_for_a_name_and_what_usd_holds_is_left_out() -> None:
    assert leaves(SAMPLE) == {
        "lens:tStop": 3.0,
        "lens:distortion_0:model": "Brown-Conrady U-D",
        "lens:distortion_0:radial": [0.1, -0.2],
        "lens:distortion_1:radial": [1, 2],
        "lens:rawEncoders:focus": 7,
        "tracker:recording": True,
        "tracker:slate": "1-A",
        "protocol:name": "OpenTrackIO",
        "protocol:version": [1, 0, 1],
    }


def test_attributes_give_back_the_sample(camera: Any) -> None:
    _, made = camera
    write_leaves(made, [SAMPLE, {**SAMPLE, "tracker": {"slate": "2-B"}}], [1.0, 2.0])
    first, second = (read_leaves(attributes_of(made), Usd.TimeCode(time)) for time in (1.0, 2.0))
    assert first["lens"]["distortion"] == SAMPLE["lens"]["distortion"]
    assert first["lens"]["rawEncoders"] == {"focus": 7}
    assert first["tracker"] == {"recording": True, "slate": "1-A"}
    assert second["tracker"] == {"slate": "2-B"}  # what a sample does not say is not carried over
    assert "pinholeFocalLength" not in first["lens"]


def test_zeros_without_a_point_stand_among_decimals(camera: Any) -> None:
    _, made = camera
    radial = [[0, 0, 0], [0.1, 0, 0]]
    write_leaves(made, [{"lens": {"distortion": [{"radial": each}]}} for each in radial], [1.0, 2.0])
    back = [read_leaves(attributes_of(made), Usd.TimeCode(time)) for time in (1.0, 2.0)]
    assert [each["lens"]["distortion"][0]["radial"] for each in back] == radial


def test_a_value_nobody_wrote_is_not_said(camera: Any) -> None:
    _, made = camera
    attribute = UsdGeom.Camera(made).GetFocalLengthAttr()
    assert attribute.Get() == 50.0  # USD's own default
    assert said(attribute, Usd.TimeCode.Default()) is None
    set_over(attribute, [35.0, None, 40.0], [1.0, 2.0, 3.0])
    assert [said(attribute, Usd.TimeCode(time)) for time in (1.0, 2.0, 3.0)] == [35.0, None, 40.0]


def test_merging_goes_group_by_group() -> None:
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4}) == {"a": {"b": 3, "c": 2}, "d": 4}


@pytest.mark.parametrize(
    "name", ["lens:x_7:y", "lens", "lens:lens:lens", "a_0:b_0:c", "distortion_99:radial"]
)
def test_attributes_of_any_name_are_read_without_harm(name: str, camera: Any) -> None:
    _, made = camera
    for each in (name, "lens:x", "a"):
        made.CreateAttribute(f"openTrackIO:{each}", Sdf.ValueTypeNames.Double, True).Set(1.0)
    assert isinstance(read_leaves(attributes_of(made), Usd.TimeCode.Default()), dict)


values = st.one_of(
    st.booleans(), st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9), st.text("abc", min_size=1)
)
groups = st.dictionaries(st.sampled_from(["one", "two", "three"]), values, min_size=1)


@given(st.dictionaries(st.sampled_from(["lensA", "trackerB", "c"]), groups, min_size=1))
@settings(max_examples=50, deadline=None)
def test_any_groups_come_back(sample: dict[str, Any]) -> None:
    stage = Usd.Stage.CreateInMemory()
    made = UsdGeom.Camera.Define(stage, "/Camera").GetPrim()
    write_leaves(made, [sample], [0.0])
    assert read_leaves(attributes_of(made), Usd.TimeCode(0.0)) == sample
