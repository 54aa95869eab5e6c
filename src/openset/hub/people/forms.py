"""Forms by which an owner adds people and gives roles."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openset.hub.people.roles import FUND_OFFICER, OWNER, TECHNICIAN, VIEWER

ROLE_WORDS = {
    OWNER: pgettext_lazy("role", "Owner"),
    TECHNICIAN: pgettext_lazy("role", "Technician"),
    FUND_OFFICER: pgettext_lazy("role", "Fund officer"),
    VIEWER: pgettext_lazy("role", "Viewer"),
}


class RolesForm(forms.Form):
    """Which roles a person has."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=list(ROLE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class PersonForm(RolesForm):
    """A new person."""

    name = forms.CharField(label=_("Name"), max_length=200)
    field_order = ("name", "roles")
