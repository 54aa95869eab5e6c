"""Every page: reachable, labelled, in its language's direction, and closed to those who may not act."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver
from lxml import html

from openset.site.enter import make_link, owner_user
from openset.stage.record.files import read_marks

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/productions/{id}/",
    "/productions/{id}/?circled",
    "/productions/{id}/monitor/",
    "/productions/{id}/camera/",
    "/productions/{id}/camera/?step=lens",
    "/productions/{id}/camera/?step=tags",
    "/productions/{id}/camera/?step=delay",
    "/productions/{id}/camera/?step=check",
    "/productions/{id}/takes/1-A-t01/",
    "/productions/{id}/takes/1-A-t02/",
    "/sign-in/",
    "/account/",
    "/journal/",
    "/people/",
    "/grants/",
    "/guide/",
    "/phones/",
    "/phone/",
    "/nowhere/",
)
CLOSED = ("/account/", "/people/", "/phones/", "/phone/", "/nowhere/")


@pytest.fixture
def owner(client: Client) -> Client:
    """The owner of this machine, signed in."""
    client.force_login(owner_user())
    return client


@pytest.fixture
def stranger(client: Client) -> Client:
    """Somebody with an account and no role."""
    client.force_login(User.objects.create_user("stranger", password="a long sentence here"))
    return client


def tree(client: Client, path: str, **headers: str) -> html.HtmlElement:
    return html.fromstring(client.get(path, headers=headers).content)


@pytest.mark.parametrize("path", [page for page in PAGES if page not in CLOSED])
def test_every_page_can_be_read_without_signing_in(client: Client, shown: Any, path: str) -> None:
    assert client.get(path.format(id=shown.id)).status_code == 200


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_in_every_language(
    owner: Client, shown: Any, path: str, language: str
) -> None:
    if path == "/sign-in/":
        owner.logout()
    page = tree(owner, path.format(id=shown.id), **{"accept-language": language})
    assert page.get("lang") == language
    assert page.get("dir") == ("rtl" if language == "ar" else "ltr")
    assert page.findtext(".//title")
    assert len(page.findall(".//h1")) == 1
    assert len(page.findall(".//main")) == 1
    assert page.xpath("//a[@href='#content']")
    assert not page.xpath("//img[not(@alt)]")
    assert not page.xpath("//svg[not(@aria-hidden) and not(@role)]")
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert unlabelled(page) == []
    assert not page.xpath("//*[@style] | //*[@onclick] | //script[not(@src) and not(@type)]")
    assert not [address for address in page.xpath("//@src | //link/@href") if "//" in address]


def unlabelled(page: html.HtmlElement) -> list[str]:
    """Fields without a label and things to press without a name."""
    out = []
    for field in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        inside = field.xpath("ancestor::label")
        if not inside and not page.xpath(f"//label[@for='{field.get('id')}']"):
            out.append(html.tostring(field).decode())
    for press in page.xpath("//button | //a"):
        words = press.text_content() + press.get("aria-label", "") + "".join(press.xpath(".//@alt"))
        if not words.strip():
            out.append(html.tostring(press).decode())
    return out


def test_every_address_of_the_site_that_reads_is_among_those_tested() -> None:
    files = {"take-still", "take-file", "production-file", "static-file", "enter"}
    posts = {"take-marks", "take-verify", "take-proxy", "stage-start", "sign-out"}
    pages = {"home", "production", "monitor", "take", "sign-in", "account"}
    phones = {"phone", "phone-guide", "phones"}  # and in test_phone.py, with what only answers there:
    phones |= {"phones-pair", "phones-away", "phone-enter", "phone-authority", "phone-profile"}
    names = {pattern.name for pattern in get_resolver().url_patterns if hasattr(pattern, "name")}
    pages |= {"camera", "camera-board", "camera-tags", "camera-drawing"}
    posts |= {"camera-sheets", "camera-bar", "camera-start", "camera-marks"}
    assert names == files | posts | pages | phones


def test_one_production_alone_leads_straight_to_its_newest_take(client: Client, shown: Any) -> None:
    page = tree(client, "/")
    assert page.findtext(".//h1/bdi") == "Lane Market"
    assert page.xpath("//*[@class='lead__picture']/@href")[0].endswith("/takes/1-A-t02/")
    assert "80.0" in page.xpath("string(//table[@class='figures'])")


def test_several_productions_are_cards(
    client: Client, shown: Any, settings: Any, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(shown.root)
    settings.PRODUCTIONS = str(tmp_path)
    assert len(tree(client, "/").xpath("//li[contains(@class, 'card')]")) == 2


def test_no_production_says_how_to_make_one(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.PRODUCTIONS = str(tmp_path)
    assert b"openset demo" in client.get("/").content


def test_only_circled_takes_are_shown_when_asked(client: Client, shown: Any) -> None:
    page = tree(client, f"/productions/{shown.id}/?circled")
    assert page.xpath("//a[contains(@class, 'shot')]//span[@class='slate']/text()") == ["1-A-t02"]


def test_a_take_shows_its_fault_on_the_timeline(client: Client, shown: Any) -> None:
    page = tree(client, f"/productions/{shown.id}/takes/1-A-t02/")
    assert page.xpath("//*[@class='track__fault']/@x") == ["40.0"]
    assert page.xpath("//*[@data-jump]/text()") == ["14:03:20:20"]
    assert page.xpath("//*[@class='track track--held']/@width") == ["20.0"]


@pytest.mark.parametrize(
    "path",
    [
        "/productions/none/",
        "/productions/{id}/takes/1-A-t99/",
        "/productions/{id}/takes/1-A-t1/",
        "/productions/{id}/takes/..%2F..%2Fscript/",
        "/productions/{id}/takes/1-A-t01/files/../../../production.toml",
        "/productions/{id}/takes/1-A-t01/files/%2e%2e/1-A-t02/take.toml",
        "/productions/{id}/takes/1-A-t01/files/nothing.mov",
        "/productions/{id}/takes/1-A-t01/files/ascmhl",
        "/productions/{id}/deliveries/../production.toml",
        "/productions/{id}/sets/market/../../production.toml",
        "/productions/{id}/script/lane.fountain",
        "/static/../settings.py",
        "/static/openset/../../settings.py",
    ],
)
def test_what_is_not_there_or_lies_outside_is_not_found(client: Client, shown: Any, path: str) -> None:
    assert client.get(path.format(id=shown.id)).status_code == 404


def test_a_video_is_served_in_ranges(client: Client, shown: Any) -> None:
    path = f"/productions/{shown.id}/takes/1-A-t01/files/proxy.mp4"
    response = client.get(path, headers={"range": "bytes=0-99"})
    assert response.status_code == 206
    assert len(b"".join(response.streaming_content)) == 100


def test_a_take_is_a_picture(client: Client, shown: Any) -> None:
    response = client.get(f"/productions/{shown.id}/takes/1-A-t01/still.jpg")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"


def test_a_delivery_file_is_served(client: Client, shown: Any) -> None:
    response = client.get(f"/productions/{shown.id}/deliveries/post-house/passport.json")
    assert b"".join(response.streaming_content) == b"{}"


def test_every_answer_carries_the_headers_that_keep_it_to_itself(client: Client, shown: Any) -> None:
    for path in ("/", "/nowhere/", "/static/openset/kit.css", "/sign-in/"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_another_host_name_is_refused(client: Client, shown: Any) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


ACTS = ("marks/", "proxy/")


@pytest.mark.parametrize("act", ACTS)
def test_a_visitor_is_asked_to_sign_in_before_judging(client: Client, shown: Any, act: str) -> None:
    response = client.post(f"/productions/{shown.id}/takes/1-A-t01/{act}", {"circled": "on"})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/")
    assert not read_marks(shown.root / "takes" / "1-A-t01").circled


@pytest.mark.parametrize("act", ACTS)
def test_somebody_without_the_role_is_refused_in_words(stranger: Client, shown: Any, act: str) -> None:
    response = stranger.post(f"/productions/{shown.id}/takes/1-A-t01/{act}", {"circled": "on"})
    assert response.status_code == 403
    assert b"Your role does not include this" in response.content
    assert not read_marks(shown.root / "takes" / "1-A-t01").circled


def test_the_stage_is_not_started_by_a_visitor_or_a_stranger(
    client: Client, stranger: Client, shown: Any
) -> None:
    path = f"/productions/{shown.id}/stage/start/"
    assert stranger.post(path).status_code == 403
    assert Client().post(path).status_code == 302


def test_a_form_from_another_site_changes_nothing(shown: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner_user())
    response = client.post(f"/productions/{shown.id}/takes/1-A-t01/marks/", {"circled": "on"})
    assert response.status_code == 403
    assert b"did not come from this site" in response.content
    assert not read_marks(shown.root / "takes" / "1-A-t01").circled


@pytest.mark.parametrize("act", ["marks/", "verify/", "proxy/"])
def test_nothing_changes_by_following_a_link(owner: Client, shown: Any, act: str) -> None:
    assert owner.get(f"/productions/{shown.id}/takes/1-A-t01/{act}").status_code == 405


def test_marks_are_written_beside_the_take(owner: Client, shown: Any) -> None:
    path = f"/productions/{shown.id}/takes/1-A-t01/marks/"
    owner.post(path, {"circled": "on", "rating": "3", "note": " ماء جيد "})
    marks = read_marks(shown.root / "takes" / "1-A-t01")
    assert (marks.circled, marks.rating, marks.note) == (True, 3, "ماء جيد")
    owner.post(path, {"rating": "3"})
    assert not read_marks(shown.root / "takes" / "1-A-t01").circled


def test_a_rating_out_of_range_is_refused_and_nothing_is_written(owner: Client, shown: Any) -> None:
    before = read_marks(shown.root / "takes" / "1-A-t02")
    response = owner.post(f"/productions/{shown.id}/takes/1-A-t02/marks/", {"rating": "9"})
    assert response.status_code == 200
    assert read_marks(shown.root / "takes" / "1-A-t02") == before


def test_a_video_that_cannot_be_made_is_said_and_not_a_broken_page(
    owner: Client, shown: Any, settings: Any, tmp_path: Path
) -> None:
    shutil.copytree(shown.root, tmp_path / "copy")
    settings.PRODUCTIONS = str(tmp_path / "copy")
    (tmp_path / "copy" / "takes" / "1-A-t01" / "composite.mov").write_bytes(b"not a film")
    answer = owner.post(f"/productions/{shown.id}/takes/1-A-t01/proxy/", follow=True)
    assert answer.status_code == 200
    assert "composite.mov" in answer.content.decode()


def test_marks_that_cannot_be_written_keep_what_was_typed(
    owner: Client, shown: Any, settings: Any, tmp_path: Path
) -> None:
    shutil.copytree(shown.root, tmp_path / "copy")
    settings.PRODUCTIONS = str(tmp_path / "copy")
    marks = tmp_path / "copy" / "takes" / "1-A-t01" / "marks.toml"
    marks.unlink(missing_ok=True)
    marks.mkdir()
    answer = owner.post(f"/productions/{shown.id}/takes/1-A-t01/marks/", {"note": "Long and dear"})
    assert "Long and dear" in answer.content.decode()
    assert "cannot be written" in answer.content.decode()


def test_checksums_are_verified_on_demand(client: Client, shown: Any) -> None:
    response = client.post(f"/productions/{shown.id}/takes/1-A-t01/verify/")
    assert "Everything holds" in response.content.decode()


def test_the_printed_link_works_once(client: Client, shown: Any) -> None:
    link = make_link("http://testserver")
    path = link.removeprefix("http://testserver")
    assert client.get(path).headers["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    again = Client().get(path)
    assert again.status_code == 403
    assert b"This link has been used" in again.content


def test_wrong_passwords_make_one_wait_even_with_the_right_one(client: Client) -> None:
    User.objects.create_user("ama", password="a sentence to keep")
    for _ in range(5):
        client.post("/sign-in/", {"username": "ama", "password": "guess"})
    response = client.post("/sign-in/", {"username": "Ama", "password": "a sentence to keep"})
    assert "Too many wrong sign-ins" in response.content.decode()
    response = client.post("/sign-in/", {"username": "kofi", "password": "x"})
    assert "Too many wrong sign-ins" not in response.content.decode()


def test_signing_in_never_leads_to_another_site(client: Client) -> None:
    User.objects.create_user("ama", password="a sentence to keep")
    data = {"username": "ama", "password": "a sentence to keep", "next": "https://evil.example/"}
    assert client.post("/sign-in/", data).headers["Location"] == "/"


def test_a_name_that_is_taken_and_passwords_that_differ_are_refused(owner: Client) -> None:
    User.objects.create_user("Ama", password="a sentence to keep")
    data = {"username": "ama", "password": "a sentence to keep", "again": "another"}
    text = owner.post("/account/", data).content.decode()
    assert "Somebody here has this name already." in text
    assert "The two passwords differ." in text


def test_every_file_a_page_names_is_served(client: Client, shown: Any) -> None:
    pages = [f"/productions/{shown.id}/monitor/", f"/productions/{shown.id}/takes/1-A-t02/"]
    for path in pages:
        for address in tree(client, path).xpath(
            "//link/@href | //script/@src | //img/@src | //video/@src"
        ):
            assert client.get(address).status_code == 200, address


def test_every_icon_a_template_names_exists(shared_icons: Callable[[], Path]) -> None:
    folder = shared_icons()
    source = Path(django_settings.HERE).parent
    names = set()
    for page in source.rglob("*.html"):
        names |= set(re.findall(r"{% icon \"([^\"]+)\" %}", page.read_text(encoding="utf-8")))
    assert names
    assert [name for name in sorted(names) if not (folder / f"{name}.svg").is_file()] == []


@pytest.fixture
def shared_icons() -> Callable[[], Path]:
    def folder() -> Path:
        path = Path(django_settings.HERE) / "vendor" / "lucide-static" / "icons"
        if not path.is_dir():
            pytest.skip("browser parts are absent: run tools/fetch_browser_parts.py")
        return path

    return folder
