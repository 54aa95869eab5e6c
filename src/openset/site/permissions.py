"""Who may do what on the pages: the signed-in user's person, asked against the hub's own table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from openset.hub.people.roles import MARK, STAGE, can
from openset.hub.people.services import person_of

__all__ = ["MARK", "STAGE", "may", "needs"]

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def may(user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
    """Whether this Django user (anonymous too) may do the action."""
    return can(person_of(user) if user.is_active else None, action)


def needs(action: str) -> Callable[[View[P]], View[P]]:
    """A view for those who may do `action`: others sign in first, or are refused."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                back = request.headers.get("Referer") or request.path
                return redirect_to_login(local_path(request, back))
            if not may(request.user, action):
                raise PermissionDenied(action)
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def local_path(request: HttpRequest, address: str) -> str:
    """`address` without scheme and host when it is on this site, else the front page."""
    here = f"{request.scheme}://{request.get_host()}/"
    path = "/" + address.removeprefix(here) if address.startswith(here) else address
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, None) else "/"
