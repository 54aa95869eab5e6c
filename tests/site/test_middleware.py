"""The headers of every answer, in both of Django's modes and whatever the answer is."""

from __future__ import annotations

import asyncio
import re

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import path

from openset.site.middleware import HEADERS, POLICY, security_headers


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("an error of ours")


def absent(request: HttpRequest) -> HttpResponse:
    raise Http404


def film(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"frame"]), content_type="video/mp4")


urlpatterns = [path("broken/", broken), path("absent/", absent), path("film/", film)]


def directives() -> dict[str, list[str]]:
    """The policy as a browser reads it."""
    parts = [directive.split() for directive in POLICY.split(";")]
    return {part[0]: part[1:] for part in parts}


def test_only_this_site_is_trusted_and_no_inline_script_runs() -> None:
    found = directives()
    assert len(found) == len(POLICY.split(";"))
    assert found["default-src"] == found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == found["connect-src"] == ["'self'"]
    assert found["form-action"] == ["'self'"]
    assert not re.search(r"unsafe|https?:|\*", POLICY)


def test_data_addresses_are_for_pictures_alone() -> None:
    assert [name for name, sources in directives().items() if "data:" in sources] == ["img-src"]


@pytest.mark.parametrize(
    ("address", "status"), [("/broken/", 500), ("/absent/", 404), ("/nowhere/", 404), ("/film/", 200)]
)
@pytest.mark.urls(__name__)
def test_every_kind_of_answer_carries_them(address: str, status: int) -> None:
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    if isinstance(answer, StreamingHttpResponse):
        assert b"".join(answer.streaming_content) == b"frame"


def test_a_refused_host_name_gets_them_too() -> None:
    answer = Client().get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_a_stricter_policy_of_a_view_stays() -> None:
    own = {"Content-Security-Policy": "sandbox", "Referrer-Policy": "no-referrer"}
    answer = security_headers(lambda request: HttpResponse(headers=own))(RequestFactory().get("/"))
    assert {name: answer.headers[name] for name in HEADERS} == {**HEADERS, **own}


def test_both_modes_say_the_same() -> None:
    async def page(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("page")

    handler = security_headers(page)
    assert iscoroutinefunction(handler)
    assert not iscoroutinefunction(security_headers(lambda request: HttpResponse()))
    answer = asyncio.run(handler(RequestFactory().get("/")))
    assert (answer.content, {name: answer.headers[name] for name in HEADERS}) == (b"page", HEADERS)
