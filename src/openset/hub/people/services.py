"""What is done with people: each change of a person is one journal entry."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from openset.hub.journal.files import new_id
from openset.hub.journal.models import append
from openset.hub.people import roles
from openset.hub.people.models import Account, Person
from openset.primitives.errors import BadInput

FIRST_OWNER = "owner"
"""The id of the person who owns this node from its first start."""


def first_owner(name: str = "Owner") -> Person:
    """The node's first owner, added on the first call: owner and technician, not yet fund officer."""
    found = Person.objects.filter(id=FIRST_OWNER).first()
    if found is None:
        payload = {"name": _name(name), "roles": [roles.OWNER, roles.TECHNICIAN]}
        append("person.added", FIRST_OWNER, payload)
        found = Person.objects.get(id=FIRST_OWNER)
    return found


def add_person(by: Person, name: str, given: Iterable[str]) -> Person:
    """A new person with these roles; NotAllowed unless `by` may, BadInput for a role that is none."""
    roles.require(by, roles.PEOPLE)
    person_id = new_id()
    append("person.added", person_id, {"name": _name(name), "roles": _roles(given)}, by.id)
    return Person.objects.get(id=person_id)


def set_roles(by: Person, person: Person, given: Iterable[str]) -> Person:
    """Give the person exactly these roles; nothing is written when they have them already.

    NotAllowed unless `by` may; BadInput for an unknown role, or when the last owner would be gone.
    """
    roles.require(by, roles.PEOPLE)
    wanted = _roles(given)
    if wanted == person.roles:
        return person
    others = Person.objects.exclude(id=person.id)
    if roles.OWNER not in wanted and not any(roles.OWNER in other.roles for other in others):
        raise BadInput("a hub needs an owner", todo="Make someone else an owner first")
    append("person.roles_set", person.id, {"roles": wanted}, by.id)
    return Person.objects.get(id=person.id)


def rename(by: Person, person: Person, name: str) -> Person:
    """Change a name: one's own, or anyone's for who may change people."""
    if by.id != person.id:
        roles.require(by, roles.PEOPLE)
    if _name(name) != person.name:
        append("person.renamed", person.id, {"name": _name(name)}, by.id)
    return Person.objects.get(id=person.id)


def link(user: AbstractBaseUser, person: Person) -> Account:
    """Say that this Django user is that person; BadInput when either is linked to another."""
    taken = Account.objects.filter(person_id=person.id).exclude(user_id=user.pk).exists()
    account = Account.objects.filter(user_id=user.pk).first()
    if taken or (account and account.person_id != person.id):
        raise BadInput(f"{person.name} or this account is already linked to another")
    if account is None:
        account = Account.objects.create(user_id=user.pk, person_id=person.id)
    return account


def person_of(user: AbstractBaseUser | AnonymousUser) -> Person | None:
    """The person who is signed in as this user, or None."""
    if not user.is_authenticated or user.pk is None:
        return None
    account = Account.objects.filter(user_id=user.pk).first()
    return Person.objects.filter(id=account.person_id).first() if account else None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 200:
        raise BadInput("a name has between 1 and 200 letters")
    return name


def _roles(given: Iterable[str]) -> list[str]:
    wanted = set(given)
    unknown = wanted - set(roles.ROLES)
    if unknown:
        raise BadInput(f"{sorted(unknown)[0]!r} is no role", todo=f"Roles are {', '.join(roles.ROLES)}")
    return [role for role in roles.ROLES if role in wanted]
