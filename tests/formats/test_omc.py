"""OMC JSON read: entities wherever they stand, and what is wrong by name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.omc import DEEPEST, OmcError, read
from openset.formats.omc_model import SCHEMA

Json = dict[str, Any]


def entity(kind: str, value: str, **fields: Any) -> Json:
    return {"schemaVersion": SCHEMA, "entityType": kind, **ref(value), **fields}


def ref(value: str) -> Json:
    return {"identifier": [{"identifierScope": "set", "identifierValue": value}]}


SLATE = entity(
    "Slate",
    "slt/1",
    slateUID="2A-2",
    shootDay=1,
    recordingFPS=29.97,
    CreativeWork=None,
    Director=[entity("Participant", "ptc/1", name="Ama")],
    Context=[entity("Context", "cxt/1", **{"for": {"ProductionScene": [ref("pscn/1")]}})],
)
SCENE = entity(
    "ProductionScene", "pscn/1", sceneNumber="2A", sceneHeader="INT. HALL", sceneDescriptor="HAL"
)
SEED = orjson.dumps([SLATE, SCENE, entity("Hologram", "hol/1", name="H", depth=3)])


def test_entities_are_read_where_they_stand() -> None:
    found = read(SEED)
    records = found.records
    (slate,) = records.slates
    assert (slate.uid, slate.day, slate.fps, slate.date) == ("2A-2", "1", 29.97, "")
    assert slate.scenes == records.scenes[0].ids == (("set", "pscn/1"),)
    assert slate.directors == records.people[0].ids
    assert records.people[0].name == "Ama"
    assert (records.scenes[0].number, records.scenes[0].heading) == ("2A", "INT. HALL")
    assert (found.skipped, found.faults) == (0, ())


def test_what_has_no_place_is_kept_as_it_stands() -> None:
    records = read(SEED).records
    assert records.scenes[0].more == {"sceneDescriptor": "HAL"}
    (other,) = records.others
    assert (other.kind, other.name, other.more) == ("Hologram", "H", {"depth": 3})


def test_a_single_entity_and_an_object_of_lists_are_read_too() -> None:
    assert len(read(orjson.dumps(SLATE)).records.slates) == 1
    bare = {key: value for key, value in SCENE.items() if key != "entityType"}
    assert read(orjson.dumps({"ProductionScene": [bare]})).records.scenes == read(SEED).records.scenes


def test_the_fullest_word_on_an_entity_counts() -> None:
    brief = entity("Participant", "ptc/1", name="Ama")
    full = entity("Participant", "ptc/1", name="Ama Mensah", participantFC={"jobTitle": "Director"})
    for order in ([brief, full], [full, brief]):
        (person,) = read(orjson.dumps(order)).records.people
        assert (person.name, person.job) == ("Ama Mensah", "Director")


def test_a_recording_says_its_timecode_and_whether_it_is_circled() -> None:
    camera = {
        "circleTake": "Yes",
        "timecodeStart": "10:00:00:00",
        "frameWidth": "1920",
        "frameHeight": "1080",
    }
    asset = entity(
        "Asset",
        "ast/1",
        assetFC={"functionalType": "capture", "functionalProperties": {"cameraMetadata": camera}},
        annotation=[{"title": "note", "text": "good"}, {"title": "sound", "text": "hum"}],
        tag=[{"domain": "rating", "value": ["4"]}],
    )
    (take,) = read(orjson.dumps([asset])).records.takes
    assert (take.circled, take.start_timecode, take.size_px) == (True, "10:00:00:00", (1920, 1080))
    assert (take.note, take.rating) == ("good", "4")
    assert take.more == {"annotation": [{"title": "sound", "text": "hum"}]}
    other = entity("Asset", "ast/2", assetFC={"functionalType": "script"})
    assert read(orjson.dumps([other])).records.others[0].kind == "Asset"


def test_what_leads_out_of_the_file_is_counted_and_named() -> None:
    found = read(orjson.dumps([SLATE]))
    assert found.records.missing == found.faults
    assert found.faults == ("1 ProductionScene referred to and not in this file, the first set pscn/1",)


def test_a_group_that_holds_itself_is_named_once() -> None:
    one = entity("Asset", "a", Asset=[ref("b")])
    two = entity("Asset", "b", Asset=[ref("c")])
    three = entity("Asset", "c", Asset=[ref("a")])
    assert read(orjson.dumps([one, two, three])).faults == ("a holds itself by way of b, c",)
    assert read(orjson.dumps([entity("Asset", "a", Asset=[ref("a")])])).faults == ("a holds itself",)


def test_a_bad_entity_costs_itself() -> None:
    found = read(
        orjson.dumps([3, {"name": "x"}, {"entityType": "Slate"}, {**SCENE, "schemaVersion": "9"}])
    )
    assert (found.skipped, len(found.records.scenes)) == (3, 1)
    assert found.faults == (
        "entity 1: no entity, for it has no entityType",
        "entity 2: no entity, for it has no entityType",
        "entity 3: a Slate without identifier",
        "entity 3: schemaVersion 'None' is none of OMC's",
        "entity 4: schemaVersion '9' is none of OMC's",
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1: this is not JSON"),
        (b"[", "this is not JSON"),
        (b"3", "no OMC entity"),
        (b"[]", "no OMC entity"),
        (b'[{"entityType": "Slate", "identifier": 3}]', "without identifier"),
        (b"\xff\xff", "not UTF-8"),
        (b"[" * 200 + b"]" * 200, "more than 64 deep"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "not JSON"),
    ],
)
def test_a_file_of_no_entities_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        read(data)


def test_the_deepest_that_is_read_is_read() -> None:
    value: Any = 1
    for _ in range(DEEPEST - 3):
        value = {"a": value}
    with suppress(OmcError):
        assert read(orjson.dumps([entity("X", "x", a=value)])).records.others


def test_of_an_entity_said_twice_the_fuller_counts_and_the_loss_is_named() -> None:
    full, other = entity("Slate", "slt/1", slateUID="1", shootDay=1), entity("Slate", "slt/1", unit="B")
    for entries in ([full, other], [other, full]):
        found = read(orjson.dumps(entries))
        assert [slate.uid for slate in found.records.slates] == ["1"]
        assert found.faults == (
            "1 Slate there twice, unlike; what says less is left out, the first set slt/1",
        )
    assert read(orjson.dumps([full, entity("Slate", "slt/1", shootDay=1)])).faults == ()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mutated_file_is_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"null", b"[]", b"{}", b'"', b"1e999"])
        )
        mutated[at : at + data.draw(st.integers(0, 6))] = piece
    with suppress(FormatError):
        read(bytes(mutated))


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*SLATE, *SCENE, "assetFC", "AssetSC", "tag", "Asset", "for", "participantFC"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
kinds = st.sampled_from(
    ["Slate", "Asset", "ProductionScene", "Participant", "CreativeWork", "Character"]
)


@settings(max_examples=200, deadline=None)
@given(
    kinds,
    st.dictionaries(st.sampled_from([*SLATE, "assetFC", "AssetSC", "tag", "name"]), json, max_size=6),
)
def test_an_entity_may_say_anything_under_any_name(kind: str, fields: Json) -> None:
    with suppress(FormatError):
        read(orjson.dumps([{**entity(kind, "x"), **fields, "entityType": kind}]))
