"""The camera's page without a script: five steps, forms, sheets."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from lxml import html

from openset.site.camera import bar_sentence, sources
from openset.site.enter import owner_user
from openset.stage.calibrate.series import zoom_of_focal
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.store.camera import read_setup, write_setup
from openset.store.production import Production, open_production, update_stage

pytestmark = pytest.mark.django_db
STEPS = ("print", "lens", "tags", "delay", "check")


@pytest.fixture
def own(shown: Production, tmp_path: Path, settings: Any) -> Production:
    """A copy of the production that may be changed."""
    shutil.copytree(shown.root, tmp_path / "own")
    settings.PRODUCTIONS = str(tmp_path / "own")
    return open_production(tmp_path / "own")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(owner_user())
    return client


def at(one: Production, rest: str = "") -> str:
    return f"/productions/{one.id}/camera/{rest}"


def test_it_begins_with_the_first_step_that_is_not_done(client: Client, own: Production) -> None:
    page = html.fromstring(client.get(at(own)).content)
    assert page.xpath("string(//a[@aria-current='step']//b)") == "1 Print"


def test_the_lens_step_shows_what_the_lens_file_holds(client: Client, own: Production) -> None:
    assert b'id="held"' not in client.get(at(own, "?step=lens")).content
    settings = tuple(
        MeasuredLens(Lens(1000, 500, f * 20, f * 20, 500.0, 250.0), zoom=zoom_of_focal(f), focal_mm=f)
        for f in (24.0, 50.0)
    )
    write_lens(own.root / "zoom.json", LensFile("Zoom <24-50>", settings))
    update_stage(own, {"lens": "zoom.json"})
    page = html.fromstring(client.get(at(own, "?step=lens")).content)
    (held,) = page.xpath("//section[@aria-labelledby='held']")
    assert [each.text_content() for each in held.xpath(".//tbody//th")] == ["24 mm", "50 mm"]
    assert held.xpath("string(.//b)") == "Zoom <24-50>"
    assert "openset calibrate nodal --lens zoom.json" in held.text_content()
    assert "2 settings" in page.xpath("string(//nav[contains(@class, 'bench__steps')])")
    assert b'id="held"' not in client.get(at(own, "?step=tags")).content


@pytest.mark.parametrize("step", [*STEPS, "dance"])
def test_every_step_can_be_read_by_anybody(client: Client, own: Production, step: str) -> None:
    page = html.fromstring(client.get(at(own, f"?step={step}")).content)
    assert page.xpath("//*[contains(@class, 'bench__next')]")
    assert not page.xpath("//button[contains(., 'Save')]")


def test_a_bar_of_98_mm_is_said_and_every_size_follows(owner: Client, own: Production) -> None:
    answer = owner.post(at(own, "bar/"), {"bar_mm": "98"}, follow=True)
    assert "shrank the sheet to 98 %" in answer.content.decode()
    assert read_setup(own).printed == pytest.approx(0.98)


@pytest.mark.parametrize("given", ["", "9", "many"])
def test_a_bar_nobody_can_have_measured_is_refused(owner: Client, own: Production, given: str) -> None:
    page = html.fromstring(owner.post(at(own, "bar/"), {"bar_mm": given}).content)
    assert page.xpath("//*[@class='field__error']")
    assert read_setup(own).bar_mm == 0


def test_the_sheets_are_made_right_there(owner: Client, own: Production) -> None:
    given = {"paper": "A3", "kind": "checkerboard", "tag_mm": "120", "tag_ids": "0-2"}
    owner.post(at(own, "sheets/"), given)
    assert read_setup(own).board.startswith("checkerboard:13x8:")
    for name in ("board.pdf", "tags.pdf"):
        answer = owner.get(at(own, name))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


def test_tags_too_large_for_the_paper_are_refused_in_words(owner: Client, own: Production) -> None:
    given = {"paper": "A4", "kind": "charuco", "tag_mm": "500", "tag_ids": "0-2"}
    page = html.fromstring(owner.post(at(own, "sheets/"), given).content)
    assert "A tag of 500 mm and its white border do not fit on A4" in page.text_content()
    assert "--size" not in page.text_content()
    assert read_setup(own).tag_mm == 160.0


@pytest.mark.parametrize(
    ("act", "given", "step"),
    [
        ("bar/", {"bar_mm": "9.8"}, "print"),
        ("sheets/", {"paper": "A4", "kind": "charuco", "tag_mm": "200", "tag_ids": "0"}, "print"),
        ("marks/", {"was": "", "name": "A", "x": "abc", "y": "0", "z": "0"}, "check"),
        ("start/", {"step": "delay", "picture": ""}, ""),
    ],
)
def test_after_a_form_that_was_refused_the_steps_still_lead_on(
    owner: Client, own: Production, act: str, given: dict[str, str], step: str
) -> None:
    page = html.fromstring(owner.post(at(own, act), given).content)
    assert page.xpath("//*[@class='field__error']")
    page.make_links_absolute(f"http://testserver{at(own, act)}")
    links = page.xpath("//nav[contains(@class, 'bench__steps')]//a/@href")
    links += page.xpath("//a[contains(@href, 'step=')]/@href")
    for link in links:
        assert owner.get(link).status_code == 200, link
    again = owner.get(at(own, act), follow=True)
    assert again.status_code == 200
    assert again.redirect_chain[0][0] == at(own, f"?step={step}" if step else "")


def test_marks_are_set_renamed_and_removed(owner: Client, own: Production) -> None:
    mark = {"was": "", "name": "A", "x": "0.5", "y": "1.25", "z": "0"}
    owner.post(at(own, "marks/"), mark)
    assert open_production(own.root).marks == {"A": (0.5, 1.25, 0.0)}
    owner.post(at(own, "marks/"), {**mark, "was": "A", "name": "B"})
    assert list(open_production(own.root).marks) == ["B"]
    page = html.fromstring(owner.post(at(own, "marks/"), {**mark, "x": "far"}).content)
    assert page.xpath("//*[@class='field__error']")
    owner.post(at(own, "marks/"), {"was": "B", "remove": "1"})
    assert open_production(own.root).marks == {}


@pytest.mark.parametrize("step", ["lens", "tags", "delay"])
def test_only_the_delay_asks_for_a_track(owner: Client, own: Production, step: str) -> None:
    page = html.fromstring(owner.get(at(own, f"?step={step}")).content)
    assert bool(page.xpath("//input[@name='track']")) == (step == "delay")


def test_a_delay_says_where_it_was_measured(client: Client, own: Production) -> None:
    update_stage(own, {"delay_s": 0.071, "delay_measured_from": "walk.mp4"})
    page = html.fromstring(client.get(at(own, "?step=delay")).content)
    assert page.xpath("string(//*[@data-delay-from]//bdi)") == "walk.mp4"


def test_a_camera_that_does_not_open_says_why(owner: Client, own: Production) -> None:
    write_setup(own, track="udp::55555")
    given = {"step": "lens", "picture": "nothing.mp4", "sensor_mm": "24"}
    answer = owner.post(at(own, "start/"), given, follow=True)
    assert answer.redirect_chain[0][0].endswith("?step=lens")
    assert read_setup(own).sensor_mm == 24.0
    assert read_setup(own).track == "udp::55555"


@pytest.mark.parametrize("act", ["sheets/", "bar/", "start/", "marks/"])
def test_only_those_with_the_role_change_anything(client: Client, own: Production, act: str) -> None:
    assert client.post(at(own, act)).status_code == 302
    client.force_login(User.objects.create_user("stranger", password="a long sentence here"))
    assert client.post(at(own, act)).status_code == 403
    assert client.put(at(own, act)).status_code == 405


def test_a_drawing_is_shown_where_there_is_one_and_can_do_nothing(
    client: Client, own: Production
) -> None:
    (own.root / "camera").mkdir()
    (own.root / "camera" / "tags-new.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = client.get(at(own, "tags-new.svg"))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(at(own, "delay.svg")).status_code == 404
    assert client.get(at(own, "setup.svg")).status_code == 404


def test_clips_of_the_production_are_offered(own: Production) -> None:
    (own.root / "walk.mp4").touch()
    assert "walk.mp4" in sources(own.root)


def test_what_the_printer_did_is_said() -> None:
    assert bar_sentence(0) == ""
    assert "true length" in bar_sentence(100.1)
    assert "enlarged" in bar_sentence(102)
