"""The settings as they work: what is refused, what a cookie carries, what the database promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client

from openset.site.enter import make_link


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("localhost:8123", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("evil.localhost", 400),
        ("0.0.0.0", 400),
        ("192.168.1.20:8000", 400),
        ("127.0.0.1@evil.example", 400),
        ("", 400),
    ],
)
@pytest.mark.django_db
def test_only_the_names_of_this_machine_are_answered(
    host: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", own_hosts())
    assert Client().get("/sign-in/", headers={"host": host}).status_code == status


def own_hosts() -> list[str]:
    """ALLOWED_HOSTS as the site has it; the test runner adds a name of its own."""
    from openset.site import settings as own

    return [name for name in own.ALLOWED_HOSTS if name != "testserver"]


@pytest.mark.django_db
def test_a_forwarded_host_name_is_not_believed() -> None:
    answer = Client().get("/account/", headers={"x-forwarded-host": "evil.example"})
    assert answer.headers["Location"] == "/sign-in/?next=/account/"


@pytest.mark.django_db
def test_cookies_are_for_this_site_alone_and_the_session_for_no_script() -> None:
    client = Client()
    client.get(make_link(""))
    client.get("/account/")
    session, csrf = client.cookies["openset_session"], client.cookies["openset_csrf"]
    assert (session["samesite"], bool(session["httponly"])) == ("Lax", True)
    assert csrf["samesite"] == "Strict"
    assert session["domain"] == csrf["domain"] == ""
    assert set(client.cookies) == {"openset_csrf", "openset_session"}


@pytest.mark.django_db
def test_an_error_tells_a_visitor_nothing_of_the_machine() -> None:
    assert settings.DEBUG is False
    answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert str(settings.HERE).encode() not in answer.content


@pytest.mark.django_db
def test_a_form_of_megabytes_is_refused() -> None:
    client = Client(raise_request_exception=False)
    answer = client.post("/sign-in/", {"username": "a" * 1_100_000, "password": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize("password", ["nine char", "password123", "1234567890", "amaquarshie1"])
def test_an_easy_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="ama.quarshie", first_name="AmaQuarshie"))


def test_a_short_sentence_is_a_good_password() -> None:
    validate_password("every stall had a song", User(username="ama"))


@pytest.mark.django_db
def test_the_database_writes_through_and_keeps_its_references() -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.django_db
def test_djangos_own_check_finds_nothing() -> None:
    call_command("check", fail_level="WARNING")


READING = """
import os
from pathlib import Path
import openset.site.settings as settings
assert settings.PRODUCTIONS == "/films", settings.PRODUCTIONS
assert settings.DATABASES["default"]["NAME"] == Path(os.environ["OPENSET_HOME"]) / "hub.sqlite3"
import django
django.setup()
import openset.site.urls
assert not Path(os.environ["OPENSET_HOME"]).exists(), "reading the settings wrote to disk"
from django.conf import settings as lazy
assert len(str(lazy.SECRET_KEY)) >= 60
assert (Path(os.environ["OPENSET_HOME"]) / "site.secret").stat().st_mode & 0o777 == 0o600
"""


def test_reading_the_settings_writes_nothing_until_the_secret_is_asked_for(tmp_path: Path) -> None:
    given = {
        "OPENSET_HOME": str(tmp_path / "home"),
        "OPENSET_PRODUCTIONS": "/films",
        "DJANGO_SETTINGS_MODULE": "openset.site.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", READING],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
