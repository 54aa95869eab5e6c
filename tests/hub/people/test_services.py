"""Changes of people are journal entries; accounts stay on this machine."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from openset.hub.journal.models import EntryRow, check_journal, rebuild
from openset.hub.people.models import Account, Person
from openset.hub.people.roles import NotAllowed
from openset.hub.people.services import (
    FIRST_OWNER,
    add_person,
    first_owner,
    link,
    person_of,
    rename,
    set_roles,
)
from openset.primitives.errors import BadInput

pytestmark = pytest.mark.django_db


def test_the_first_owner_is_added_once() -> None:
    assert first_owner("Ama").id == FIRST_OWNER
    assert first_owner("Someone else").name == "Ama"
    assert EntryRow.objects.count() == 1
    assert Person.objects.get().roles == ["owner", "technician"]


def test_an_owner_adds_a_fund_officer_and_the_journal_says_who_did_it() -> None:
    owner = first_owner()
    officer = add_person(owner, "  Rosa   Quispe ", ["fund officer"])
    assert (officer.name, officer.roles) == ("Rosa Quispe", ["fund officer"])
    assert EntryRow.objects.latest("id").author == owner.id
    assert check_journal() == ()


def test_only_an_owner_adds_people_and_gives_roles() -> None:
    owner = first_owner()
    viewer = add_person(owner, "Nia", ["viewer"])
    with pytest.raises(NotAllowed):
        add_person(viewer, "Friend", ["owner"])
    with pytest.raises(NotAllowed):
        set_roles(viewer, viewer, ["owner"])
    assert Person.objects.get(id=viewer.id).roles == ["viewer"]


def test_roles_are_kept_in_one_order_and_an_unchanged_set_writes_nothing() -> None:
    owner = first_owner()
    assert set_roles(owner, owner, ["fund officer", "owner"]).roles == ["owner", "fund officer"]
    before = EntryRow.objects.count()
    set_roles(owner, Person.objects.get(id=owner.id), ["owner", "fund officer"])
    assert EntryRow.objects.count() == before


def test_the_last_owner_cannot_stop_being_one() -> None:
    owner = first_owner()
    with pytest.raises(BadInput, match="needs an owner"):
        set_roles(owner, owner, ["viewer"])
    add_person(owner, "Second", ["owner"])
    assert set_roles(owner, owner, ["viewer"]).roles == ["viewer"]


def test_a_role_that_is_none_and_an_empty_name_are_refused() -> None:
    owner = first_owner()
    with pytest.raises(BadInput, match="'king' is no role"):
        add_person(owner, "Kofi", ["king"])
    with pytest.raises(BadInput, match="a name has"):
        add_person(owner, "   ", ["viewer"])


def test_people_change_their_own_name_and_nobody_else_s() -> None:
    owner = first_owner()
    viewer = add_person(owner, "Nia", ["viewer"])
    assert rename(viewer, viewer, "Nia O.").name == "Nia O."
    with pytest.raises(NotAllowed):
        rename(viewer, owner, "Boss")


def test_an_account_is_one_person_and_survives_a_rebuild() -> None:
    owner = first_owner()
    user = User.objects.create_user("ama")
    link(user, owner)
    link(user, owner)
    rebuild()
    assert person_of(user) == owner
    assert person_of(AnonymousUser()) is None
    assert person_of(User.objects.create_user("stranger")) is None


def test_an_account_and_a_person_are_not_linked_twice() -> None:
    owner = first_owner()
    viewer = add_person(owner, "Nia", ["viewer"])
    user = User.objects.create_user("ama")
    link(user, owner)
    with pytest.raises(BadInput, match="already linked"):
        link(user, viewer)
    with pytest.raises(BadInput, match="already linked"):
        link(User.objects.create_user("other"), owner)
    assert Account.objects.count() == 1
