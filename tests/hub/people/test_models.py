"""The Person table follows from the journal."""

import pytest

from openset.hub.journal.models import append, rebuild
from openset.hub.people.models import Person

pytestmark = pytest.mark.django_db


def test_a_person_is_what_the_newest_entries_say() -> None:
    append("person.added", "p1", {"name": "Ama", "roles": ["viewer"]})
    append("person.renamed", "p1", {"name": "Ama Serwaa"})
    append("person.roles_set", "p1", {"roles": ["owner"]})
    person = Person.objects.get()
    assert (person.id, str(person), person.roles) == ("p1", "Ama Serwaa", ["owner"])


def test_a_row_written_past_the_journal_is_gone_after_a_rebuild() -> None:
    append("person.added", "p1", {"name": "Ama", "roles": []})
    Person.objects.create(id="ghost", name="Nobody signed for me", roles=["owner"])
    rebuild()
    assert [person.id for person in Person.objects.all()] == ["p1"]
