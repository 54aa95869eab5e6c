"""The tables of grants follow from the journal, and what is this machine's own stays."""

import pytest

from openset.hub.journal.models import append, rebuild
from openset.hub.milestones import services
from openset.hub.milestones.models import Grant, Judgement, Milestone, ProductionPlace
from openset.store.production import Production

pytestmark = pytest.mark.django_db


def test_a_grant_and_its_milestones_are_what_the_entry_says(production: Production) -> None:
    grant = services.ensure_demo_grant(production)
    assert str(grant) == "Demonstration grant: Lane Market"
    stage = Milestone.objects.get(name="stage")
    assert (str(stage), stage.state, stage.held, stage.position) == (
        f"{grant.id}/stage",
        "not yet known",
        None,
        1,
    )


def test_what_once_proved_a_milestone_is_remembered_while_it_is_broken(production: Production) -> None:
    grant = services.ensure_demo_grant(production)
    proved = {"state": "proved", "evidence": "aa", "held": [{"key": "taken:1é", "proof": "1-A-t01"}]}
    append("milestone.judged", f"{grant.id}/stage", proved)
    append(
        "milestone.judged",
        f"{grant.id}/stage",
        {"state": "no longer proved", "evidence": "bb", "held": []},
    )
    stage = Milestone.objects.get(name="stage")
    assert (stage.state, stage.held) == ("no longer proved", {"taken:1é": "1-A-t01"})
    assert [one.verdict for one in Judgement.objects.all()] == ["no longer proved", "proved"]


def test_a_judgement_of_a_milestone_nobody_created_is_refused_whole() -> None:
    with pytest.raises(Milestone.DoesNotExist):
        append("milestone.judged", "none/stage", {"state": "proved", "evidence": "", "held": []})
    assert rebuild() == (0, 0)


def test_where_a_production_lies_survives_a_rebuild(production: Production) -> None:
    services.ensure_demo_grant(production)
    rebuild()
    assert ProductionPlace.objects.get().path == str(production.root)
    assert Grant.objects.count() == 1
