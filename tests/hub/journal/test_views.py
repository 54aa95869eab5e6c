"""The journal as a page: entries with their state, and faults where they are."""

import pytest
from django.db import connection
from django.test import Client

from openset.hub.journal.models import append
from openset.hub.journal.views import PER_PAGE

pytestmark = pytest.mark.django_db
AMA = {"name": "Ama Serwaa", "roles": ["owner"]}


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/journal/{query}", HTTP_HOST="127.0.0.1")
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_journal_says_what_will_stand_there(client: Client) -> None:
    assert "Entries will stand here" in page(client)


def test_entries_are_listed_with_their_payload_and_hold(client: Client) -> None:
    append("person.added", "p1", AMA)
    html = page(client)
    assert "person.added" in html
    assert "Ama Serwaa" in html
    assert html.count("state--proved") == 1
    assert "the device itself" in html


def test_an_entry_of_an_unknown_kind_is_shown_as_kept(client: Client) -> None:
    append("spaceship.launched", "x", {"destination": "Kumasi"})
    assert "needs a newer Openset" in page(client)


def test_a_payload_is_text_on_the_page_and_never_markup(client: Client) -> None:
    append("person.added", "p1", {"name": "<script>alert(1)</script>", "roles": []})
    assert "<script>alert" not in page(client)


def test_an_edited_entry_and_the_link_after_it_are_shown_as_broken(client: Client) -> None:
    for number in range(3):
        append("person.added", f"p{number}", AMA)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER journal_entry_no_update")
        cursor.execute("UPDATE journal_entry SET body = replace(body, 'Ama', 'Eve') WHERE sequence = 2")
    html = page(client)
    assert html.count("state--broken") == 1
    assert "not the one its hash names" in html
    assert "Does not hold" in page(client, "?check=all")


def test_a_removed_entry_is_seen_at_the_one_after_it(client: Client) -> None:
    for number in range(3):
        append("person.added", f"p{number}", AMA)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER journal_entry_no_delete")
        cursor.execute("DELETE FROM journal_entry WHERE sequence = 2")
    assert "entry 2 is missing before it" in page(client)


def test_the_whole_journal_is_checked_on_request(client: Client) -> None:
    append("person.added", "p1", AMA)
    assert "every signature" not in page(client)
    assert "1 entry: its signature, number and link hold." in page(client, "?check=all")


def test_a_long_journal_comes_in_pages_and_a_wrong_page_is_the_last(client: Client) -> None:
    for number in range(PER_PAGE + 1):
        append("person.added", f"p{number}", AMA)
    assert "Page 1 of 2" in page(client)
    assert "person.added" in page(client, "?page=2")
    assert "Page 2 of 2" in page(client, "?page=99")
