"""OpenTrackIO as it arrives and as it is sent: tolerant inwards, strict outwards."""

from __future__ import annotations

import struct
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import Reading, Reassembler, encode, is_valid, read, write
from openset.formats.opentrackio_wire import fletcher16
from openset.primitives.space import Pose, angle_between_rad, pose_from_pan_tilt_roll
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.opentrackio import (
    FAULTS,
    OpenTrackIODecoder,
    OpenTrackIOEncoder,
    sample_from_reading,
)
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.stage.tracking.wire import Heard

SOURCE, OTHER = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
SAMPLE = "urn:uuid:00000000-0000-4000-8000-0000000000ff"
NAME = "OpenTrackIO 00000000-0000-4000-8000-000000000001"
POSE = {"translation": {"x": 1.0, "y": 2.0, "z": 1.5}, "rotation": {"pan": 90, "tilt": 0, "roll": 0}}


def raw_sample(**fields: Any) -> dict[str, Any]:
    reading = Reading((1.0, 2.0, 1.5), 0.1, 0.2, 0.3, **fields)
    return write(reading, sample_id=SAMPLE, source_id=SOURCE, include_static=True)


def heard_of(
    decoder: OpenTrackIODecoder, raw: dict[str, Any], sender: str = "192.0.2.7"
) -> Heard | None:
    """What a decoder makes of a sample sent in as many datagrams as it takes."""
    heard: list[Heard] = []
    for datagram in encode(raw, 1):
        heard += decoder.feed(datagram, sender, 0)
    return heard[0] if heard else None


def sent(encoder: OpenTrackIOEncoder, sample: TrackSample, now_s: float = 0.0, **also: Any) -> Any:
    """The sample that a receiver gets, which must be strictly valid."""
    receiver = Reassembler()
    got = [receiver.feed(part) for part in encoder.encode(sample, round(now_s * NS_PER_S), **also)]
    assert got
    assert got[-1] is not None
    assert is_valid(got[-1])
    assert got[-1]["protocol"] == {"name": "OpenTrackIO", "version": [1, 0, 1]}
    return got[-1]


numbers = st.floats(-50, 50)
positive = st.none() | st.floats(0.5, 500)
lenses = st.tuples(positive, positive, positive, st.none() | st.floats(-1, 1), st.booleans())


@given(
    st.tuples(numbers, numbers, numbers),
    st.tuples(numbers, numbers, numbers),
    st.lists(lenses, min_size=1, max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_a_report_is_what_the_careful_way_of_reading_makes_of_it(
    place: Any, angles: Any, said_of_the_lens: list[Any]
) -> None:
    decoder, known = OpenTrackIODecoder(), LensReport()
    for focal, focus, stop, pupil, static in said_of_the_lens:
        raw = write(
            Reading(
                place,
                *angles,
                focal_length_mm=focal,
                focus_distance_m=focus,
                f_stop=stop,
                entrance_pupil_offset_m=pupil,
                sensor_width_mm=36.0,
                sensor_height_mm=20.25,
                distortion_model="Brown-Conrady U-D",
                radial=(1e-9, 0.0),
                sample_time_ns=77,
                sequence=5,
            ),
            sample_id=SAMPLE,
            source_id=SOURCE,
            include_static=static,
        )
        heard = heard_of(decoder, raw)
        assert heard is not None
        said = {
            "focal_length_mm": focal,
            "focus_distance_m": focus,
            "f_stop": stop,
            "entrance_pupil_offset_m": pupil,
            "sensor_width_mm": 36.0 if static else None,
            "sensor_height_mm": 20.25 if static else None,
        }
        known = LensReport(
            **{name: getattr(known, name) if value is None else value for name, value in said.items()},
            distortion_model="Brown-Conrady U-D",
            radial=(1e-9, 0.0),
        )
        assert heard.lens == known
        careful = sample_from_reading(read(raw), 0, known)
        assert heard.pose == careful.stage_from_camera
        assert (heard.stamp_ns, heard.sequence) == (77, 5)


def test_a_report_carries_the_sample_its_timecode_and_the_names_of_its_fields() -> None:
    raw = raw_sample(sequence=3, sample_time_ns=5, status="Optical Good", focal_length_mm=35.0)
    raw["timing"]["timecode"] = {
        "hours": 1,
        "minutes": 2,
        "seconds": 3,
        "frames": 4,
        "frameRate": {"num": 25, "denom": 1},
    }
    heard = heard_of(OpenTrackIODecoder(), raw)
    assert heard is not None
    assert heard.source == NAME
    assert heard.raw == raw
    assert str(heard.timecode) == "01:02:03:04"
    assert heard.status == "Optical Good"
    assert heard.fields == ("focal length", "time stamp", "sequence number", "timecode", "status")


def test_streams_of_one_source_are_told_apart() -> None:
    decoder = OpenTrackIODecoder()
    names = []
    for number in (1, 2, 2):
        heard = heard_of(decoder, raw_sample(source_number=number))
        assert heard is not None
        names.append(heard.source)
    assert names == [NAME, f"{NAME} stream 2", f"{NAME} stream 2"]


def test_a_source_without_an_id_is_named_for_its_address() -> None:
    heard = heard_of(OpenTrackIODecoder(), {"transforms": [POSE]}, sender="192.0.2.9")
    assert heard is not None
    assert heard.source == "OpenTrackIO 192.0.2.9"


def test_two_machines_under_one_id_are_noted() -> None:
    decoder = OpenTrackIODecoder()
    for sender in ("192.0.2.7", "192.0.2.8", "192.0.2.7"):
        heard_of(decoder, raw_sample(), sender)
    assert decoder.notes == {"two machines send as one source": 2}


def test_a_sender_of_version_1_0_0_is_known_by_its_checksum() -> None:
    raw = raw_sample()
    raw["protocol"]["version"] = [1, 0, 0]
    payload = orjson.dumps(raw)
    head = struct.pack(">4sBBHIH", b"OTrk", 0, 1, 9, 0, 0x8000 | len(payload))
    assert fletcher16(head + payload, 255) != fletcher16(head + payload)
    decoder = OpenTrackIODecoder()
    heard = decoder.feed(head + struct.pack(">H", fletcher16(head + payload, 255)) + payload, "a", 0)
    assert heard[0].pose is not None
    assert decoder.versions == {NAME: "1.0.0"}
    assert decoder.notes == {"checksum of version 1.0.0": 1, "an older version": 1}
    assert not decoder.faults


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ({"name": "OpenTrackIO", "version": [1, 0, 1]}, "1.0.1"),
        ({"name": "OpenTrackIO", "version": [0, 9, 3]}, "0.9.3"),
        ({"name": "OpenTrackIO", "version": [1, 1, 0]}, "1.1.0"),
        ({"name": "OpenTrackIO", "version": "1"}, "not said"),
        ({}, "not said"),
        (None, "not said"),
    ],
)
def test_the_version_a_sender_says_is_known(protocol: Any, told: str) -> None:
    decoder = OpenTrackIODecoder()
    assert heard_of(decoder, {**raw_sample(), "protocol": protocol}) is not None
    assert decoder.versions == {NAME: told}


def test_what_the_standard_forbids_is_noted_with_its_place_and_the_pose_is_used() -> None:
    decoder = OpenTrackIODecoder()
    raw = raw_sample(focal_length_mm=35.0)
    raw["timing"]["synchronization"] = {
        "locked": True,
        "source": "none",
    }  # as the reference sender says
    heard = heard_of(decoder, raw)
    assert heard is not None
    assert heard.lens is not None
    assert heard.lens.focal_length_mm == 35.0
    assert decoder.notes == {"not as the standard says": 1}
    assert decoder.examples["not as the standard says"].startswith("timing.synchronization.source: ")
    assert not decoder.faults


def test_a_sample_of_a_lens_alone_is_heard_without_a_pose() -> None:
    raw = raw_sample(focal_length_mm=35.0)
    del raw["transforms"]
    decoder = OpenTrackIODecoder()
    heard = heard_of(decoder, raw)
    assert heard is not None
    assert heard.pose is None
    assert heard.lens == LensReport(focal_length_mm=35.0)
    assert not decoder.faults


@pytest.mark.parametrize("transforms", [[], [{}], 7, [{"translation": {"x": "far"}}], None])
def test_a_pose_that_is_none_is_counted(transforms: Any) -> None:
    decoder = OpenTrackIODecoder()
    assert heard_of(decoder, {**raw_sample(), "transforms": transforms}) is None
    assert decoder.faults == {"no usable pose": 1}


def test_a_lens_of_another_world_is_counted_and_the_last_good_one_stays() -> None:
    decoder = OpenTrackIODecoder()
    heard_of(decoder, raw_sample(focal_length_mm=35.0))
    heard = heard_of(decoder, raw_sample(focal_length_mm=1e6))
    assert heard is not None
    assert heard.lens == LensReport(focal_length_mm=35.0)
    assert decoder.faults == {"lens report is not of this world": 1}


def test_whatever_is_counted_is_explained() -> None:
    decoder = OpenTrackIODecoder()
    for datagram in (
        b"",
        b"OTrk",
        *encode({"transforms": 5}, 1),
        *encode({"protocol": {"name": "x"}}, 2),
    ):
        decoder.feed(datagram, "a", 0)
    assert decoder.faults
    assert (set(decoder.faults) | set(decoder.notes)) <= set(FAULTS)


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


@given(st.dictionaries(st.sampled_from(GROUPS), TREES), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_sample_however_wrong_makes_the_decoder_raise(wrong: dict[str, Any], posed: bool) -> None:
    decoder = OpenTrackIODecoder()
    for raw in (wrong, {**wrong, **({"transforms": [POSE]} if posed else {})}, raw_sample()):
        heard = heard_of(decoder, orjson.loads(orjson.dumps(raw)))
    assert heard is not None
    assert (set(decoder.faults) | set(decoder.notes)) <= set(FAULTS)


@pytest.mark.parametrize("depth", [200, 250, 260, 1000])
def test_a_sample_nested_deep_is_refused_or_can_be_passed_on(depth: int) -> None:
    decoder, encoder = OpenTrackIODecoder(), OpenTrackIOEncoder(SOURCE)
    deep = b"[" * depth + b"0" + b"]" * depth
    for name in (b"lens", b"ours"):
        payload = b'{"transforms":[{"translation":{},"rotation":{}}],"' + name + b'":' + deep + b"}"
        head = struct.pack(">4sBBHIH", b"OTrk", 0, 1, 9, 0, 0x8000 | len(payload))
        datagram = head + struct.pack(">H", fletcher16(head + payload)) + payload
        heard = decoder.feed(datagram, "a", 0)
        assert len(heard) == (depth <= 250)
        if heard:
            sent(encoder, TrackSample(0, CAMERA), raw=heard[0].raw)


def test_sources_without_end_are_forgotten_again() -> None:
    decoder = OpenTrackIODecoder()
    for n in range(600):
        heard_of(
            decoder, {"transforms": [POSE], "sourceId": f"urn:uuid:00000000-0000-4000-8000-{n:012}"}
        )
    assert len(decoder.versions) == 512


LENS = LensReport(35.0, entrance_pupil_offset_m=0.1, sensor_width_mm=36.0, sensor_height_mm=20.25)
CAMERA = pose_from_pan_tilt_roll((1.0, -2.0, 1.5), 0.25, -0.1, 0.05)


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


def test_sequence_numbers_count_where_the_tracker_has_none_and_wrap_on_the_wire() -> None:
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


@given(st.dictionaries(st.sampled_from(GROUPS), TREES))
@settings(max_examples=150, deadline=None)
def test_whatever_came_in_what_goes_out_is_valid(wrong: dict[str, Any]) -> None:
    sent(OpenTrackIOEncoder(SOURCE), TrackSample(0, CAMERA), raw=orjson.loads(orjson.dumps(wrong)))
