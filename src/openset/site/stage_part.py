"""Pages that need the stage's part: an office node has their addresses and says what to install."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

View = Callable[..., HttpResponseBase]


def stage_page(module: str, name: str) -> View:
    """The view `name` of `module`, imported when it is first asked for; a page that says what is
    missing where one of its libraries is not installed."""

    def view(request: HttpRequest, **named: object) -> HttpResponseBase:
        try:
            found: View = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            library = (error.name or "openset").split(".")[0]
            if library == "openset":
                raise
            return render(request, "site/part_missing.html", {"library": library}, status=501)
        return found(request, **named)

    return view
