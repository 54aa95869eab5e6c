"""Identifiers that stay, and records in the order they are written."""

from __future__ import annotations

from openset.formats.omc_model import Person, Records, Scene, Slate, Work, identifier


def test_the_same_thing_of_the_same_scope_has_the_same_identifier_always() -> None:
    one = identifier("openset/lane", "slt", "1-A-t01")
    assert one == ("openset/lane", "slt/62ab5aac-3577-56f7-8032-129ca254a0fb")
    others = {
        identifier("openset/lane", "slt", "1-A-t02"),
        identifier("openset/lane", "ast", "1-A-t01"),
        identifier("openset/other", "slt", "1-A-t01"),
    }
    assert len(others | {one}) == 4


def test_records_are_listed_work_first() -> None:
    ids = (("a", "b"),)
    records = Records((Work(ids),), (Scene(ids),), (Slate(ids),), people=(Person(ids),))
    assert [type(each).__name__ for each in records.entities] == ["Work", "Person", "Scene", "Slate"]


def test_roles_are_read_from_what_the_file_said() -> None:
    more = {"participantFC": {"Role": [{"roleType": "director"}, {"roleType": None}, 3]}}
    assert Person((("a", "b"),), "Ama", more=more).roles == ("director",)
