"""The quick way of reading a sample tells what the careful one tells."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import is_valid, read
from openset.formats.opentrackio_quick import quick
from openset.primitives.time import NS_PER_S

POSE: dict[str, Any] = {"translation": {"x": 1.0}, "rotation": {"pan": 90}}
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(st.data())
@SLOW
def test_a_complete_sample_reads_the_same_both_ways(complete_samples: Any, data: st.DataObject) -> None:
    sample = data.draw(complete_samples)
    sample["transforms"] = sample["transforms"][:1]
    for link in sample["transforms"]:
        link.pop("scale")
    assert is_valid(sample)
    slow, fast = read(sample), quick(sample)
    assert fast is not None
    assert fast.lens is not None
    place, turn = fast.transforms[0].translation, fast.transforms[0].rotation
    assert (place.x, place.y, place.z) == slow.position_m
    assert (math.radians(turn.pan), math.radians(turn.tilt), math.radians(turn.roll)) == (
        slow.pan_rad,
        slow.tilt_rad,
        slow.roll_rad,
    )
    assert fast.lens.pinhole_focal_length == slow.focal_length_mm
    assert fast.lens.focus_distance == slow.focus_distance_m
    assert fast.lens.f_stop == slow.f_stop
    assert fast.lens.entrance_pupil_offset == slow.entrance_pupil_offset_m
    stamp = fast.timing.sample_timestamp
    assert stamp is not None
    assert stamp.seconds * NS_PER_S + stamp.nanoseconds == slow.sample_time_ns
    assert fast.timing.sequence_number == slow.sequence
    assert (fast.tracker.status, fast.source_id, fast.source_number) == (
        slow.status,
        slow.source_id,
        slow.source_number,
    )
    assert fast.lens.distortion[0].radial in [
        tuple(each["radial"]) for each in sample["lens"]["distortion"]
    ]


@pytest.mark.parametrize(
    "sample",
    [
        {"transforms": [POSE], "lens": {"fStop": 1e301}},
        {"transforms": [POSE], "timing": {"sequenceNumber": 7.0}},
        {"transforms": [{"translation": {"x": -1e300}, "rotation": {}}]},
        {"transforms": [POSE], "lens": {"distortion": [{"radial": [0.1] * 17}]}},
    ],
)
def test_what_is_allowed_but_odd_is_left_to_the_careful_way(sample: dict[str, Any]) -> None:
    assert is_valid(sample)
    assert quick(sample) is None


def test_a_bare_pose_has_no_lens_and_no_time() -> None:
    fast = quick({"transforms": [POSE], "unknown": {"deep": [1, "two"]}})
    assert fast is not None
    assert fast.lens is None
    assert fast.timing.sample_timestamp is None
    assert (fast.transforms[0].translation.x, fast.transforms[0].rotation.pan) == (1.0, 90.0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.sampled_from(["lens", "timing", "tracker", "transforms", "sourceId", "sourceNumber"]),
)
@settings(max_examples=100, deadline=None)
def test_nonsense_never_raises(nonsense: Any, name: str) -> None:
    quick({"transforms": [POSE], name: nonsense})
