"""The way in without a password: a link printed at the first start, good once, for a day."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from openset.hub.people.models import Account
from openset.hub.people.services import first_owner, link
from openset.site.models import EnterLink, FailedSignIn

GOOD_FOR = timedelta(hours=24)
WINDOW = timedelta(minutes=15)
MOST_FAILURES = 5
LONGEST_KEY = 200


def make_link(base_url: str = "http://127.0.0.1:8000") -> str:
    """A new address that signs the owner of this machine in, once, within a day."""
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    EnterLink.objects.filter(made_at__lt=now - GOOD_FOR).delete()
    EnterLink.objects.create(digest=_digest(token), made_at=now)
    return base_url.rstrip("/") + reverse("enter", args=[token])


def spend(token: str) -> bool:
    """Whether the token was still good; afterwards it is not. One update decides, so two visitors
    with one link cannot both come in."""
    now = timezone.now()
    good = EnterLink.objects.filter(digest=_digest(token), used_at=None, made_at__gte=now - GOOD_FOR)
    return good.update(used_at=now) == 1


def owner_needs_a_link() -> bool:
    """True while nobody on this machine has set a password."""
    people = get_user_model().objects.filter(is_active=True)
    return not any(person.has_usable_password() for person in people)


def owner_user() -> User:
    """The account a link signs in: the first owner's, made when there is none yet."""
    person = first_owner()
    users = User.objects
    account = Account.objects.filter(person_id=person.id).first()
    if account is not None:
        return users.get(pk=account.user_id)
    user, new = users.get_or_create(username=person.id)
    if new:
        user.set_unusable_password()
        user.save()
    link(user, person)
    return user


def must_wait(key: str) -> bool:
    """True after too many failures under this key in the last quarter of an hour."""
    since = timezone.now() - WINDOW
    return FailedSignIn.objects.filter(key=key[:LONGEST_KEY], at__gte=since).count() >= MOST_FAILURES


def note_failure(key: str) -> None:
    """Remember a failure and forget those that no longer count."""
    now = timezone.now()
    FailedSignIn.objects.filter(at__lt=now - WINDOW).delete()
    FailedSignIn.objects.create(key=key[:LONGEST_KEY], at=now)


def forget_failures(key: str) -> None:
    """A right password clears the count."""
    FailedSignIn.objects.filter(key=key[:LONGEST_KEY]).delete()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
