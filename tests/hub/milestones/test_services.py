"""A grant's day: not yet known, proved, no longer proved, and what a fund officer decides."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from openset.hub.journal.models import EntryRow, check_journal, rebuild
from openset.hub.milestones import services
from openset.hub.milestones.models import Grant, Milestone, Observation, ProductionPlace
from openset.hub.people.models import Person
from openset.hub.people.roles import NotAllowed
from openset.primitives.errors import BadInput
from openset.stage.record.files import write_marks
from openset.stage.record.model import Marks
from openset.store.production import Production

from .conftest import MakeTake

pytestmark = pytest.mark.django_db

TABLES = ("people_person", "milestones_grant", "milestones_milestone")
TABLES += ("milestones_observation", "milestones_judgement")


def kinds() -> list[str]:
    return [row.kind for row in EntryRow.objects.order_by("id")]


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every projection table as SQLite holds it."""
    with connection.cursor() as cursor:
        out = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
            out[table] = list(cursor.fetchall())
        return out


@pytest.fixture
def grant(production: Production) -> Grant:
    return services.ensure_demo_grant(production)


def test_the_demo_grant_is_made_once_with_three_milestones(
    production: Production, grant: Grant
) -> None:
    assert services.ensure_demo_grant(production) == grant
    assert kinds() == ["grant.created"]
    assert [one.name for one in grant.milestones.all()] == ["previs", "stage", "post"]
    assert grant.amount_minor == 3_000_000
    assert services.proof_of(grant).state == "not yet known"


def test_the_stage_milestone_goes_from_not_yet_known_to_proved_to_no_longer_proved(
    grant: Grant, make_take: MakeTake
) -> None:
    assert services.proof_of(grant).state == "not yet known"
    assert services.observe(grant).state == "open"
    folder = make_take("1")
    make_take("2")
    proved = services.observe(grant)
    assert proved.state == "proved"
    assert [line.take_id for line in proved.lines] == ["1-A-t01", "2-A-t01"]
    (folder / "track.otrk.jsonl").unlink()
    broken = services.observe(grant)
    assert broken.state == "no longer proved"
    assert broken.lines[0].why == "Take 1-A-t01: track.otrk.jsonl is missing."
    assert [line.state for line in broken.lines] == ["broken", "proved"]
    assert Milestone.objects.get(name="stage").state == "no longer proved"
    assert check_journal() == ()


def test_a_second_circled_take_heals_the_proof(grant: Grant, make_take: MakeTake) -> None:
    folder = make_take("1")
    make_take("2")
    services.observe(grant)
    shutil.rmtree(folder)
    assert "1-A-t01, which proved this scene, is gone" in services.observe(grant).lines[0].why
    make_take("1", take=2)
    healed = services.observe(grant)
    assert (healed.state, healed.lines[0].take_id) == ("proved", "1-A-t02")


def test_a_look_that_sees_nothing_new_writes_nothing(grant: Grant, make_take: MakeTake) -> None:
    make_take("1")
    make_take("2")
    services.observe(grant)
    before = kinds()
    assert before == ["grant.created", "evidence.observed"] + ["milestone.judged"] * 3
    assert services.observe(grant).state == "proved"
    assert kinds() == before


def test_a_new_observation_without_a_new_state_is_kept_and_not_judged_again(
    grant: Grant, make_take: MakeTake
) -> None:
    services.observe(grant)
    make_take("1", circled=False)
    before = len(kinds())
    services.observe(grant)
    assert kinds()[before:] == ["evidence.observed"]


def test_other_milestones_are_judged_by_the_same_look(grant: Grant, production: Production) -> None:
    for scene in ("1", "2"):
        (production.root / "shots" / scene).mkdir(parents=True)
        (production.root / "shots" / scene / "A.usda").write_text("#usda 1.0\n")
    assert services.observe(grant, "previs").state == "proved"
    assert services.proof_of(grant, "stage").state == "open"
    assert (
        services.proof_of(grant, "post").lines[0].why
        == "No delivery lies in the production's deliveries folder yet."
    )
    with pytest.raises(BadInput, match="no milestone 'party'"):
        services.proof_of(grant, "party")


def test_a_production_nobody_can_find_is_no_longer_proved_and_says_why(
    grant: Grant, make_take: MakeTake
) -> None:
    make_take("1")
    make_take("2")
    services.observe(grant)
    ProductionPlace.objects.all().delete()
    proof = services.observe(grant)
    assert proof.state == "no longer proved"
    assert "does not know where" in proof.lines[0].why


def test_a_moved_production_is_found_again_at_its_new_place(
    production: Production, grant: Grant, make_take: MakeTake, tmp_path: Path
) -> None:
    from openset.store.production import open_production

    make_take("1")
    make_take("2")
    services.observe(grant)
    moved = production.root.rename(tmp_path / "moved")
    assert services.observe(grant).state == "no longer proved"
    services.ensure_demo_grant(open_production(moved))
    assert services.observe(grant).state == "proved"


def test_the_journal_holds_no_path_of_this_machine(
    production: Production, grant: Grant, make_take: MakeTake
) -> None:
    folder = make_take("1")
    (folder / "take.toml").unlink()
    services.observe(grant)
    assert not any(str(production.root) in row.body for row in EntryRow.objects.all())


def test_tables_are_rebuilt_from_the_journal_byte_for_byte(
    grant: Grant, make_take: MakeTake, officer: Person
) -> None:
    folder = make_take("1")
    make_take("2")
    services.observe(grant)
    write_marks(folder, Marks(circled=False))
    services.observe(grant)
    services.decide(officer, Milestone.objects.get(name="stage"), "accepted", "Seen on the day.")
    before = dump()
    assert all(before.values())
    Observation.objects.all().delete()
    Milestone.objects.update(state="proved", reason="because I say so")
    projected, skipped = rebuild()
    assert (projected, skipped) == (EntryRow.objects.count(), 0)
    assert dump() == before


def test_an_officer_s_decision_is_signed_with_name_and_reason(grant: Grant, officer: Person) -> None:
    services.observe(grant)
    stage = services.decide(
        officer, Milestone.objects.get(name="stage"), "accepted", " The line was down. "
    )
    assert (stage.decision, stage.reason, stage.decided_by) == (
        "accepted",
        "The line was down.",
        officer.id,
    )
    assert stage.decided_on == Observation.objects.get().digest
    assert stage.state == "open"
    row = EntryRow.objects.latest("id")
    assert (row.kind, row.author) == ("milestone.decided", officer.id)
    assert check_journal() == ()


def test_a_decision_stands_through_new_looks_until_it_is_withdrawn(
    grant: Grant, officer: Person, make_take: MakeTake
) -> None:
    services.observe(grant)
    stage = services.decide(
        officer, Milestone.objects.get(name="stage"), "refused", "Not the agreed cast."
    )
    make_take("1")
    make_take("2")
    assert services.observe(grant).state == "proved"
    stage.refresh_from_db()
    assert (stage.state, stage.decision) == ("proved", "refused")
    after = services.decide(officer, stage, "withdrawn", "The cast was agreed later.")
    assert after.decision == ""
    assert [one.verdict for one in after.judgements.all()] == ["withdrawn", "proved", "refused", "open"]


def test_a_decision_needs_a_fund_officer_a_reason_and_something_to_decide(
    grant: Grant, owner: Person, officer: Person
) -> None:
    stage = Milestone.objects.get(name="stage")
    before = kinds()
    for person in (owner, None):
        with pytest.raises(NotAllowed):
            services.decide(person, stage, "accepted", "I own this place.")
    with pytest.raises(BadInput, match="needs a reason"):
        services.decide(officer, stage, "accepted", "  ")
    with pytest.raises(BadInput, match="no decision to withdraw"):
        services.decide(officer, stage, "withdrawn", "Changed my mind.")
    with pytest.raises(BadInput, match="'maybe' is no decision"):
        services.decide(officer, stage, "maybe", "Hm.")
    assert kinds() == before


def test_only_those_who_may_look_and_grant(grant: Grant, owner: Person, production: Production) -> None:
    from openset.hub.people.services import add_person

    viewer = add_person(owner, "Nia", ["viewer"])
    with pytest.raises(NotAllowed):
        services.observe(grant, by=viewer)
    with pytest.raises(NotAllowed):
        services.create_grant(owner, production, "Mine", "GHS", services.DEMO_AMOUNTS)


def test_an_officer_sets_up_a_grant(officer: Person, production: Production) -> None:
    made = services.create_grant(
        officer, production, "Pilot fund", "XOF", {"previs": 1, "stage": 2, "post": 3}
    )
    assert services.grants_of(production.id) == [made]
    assert EntryRow.objects.latest("id").author == officer.id
    for amounts, currency in (({"stage": 1}, "XOF"), (services.DEMO_AMOUNTS, "money")):
        with pytest.raises(BadInput):
            services.create_grant(officer, production, "Bad", currency, amounts)
    with pytest.raises(BadInput):
        services.create_grant(officer, production, "Bad", "XOF", {"previs": -1, "stage": 2, "post": 3})
