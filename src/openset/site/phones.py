"""Phones that were let in: a link good once and for minutes, then a signed cookie for their pages."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import close_old_connections
from django.http import parse_cookie
from django.utils import timezone

from openset.site.models import Phone
from openset.site.permissions import may

GOOD_FOR = timedelta(minutes=10)
STAYS_FOR = timedelta(hours=16)
FORGOTTEN_AFTER = timedelta(days=7)
COOKIE = "openset_phone"
_SALT = "openset.site.phone"


def make_pairing(user: User, name: str, *, may_command: bool = False) -> str:
    """A new token that lets one phone in, once, within minutes."""
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    Phone.objects.filter(made_at__lt=now - FORGOTTEN_AFTER).delete()
    Phone.objects.filter(made_at__lt=now - GOOD_FOR, used_at=None).delete()
    Phone.objects.create(
        digest=_digest(token), name=name[:40], made_by=user, may_command=may_command, made_at=now
    )
    return token


def spend(token: str) -> Phone | None:
    """The phone the token lets in; afterwards it lets nobody in. One update decides between two."""
    now = timezone.now()
    fresh = Phone.objects.filter(
        digest=_digest(token), used_at=None, ended_at=None, made_at__gte=now - GOOD_FOR
    )
    if fresh.update(used_at=now) != 1:
        return None
    return Phone.objects.get(digest=_digest(token))


def cookie_value(phone: Phone) -> str:
    """What the phone shows from now on."""
    return signing.dumps(phone.pk, salt=_SALT)


def phone_of(cookie: str | None) -> Phone | None:
    """The phone behind a cookie's value; None where it is forged, too old, or was sent away."""
    if not cookie or len(cookie) > 200:
        return None
    try:
        number = signing.loads(cookie, salt=_SALT, max_age=STAYS_FOR)
    except signing.BadSignature:
        return None
    if not isinstance(number, int):
        return None
    phone = Phone.objects.select_related("made_by").filter(pk=number, ended_at=None).first()
    return (
        phone if phone is not None and phone.used_at is not None and phone.made_by.is_active else None
    )


def phone_may(phone: Phone | None, action: str) -> bool:
    """Whether the phone may do this: as far as it was allowed to, and its maker still may."""
    return phone is not None and phone.may_command and may(phone.made_by, action)


def phone_in_header(cookie_header: str) -> Phone | None:
    """The phone of a raw Cookie header, for sockets; closes what it opened of the database."""
    close_old_connections()
    try:
        return phone_of(parse_cookie(cookie_header).get(COOKIE))
    finally:
        close_old_connections()


def present() -> list[Phone]:
    """The phones that are let in now, the newest first."""
    since = timezone.now() - STAYS_FOR
    let_in = Phone.objects.filter(used_at__gte=since, ended_at=None)
    return list(let_in.select_related("made_by").order_by("-used_at"))


def send_away(number: int) -> bool:
    """End what a phone may do; at once."""
    return Phone.objects.filter(pk=number, ended_at=None).update(ended_at=timezone.now()) == 1


def pairing_address(token: str) -> str:
    """Where the link leads: the phones' own door, over HTTPS."""
    return f"{settings.PHONES_AT}/phone/enter/{token}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
