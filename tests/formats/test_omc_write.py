"""OMC JSON written: read back, the same records."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.omc import read
from openset.formats.omc_model import (
    SCHEMA,
    Character,
    Entity,
    Person,
    Records,
    Scene,
    Slate,
    Take,
    Work,
    identifier,
)
from openset.formats.omc_write import write


def ids(kind: str, name: str) -> tuple[tuple[str, str], ...]:
    return (identifier("openset/lane", kind, name),)


TAKE = Take(
    ids("ast", "1-A-t01"),
    "1-A-t01",
    ids("slt", "1-A-t01"),
    "10:00:00:00",
    "10:00:04:00",
    "30000/1001",
    (1920, 1080),
    "takes/1-A-t01/picture.mov",
    True,
    "4",
    "the best",
)


def test_a_take_is_a_captured_asset_that_points_to_its_slate() -> None:
    (written,) = orjson.loads(write(Records(takes=(TAKE,))))
    scope, value = TAKE.ids[0]
    assert written["identifier"] == [{"identifierScope": scope, "identifierValue": value}]
    assert (written["schemaVersion"], written["entityType"]) == (SCHEMA, "Asset")
    assert written["assetFC"] == {
        "functionalType": "capture",
        "functionalProperties": {
            "cameraMetadata": {
                "circleTake": "true",
                "timecodeStart": "10:00:00:00",
                "timecodeEnd": "10:00:04:00",
                "captureRate": "30000/1001",
                "frameWidth": "1920",
                "frameHeight": "1080",
            }
        },
    }
    assert written["AssetSC"]["structuralProperties"]["fileDetails"] == {"fileName": TAKE.file}
    ((slate,),) = written["Context"][0]["has"].values()
    assert slate == {"identifier": [{"identifierScope": scope, "identifierValue": TAKE.slates[0][1]}]}
    assert read(write(Records(takes=(TAKE,)))).records.takes == (TAKE,)


def test_what_is_empty_is_not_said() -> None:
    (written,) = orjson.loads(write(Records(slates=(Slate(ids("slt", "x"), "x"),))))
    assert list(written) == ["schemaVersion", "entityType", "identifier", "slateUID"]


words = st.text("abÉ 1", min_size=1, max_size=5)
maybe = st.just("") | words
names = st.sampled_from(["1", "2", "3", "4"])
links = st.lists(names.map(lambda name: ids("x", name)[0]), max_size=2, unique=True).map(tuple)
more = st.dictionaries(st.sampled_from(["vendorField", "customData"]), words, max_size=2)
sizes = st.none() | st.tuples(st.integers(1, 9999), st.integers(1, 9999))


def some(kind: str, made: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(made, max_size=2, unique_by=lambda each: each.ids).map(tuple)  # type: ignore[attr-defined]


def known(kind: str) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    return names.map(lambda name: ids(kind, name))


records = st.builds(
    Records,
    some("cw", st.builds(Work, known("cw"), maybe, maybe, more)),
    some(
        "pscn",
        st.builds(
            Scene, known("pscn"), maybe, maybe, maybe, maybe, links, links,
            st.sampled_from(["ProductionScene", "NarrativeScene"]), more,
        ),
    ),
    some(
        "slt",
        st.builds(
            Slate, known("slt"), maybe, maybe, links, links, maybe, maybe, maybe, maybe, maybe, maybe,
            st.none() | st.floats(1, 240), links, more,
        ),
    ),
    some(
        "ast",
        st.builds(
            Take, known("ast"), maybe, links, maybe, maybe, maybe, sizes, maybe,
            st.none() | st.booleans(), maybe, maybe, more,
        ),
    ),
    some("ptc", st.builds(Person, known("ptc"), maybe, maybe, more)),
    some("chr", st.builds(Character, known("chr"), maybe, more)),
    some("oth", st.builds(Entity, known("oth"), st.just("Location"), maybe, more)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(records.filter(lambda each: each.entities))
def test_any_records_are_read_again(given_records: Records) -> None:
    again = read(write(given_records))
    assert again.records == given_records
    assert again.skipped == 0
