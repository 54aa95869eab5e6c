"""The schema refuses what OpenTrackIO 1.0.1 forbids and says where."""

from __future__ import annotations

from typing import Any

import pytest

from openset.formats.opentrackio_schema import problems

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
