"""Identifiers, and where they lead."""

from __future__ import annotations

from typing import Any

from openset.formats.omc_links import cycles, inside, missing, own_identifiers


def node(kind: str, value: str, **fields: Any) -> dict[str, Any]:
    return {"entityType": kind, **ref(value), **fields}


def ref(value: str) -> dict[str, Any]:
    return {"identifier": [{"identifierScope": "s", "identifierValue": value}]}


def test_only_whole_identifiers_count_and_each_once() -> None:
    found = {
        "identifier": [
            {"identifierScope": "s", "identifierValue": "1"},
            {"identifierScope": "s"},
            {"identifierScope": "s", "identifierValue": ""},
            7,
            {"identifierScope": "t", "identifierValue": "2"},
            {"identifierScope": "s", "identifierValue": "1"},
        ]
    }
    assert own_identifiers(found) == (("s", "1"), ("t", "2"))
    assert own_identifiers({"identifier": "s"}) == own_identifiers(None) == ()


def test_everything_inside_is_found_in_order() -> None:
    whole = node("A", "1", Context=[node("C", "2", uses={"B": [ref("3"), node("B", "4")]})], Z=ref("5"))
    assert [own_identifiers(each)[0][1] for each in inside(whole)] == ["2", "3", "4", "5"]


def test_a_reference_is_met_by_any_of_an_entitys_identifiers() -> None:
    person = {**node("P", "1"), "identifier": [*ref("1")["identifier"], *ref("imdb")["identifier"]]}
    assert list(missing([person, node("A", "2", Director=[ref("imdb")])])) == []
    assert list(missing([node("A", "2", Director=[ref("x"), ref("y"), ref("x")])])) == [
        "2 Director referred to and not in this file, the first s x"
    ]


def test_entities_that_name_each_other_in_their_context_are_no_circle() -> None:
    one = node("A", "1", Context=[{"has": {"A": [ref("2")]}}])
    two = node("A", "2", Context=[{"for": {"A": [ref("1")]}}])
    assert list(cycles([one, two])) == []


def test_two_circles_are_two_and_a_tail_is_none() -> None:
    nodes = [
        *(node("A", "1", A=[ref("2")]), node("A", "2", A=[ref("1"), ref("3")]), node("A", "3")),
        *(node("B", "4", version={"RevisionOf": ref("5")}), node("B", "5", RevisionOf=ref("4"))),
        node("A", "6", B=[ref("4")]),
    ]
    assert list(cycles(nodes)) == ["1 holds itself by way of 2", "4 holds itself by way of 5"]


def test_a_long_chain_is_followed_without_end() -> None:
    count = 20_000
    nodes = [node("A", str(each), A=[ref(str((each + 1) % count))]) for each in range(count)]
    assert list(cycles(nodes)) == ["0 holds itself by way of 1, 2, 3"]
