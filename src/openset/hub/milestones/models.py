"""Grants, their milestones, what was seen and how it was judged: projections of the journal.

Kinds: grant.created, evidence.observed (subject: the grant), milestone.judged (by the rules),
milestone.decided (by a person, with a reason); the last two have "<grant>/<milestone>" as subject.
`ProductionPlace` is no projection: where a production's folder lies is this machine's own affair.
"""

from __future__ import annotations

from django.db import models

from openset.hub.journal.entry import Entry, entry_hash
from openset.hub.journal.projections import projection_tables, projects
from openset.hub.people.models import Person

ACCEPTED = "accepted"
REFUSED = "refused"
WITHDRAWN = "withdrawn"
DECISIONS = (ACCEPTED, REFUSED, WITHDRAWN)


class Grant(models.Model):
    """Money promised to one production, paid milestone by milestone; amounts in minor units."""

    id = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=200)
    production_id = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    created_ms = models.BigIntegerField()

    class Meta:
        db_table = "milestones_grant"

    def __str__(self) -> str:
        return self.title

    @property
    def amount_minor(self) -> int:
        """The whole grant: the sum over its milestones."""
        return sum(milestone.amount_minor for milestone in self.milestones.all())


class Milestone(models.Model):
    """One instalment. `conditions` are data for `proof.prove`; `state` is the newest judgement's,
    `evidence` the digest it rests on, `held` what proved it when it last stood (None: never).
    `decision` ("" for none) is a person's, made on the evidence with digest `decided_on`."""

    id = models.CharField(max_length=100, primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="milestones")
    name = models.CharField(max_length=30)
    position = models.IntegerField()
    amount_minor = models.BigIntegerField()
    conditions = models.JSONField()
    state = models.CharField(max_length=30, default="not yet known")
    evidence = models.CharField(max_length=64, default="")
    held = models.JSONField(null=True, default=None)
    decision = models.CharField(max_length=10, default="")
    reason = models.TextField(default="")
    decided_by = models.CharField(max_length=64, default="")
    decided_ms = models.BigIntegerField(default=0)
    decided_on = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "milestones_milestone"
        ordering = ["grant", "position"]

    def __str__(self) -> str:
        return self.id


class Observation(models.Model):
    """The newest look at a grant's production, as seen; `entry` is the hash of its journal entry."""

    grant = models.OneToOneField(
        Grant, on_delete=models.CASCADE, primary_key=True, related_name="observation"
    )
    digest = models.CharField(max_length=64)
    evidence = models.JSONField()
    observed_ms = models.BigIntegerField()
    entry = models.CharField(max_length=64)

    class Meta:
        db_table = "milestones_observation"


class Judgement(models.Model):
    """One line of a milestone's history: a judgement by the rules, or a person's decision."""

    entry = models.CharField(max_length=64, primary_key=True)
    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="judgements")
    verdict = models.CharField(max_length=30)
    reason = models.TextField()
    author = models.CharField(max_length=64)
    judged_ms = models.BigIntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "milestones_judgement"
        ordering = ["-judged_ms", "-count"]

    @property
    def person(self) -> Person | None:
        """Who judged, None where the device did by itself."""
        return Person.objects.filter(id=self.author).first()


class ProductionPlace(models.Model):
    """Where this machine finds a production's folder."""

    production_id = models.CharField(max_length=100, primary_key=True)
    path = models.TextField()

    class Meta:
        db_table = "milestones_production_place"


@projects("grant.created")
def _grant_created(entry: Entry) -> None:
    payload = entry.payload
    grant = Grant.objects.create(
        id=entry.subject,
        title=payload["title"],
        production_id=payload["production_id"],
        currency=payload["currency"],
        created_ms=entry.time.wall_ms,
    )
    for position, milestone in enumerate(payload["milestones"]):
        Milestone.objects.create(
            id=f"{grant.id}/{milestone['name']}",
            grant=grant,
            name=milestone["name"],
            position=position,
            amount_minor=milestone["amount_minor"],
            conditions=milestone["conditions"],
        )


@projects("evidence.observed")
def _evidence_observed(entry: Entry) -> None:
    Observation.objects.update_or_create(
        grant_id=entry.subject,
        defaults={
            "digest": entry.payload["digest"],
            "evidence": entry.payload["evidence"],
            "observed_ms": entry.time.wall_ms,
            "entry": entry_hash(entry),
        },
    )


@projects("milestone.judged")
def _milestone_judged(entry: Entry) -> None:
    payload = entry.payload
    milestone = Milestone.objects.get(id=entry.subject)
    milestone.state = payload["state"]
    milestone.evidence = payload["evidence"]
    if payload["state"] == "proved":
        milestone.held = {line["key"]: line["proof"] for line in payload["held"]}
    milestone.save()
    _note(entry, payload["state"], "")


@projects("milestone.decided")
def _milestone_decided(entry: Entry) -> None:
    payload = entry.payload
    milestone = Milestone.objects.get(id=entry.subject)
    withdrawn = payload["decision"] == WITHDRAWN
    milestone.decision = "" if withdrawn else payload["decision"]
    milestone.reason = payload["reason"]
    milestone.decided_by = entry.author
    milestone.decided_ms = entry.time.wall_ms
    milestone.decided_on = payload["evidence"]
    milestone.save()
    _note(entry, payload["decision"], payload["reason"])


def _note(entry: Entry, verdict: str, reason: str) -> None:
    Judgement.objects.create(
        entry=entry_hash(entry),
        milestone_id=entry.subject,
        verdict=verdict,
        reason=reason,
        author=entry.author,
        judged_ms=entry.time.wall_ms,
        count=entry.time.count,
    )


projection_tables("milestones", [Grant, Milestone, Observation, Judgement])
