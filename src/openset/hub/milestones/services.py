"""What is done with grants: set up, look, judge, decide. Every change is a journal entry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.db import transaction

from openset.hub.journal.files import new_id
from openset.hub.journal.models import append
from openset.hub.milestones import evidence as seen
from openset.hub.milestones.models import (
    DECISIONS,
    WITHDRAWN,
    Grant,
    Milestone,
    Observation,
    ProductionPlace,
)
from openset.hub.milestones.proof import MILESTONES, Proof, prove
from openset.hub.people import roles
from openset.hub.people.models import Person
from openset.primitives.errors import BadInput
from openset.store.production import Production

DEMO_AMOUNTS = {"previs": 600_000, "stage": 1_800_000, "post": 600_000}


def place_production(production: Production) -> None:
    """Remember where this machine finds the production's folder."""
    ProductionPlace.objects.update_or_create(
        production_id=production.id, defaults={"path": str(production.root.absolute())}
    )


def create_grant(
    by: Person | None,
    production: Production,
    title: str,
    currency: str,
    amounts_minor: Mapping[str, int],
    *,
    grant_id: str | None = None,
) -> Grant:
    """A grant to the production with the three milestones and their first conditions.

    `by` None is this device itself (the demo). NotAllowed unless `by` may; BadInput for an amount or
    currency that is none.
    """
    if by is not None:
        roles.require(by, roles.GRANT)
    names = [name for name, _ in MILESTONES]
    if sorted(amounts_minor) != sorted(names) or any(amount < 0 for amount in amounts_minor.values()):
        raise BadInput(f"a grant names an amount for each of {', '.join(names)}")
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise BadInput(f"{currency!r} is no currency", todo="Write its three letters, as GHS or EUR")
    payload = {
        "title": title,
        "production_id": production.id,
        "currency": currency,
        "milestones": [
            {
                "name": name,
                "amount_minor": amounts_minor[name],
                "conditions": [{"check": check} for check in checks],
            }
            for name, checks in MILESTONES
        ],
    }
    grant_id = grant_id or new_id()
    with transaction.atomic():
        place_production(production)
        append("grant.created", grant_id, payload, by.id if by else "")
    return Grant.objects.get(id=grant_id)


def ensure_demo_grant(production: Production) -> Grant:
    """The demo's grant for this production, made on the first call; its folder is remembered anew."""
    grant_id = f"demo-{production.id}"[:64]
    found = Grant.objects.filter(id=grant_id).first()
    if found is None:
        title = f"Demonstration grant: {production.title}"[:200]
        return create_grant(None, production, title, "USD", DEMO_AMOUNTS, grant_id=grant_id)
    place_production(production)
    return found


def observe(grant: Grant, milestone: str = "stage", by: Person | None = None) -> Proof:
    """Look at the grant's production again, judge all its milestones, return the proof of `milestone`.

    A look that sees what the last one saw writes nothing. `by` None is this device itself; NotAllowed
    unless `by` may.
    """
    if by is not None:
        roles.require(by, roles.OBSERVE)
    now_seen = look_at(grant)
    author = by.id if by else ""
    with transaction.atomic():
        last = Observation.objects.filter(grant=grant).first()
        if last is None or last.digest != seen.digest(now_seen):
            payload = {"digest": seen.digest(now_seen), "evidence": seen.to_payload(now_seen)}
            append("evidence.observed", grant.id, payload, author)
        for each in Milestone.objects.filter(grant=grant):
            _judge(each, now_seen, author)
    return proof_of(grant, milestone)


def look_at(grant: Grant) -> seen.Evidence:
    """What the grant's production folder holds now; where that is not known, a fault says so."""
    # The reader brings video decoding with it, which no page needs before someone looks.
    from openset.hub.milestones import files

    place = ProductionPlace.objects.filter(production_id=grant.production_id).first()
    if place is None:
        fault = "this machine does not know where the production's folder is"
        return seen.Evidence(grant.production_id, {}, (), (), (fault,))
    return files.look(grant.production_id, Path(place.path))


def _judge(milestone: Milestone, evidence: seen.Evidence, author: str) -> None:
    """Append a judgement where the state changed, or what proves it while it is proved."""
    proof = prove(milestone.conditions, evidence, milestone.held)
    if proof.state == milestone.state and (proof.state != "proved" or proof.held == milestone.held):
        return
    held = [{"key": key, "proof": proved_by} for key, proved_by in sorted(proof.held.items())]
    payload = {"state": proof.state, "evidence": seen.digest(evidence), "held": held}
    append("milestone.judged", milestone.id, payload, author)


def proof_of(grant: Grant, milestone: str = "stage") -> Proof:
    """The proof of the milestone on the newest evidence, without looking again.

    BadInput when the grant has no such milestone.
    """
    found = Milestone.objects.filter(grant=grant, name=milestone).first()
    if found is None:
        raise BadInput(f"the grant has no milestone {milestone!r}")
    last = newest_observation(grant)
    return prove(found.conditions, seen.from_payload(last.evidence) if last else None, found.held)


def decide(by: Person | None, milestone: Milestone, decision: str, reason: str) -> Milestone:
    """A fund officer's own decision over the rules', signed and with its reason; it stands until
    withdrawn, and the computed proof stays visible beside it.

    NotAllowed unless `by` may; BadInput without a reason, or where nothing is there to withdraw.
    """
    roles.require(by, roles.JUDGE)
    assert by is not None
    reason = reason.strip()
    if decision not in DECISIONS:
        raise BadInput(f"{decision!r} is no decision", todo=f"Decide {', '.join(DECISIONS)}")
    if not reason:
        raise BadInput("a decision needs a reason", todo="Write why, in a sentence others can check")
    if decision == WITHDRAWN and not milestone.decision:
        raise BadInput("there is no decision to withdraw")
    last = Observation.objects.filter(grant_id=milestone.grant_id).first()
    payload = {"decision": decision, "reason": reason, "evidence": last.digest if last else ""}
    append("milestone.decided", milestone.id, payload, by.id)
    return Milestone.objects.get(id=milestone.id)


def newest_observation(grant: Grant) -> Observation | None:
    """The newest look at the grant's production, None where nobody looked."""
    return Observation.objects.filter(grant=grant).first()


def grants_of(production_id: str) -> list[Grant]:
    """The production's grants, oldest first, with their milestones at hand."""
    found = Grant.objects.filter(production_id=production_id).order_by("created_ms", "id")
    return list(found.prefetch_related("milestones"))
