"""Entities as values: what is known is taken, what is not is left where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from openset.formats.omc_entities import MAKERS
from openset.formats.omc_model import Character, Scene, Take, Work

IDS = {"identifier": [{"identifierScope": "s", "identifierValue": "v"}]}


def made(kind: str, **fields: Any) -> Any:
    return MAKERS[kind]({"entityType": kind, **IDS, **fields})


def test_a_context_that_is_all_taken_is_left_out_and_another_stays_whole() -> None:
    slates = {"Slate": [IDS]}
    taken = made("ProductionScene", Context=[{"entityType": "Context", **IDS, "has": slates}])
    assert (taken.slates, taken.more) == ((("s", "v"),), {})
    context = {"entityType": "Context", **IDS, "has": slates, "uses": {"Asset": [IDS]}}
    kept = made("ProductionScene", Context=[context])
    assert (kept.slates, kept.more) == ((("s", "v"),), {"Context": [context]})


def test_names_are_found_where_files_put_them() -> None:
    assert made("NarrativeScene", name="A").name == "A"
    scene = made("NarrativeScene", name="B", sceneName={"fullName": "A", "altName": "C"})
    assert (scene.name, scene.more) == ("A", {"name": "B", "sceneName": {"altName": "C"}})
    assert made("Character", characterName={"fullName": "Sven"}) == Character((("s", "v"),), "Sven")
    titles = [{"titleName": "Lane", "titleType": "working"}]
    assert made("CreativeWork", creativeWorkTitle=titles) == Work((("s", "v"),), "Lane")
    regional = [{"titleName": "Lane", "titleType": "regional"}]
    assert made("CreativeWork", creativeWorkTitle=regional).more == {"creativeWorkTitle": regional}


@pytest.mark.parametrize(
    ("kind", "fields", "more"),
    [
        ("ProductionScene", {"sceneNumber": ["2"]}, {"sceneNumber": ["2"]}),
        ("ProductionScene", {"sceneName": "Lane"}, {"sceneName": "Lane"}),
        ("Slate", {"recordingFPS": -1}, {"recordingFPS": -1}),
    ],
)
def test_a_field_of_the_wrong_make_stays_where_it_is(kind: str, fields: Any, more: Any) -> None:
    assert made(kind, **fields).more == more


def test_a_recording_in_several_files_keeps_its_structure() -> None:
    structure = {"structuralType": "digital.imageSequence", "structuralProperties": {"count": 3}}
    take = made("Asset", assetFC={"functionalType": "capture"}, AssetSC=structure)
    assert isinstance(take, Take)
    assert (take.file, take.more) == ("", {"AssetSC": structure})
    assert isinstance(made("NarrativeScene"), Scene)


@pytest.mark.parametrize(
    ("typed", "circled", "left"),
    [
        *((True, True, None), ("Yes", True, None), ("false", False, None), (False, False, None)),
        *(("maybe", None, "maybe"), ("B", None, "B"), ({"x": 1}, None, {"x": 1})),
    ],
)
def test_a_circle_is_taken_where_its_word_is_known(typed: Any, circled: bool | None, left: Any) -> None:
    camera = {"functionalProperties": {"cameraMetadata": {"circleTake": typed}}}
    take = made("Asset", assetFC={"functionalType": "capture", **camera})
    assert take.circled is circled
    assert take.more == ({} if left is None else {"assetFC": camera})


def test_a_structure_that_others_may_know_by_its_name_stays() -> None:
    details = {"structuralProperties": {"fileDetails": {"fileName": "a.mov"}}}
    own = {"identifier": [{"identifierScope": "s", "identifierValue": "sc/7"}]}
    for half in (own, {"structuralType": "digital.imageSequence"}, {"name": "reel 3"}):
        take = made("Asset", assetFC={"functionalType": "capture"}, AssetSC={**half, **details})
        assert (take.file, take.more) == ("a.mov", {"AssetSC": half})


def test_what_stands_beside_a_rating_a_note_or_a_director_stays() -> None:
    capture = {"functionalType": "capture"}
    tag, note = {"domain": "rating", "value": ["4"]}, {"title": "note", "text": "good"}
    take = made("Asset", assetFC=capture, tag=["x", tag], annotation=[note, "y"])
    assert (take.rating, take.note) == ("4", "good")
    assert take.more == {"tag": ["x"], "annotation": ["y"]}
    take = made("Asset", assetFC=capture, tag=[{"domain": "rating", "value": [None]}])
    assert (take.rating, take.more) == ("", {"tag": [{"domain": "rating", "value": [None]}]})
    slate = made("Slate", Director={"name": "Ama"})
    assert (slate.directors, slate.more) == ((), {"Director": {"name": "Ama"}})
    assert made("Slate", Director=[IDS]).directors == (("s", "v"),)
