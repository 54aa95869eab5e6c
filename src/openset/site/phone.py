"""The phones' pages: letting phones in at the desk, the phone's own page, and the guide to HTTPS."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import segno
from cryptography import x509
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openset.site import phones
from openset.site import takes as shelf
from openset.site.certificate import authority_der, fingerprint, profile
from openset.site.permissions import MARK, STAGE, may, needs
from openset.site.phone_words import phone_words
from openset.site.secure import Kind, door_of
from openset.store.home import openset_home

MAY_SENSE = (
    "camera=(self), accelerometer=(self), gyroscope=(self), magnetometer=(self), "
    "xr-spatial-tracking=(self), screen-wake-lock=(self), fullscreen=(self), "
    "microphone=(), geolocation=(), payment=()"
)
LONGEST_NAME = 40
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def door(request: HttpRequest) -> Kind:
    """The door a page was asked for at; the desk's where no server says."""
    return door_of(getattr(request, "scope", {}))


def phone_or_desk(view: View[P]) -> View[P]:
    """A view for phones that were let in and, at the desk, for those who may run the stage."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if door(request) == "desk":
            return needs(STAGE)(view)(request, *args, **kwargs)
        if phones.phone_of(request.COOKIES.get(phones.COOKIE)) is None:
            return render(request, "site/phone_stranger.html", status=403)
        return view(request, *args, **kwargs)

    return guarded


def at_the_desk(view: View[P]) -> View[P]:
    """A view that is behind the desk's door alone."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if door(request) != "desk":
            raise Http404("not behind this door")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@never_cache
@at_the_desk
@needs(STAGE)
def desk(request: HttpRequest) -> HttpResponseBase:
    """What is open to phones, and which are here."""
    return _desk(request)


@require_POST
@at_the_desk
@needs(STAGE)
def pair(request: HttpRequest) -> HttpResponseBase:
    """Make a link that lets one phone in, and show it once."""
    if not settings.PHONES_AT or not request.user.is_authenticated:
        return redirect("phones")
    name = " ".join(request.POST.get("name", "").split())[:LONGEST_NAME]
    token = phones.make_pairing(request.user, name, may_command="command" in request.POST)
    return _desk(request, phones.pairing_address(token))


@require_POST
@at_the_desk
@needs(STAGE)
def send_away(request: HttpRequest, number: int) -> HttpResponseBase:
    """End what a phone may do."""
    phones.send_away(number)
    return redirect("phones")


def _desk(request: HttpRequest, link: str = "") -> HttpResponseBase:
    certificate = _authority()
    context = {
        "phones_at": settings.PHONES_AT,
        "guide_at": settings.GUIDE_AT,
        "guide_code": _code(settings.GUIDE_AT + "/") if settings.GUIDE_AT else "",
        "fingerprint": _in_rows(certificate) if certificate else [],
        "link": link,
        "link_code": _code(link) if link else "",
        "minutes": round(phones.GOOD_FOR.total_seconds() / 60),
        "hours": round(phones.STAYS_FOR.total_seconds() / 3600),
        "phones": phones.present(),
    }
    return render(request, "site/phones.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """The scanned link: asks first, so that a preview of it spends nothing; then lets the phone in."""
    if door(request) == "guide":
        raise Http404("not over plain HTTP")
    if request.method != "POST":
        return render(request, "site/phone_enter.html", {"token": token})
    phone = phones.spend(token)
    if phone is None:
        return render(request, "site/phone_stranger.html", {"spent": True}, status=403)
    answer = redirect("phone")
    answer.set_cookie(
        phones.COOKIE,
        phones.cookie_value(phone),
        max_age=phones.STAYS_FOR,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return answer


@require_safe
@never_cache
@phone_or_desk
def phone(request: HttpRequest) -> HttpResponseBase:
    """The phone's own page: tracker, viewfinder, and roll and cut for those who may."""
    if door(request) == "guide":
        raise Http404("not over plain HTTP")
    known = phones.phone_of(request.COOKIES.get(phones.COOKIE)) if door(request) == "phones" else None
    user = request.user
    may_roll = phones.phone_may(known, STAGE) if known else may(user, STAGE)
    may_mark = phones.phone_may(known, MARK) if known else may(user, MARK)
    context = {
        "productions": [(one.id, one.title) for one in shelf.productions()],
        "chosen": request.GET.get("production", ""),
        "words": phone_words(),
        "name": known.name if known else _("This browser"),
        "may_command": may_roll and may_mark,
        "guide_at": settings.GUIDE_AT,
    }
    answer = render(request, "site/phone.html", context)
    answer.headers["Permissions-Policy"] = MAY_SENSE
    return answer


@require_safe
def guide(request: HttpRequest) -> HttpResponseBase:
    """How a phone comes to trust this machine, browser by browser."""
    certificate = _authority()
    context = {
        "phones_at": settings.PHONES_AT,
        "fingerprint": _in_rows(certificate) if certificate else [],
        "ends": certificate.not_valid_after_utc if certificate else None,
        "system": _system(request.headers.get("User-Agent", "")),
    }
    return render(request, "site/phone_guide.html", context)


@require_safe
def authority_file(request: HttpRequest) -> HttpResponseBase:
    """The authority's certificate, as Android and desktop browsers take it."""
    certificate = _authority_or_404()
    return _download(authority_der(certificate), "application/x-x509-ca-cert", "openset.crt")


@require_safe
def authority_profile(request: HttpRequest) -> HttpResponseBase:
    """The same as iOS takes it."""
    certificate = _authority_or_404()
    return _download(profile(certificate), "application/x-apple-aspen-config", "openset.mobileconfig")


def _download(data: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _authority() -> x509.Certificate | None:
    try:
        pem = (openset_home() / "phones" / "authority.crt").read_bytes()
        return x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError):
        return None


def _authority_or_404() -> x509.Certificate:
    certificate = _authority()
    if certificate is None:
        raise Http404("there is no authority yet")
    return certificate


def _in_rows(certificate: x509.Certificate) -> list[str]:
    """The fingerprint as people compare it: four rows of eight pairs."""
    pairs = fingerprint(certificate).split(":")
    return [" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8)]


def _code(address: str) -> SafeString:
    """A QR code as inline SVG, black on white, with its quiet border."""
    made = segno.make(address, error="m", micro=False)
    svg = made.svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return mark_safe(svg.replace("<svg ", '<svg class="code" aria-hidden="true" focusable="false" ', 1))


def _system(agent: str) -> str:
    """Which steps of the guide come first."""
    if "iPhone" in agent or "iPad" in agent:
        return "ios"
    if "Android" in agent:
        return "firefox" if "Firefox" in agent else "android"
    return "desk"
