"""The forms: guessing is slow, a name can be signed in with, a password is not too easy."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from openset.site.forms import AccountForm, MarksForm, SignInForm
from openset.site.models import FailedSignIn

pytestmark = pytest.mark.django_db

PASSWORD = "a sentence to keep"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """What slows a guess down by design would slow these tests too."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(username: str, password: str = "guess", address: str = "127.0.0.1") -> SignInForm:
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR=address)
    return SignInForm(request, data={"username": username, "password": password})


def codes(form: Any) -> list[str]:
    return [error.code for error in form.non_field_errors().as_data()]


def account(
    user: User, username: str, password: str = PASSWORD, again: str | None = None
) -> AccountForm:
    data = {"username": username, "password": password, "again": password if again is None else again}
    return AccountForm(data, user=user)


@pytest.fixture
def ama() -> User:
    return User.objects.create_user("ama", password=PASSWORD)


def test_the_right_password_lets_in_and_clears_the_count(ama: User) -> None:
    for _ in range(4):
        assert codes(sign_in("ama")) == ["invalid_login"]
    right = sign_in("ama", PASSWORD)
    assert right.is_valid()
    assert right.get_user() == ama
    assert not FailedSignIn.objects.exists()


def test_the_sixth_guess_waits_whatever_it_is(ama: User) -> None:
    for _ in range(5):
        sign_in("ama").is_valid()
    assert codes(sign_in("ama", PASSWORD)) == ["wait"]
    assert codes(sign_in("AMA", PASSWORD)) == ["wait"]
    assert FailedSignIn.objects.count() == 5


def test_another_name_and_another_machine_do_not_wait(ama: User) -> None:
    for _ in range(5):
        sign_in("ama").is_valid()
    assert codes(sign_in("kofi")) == ["invalid_login"]
    assert sign_in("ama", PASSWORD, address="127.0.0.2").is_valid()


@pytest.mark.parametrize("password", ["", None])
def test_a_form_without_a_password_clears_no_count(password: str | None, ama: User) -> None:
    for _ in range(5):
        sign_in("ama").is_valid()
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR="127.0.0.1")
    data = {"username": "ama"} if password is None else {"username": "ama", "password": password}
    assert not SignInForm(request, data=data).is_valid()
    assert codes(sign_in("ama", PASSWORD)) == ["wait"]


def test_a_form_without_a_password_between_guesses_wins_no_guesses(ama: User) -> None:
    for _ in range(3):
        sign_in("ama").is_valid()
    assert not sign_in("ama", "").is_valid()
    for _ in range(2):
        sign_in("ama").is_valid()
    assert codes(sign_in("ama", PASSWORD)) == ["wait"]


def test_a_name_that_grows_when_folded_is_counted_too() -> None:
    long_name = "ΐ" * 150  # each letter folds to three
    for _ in range(5):
        assert codes(sign_in(long_name)) == ["invalid_login"]
    assert codes(sign_in(long_name)) == ["wait"]


def test_somebody_switched_off_is_not_let_in(ama: User) -> None:
    User.objects.update(is_active=False)
    assert not sign_in("ama", PASSWORD).is_valid()


@pytest.mark.parametrize("name", ["kofi", "أمينة", "Émile", "E\u0301mile", "ｋｏｆｉ", "  kofi  "])
def test_a_name_can_be_signed_in_with_as_it_was_typed(name: str, ama: User) -> None:
    form = account(ama, name)
    assert form.is_valid(), form.errors
    ama.username = form.cleaned_data["username"]
    ama.set_password(form.cleaned_data["password"])
    ama.save()
    again = sign_in(name, PASSWORD)
    assert again.is_valid()
    assert again.get_user() == ama


@pytest.mark.parametrize("name", ["Kofi", " KOFI ", "ｋｏｆｉ"])
def test_a_name_somebody_has_is_refused_however_it_is_written(name: str, ama: User) -> None:
    User.objects.create_user("kofi")
    form = account(ama, name)
    assert not form.is_valid()
    assert list(form.errors) == ["username"]


def test_ones_own_name_may_stay(ama: User) -> None:
    assert account(ama, "Ama").is_valid()


@pytest.mark.parametrize("name", ["", "   ", "a" * 151, "a\0b", "ﷺ" * 20])
def test_a_name_that_is_none_is_refused(name: str, ama: User) -> None:
    form = account(ama, name)
    assert not form.is_valid()
    assert list(form.errors) == ["username"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("too short", "password_too_short"),
        ("1234567890", "password_too_common"),
        ("kofi-of-lane-market", "password_too_similar"),
        ("Kofi-of-Lane-Market2", "password_too_similar"),
    ],
)
def test_an_easy_password_is_refused_by_the_new_name_too(password: str, code: str, ama: User) -> None:
    form = account(ama, "kofi-of-lane-market", password)
    assert not form.is_valid()
    assert code in codes(form)
    assert ama.username == "ama"


def test_spaces_of_a_password_count_and_the_two_must_agree(ama: User) -> None:
    form = account(ama, "ama", f" {PASSWORD} ")
    assert form.is_valid()
    assert form.cleaned_data["password"] == f" {PASSWORD} "
    assert not account(ama, "ama", PASSWORD, f"{PASSWORD} ").is_valid()
    assert not account(ama, "ama", PASSWORD, "").is_valid()
    assert not account(ama, "ama", "", PASSWORD).is_valid()


@pytest.mark.parametrize(
    ("data", "marks"),
    [
        ({}, (False, "", "")),
        ({"circled": "on", "rating": "5", "note": "Watch the hem."}, (True, 5, "Watch the hem.")),
        ({"rating": "0", "note": "x" * 2000}, (False, 0, "x" * 2000)),
        ({"note": " ماء\n<b>"}, (False, "", "ماء\n<b>")),
    ],
    ids=["nothing", "all", "the longest note", "arabic"],
)
def test_what_is_said_about_a_take_is_read(data: dict[str, str], marks: tuple[Any, ...]) -> None:
    form = MarksForm(data)
    assert form.is_valid()
    assert tuple(form.cleaned_data[name] for name in ("circled", "rating", "note")) == marks


@pytest.mark.parametrize(
    "data",
    [{"rating": "6"}, {"rating": "-1"}, {"rating": "five"}, {"note": "x" * 2001}, {"note": "\0"}],
)
def test_what_cannot_be_said_about_a_take_is_refused(data: dict[str, str]) -> None:
    form = MarksForm(data)
    assert not form.is_valid()
    assert list(form.errors) == list(data)
