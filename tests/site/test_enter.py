"""The printed link and the limit on guessing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openset.hub.people.services import person_of
from openset.site.enter import make_link, must_wait, note_failure, owner_needs_a_link, owner_user, spend
from openset.site.models import EnterLink, FailedSignIn
from openset.site.permissions import MARK, STAGE, may

pytestmark = pytest.mark.django_db


def token() -> str:
    return make_link().rsplit("/", 1)[1]


def test_a_link_is_good_once() -> None:
    one = token()
    assert spend(one)
    assert not spend(one)


def test_a_link_is_good_for_a_day() -> None:
    one = token()
    link = EnterLink.objects.get()
    link.made_at -= timedelta(hours=25)
    link.save()
    assert not spend(one)


def test_the_token_itself_is_not_kept() -> None:
    one = token()
    assert one not in str(list(EnterLink.objects.values()))


def test_a_guessed_token_is_worth_nothing() -> None:
    token()
    assert not spend("guess")


def test_the_link_signs_in_the_first_owner_who_may_roll_and_judge() -> None:
    user = owner_user()
    assert owner_user() == user
    person = person_of(user)
    assert person is not None
    assert person.id == "owner"
    assert may(user, STAGE)
    assert may(user, MARK)


def test_somebody_who_was_switched_off_may_nothing() -> None:
    user = owner_user()
    user.is_active = False
    assert not may(user, STAGE)


def test_a_link_is_needed_until_somebody_has_a_password() -> None:
    assert owner_needs_a_link()
    user = owner_user()
    assert owner_needs_a_link()
    user.set_password("a sentence to keep")
    user.save()
    assert not owner_needs_a_link()


def test_failures_count_for_a_quarter_of_an_hour() -> None:
    for _ in range(5):
        note_failure("ama")
    assert must_wait("ama")
    assert not must_wait("kofi")
    FailedSignIn.objects.update(at=FailedSignIn.objects.latest("at").at - timedelta(minutes=16))
    assert not must_wait("ama")
