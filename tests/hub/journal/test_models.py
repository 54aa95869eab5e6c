"""The journal in the database: append-only, whole or not at all, and the tables follow from it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction

from openset.hub.journal import projections
from openset.hub.journal.clock import Stamp
from openset.hub.journal.entry import Entry, EntryError, body, sign
from openset.hub.journal.models import AppendOnly, EntryRow, append, check_journal, rebuild, row_fault
from openset.hub.people.models import Person

pytestmark = pytest.mark.django_db

AMA = {"name": "Ama Serwaa", "roles": ["owner"]}
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


@pytest.fixture
def failing_kind() -> Iterator[str]:
    @projections.projects("test.fails")
    def fail(entry: Entry) -> None:
        Person.objects.create(id=entry.subject, name="half done", roles=[])
        raise BadProjection(entry.subject)

    yield "test.fails"
    projections.forget("test.fails")


class BadProjection(Exception):
    """What the failing handler raises."""


def people() -> list[tuple[Any, ...]]:
    """The projection table as SQLite holds it, byte for byte."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_person ORDER BY id")
        return list(cursor.fetchall())


def test_an_entry_and_its_row_appear_together() -> None:
    append("person.added", "p1", AMA)
    assert EntryRow.objects.get().entry.payload == AMA
    assert Person.objects.get(id="p1").name == "Ama Serwaa"


def test_entries_of_one_device_form_a_chain_that_verifies() -> None:
    first = append("person.added", "p1", AMA, now_ms=1000)
    second = append("person.renamed", "p1", {"name": "Ama"}, "p1", now_ms=400)
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous == EntryRow.objects.get(sequence=1).hash
    assert second.time == Stamp(1000, 1)
    assert check_journal() == ()


def test_two_devices_keep_two_logs_and_one_order() -> None:
    append("person.added", "p1", AMA, now_ms=1000)
    append("person.renamed", "p1", {"name": "Ama S."}, key=OTHER, now_ms=900)
    append("person.renamed", "p1", {"name": "A. Serwaa"}, now_ms=950)
    assert [(row.sequence, row.wall_ms, row.count) for row in EntryRow.objects.order_by("id")] == [
        (1, 1000, 0),
        (1, 1000, 1),
        (2, 1000, 2),
    ]
    assert check_journal() == ()


def test_one_stamp_from_the_far_future_hides_no_other() -> None:
    """A device a minute ahead is followed even where another one's clock is wild."""
    append("person.added", "p1", AMA, now_ms=100_000_000, key=OTHER)
    wild = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    append("person.added", "p2", AMA, now_ms=10**12, key=wild)
    later = append("person.renamed", "p1", {"name": "Ama"}, now_ms=99_940_000)
    assert later.time == Stamp(100_000_000, 1)


def test_a_projection_that_fails_leaves_neither_entry_nor_row(failing_kind: str) -> None:
    append("person.added", "p1", AMA)
    with pytest.raises(BadProjection):
        append(failing_kind, "p2", {})
    assert EntryRow.objects.count() == 1
    assert not Person.objects.filter(id="p2").exists()
    assert append("person.renamed", "p1", {"name": "Ama"}).sequence == 2
    assert check_journal() == ()


def test_a_payload_without_canonical_form_writes_nothing() -> None:
    with pytest.raises(EntryError):
        append("person.added", "p1", {"name": 0.5, "roles": []})
    assert not EntryRow.objects.exists()


def test_the_model_refuses_to_change_or_remove_an_entry() -> None:
    append("person.added", "p1", AMA)
    row = EntryRow.objects.get()
    row.author = "someone else"
    rows = EntryRow.objects.all()
    for attempt in (
        row.save,
        row.delete,
        rows.delete,
        lambda: rows.update(author="x"),
        lambda: rows.bulk_update([row], ["author"]),
        lambda: rows.bulk_create([row]),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    assert EntryRow.objects.get().author == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET author = 'x'",
        "DELETE FROM journal_entry",
        "REPLACE INTO journal_entry SELECT * FROM journal_entry",
    ],
)
def test_the_database_itself_refuses_too(statement: str) -> None:
    append("person.added", "p1", AMA)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert EntryRow.objects.get().author == ""


def test_the_same_number_of_one_device_cannot_be_kept_twice() -> None:
    append("person.added", "p1", AMA)
    row = EntryRow.objects.get()
    twin = EntryRow(**{field.attname: getattr(row, field.attname) for field in row._meta.fields})
    twin.id, twin.hash = 99, "f" * 64
    with pytest.raises(DatabaseError), transaction.atomic():
        twin.save()


def test_rebuilding_gives_the_same_tables_byte_for_byte() -> None:
    for number in range(6):
        append("person.added", f"p{number}", {"name": f"Person {number} é", "roles": ["viewer"]})
    append("person.roles_set", "p3", {"roles": ["owner", "technician"]})
    append("person.renamed", "p1", {"name": "Kofi"})
    before = people()
    Person.objects.filter(id="p3").update(name="changed behind the journal's back")
    Person.objects.filter(id="p4").delete()
    assert rebuild() == (8, 0)
    assert people() == before


def test_a_kind_nobody_here_knows_is_kept_and_skipped() -> None:
    append("spaceship.launched", "x", {"destination": "Kumasi"})
    append("person.added", "p1", AMA, version=7)
    assert rebuild() == (0, 2)
    assert EntryRow.objects.count() == 2
    assert check_journal() == ()


def test_a_rebuild_that_fails_leaves_the_tables_as_they_were(failing_kind: str) -> None:
    append("person.added", "p1", AMA)
    handler = projections._handlers.pop((failing_kind, 1))
    append(failing_kind, "p2", {})
    projections._handlers[(failing_kind, 1)] = handler
    before = people()
    with pytest.raises(BadProjection):
        rebuild()
    assert people() == before


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("body", '{"kind":"nonsense"}', "cannot be read"),
        ("author", "someone else", "other things than the columns"),
        ("kind", "person.renamed", "other things than the columns"),
        ("wall_ms", 5, "other things than the columns"),
        ("hash", "f" * 64, "not the one its hash names"),
        ("signature", "0" * 128, "not signed"),
    ],
)
def test_an_edit_behind_the_triggers_is_found_and_named(column: str, value: Any, said: str) -> None:
    append("person.added", "p1", AMA)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER journal_entry_no_update")
        cursor.execute(f"UPDATE journal_entry SET {column} = %s", [value])
    assert said in row_fault(EntryRow.objects.get())
    (fault, *_) = check_journal()
    assert said in fault.text


def test_an_entry_removed_from_the_end_of_the_file_is_a_gap_once_the_log_goes_on() -> None:
    for number in range(3):
        append("person.added", f"p{number}", AMA)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER journal_entry_no_delete")
        cursor.execute("DELETE FROM journal_entry WHERE sequence = 2")
    assert [fault.kind for fault in check_journal()] == ["gap"]


def test_a_forged_entry_with_fitting_columns_is_found() -> None:
    append("person.added", "p1", AMA)
    row = EntryRow.objects.get()
    forged = sign(
        replace(row.entry, device=_device(OTHER), payload={"name": "Eve", "roles": ["owner"]}), OTHER
    )
    EntryRow(
        hash="e" * 64,
        device=row.device,
        sequence=2,
        wall_ms=row.wall_ms,
        count=row.count,
        kind=row.kind,
        subject=row.subject,
        author=row.author,
        body=body(forged).decode(),
        signature=forged.signature,
    ).save()
    assert "columns beside it" in check_journal()[0].text


def _device(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_sqlite_here_is_new_enough_for_what_the_journal_asks() -> None:
    assert sqlite3.sqlite_version_info >= (3, 31)
