"""Where a visitor is led back to after signing in."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from openset.site.permissions import local_path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://testserver/productions/x/", "/productions/x/"),
        ("/journal/?page=2", "/journal/?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://testserver.evil.example/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_only_pages_of_this_site_are_led_back_to(address: str, path: str) -> None:
    assert local_path(RequestFactory().get("/"), address) == path
