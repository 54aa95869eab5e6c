"""A production's records as OMC, and OMC files through the exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from openset.formats.omc_model import Records
from openset.stage.exchange.model import Options
from openset.stage.exchange.omc import read, read_production, write

SCRIPT = """\
Title: Lane

INT. LANE - DAY #1#

Rain.

KOFI
Wait!

EXT. *ROOF* #2-A#

AMA
No.

KOFI
Yes.
"""


def shot(film: Any) -> Any:
    """Two takes of two scenes, one circled; two people; and one take that cannot be read."""
    production = film.production
    (production.root / "script" / "lane.fountain").write_text(SCRIPT)
    film.shoot("1-A-t01", 4, circled=True)
    film.shoot("2_A-B-t02", 3)
    broken = production.root / "takes" / "3-A-t01"
    broken.mkdir()
    (broken / "take.toml").write_text("not = [toml")
    with (production.root / "production.toml").open("a") as stream:
        stream.write(
            '\n[[people]]\nname = "Ama Mensah"\njob = "Director"\n\n[[people]]\nname = "Yaw"\n'
        )
    return production


def test_scenes_slates_takes_and_people_are_there_and_point_to_each_other(film: Any) -> None:
    found = read_production(shot(film))
    records: Records = found.value
    one, two = records.scenes
    assert [(each.number, each.heading) for each in (one, two)] == [
        ("1", "INT. LANE - DAY"),
        ("2-A", "EXT. ROOF"),
    ]
    names = {each.ids[0]: each.name for each in records.characters}
    assert [[names[each] for each in scene.characters] for scene in (one, two)] == [
        ["KOFI"],
        ["AMA", "KOFI"],
    ]
    first, second = records.slates
    assert (first.uid, first.date, first.fps) == ("1-A-t01", "2026-03-01", 25.0)
    assert (one.slates, two.slates) == (first.ids, second.ids)
    assert (first.scenes, second.scenes) == (one.ids, two.ids)
    take, other = records.takes
    assert (first.takes, take.slates) == (take.ids, first.ids)
    assert (take.start_timecode, take.end_timecode) == ("10:00:07:00", "10:00:07:04")
    assert (take.circled, take.rating, take.note) == (True, "4", "the <best> one")
    assert (other.circled, other.rating, other.note) == (False, "", "")
    assert (take.rate, take.size_px, take.file) == ("25", (64, 36), "takes/1-A-t01/picture.mov")
    assert [(each.name, each.job) for each in records.people] == [
        ("Ama Mensah", "Director"),
        ("Yaw", ""),
    ]
    assert records.works[0].title == "Lane & Sons"
    assert found.skipped == 1
    assert found.faults[0].startswith("takes/3-A-t01: ")


def test_records_go_out_and_in_with_nothing_missing(film: Any, tmp_path: Path) -> None:
    production = shot(film)
    records = read_production(production).value
    write(records, tmp_path / "a.omc.json", Options())
    found = read(tmp_path / "a.omc.json", Options())
    assert found.value == records
    assert (found.skipped, found.faults) == (0, ())
    write(read_production(production).value, tmp_path / "b.omc.json", Options())
    assert (tmp_path / "a.omc.json").read_bytes() == (tmp_path / "b.omc.json").read_bytes()
    kinds = [each["entityType"] for each in orjson.loads((tmp_path / "a.omc.json").read_bytes())]
    assert kinds == [
        *("CreativeWork", "Participant", "Participant", "Character", "Character"),
        *("ProductionScene", "ProductionScene", "Slate", "Slate", "Asset", "Asset"),
    ]


def test_a_production_without_takes_has_its_script(film: Any) -> None:
    records = read_production(film.production).value
    assert [scene.number for scene in records.scenes] == ["1"]
    assert records.slates == records.takes == ()


def test_a_scene_whose_slate_name_another_has_is_counted_and_named(film: Any) -> None:
    (film.production.root / "script" / "lane.fountain").write_text(
        "INT. A #2-A#\n\nx\n\nINT. B #2_A#\n\nx\n\nINT. C #٣#\n\nx\n\nINT. D #2-A#\n\nx\n"
    )
    found = read_production(film.production)
    assert {scene.number for scene in found.value.scenes} >= {"2-A", "٣"}
    assert "2_A" not in {scene.number for scene in found.value.scenes}
    (fault,) = found.faults
    assert fault.startswith("script/lane.fountain, line 5: scene 2_A has the slate name of scene 2-A")
    assert found.skipped == 1
