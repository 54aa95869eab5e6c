"""The people of the hub and their roles, as a page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openset.hub.people import services
from openset.hub.people.forms import ROLE_WORDS, PersonForm, RolesForm
from openset.hub.people.models import Person
from openset.hub.people.roles import PEOPLE, can
from openset.primitives.errors import BadInput


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Everyone with their roles; an owner adds people here. Names are shown to the signed-in only."""
    if request.method != "POST":
        return _page(request, PersonForm())
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            added = services.add_person(
                _owner(request), form.cleaned_data["name"], form.cleaned_data["roles"]
            )
        except BadInput as error:
            form.add_error(None, error.line)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": added.name})
            return redirect("people:index")
    return _page(request, form, status=422)


@require_POST
@login_required
def give_roles(request: HttpRequest, person_id: str) -> HttpResponse:
    """Give a person exactly the ticked roles."""
    person = get_object_or_404(Person, id=person_id)
    owner = _owner(request)
    form = RolesForm(request.POST)
    try:
        if form.is_valid():
            services.set_roles(owner, person, form.cleaned_data["roles"])
            messages.success(request, _("The roles of %(name)s are set.") % {"name": person.name})
    except BadInput as error:
        messages.error(request, error.line)
    return redirect("people:index")


def _page(request: HttpRequest, form: PersonForm, status: int = 200) -> HttpResponse:
    people = [
        (
            person,
            [ROLE_WORDS[role] for role in person.roles if role in ROLE_WORDS],
            RolesForm(initial={"roles": person.roles}, auto_id=f"id_{person.id}_%s"),
        )
        for person in Person.objects.order_by("name", "id")
    ]
    context = {
        "people": people,
        "form": form,
        "may_change": can(services.person_of(request.user), PEOPLE),
    }
    return render(request, "people/index.html", context, status=status)


def _owner(request: HttpRequest) -> Person:
    """The signed-in person; PermissionDenied unless they may change people."""
    person = services.person_of(request.user)
    if person is None or not can(person, PEOPLE):
        raise PermissionDenied(_("Only an owner of this hub gives roles."))
    return person
