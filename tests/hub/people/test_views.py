"""The people's page: an owner adds people and gives roles, others see who is who."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openset.hub.people.models import Person
from openset.hub.people.services import add_person, first_owner, link

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    user = User.objects.create_user(f"user-{person.id}")
    link(user, person)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user)
    return client


def test_people_are_shown_to_the_signed_in_only() -> None:
    owner = first_owner("Ama Serwaa")
    assert Client(HTTP_HOST="127.0.0.1").get("/people/").status_code == 302
    assert "Ama Serwaa" in signed_in(owner).get("/people/").content.decode()


def test_an_owner_adds_a_fund_officer() -> None:
    client = signed_in(first_owner())
    response = client.post("/people/", {"name": "Rosa Quispe", "roles": ["fund officer"]}, follow=True)
    assert "Rosa Quispe is added." in response.content.decode()
    assert Person.objects.get(name="Rosa Quispe").roles == ["fund officer"]


def test_an_owner_gives_themselves_a_second_role() -> None:
    owner = first_owner()
    signed_in(owner).post(f"/people/{owner.id}/roles/", {"roles": ["owner", "fund officer"]})
    assert Person.objects.get(id=owner.id).roles == ["owner", "fund officer"]


def test_a_viewer_sees_people_and_changes_nothing() -> None:
    owner = first_owner()
    viewer = signed_in(add_person(owner, "Nia", ["viewer"]))
    html = viewer.get("/people/").content.decode()
    assert "Change roles" not in html
    assert viewer.post("/people/", {"name": "Friend", "roles": ["owner"]}).status_code == 403
    assert viewer.post(f"/people/{owner.id}/roles/", {"roles": []}).status_code == 403
    assert Person.objects.count() == 2


def test_the_last_owner_stays_and_the_page_says_why() -> None:
    owner = first_owner()
    client = signed_in(owner)
    response = client.post(f"/people/{owner.id}/roles/", {"roles": ["viewer"]}, follow=True)
    assert "a hub needs an owner" in response.content.decode()
    assert "owner" in Person.objects.get(id=owner.id).roles


def test_a_form_that_is_wrong_comes_back_with_what_is_wrong() -> None:
    client = signed_in(first_owner())
    assert client.post("/people/", {"name": " ", "roles": []}).status_code == 422
    assert client.post("/people/", {"name": "Kofi", "roles": ["king"]}).status_code == 422
    assert client.post("/people/nobody/roles/", {}).status_code == 404


def test_every_box_has_a_label_and_every_id_is_its_own() -> None:
    owner = first_owner()
    add_person(owner, "Nia", ["viewer"])
    html = signed_in(owner).get("/people/").content.decode()
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    boxes = [part for part in html.split("<input ")[1:] if 'type="checkbox"' in part.split(">")[0]]
    assert len(boxes) == 12
    for box in boxes:
        name = box.split('id="')[1].split('"')[0]
        assert f'for="{name}"' in html
