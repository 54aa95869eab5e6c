"""The records of MovieLabs' sample film, every file of it, in and out."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from openset.formats.omc import read
from openset.formats.omc_write import write

COUNTS = {
    "allCreativeWork": {"works": 1, "scenes": 7, "people": 9},
    "allNarrativeLocations": {"scenes": 7, "others": 10},
    "allNarrativeScenes": {"scenes": 7, "characters": 5},
    "allParticipants": {"people": 12, "others": 24},
    "allProductionLocations": {"scenes": 14, "others": 16},
    "allProductionScenes": {"scenes": 15},
    "allRoles": {"others": 13},
    "allSlates": {"slates": 131, "people": 1},
}


@pytest.mark.parametrize("name", COUNTS)
def test_every_entity_is_read_and_written_and_read_again(shared_data: Path, name: str) -> None:
    found = read((shared_data / "omc" / "hsm" / f"{name}.json").read_bytes())
    held = {kind: len(getattr(found.records, kind)) for kind in COUNTS[name]}
    assert held == COUNTS[name]
    assert sum(held.values()) == len(found.records.entities)
    assert found.skipped == 0
    assert all("referred to and not in this file" in fault for fault in found.faults)
    assert read(write(found.records)).records == found.records


def test_a_slate_of_the_sample_says_what_stood_on_it(shared_data: Path) -> None:
    slates = read((shared_data / "omc" / "hsm" / "allSlates.json").read_bytes()).records.slates
    one = next(each for each in slates if each.uid == "2A-2")
    assert (one.camera, one.unit, one.camera_roll, one.sound_roll) == ("A", "MaIn", "CRA", "SRA")
    assert (one.date, one.day, one.fps) == ("2022-07-23", "1", 29.97)
    assert (len(one.scenes), len(one.takes), len(one.directors)) == (1, 1, 1)
    assert one.more == {}


def test_the_whole_film_in_one_list_leaves_only_what_was_never_published_missing(
    shared_data: Path,
) -> None:
    entities = []
    for name in COUNTS:
        entities += orjson.loads((shared_data / "omc" / "hsm" / f"{name}.json").read_bytes())
    records = read(orjson.dumps(entities)).records
    assert len(records.slates) == 131
    assert {each.split()[1] for each in records.missing} == {"NarrativeObject", "Asset", "Sequence"}
    assert records.cycles == ()
