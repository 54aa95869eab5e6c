"""People as a projection of the journal, and the accounts by which they sign in on this machine."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from openset.hub.journal.entry import Entry
from openset.hub.journal.projections import projection_tables, projects


class Person(models.Model):
    """One person of the hub. A projection: written by the handlers below and by nothing else."""

    id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=200)
    roles = models.JSONField()

    class Meta:
        db_table = "people_person"

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """Which person a Django user is. Local, not in the journal, as passwords are Django's own."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    person_id = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "people_account"


@projects("person.added")
def _person_added(entry: Entry) -> None:
    Person.objects.create(id=entry.subject, name=entry.payload["name"], roles=entry.payload["roles"])


@projects("person.renamed")
def _person_renamed(entry: Entry) -> None:
    Person.objects.filter(id=entry.subject).update(name=entry.payload["name"])


@projects("person.roles_set")
def _person_roles_set(entry: Entry) -> None:
    Person.objects.filter(id=entry.subject).update(roles=entry.payload["roles"])


projection_tables("people", [Person])
