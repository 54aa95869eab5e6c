"""The schema refuses what OpenTrackIO 1.0.1 forbids and says where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio_schema import is_valid, leaf_paths, offending, problems
from openset.formats.opentrackio_wire import Reassembler, encode

PTP: dict[str, Any] = {
    "profile": "SMPTE ST2059-2:2021",
    "domain": 0,
    "leaderIdentity": "00:11:22:33:44:55",
    "leaderPriorities": {"priority1": 1, "priority2": 2},
    "leaderAccuracy": 0.0,
    "meanPathDelay": 0.0,
}
TRANSFORM: dict[str, Any] = {"translation": {"x": 1.0}, "rotation": {}}
RATE = {"num": 25, "denom": 1}


def with_leader(name: str) -> dict[str, Any]:
    sync = {"locked": True, "source": "ptp", "ptp": {**PTP, "leaderIdentity": name}}
    return {"timing": {"synchronization": sync}}


@pytest.mark.parametrize(
    "sample",
    [
        {},
        {"ours": {"anything": [1, "two"]}},
        {"transforms": [TRANSFORM]},
        {"timing": {"sequenceNumber": 0, "sampleRate": RATE}},
        {"lens": {"distortion": [{"radial": [0.1]}], "encoders": {"zoom": 1.0}}},
        with_leader("00:11:22:33:44:55"),
        with_leader("00-11-22-FF-FE-33-44-55"),
    ],
)
def test_what_the_standard_allows_has_no_problems(sample: dict[str, Any]) -> None:
    assert problems(sample) == []


@pytest.mark.parametrize(
    ("sample", "place"),
    [
        ([], "sample"),
        ({"lens": {"fStop": 0}}, "lens.fStop"),
        ({"lens": {"fStop": True}}, "lens.fStop"),
        ({"lens": {"encoders": {"zoom": 1.01}}}, "lens.encoders.zoom"),
        ({"lens": {"encoders": {}}}, "lens.encoders"),
        ({"lens": {"distortion": []}}, "lens.distortion"),
        ({"lens": {"distortion": [{"radial": []}]}}, "lens.distortion[0].radial"),
        ({"lens": {"unknown": 1}}, "lens"),
        ({"timing": {"mode": "sometimes"}}, "timing.mode"),
        ({"timing": {"sampleRate": {"num": 25, "denom": 0}}}, "timing.sampleRate.denom"),
        ({"timing": {"sequenceNumber": 2**32}}, "timing.sequenceNumber"),
        (
            {"timing": {"synchronization": {"locked": True, "source": "none"}}},
            "timing.synchronization.source",
        ),
        ({"tracker": {"status": ""}}, "tracker.status"),
        ({"sampleId": "urn:uuid:1"}, "sampleId"),
        ({"sourceId": "urn:uuid:E3F34DAE-B68C-47D9-99AF-E0BFC277723C"}, "sourceId"),
        ({"protocol": {"name": "OpenTrackIO", "version": [1, 0]}}, "protocol.version"),
        ({"transforms": []}, "transforms"),
        ({"transforms": [TRANSFORM, {"translation": {}}]}, "transforms[1]"),
        ({"globalStage": {"E": 1}}, "globalStage"),
        ({"static": {"camera": {"shutterAngle": 361}}}, "static.camera.shutterAngle"),
        (with_leader("00:11:22:33:44"), "timing.synchronization.ptp.leaderIdentity"),
    ],
)
def test_what_the_standard_forbids_is_named_with_its_place(sample: Any, place: str) -> None:
    found = problems(sample)
    assert found
    assert {line.split(": ")[0] for line in found} == {place}
    assert not is_valid(sample)


def test_the_standard_has_112_fields() -> None:
    assert len(leaf_paths()) == 112


def fields_of(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths of the fields a sample has, entries of lists of groups under "[]"."""
    if isinstance(value, dict):
        return {found for key, each in value.items() for found in fields_of(each, (*path, key))}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {found for each in value for found in fields_of(each, (*path, "[]"))}
    return {path}


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_sample_with_all_fields_crosses_the_wire_in_both_encodings(
    complete_samples: Any, data: st.DataObject
) -> None:
    sample = data.draw(complete_samples)
    assert problems(sample) == []
    assert fields_of(sample) == leaf_paths()
    for encoding in ("json", "cbor"):
        receiver = Reassembler()
        got = [receiver.feed(part) for part in encode(sample, 1, encoding=encoding)]  # type: ignore[arg-type]
        assert got[-1] == sample
        assert not receiver.faults


def test_a_key_that_is_no_text_is_a_problem_and_not_an_error() -> None:
    assert problems({"lens": {1: 2}}) != []
    assert not is_valid({"lens": {1: 2}})


def test_a_sample_nested_without_end_is_a_problem_and_not_an_error() -> None:
    deep: Any = 0
    for _ in range(990):
        deep = [deep]
    assert problems({"lens": deep}) != []
    problems({"ours": deep})


def test_a_list_with_an_entry_in_trouble_is_one_place() -> None:
    sample = {
        "lens": {"distortion": [{"radial": [0.1, "x"]}], "mood": 1},
        "transforms": [TRANSFORM, {}],
    }
    assert set(offending(sample)) == {("lens", "distortion"), ("lens", "mood"), ("transforms",)}
