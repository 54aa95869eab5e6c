"""Letting phones in: once, within minutes, as far as was said, and out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from openset.hub.people.roles import MARK, STAGE
from openset.site import phones
from openset.site.enter import owner_user
from openset.site.models import Phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return owner_user()


def test_a_token_lets_one_phone_in_once(owner: User) -> None:
    token = phones.make_pairing(owner, "Ama", may_command=True)
    phone = phones.spend(token)
    assert phone is not None
    assert (phone.name, phone.may_command, phone.made_by) == ("Ama", True, owner)
    assert phones.spend(token) is None
    assert token not in str(Phone.objects.values_list())


def test_a_token_is_good_for_minutes(owner: User) -> None:
    token = phones.make_pairing(owner, "")
    Phone.objects.update(made_at=timezone.now() - phones.GOOD_FOR - timedelta(seconds=1))
    assert phones.spend(token) is None


@pytest.mark.parametrize("guess", ["", "x", "a" * 5000, "\0"])
def test_a_guess_lets_nobody_in(owner: User, guess: str) -> None:
    phones.make_pairing(owner, "")
    assert phones.spend(guess) is None


def test_the_cookie_is_the_phone_and_a_forged_one_nobody(owner: User) -> None:
    phone = phones.spend(phones.make_pairing(owner, ""))
    assert phone is not None
    value = phones.cookie_value(phone)
    assert phones.phone_of(value) == phone
    head, _, sign = value.rpartition(":")
    for forged in (None, "", value[:-1], head + ":" + sign[::-1], str(phone.pk), "x" * 300):
        assert phones.phone_of(forged) is None
    assert phones.phone_of(signing.dumps(phone.pk)) is None  # signed for something else
    assert phones.phone_of(signing.dumps("1 OR 1", salt="openset.site.phone")) is None


def test_a_link_that_was_never_used_is_no_phone(owner: User) -> None:
    phones.make_pairing(owner, "")
    phone = Phone.objects.get()
    assert phones.phone_of(phones.cookie_value(phone)) is None


def test_a_cookie_grows_old(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = phones.spend(phones.make_pairing(owner, ""))
    assert phone is not None
    value = phones.cookie_value(phone)
    monkeypatch.setattr(phones, "STAYS_FOR", timedelta(seconds=-1))
    assert phones.phone_of(value) is None


def test_a_phone_that_is_sent_away_is_out_at_once(owner: User) -> None:
    phone = phones.spend(phones.make_pairing(owner, "", may_command=True))
    assert phone is not None
    value = phones.cookie_value(phone)
    assert phones.present() == [phone]
    assert phones.send_away(phone.pk)
    assert not phones.send_away(phone.pk)
    assert phones.phone_of(value) is None
    assert phones.present() == []


def test_a_phone_may_as_much_as_was_said_while_its_maker_may(owner: User) -> None:
    plain = phones.spend(phones.make_pairing(owner, ""))
    crew = phones.spend(phones.make_pairing(owner, "", may_command=True))
    assert not phones.phone_may(plain, STAGE)
    assert phones.phone_may(crew, STAGE)
    assert phones.phone_may(crew, MARK)
    assert not phones.phone_may(None, STAGE)
    stranger = User.objects.create(username="stranger")
    theirs = phones.spend(phones.make_pairing(stranger, "", may_command=True))
    assert not phones.phone_may(theirs, STAGE)


def test_a_phone_goes_with_its_makers_account(owner: User) -> None:
    phone = phones.spend(phones.make_pairing(owner, ""))
    assert phone is not None
    owner.is_active = False
    owner.save()
    assert phones.phone_of(phones.cookie_value(phone)) is None


def test_a_cookie_header_of_a_socket_is_read_as_a_pages(owner: User) -> None:
    phone = phones.spend(phones.make_pairing(owner, ""))
    assert phone is not None
    value = phones.cookie_value(phone)
    assert phones.phone_of(value) == phone
    found = phones.phone_of(phones.parse_cookie(f"a=b; {phones.COOKIE}={value}").get(phones.COOKIE))
    assert found == phone
