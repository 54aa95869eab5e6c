"""The standard's own schema and examples agree with ours, example by example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft202012Validator

from openset.formats.opentrackio import Reassembler, encode, read, validate, write

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
