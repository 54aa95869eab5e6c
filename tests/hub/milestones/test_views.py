"""Grants and proofs as pages: every line leads to its take; looking and judging need the role."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from openset.hub.journal.models import EntryRow
from openset.hub.milestones import services
from openset.hub.milestones.models import Grant, Milestone
from openset.hub.milestones.proof import take_link
from openset.hub.people.models import Person
from openset.hub.people.services import add_person, link
from openset.store.production import Production

from .conftest import MakeTake

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant(production: Production) -> Grant:
    return services.ensure_demo_grant(production)


@pytest.fixture
def anyone() -> Client:
    return Client(HTTP_HOST="127.0.0.1")


def signed_in(person: Person, *, csrf: bool = False) -> Client:
    user, _ = User.objects.get_or_create(username=f"user-{person.id}")
    link(user, person)
    client = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def proof_page(client: Client, grant: Grant, name: str = "stage") -> str:
    response = client.get(f"/grants/{grant.id}/{name}/")
    assert response.status_code == 200
    return response.content.decode()


def test_no_grants_yet_says_what_makes_one(anyone: Client) -> None:
    assert "openset demo" in anyone.get("/grants/").content.decode()


def test_grants_show_their_milestones_amounts_and_states(anyone: Client, grant: Grant) -> None:
    for address in ("/grants/", f"/grants/{grant.id}/"):
        html = anyone.get(address).content.decode()
        assert html.count("Not yet known") == 3
        assert "30,000.00 USD" in html
        assert "Every scene of the script has a circled take" in html


def test_an_unseen_proof_says_that_nobody_looked(anyone: Client, grant: Grant) -> None:
    html = proof_page(anyone, grant)
    assert "Nobody has looked" in html
    assert "Look again" not in html.replace("look again", "")


def test_each_line_leads_to_the_take_that_proves_it(
    anyone: Client, grant: Grant, make_take: MakeTake
) -> None:
    folder = make_take("1")
    make_take("2")
    services.observe(grant)
    html = proof_page(anyone, grant)
    for take_id in ("1-A-t01", "2-A-t01"):
        address = reverse("take", args=[grant.production_id, take_id])
        assert address == take_link(grant.production_id, take_id)
        assert f'href="{address}"' in html
    (folder / "track.otrk.jsonl").unlink()
    services.observe(grant)
    html = proof_page(anyone, grant)
    assert "No longer proved" in html
    assert "Take 1-A-t01: track.otrk.jsonl is missing." in html


def test_looking_again_is_done_from_the_page(owner: Person, grant: Grant, make_take: MakeTake) -> None:
    make_take("1")
    make_take("2")
    client = signed_in(owner)
    assert "Look again" in proof_page(client, grant)
    html = client.post(f"/grants/{grant.id}/stage/look/", follow=True).content.decode()
    assert "the state is now “Proved”" in html
    html = client.post(f"/grants/{grant.id}/stage/look/", follow=True).content.decode()
    assert "the state is the same" in html
    assert EntryRow.objects.get(kind="evidence.observed").author == owner.id


def test_looking_needs_a_post_a_token_a_sign_in_and_a_role(
    anyone: Client, owner: Person, grant: Grant
) -> None:
    address = f"/grants/{grant.id}/stage/look/"
    assert signed_in(owner).get(address).status_code == 405
    assert signed_in(owner, csrf=True).post(address).status_code == 403
    assert anyone.post(address).status_code == 302
    viewer = add_person(owner, "Nia", ["viewer"])
    assert signed_in(viewer).post(address).status_code == 403
    assert not EntryRow.objects.filter(kind="evidence.observed").exists()


def test_a_fund_officer_decides_with_a_reason_and_the_page_shows_both(
    anyone: Client, officer: Person, grant: Grant, make_take: MakeTake
) -> None:
    client = signed_in(officer)
    assert "Decide by hand" in proof_page(client, grant)
    sent = {"decision": "accepted", "reason": "Seen on the day with the director."}
    client.post(f"/grants/{grant.id}/stage/decide/", sent)
    html = proof_page(anyone, grant)
    assert "Accepted by hand" in html
    assert "Seen on the day with the director." in html
    assert "Rosa Quispe" in html
    assert "Not yet known" in html
    assert "Decide by hand" not in html
    make_take("1")
    services.observe(grant)
    assert "The evidence has changed since this decision." in proof_page(anyone, grant)


def test_a_decision_without_reason_or_right_changes_nothing(
    anyone: Client, owner: Person, officer: Person, grant: Grant
) -> None:
    address = f"/grants/{grant.id}/stage/decide/"
    good = {"decision": "accepted", "reason": "Because."}
    assert signed_in(officer).post(address, {"decision": "accepted", "reason": " "}).status_code == 422
    assert signed_in(officer).post(address, {"decision": "withdrawn", "reason": "x"}).status_code == 422
    assert signed_in(owner).post(address, good).status_code == 403
    assert anyone.post(address, good).status_code == 302
    assert signed_in(officer, csrf=True).post(address, good).status_code == 403
    assert Milestone.objects.get(name="stage").decision == ""


@pytest.mark.parametrize("address", ["/grants/none/", "/grants/none/stage/"])
def test_a_grant_that_is_not_there_is_not_found(anyone: Client, address: str) -> None:
    assert anyone.get(address).status_code == 404


def test_a_milestone_that_is_not_there_is_not_found(anyone: Client, grant: Grant) -> None:
    assert anyone.get(f"/grants/{grant.id}/party/").status_code == 404


def test_words_from_a_script_are_text_and_never_markup(
    anyone: Client, grant: Grant, production: Production
) -> None:
    script = "INT. <img src=x onerror=alert(1)> 100% TRUE - DAY #1#\n\nShe %(waits)s.\n"
    (production.root / "script" / "lane.fountain").write_text(script)
    services.observe(grant)
    html = proof_page(anyone, grant)
    assert "&lt;img" in html.lower()
    assert "<img" not in html.lower()
