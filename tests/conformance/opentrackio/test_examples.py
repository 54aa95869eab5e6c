"""The standard's own schema and examples agree with ours, example by example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft202012Validator

from openset.formats.opentrackio import Reassembler, encode, read, validate, write
from openset.formats.opentrackio_quick import quick
from openset.formats.opentrackio_schema import leaf_paths
from openset.primitives.space import IDENTITY
from openset.stage.tracking.opentrackio import OpenTrackIODecoder
from openset.stage.tracking.opentrackio_encoder import OpenTrackIOEncoder
from openset.stage.tracking.samples import TrackSample

EXAMPLES = ("complete_dynamic", "complete_static", "recommended_dynamic", "recommended_static")
EUI_64 = "00:11:22:FF:FE:33:44:55"


@pytest.fixture(scope="module")
def official(shared_data: Path) -> Draft202012Validator:
    schema = orjson.loads((shared_data / "opentrackio" / "schema-1.0.1.json").read_bytes())
    return Draft202012Validator(schema)


def example(shared_data: Path, name: str) -> dict[str, Any]:
    sample = orjson.loads((shared_data / "opentrackio" / "examples" / f"{name}.json").read_bytes())
    assert isinstance(sample, dict)
    return sample


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a sample, groups included."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(found for key, child in children for found in leaves(child, (*path, key)))]


def changed(sample: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = orjson.loads(orjson.dumps(sample))
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_official_example_is_valid_here_and_there(
    shared_data: Path, official: Draft202012Validator, name: str
) -> None:
    sample = example(shared_data, name)
    assert official.is_valid(sample)
    assert validate(sample) == []


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("value", [None, -1, 0, 1.5, 2**33, "", "x", True, [], {}, {"x": 1}], ids=repr)
def test_every_field_spoiled_in_turn_is_judged_alike(
    shared_data: Path, official: Draft202012Validator, name: str, value: Any
) -> None:
    sample = example(shared_data, name)
    for path in leaves(sample)[1:]:
        spoiled = changed(sample, path, value)
        assert (validate(spoiled) == []) == official.is_valid(spoiled), path


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("encoding", ["json", "cbor"])
def test_an_official_example_crosses_the_wire(shared_data: Path, name: str, encoding: Any) -> None:
    sample = example(shared_data, name)
    receiver = Reassembler()
    got = [receiver.feed(datagram) for datagram in reversed(encode(sample, 3, encoding=encoding))]
    assert [one for one in got if one] == [sample]


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_we_write_satisfies_the_official_schema(
    shared_data: Path, official: Draft202012Validator, name: str
) -> None:
    sample = example(shared_data, name)
    reading = read(sample)
    again = write(
        reading, sample_id=sample["sampleId"], source_id=sample["sourceId"], include_static=True
    )
    assert official.is_valid(again)
    back = read(again)
    assert back.position_m == pytest.approx(reading.position_m)
    assert back.pan_rad == pytest.approx(reading.pan_rad)
    assert (back.timecode, back.sample_time_ns) == (reading.timecode, reading.sample_time_ns)


def test_the_complete_example_reads_as_it_says(shared_data: Path) -> None:
    reading = read(example(shared_data, "complete_static"))
    assert (reading.focal_length_mm, reading.sensor_width_mm, reading.f_stop) == (24.305, 36.0, 4.0)
    assert reading.sample_time_ns == 1_718_806_554_500_000_000
    assert (reading.distortion_model, len(reading.radial)) == ("Brown-Conrady U-D", 6)
    assert str(reading.timecode) == "01:02:03:04"


def test_the_official_schema_knows_no_eight_byte_clock_and_ours_does(
    shared_data: Path, official: Draft202012Validator
) -> None:
    path = ("timing", "synchronization", "ptp", "leaderIdentity")
    sample = changed(example(shared_data, "complete_static"), path, EUI_64)
    assert not official.is_valid(sample), "the published schema has caught up: drop the deviation"
    assert validate(sample) == []


def test_our_schema_has_the_112_fields_of_the_official_one_and_no_other(shared_data: Path) -> None:
    schema = orjson.loads((shared_data / "opentrackio" / "schema-1.0.1.json").read_bytes())
    assert leaf_paths() == leaf_paths(schema)
    assert len(leaf_paths(schema)) == 112


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_official_example_is_heard_with_its_pose_and_its_old_version(
    shared_data: Path, name: str
) -> None:
    sample = example(shared_data, name)
    decoder = OpenTrackIODecoder()
    heard = [one for part in encode(sample, 3) for one in decoder.feed(part, "192.0.2.7", 0)]
    assert len(heard) == 1
    assert heard[0].pose is not None
    assert heard[0].raw == sample
    assert heard[0].timecode == read(sample).timecode
    assert list(decoder.versions.values()) == ["0.9.3"]
    assert decoder.notes == {"an older version": 1}
    # radial [1.0, 2.0 …] in powers of 1/mm is no lens: the example's figures are only examples
    assert decoder.faults == {"lens report is not of this world": 1}
    assert heard[0].lens is not None
    assert heard[0].lens.radial == ()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("encoding", ["json", "cbor"])
def test_an_official_example_is_passed_on_whole_and_as_1_0_1(
    shared_data: Path, official: Draft202012Validator, name: str, encoding: Any
) -> None:
    sample = example(shared_data, name)
    encoder = OpenTrackIOEncoder("urn:uuid:00000000-0000-4000-8000-000000000001", encoding=encoding)
    receiver = Reassembler()
    datagrams = encoder.encode(TrackSample(0, IDENTITY), 0, sample)
    got = [one for part in datagrams if (one := receiver.feed(part))]
    assert got == [{**sample, "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]}}]
    assert official.is_valid(got[0])
    assert encoder.left_out == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_quick_way_reads_an_official_example_as_the_careful_one(
    shared_data: Path, name: str
) -> None:
    sample = example(shared_data, name)
    slow, fast = read(sample), quick(sample)
    assert fast is not None
    assert fast.lens is not None
    assert fast.lens.pinhole_focal_length == slow.focal_length_mm
    assert fast.lens.focus_distance == slow.focus_distance_m
    assert fast.lens.distortion[0].radial == slow.radial
    assert (fast.source_id, fast.tracker.status) == (slow.source_id, slow.status)
    assert fast.timing.sequence_number == slow.sequence


def test_a_complete_sample_takes_two_packets_and_a_dynamic_one_a_single_one(shared_data: Path) -> None:
    sample = example(shared_data, "complete_static")
    assert len(encode(sample, 1)) == 2
    assert len(encode(example(shared_data, "recommended_dynamic"), 1)) == 1
