"""Grants, milestones and their proofs as pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from openset.hub.milestones import services
from openset.hub.milestones.forms import DecisionForm
from openset.hub.milestones.models import Grant, Milestone
from openset.hub.milestones.templatetags import milestone_words as words
from openset.hub.people import roles
from openset.hub.people.models import Person
from openset.hub.people.services import person_of
from openset.primitives.errors import BadInput


@dataclass(frozen=True)
class Card:
    """One milestone as a grant's page shows it."""

    milestone: Milestone
    name: str
    state: words.Shown
    decision: words.Shown | None
    amount: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """One grant with its milestones."""

    grant: Grant
    amount: str
    cards: tuple[Card, ...]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every grant with the state of its milestones."""
    grants = Grant.objects.order_by("-created_ms", "id").prefetch_related("milestones")
    return render(request, "milestones/index.html", {"grants": [sheet(one) for one in grants]})


@require_safe
def grant(request: HttpRequest, grant_id: str) -> HttpResponse:
    """One grant: its milestones, their amounts, conditions and states."""
    found = get_object_or_404(Grant, id=grant_id)
    return render(request, "milestones/grant.html", {"sheet": sheet(found)})


@require_safe
def proof(request: HttpRequest, grant_id: str, name: str) -> HttpResponse:
    """The proof of one milestone: its conditions as lines, each beside the take that proves it."""
    return _proof_page(request, _milestone(grant_id, name), None)


@require_POST
@login_required
def look(request: HttpRequest, grant_id: str, name: str) -> HttpResponse:
    """Look at the production's folder again, then show the proof."""
    milestone = _milestone(grant_id, name)
    person = _allowed(request, roles.OBSERVE)
    before = milestone.state
    now = services.observe(milestone.grant, milestone.name, person).state
    if now == before:
        messages.info(request, _("Looked again: the state is the same."))
    else:
        shown = words.state(now).word
        tell = messages.success if now == "proved" else messages.warning
        tell(request, _("Looked again: the state is now “%(state)s”.") % {"state": shown})
    return redirect("milestones:proof", grant_id, name)


@require_POST
@login_required
def decide(request: HttpRequest, grant_id: str, name: str) -> HttpResponse:
    """A fund officer's own decision, with its reason."""
    milestone = _milestone(grant_id, name)
    person = _allowed(request, roles.JUDGE)
    form = DecisionForm(request.POST, standing=milestone.decision)
    if not form.is_valid():
        return _proof_page(request, milestone, form, status=422)
    try:
        services.decide(person, milestone, form.cleaned_data["decision"], form.cleaned_data["reason"])
    except BadInput as error:
        form.add_error(None, error.line)
        return _proof_page(request, milestone, form, status=422)
    messages.success(request, _("Your decision is signed and stands in the journal."))
    return redirect("milestones:proof", grant_id, name)


def sheet(found: Grant) -> Sheet:
    """A grant made ready for a page."""
    milestones = list(found.milestones.all())
    total = sum(milestone.amount_minor for milestone in milestones)
    cards = tuple(_card(milestone, found.currency) for milestone in milestones)
    return Sheet(found, words.money(total, found.currency), cards)


def _card(milestone: Milestone, currency: str) -> Card:
    return Card(
        milestone=milestone,
        name=words.milestone(milestone.name),
        state=words.state(milestone.state),
        decision=words.state(milestone.decision) if milestone.decision else None,
        amount=words.money(milestone.amount_minor, currency),
        conditions=tuple(words.condition(one["check"]) for one in milestone.conditions),
    )


def _proof_page(
    request: HttpRequest, milestone: Milestone, form: DecisionForm | None, status: int = 200
) -> HttpResponse:
    person = person_of(request.user)
    may_judge = roles.can(person, roles.JUDGE)
    computed = services.proof_of(milestone.grant, milestone.name)
    observation = services.newest_observation(milestone.grant)
    context: dict[str, Any] = {
        "grant": milestone.grant,
        "milestone": milestone,
        "card": _card(milestone, milestone.grant.currency),
        "proof": computed,
        "lines": [words.line(line) for line in computed.lines],
        "pictured": any(line.link for line in computed.lines),
        "observation": observation,
        "decided_by": Person.objects.filter(id=milestone.decided_by).first(),
        "decided_on_other": bool(
            milestone.decision and observation and observation.digest != milestone.decided_on
        ),
        "history": milestone.judgements.all(),
        "may_look": roles.can(person, roles.OBSERVE),
        "may_judge": may_judge,
        "form": (form or DecisionForm(standing=milestone.decision)) if may_judge else None,
    }
    return render(request, "milestones/proof.html", context, status=status)


def _milestone(grant_id: str, name: str) -> Milestone:
    return get_object_or_404(Milestone.objects.select_related("grant"), grant_id=grant_id, name=name)


def _allowed(request: HttpRequest, action: str) -> Person:
    """The signed-in person; PermissionDenied (a 403 page) when their roles do not cover the action."""
    person = person_of(request.user)
    try:
        roles.require(person, action)
    except roles.NotAllowed as error:
        raise PermissionDenied(error.line) from error
    assert person is not None
    return person
