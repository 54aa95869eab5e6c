"""The phones' pages by the door they are asked for at, and who sees them."""

from __future__ import annotations

import plistlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings as django_settings
from django.test import Client
from lxml import html

from openset.site import phones
from openset.site.certificate import papers
from openset.site.enter import owner_user
from openset.site.models import Phone
from openset.store.home import openset_home
from openset.store.production import create_production

pytestmark = pytest.mark.django_db

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 8) Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def opened(settings: Any) -> Iterator[None]:
    """The phones' doors are open, and there is an authority."""
    settings.PHONES_AT, settings.GUIDE_AT = "https://192.168.1.20:8443", "http://192.168.1.20:8080"
    papers(openset_home() / "phones", ["192.168.1.20"], "stage")
    return


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(owner_user())
    return client


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch, client: Client) -> Callable[[str], Client]:
    """A visitor who came through another door than the desk's."""

    def through(kind: str) -> Client:
        monkeypatch.setattr("openset.site.phone.door", lambda request: kind)
        return client

    return through


def let_in(client: Client, *, may_command: bool = False, name: str = "Ama") -> None:
    phone = phones.spend(phones.make_pairing(owner_user(), name, may_command=may_command))
    assert phone is not None
    client.cookies[phones.COOKIE] = phones.cookie_value(phone)


def test_the_desk_says_how_to_open_the_phones_door(owner: Client) -> None:
    page = owner.get("/phones/")
    assert b"openset up DIR --phones" in page.content
    assert b"Make a link" not in page.content


@pytest.mark.usefixtures("opened")
def test_a_link_is_made_shown_once_as_a_code_and_lets_the_phone_in(owner: Client) -> None:
    page = owner.post("/phones/pair/", {"name": "  Ama's\nphone ", "command": "yes"})
    tree = html.fromstring(page.content)
    (link,) = [code.text for code in tree.iter("code") if code.text and "/phone/enter/" in code.text]
    assert link.startswith("https://192.168.1.20:8443/phone/enter/")
    assert len(tree.xpath("//svg[contains(@class, 'code')]")) == 2
    assert link.encode() not in owner.get("/phones/").content
    phone = phones.spend(link.rpartition("/")[2])
    assert phone is not None
    assert (phone.name, phone.may_command) == ("Ama's phone", True)
    assert b"Ama&#x27;s phone" in owner.get("/phones/").content
    owner.post(f"/phones/{phone.pk}/away/")
    assert b"None yet." in owner.get("/phones/").content


@pytest.mark.parametrize("path", ["/phones/", "/phones/pair/", "/phones/1/away/", "/phone/"])
def test_a_visitor_at_the_desk_signs_in_first(client: Client, path: str) -> None:
    answer = client.post(path) if path.count("/") > 2 else client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")
    assert not Phone.objects.exists()


@pytest.mark.parametrize("path", ["/phones/", "/phones/pair/", "/phones/1/away/"])
def test_letting_in_is_behind_the_desks_door_alone(behind: Any, path: str) -> None:
    client = behind("phones")
    client.force_login(owner_user())
    assert (client.post(path) if path.count("/") > 2 else client.get(path)).status_code == 404


def test_a_stranger_at_the_phones_door_sees_how_to_be_let_in(behind: Any) -> None:
    page = behind("phones").get("/phone/")
    assert page.status_code == 403
    assert b"has not been let in" in page.content


def test_being_signed_in_is_no_key_to_the_phones_door(behind: Any) -> None:
    client = behind("phones")
    client.force_login(owner_user())
    assert client.get("/phone/").status_code == 403


def test_the_scanned_link_asks_first_and_is_good_once(behind: Any) -> None:
    client = behind("phones")
    path = f"/phone/enter/{phones.make_pairing(owner_user(), '')}"
    for _ in range(3):  # previews of a link spend nothing
        assert client.get(path).status_code == 200
    answer = client.post(path, secure=True)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/phone/")
    cookie = answer.cookies[phones.COOKIE]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert client.get("/phone/").status_code == 200
    again = Client().post(path)
    assert again.status_code == 403
    assert b"has been used" in again.content
    assert phones.COOKIE not in again.cookies


def test_a_form_from_elsewhere_lets_nobody_in(behind: Any) -> None:
    behind("phones")
    path = f"/phone/enter/{phones.make_pairing(owner_user(), '')}"
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert Phone.objects.get().used_at is None


@pytest.mark.parametrize("asked", [1, None])
def test_the_production_in_the_address_is_the_one_chosen(
    behind: Any, tmp_path: Path, settings: Any, asked: int | None
) -> None:
    settings.PRODUCTIONS = str(tmp_path)
    made = [create_production(tmp_path / name, title=name, rate=Fraction(25)) for name in ("a", "b")]
    ids = [each.id for each in made]
    client = behind("phones")
    let_in(client)
    named = "nowhere" if asked is None else ids[asked]
    tree = html.fromstring(client.get("/phone/", {"production": named}).content)
    assert tree.xpath("//select[@data-production]/option/@value") == ids
    chosen = tree.xpath("//select[@data-production]/option[@selected]/@value")
    assert chosen == ([] if asked is None else [named])


@pytest.mark.parametrize("may", [True, False])
def test_only_a_phone_that_may_has_the_crews_keys(behind: Any, shown: Any, may: bool) -> None:
    client = behind("phones")
    let_in(client, may_command=may)
    tree = html.fromstring(client.get("/phone/").content)
    assert len(tree.xpath("//button[@data-do='roll']")) == int(may)
    assert tree.xpath("//h1")[0].text_content() == "Ama"


def test_the_phones_page_alone_may_use_camera_and_sensors(behind: Any, owner: Client) -> None:
    behind("phones")
    let_in(owner)
    assert "camera=(self)" in owner.get("/phone/").headers["Permissions-Policy"]
    assert "camera=()" in owner.get("/sign-in/").headers["Permissions-Policy"]


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("agent", "first"), [(IPHONE, "iPhone, iPad, Safari"), (ANDROID, "Android, Chrome")]
)
def test_the_guide_begins_with_the_visitors_own_browser(client: Client, agent: str, first: str) -> None:
    tree = html.fromstring(client.get("/guide/", headers={"user-agent": agent}).content)
    (opened,) = tree.xpath("//details[@open]/summary")
    assert opened.text == first


@pytest.mark.usefixtures("opened")
def test_the_guide_shows_the_fingerprint_and_gives_the_certificate_twice(
    client: Client,
) -> None:
    crt = client.get("/openset.crt")
    authority = x509.load_der_x509_certificate(crt.content)
    assert crt.headers["Content-Type"] == "application/x-x509-ca-cert"
    told = plistlib.loads(client.get("/openset.mobileconfig").content)
    assert told["PayloadContent"][0]["PayloadContent"] == crt.content
    from openset.site.certificate import fingerprint

    rows = client.get("/guide/").content.decode()
    assert fingerprint(authority).replace(":", " ")[:23] in rows


@pytest.mark.parametrize("path", ["/openset.crt", "/openset.mobileconfig"])
def test_without_an_authority_there_is_no_certificate(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get("/guide/").status_code == 200


@pytest.mark.parametrize("path", ["/phone/", "/phone/enter/x"])
def test_nothing_secret_goes_over_plain_http(behind: Any, path: str) -> None:
    client = behind("guide")
    let_in(client)
    assert client.get(path).status_code == 404


@pytest.mark.usefixtures("opened", "shown")
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("path", ["/phones/", "/phone/", "/guide/", "/phone/enter/x"])
def test_every_page_is_labelled_and_in_its_languages_direction(
    owner: Client, path: str, language: str
) -> None:
    owner.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    tree = html.fromstring(owner.get(path).content)
    assert (tree.get("lang"), tree.get("dir")) == (language, "rtl" if language == "ar" else "ltr")
    assert len(tree.xpath("//h1")) == 1
    for field in tree.xpath("//input[not(@type='hidden')] | //select"):
        own = field.getparent().tag == "label"
        assert own or tree.xpath(f"//label[@for='{field.get('id')}']"), html.tostring(field)
    for button in tree.xpath("//button"):
        assert button.text_content().strip(), html.tostring(button)
    ids = [each.get("id") for each in tree.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
