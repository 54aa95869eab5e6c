"""What is written is strict, whatever was read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.formats.opentrackio_strict import strict

POSE = {
    "translation": {"x": 1.0, "y": 2.0, "z": 3.0},
    "rotation": {"pan": 0.0, "tilt": 0.0, "roll": 0.0},
}


def test_a_valid_sample_is_left_as_it_is() -> None:
    sample = {"protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]}, "transforms": [POSE]}
    assert strict(sample) == sample


def test_what_is_forbidden_goes_and_the_rest_stays() -> None:
    sample: dict[str, Any] = {
        "protocol": {"name": "OpenTrackIO", "version": [1, 0, 0]},
        "transforms": [POSE],
        "lens": {
            "fStop": -4.0,
            "tStop": 2.8,
            "mood": "warm",
            "distortion": [{"radial": [0.1, "x", 0.3]}],
        },
        "timing": {"timecode": {"hours": 1}},
        "maker": {"anything": 1},
    }
    assert strict(sample) == {
        "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]},
        "transforms": [POSE],
        "lens": {"tStop": 2.8},
        "timing": {},
        "maker": {"anything": 1},  # keys of others are allowed at the top
    }
    assert sample["lens"]["fStop"] == -4.0


def test_a_chain_with_a_broken_link_goes_whole_since_the_rest_is_another_pose() -> None:
    assert "transforms" not in strict({"transforms": [{"id": "Dolly"}, 7]})
    assert "transforms" not in strict({"transforms": [POSE, {"translation": {"x": 1.0}}]})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_GROUPS = st.sampled_from(["lens", "timing", "static", "tracker", "transforms", "sampleId", "other"])


@given(st.dictionaries(_GROUPS, _JSON, max_size=4))
@settings(max_examples=150, deadline=None)
def test_anything_becomes_valid_or_is_refused(sample: dict[str, Any]) -> None:
    try:
        made = strict(sample)
    except FormatError:
        return
    assert validate(made) == []


def test_a_value_that_is_no_json_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        strict({"lens": {1, 2}})
