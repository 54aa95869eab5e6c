"""OpenTrackIO as it arrives: used as far as it can be, and explained."""

from __future__ import annotations

import copy
import struct
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import (
    OpenTrackIOError,
    Reading,
    encode,
    read,
    read_lens,
    read_source,
    read_status,
    read_timing,
    write,
)
from openset.formats.opentrackio_wire import fletcher16
from openset.stage.tracking.opentrackio import (
    FAULTS,
    OpenTrackIODecoder,
    sample_from_reading,
)
from openset.stage.tracking.opentrackio_encoder import OpenTrackIOEncoder
from openset.stage.tracking.samples import LensReport, TrackSample, completed, credible
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


def test_a_source_that_comes_by_another_port_is_the_same_machine() -> None:
    decoder = OpenTrackIODecoder()
    for sender in ("192.0.2.7:40001", "192.0.2.7:40002", "192.0.2.7:40001"):
        heard_of(decoder, raw_sample(), sender)
    assert not decoder.notes


def test_two_trackers_of_one_machine_may_each_be_in_the_middle_of_a_sample() -> None:
    decoder = OpenTrackIODecoder()
    one, two = (
        encode({**raw_sample(), "sourceId": each}, 9, max_payload=100) for each in (SOURCE, OTHER)
    )
    heard: list[Heard] = []
    for first, second in zip(one, two, strict=True):
        heard += decoder.feed(first, "192.0.2.7:40001", 0)
        heard += decoder.feed(second, "192.0.2.7:40002", 0)
    assert [each.source for each in heard] == [NAME, NAME[:-1] + "2"]
    assert not decoder.faults


def test_two_trackers_of_one_machine_without_ids_are_told_apart_by_their_ports() -> None:
    decoder, raw = OpenTrackIODecoder(), {"transforms": [POSE]}
    senders = ["192.0.2.7:40001"] * 9 + ["192.0.2.7:40002", "192.0.2.7:40001"] * 2
    heard = [heard_of(decoder, raw, sender) for sender in senders]
    names = [each.source for each in heard if each]
    first, second = "OpenTrackIO 192.0.2.7", "OpenTrackIO 192.0.2.7:40002"
    assert names == [first] * 9 + [second, first] * 2


def test_streams_nought_and_one_of_a_source_are_two() -> None:
    decoder = OpenTrackIODecoder()
    heard = [heard_of(decoder, raw_sample(source_number=n)) for n in (0, 1)]
    assert [each.source for each in heard if each] == [f"{NAME} stream 0", NAME]


def test_a_sensor_lost_with_an_impossible_lens_is_read_when_it_is_said_again() -> None:
    decoder = OpenTrackIODecoder()
    impossible = raw_sample(focal_length_mm=0.1, sensor_width_mm=36.0, sensor_height_mm=20.25)
    good = raw_sample(focal_length_mm=35.0, sensor_width_mm=36.0, sensor_height_mm=20.25)
    heard_of(decoder, impossible)
    heard = heard_of(decoder, good)
    assert heard is not None
    assert heard.lens == LensReport(35.0, sensor_width_mm=36.0, sensor_height_mm=20.25)


def test_a_sensor_told_by_a_faulty_sample_is_put_right_by_the_next_good_one() -> None:
    decoder = OpenTrackIODecoder()
    good = raw_sample(focal_length_mm=35.0, sensor_width_mm=36.0, sensor_height_mm=20.25)
    faulty = raw_sample(focal_length_mm=35.0, sensor_width_mm=24.0, sensor_height_mm=13.5)
    widths = []
    for raw in (good, {**faulty, "tracker": {"mood": "warm"}}, good):
        heard = heard_of(decoder, raw)
        assert heard is not None
        assert heard.lens is not None
        widths.append(heard.lens.sensor_width_mm)
    assert widths == [36.0, 24.0, 36.0]


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


ABSENT = object()
ODD: tuple[Any, ...] = (
    ABSENT,
    None,
    True,
    -1,
    0,
    0.0,
    3.0,
    1e301,
    -1e300,
    "35",
    "",
    [],
    {},
    [9e9],
    [1] * 17,
    2**33,
)


def group(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A group of fields; those drawn as ABSENT are not in it."""
    made = st.fixed_dictionaries(fields)
    return made.map(lambda drawn: {name: each for name, each in drawn.items() if each is not ABSENT})


def one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*values, ABSENT])


def pair(*names: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name: st.sampled_from([0.5, 2, -7.25]) for name in names})


SENSORS = [{"width": 36.0, "height": 20.25}, {"width": 24, "height": 0}, {"width": 24, "height": 14}]
MODELS = group(
    model=one("Brown-Conrady U-D", "Brown-Conrady D-U", "another"),
    radial=st.sampled_from([[1e-4], [1e-4, 2e-8, 1e-12], [1] * 17, [9e9]]),
    tangential=one([1e-6, 2e-6], [1]),
)
CLOCKS = group(
    hours=st.just(1),
    minutes=st.just(20),
    seconds=st.just(0),
    frames=st.sampled_from([1, 24, 29]),
    frameRate=st.fixed_dictionaries({"num": st.sampled_from([25, 30000]), "denom": st.just(1001)}),
    dropFrame=one(True, False),
)
SAMPLES = group(
    sourceId=st.sampled_from([SOURCE, SOURCE, OTHER]),
    sourceNumber=one(1, 0),
    static=one({}) | st.sampled_from(SENSORS).map(
        lambda size: {"camera": {"activeSensorPhysicalDimensions": size}}
    ),
    tracker=group(status=one("fine")),
    timing=group(
        sampleTimestamp=one({"seconds": 7, "nanoseconds": 5}),
        sequenceNumber=one(3, 4),
        timecode=one() | CLOCKS,
    ),
    lens=one() | group(
        pinholeFocalLength=one(35, 50.5, 0.1),
        focusDistance=one(2, 3.5),
        fStop=one(4, 2.8),
        entrancePupilOffset=one(0.125, 0, 99),
        projectionOffset=one() | pair("x", "y"),
        distortionOffset=one() | pair("x", "y"),
        encoders=one({"zoom": 0.25, "focus": 1}, {"focus": 0.5, "iris": 0}),
        distortion=one() | st.lists(MODELS, min_size=1, max_size=2),
    ),
    transforms=st.lists(
        st.fixed_dictionaries(
            {"translation": pair("x", "y", "z"), "rotation": pair("pan", "tilt", "roll")},
            optional={"scale": pair("x", "y", "z")},
        ),
        min_size=1,
        max_size=2,
    ),
)  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A sample that the standard allows or, every other time, one with something odd at one place."""
    sample = copy.deepcopy(draw(SAMPLES))
    place: Any = sample
    while draw(st.booleans()):
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else [*range(len(place))]))
        if isinstance(place[key], (dict, list)) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(st.sampled_from(ODD))
        if place[key] is ABSENT:
            del place[key]
        break
    return sample


@given(st.lists(spoiled(), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_a_source_says_in_turn_is_read_as_the_careful_way_reads_it(told: list[Any]) -> None:
    decoder = OpenTrackIODecoder()
    known: dict[str, LensReport | None] = {}
    for raw in told:
        heard = heard_of(decoder, raw)
        source_id, number = read_source(raw)
        key = f"{source_id} {1 if number is None else number}"
        useful = credible(completed(LensReport(**read_lens(raw)), known.get(key)))
        known[key] = useful if useful not in (None, LensReport()) else known.get(key)
        try:
            reading = read(raw)
        except OpenTrackIOError:
            assert heard is None or heard.pose is None
            continue
        assert heard is not None
        assert heard.lens == known[key]
        expected = sample_from_reading(reading, 0, known[key] or LensReport()).stage_from_camera
        assert heard.pose is not None
        assert heard.pose.position_m == pytest.approx(expected.position_m, rel=1e-12, abs=1e-12)
        assert heard.pose.rotation_wxyz == pytest.approx(expected.rotation_wxyz, abs=1e-12)
        assert (heard.stamp_ns, heard.sequence, heard.timecode) == read_timing(raw)
        assert heard.status == (read_status(raw) or "")


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
            assert heard[0].pose is not None
            assert encoder.encode(TrackSample(0, heard[0].pose), 0, raw=heard[0].raw)


def test_sources_without_end_are_forgotten_again() -> None:
    decoder = OpenTrackIODecoder()
    for n in range(600):
        heard_of(
            decoder, {"transforms": [POSE], "sourceId": f"urn:uuid:00000000-0000-4000-8000-{n:012}"}
        )
    assert len(decoder.versions) == 512
