"""Forms of people know every role and no other."""

from openset.hub.people.forms import ROLE_WORDS, PersonForm, RolesForm
from openset.hub.people.roles import ROLES


def test_every_role_has_a_word() -> None:
    assert tuple(ROLE_WORDS) == ROLES


def test_a_person_without_roles_may_be_added_and_a_role_that_is_none_may_not() -> None:
    assert PersonForm({"name": "Nia"}).is_valid()
    assert not RolesForm({"roles": ["king"]}).is_valid()
    assert not PersonForm({"name": "x" * 201}).is_valid()
