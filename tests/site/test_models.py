"""What the door remembers: unique, small, and no part of the journal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from openset.site.models import EnterLink, FailedSignIn

pytestmark = pytest.mark.django_db


def test_a_link_is_new_until_it_is_used() -> None:
    link = EnterLink.objects.create(digest="a" * 64, made_at=timezone.now())
    assert EnterLink.objects.get(pk=link.pk).used_at is None
    assert EnterLink.objects.filter(digest="a" * 64, used_at=None).update(used_at=link.made_at) == 1
    assert EnterLink.objects.filter(digest="a" * 64, used_at=None).update(used_at=link.made_at) == 0


def test_two_links_never_share_a_token() -> None:
    EnterLink.objects.create(digest="a" * 64, made_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        EnterLink.objects.create(digest="a" * 64, made_at=timezone.now())
    assert EnterLink.objects.count() == 1


@pytest.mark.parametrize("field", ["digest", "made_at"])
def test_a_link_without_its_hash_or_its_moment_is_refused(field: str) -> None:
    given = {"digest": "a" * 64, "made_at": timezone.now(), field: None}
    with pytest.raises(IntegrityError), transaction.atomic():
        EnterLink.objects.create(**given)


def test_moments_keep_their_time_zone_and_order() -> None:
    now = timezone.now()
    for minutes in (3, 1, 2):
        FailedSignIn.objects.create(key="127.0.0.1 ama", at=now - timedelta(minutes=minutes))
    found = list(FailedSignIn.objects.order_by("at").values_list("at", flat=True))
    assert found == [now - timedelta(minutes=minutes) for minutes in (3, 2, 1)]
    assert found[0].utcoffset() == timedelta(0)


def test_counting_failures_reads_an_index_and_not_the_table() -> None:
    wanted = FailedSignIn.objects.filter(key="127.0.0.1 ama", at__gte=timezone.now())
    assert "USING INDEX" in wanted.explain()


def test_the_tables_are_what_the_models_say() -> None:
    call_command("makemigrations", "site", check=True, dry_run=True, verbosity=0)
    tables = set(connection.introspection.table_names())
    assert {model._meta.db_table for model in apps.get_app_config("site").get_models()} <= tables


def test_the_journal_knows_nothing_of_who_failed_to_sign_in() -> None:
    EnterLink.objects.create(digest="a" * 64, made_at=timezone.now())
    FailedSignIn.objects.create(key="127.0.0.1 ama", at=timezone.now())
    entry = apps.get_app_config("journal").get_model("EntryRow")
    assert not entry._default_manager.exists()
