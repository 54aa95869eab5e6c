"""OpenTrackIO as it is sent: strict, whatever it was made from."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import Reading, Reassembler, is_valid, read, write
from openset.primitives.space import Pose, angle_between_rad, pose_from_pan_tilt_roll
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.opentrackio import sample_from_reading
from openset.stage.tracking.opentrackio_encoder import OpenTrackIOEncoder
from openset.stage.tracking.samples import LensReport, TrackSample

SOURCE, OTHER = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
SAMPLE = "urn:uuid:00000000-0000-4000-8000-0000000000ff"
LENS = LensReport(35.0, entrance_pupil_offset_m=0.1, sensor_width_mm=36.0, sensor_height_mm=20.25)
CAMERA = pose_from_pan_tilt_roll((1.0, -2.0, 1.5), 0.25, -0.1, 0.05)
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 2**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
GROUPS = ("protocol", "static", "tracker", "timing", "lens", "sourceId", "sourceNumber", "transforms")


def raw_sample(**fields: Any) -> dict[str, Any]:
    reading = Reading((1.0, 2.0, 1.5), 0.1, 0.2, 0.3, **fields)
    return write(reading, sample_id=SAMPLE, source_id=SOURCE, include_static=True)


def sent(encoder: OpenTrackIOEncoder, sample: TrackSample, now_s: float = 0.0, **also: Any) -> Any:
    """The sample that a receiver gets, which must be strictly valid."""
    receiver = Reassembler()
    got = [receiver.feed(part) for part in encoder.encode(sample, round(now_s * NS_PER_S), **also)]
    assert got
    assert got[-1] is not None
    assert is_valid(got[-1])
    assert got[-1]["protocol"] == {"name": "OpenTrackIO", "version": [1, 0, 1]}
    return got[-1]


@pytest.mark.parametrize("encoding", ["json", "cbor"])
@pytest.mark.parametrize("max_payload", [100, 1456])
def test_any_trackers_sample_goes_out_valid_and_comes_back(encoding: Any, max_payload: int) -> None:
    encoder = OpenTrackIOEncoder(SOURCE, 7, encoding, max_payload)
    sample = TrackSample(9 * NS_PER_S, CAMERA, LENS, sequence=4, status="ok")
    raw = sent(encoder, sample)
    assert (raw["sourceId"], raw["sourceNumber"]) == (SOURCE, 7)
    again = sample_from_reading(read(raw), 0)
    assert again.lens == LENS
    assert (again.sequence, again.status, again.source_time_ns) == (4, "ok", 9 * NS_PER_S)
    assert again.stage_from_camera.position_m == pytest.approx(CAMERA.position_m, abs=1e-9)
    assert angle_between_rad(again.stage_from_camera, CAMERA) < 1e-7


def test_the_static_block_goes_along_every_two_seconds() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    sample = TrackSample(0, CAMERA, LENS)
    carried = [n for n in range(0, 100) if "static" in sent(encoder, sample, n / 20)]
    assert carried == [0, 40, 80]


def test_another_sensor_is_said_at_once() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    cropped = LensReport(35.0, sensor_width_mm=24.0, sensor_height_mm=13.5)
    lenses = [LENS] * 10 + [cropped] * 45
    sent_ = [sent(encoder, TrackSample(0, CAMERA, lens), n / 20) for n, lens in enumerate(lenses)]
    assert [n for n, raw in enumerate(sent_) if "static" in raw] == [0, 10, 50]


def test_sequence_numbers_count_where_the_tracker_has_none() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    sample = TrackSample(0, CAMERA)
    assert [sent(encoder, sample)["timing"]["sequenceNumber"] for _ in range(3)] == [0, 1, 2]
    headers = [encoder.encode(sample, 0)[0][6:8] for _ in range(2)]
    assert headers == [b"\x00\x03", b"\x00\x04"]


def test_sample_ids_are_never_the_same_twice() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    assert len({sent(encoder, TrackSample(5, CAMERA))["sampleId"] for _ in range(50)}) == 50


def test_an_opentrackio_sample_is_passed_on_with_everything_it_says() -> None:
    raw = raw_sample(sequence=900, sample_time_ns=77, focal_length_mm=35.0, source_number=3)
    raw["timing"]["synchronization"] = {"locked": True, "source": "genlock"}
    raw["lens"]["custom"] = [1.0, 2.0]
    raw["maker"] = {"pot1": 2435}
    encoder = OpenTrackIOEncoder(OTHER, 9)
    assert sent(encoder, TrackSample(5, CAMERA), raw=raw) == raw
    assert encoder.left_out == 0


def test_a_sample_is_renamed_and_restamped_only_where_asked() -> None:
    raw = raw_sample(sample_time_ns=77, source_number=3)
    encoder = OpenTrackIOEncoder(OTHER, 9, renamed=True, restamped=True)
    out = sent(encoder, TrackSample(5_000_000_006, CAMERA), raw=raw)
    assert (out["sourceId"], out["sourceNumber"]) == (OTHER, 9)
    assert out["timing"]["sampleTimestamp"] == {"seconds": 5, "nanoseconds": 6}
    assert out["sampleId"] == raw["sampleId"]
    assert raw["timing"]["sampleTimestamp"] == {"seconds": 0, "nanoseconds": 77}


def test_the_static_block_of_a_sample_that_came_without_one_is_repeated() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    whole = raw_sample(sensor_width_mm=36.0, sensor_height_mm=20.25)
    short = {name: part for name, part in whole.items() if name != "static"}
    sample = TrackSample(0, CAMERA)
    assert "static" in sent(encoder, sample, 0.0, raw=whole)
    assert "static" not in sent(encoder, sample, 1.0, raw=short)
    assert sent(encoder, sample, 2.5, raw=short)["static"] == whole["static"]
    assert "static" not in sent(encoder, sample, 3.0, raw=short)


def test_what_the_standard_forbids_is_not_passed_on_and_counted() -> None:
    raw = raw_sample(focal_length_mm=35.0)
    raw["protocol"]["version"] = [1, 0, 0]
    raw["lens"]["mood"] = "warm"
    raw["transforms"] = [{"translation": {"x": 1.0}}]
    encoder = OpenTrackIOEncoder(SOURCE)
    out = sent(encoder, TrackSample(0, CAMERA), raw=raw)
    assert out["lens"] == {"pinholeFocalLength": 35.0}
    place = out["transforms"][0]["translation"]
    assert (place["x"], place["y"], place["z"]) == pytest.approx((1.0, -2.0, 1.5)), "the pose, composed"
    assert encoder.left_out == 1


def test_a_pose_that_is_not_finite_is_not_sent() -> None:
    encoder = OpenTrackIOEncoder(SOURCE)
    broken = Pose((float("nan"), 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    assert encoder.encode(TrackSample(0, broken), 0) == ()
    assert encoder.left_out == 1


@pytest.mark.parametrize("encoding", ["json", "cbor"])
@pytest.mark.parametrize("raw", [None, {"sampleId": "\ud800"}, {"maker": "\ud800"}, {5: "a key"}])
def test_what_cannot_be_written_is_not_sent(encoding: Any, raw: Any) -> None:
    encoder = OpenTrackIOEncoder(SOURCE, encoding=encoding)
    assert encoder.encode(TrackSample(0, CAMERA, status="\ud800"), 0, raw=raw) == ()
    assert encoder.left_out == 1


@given(st.dictionaries(st.sampled_from(GROUPS), TREES))
@settings(max_examples=150, deadline=None)
def test_whatever_came_in_what_goes_out_is_valid(wrong: dict[str, Any]) -> None:
    sent(OpenTrackIOEncoder(SOURCE), TrackSample(0, CAMERA), raw=orjson.loads(orjson.dumps(wrong)))
