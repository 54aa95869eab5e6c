"""The form of a fund officer's own decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openset.hub.milestones.models import ACCEPTED, REFUSED, WITHDRAWN


class DecisionForm(forms.Form):
    """Accept, refuse or withdraw, with a reason; withdrawing is offered only where something stands."""

    decision = forms.ChoiceField(label=_("Decision"))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_(
            "A sentence others can check. It is signed with your name and stays in the journal."
        ),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, standing: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (ACCEPTED, _("Accept, whatever the proof says")),
            (REFUSED, _("Refuse, whatever the proof says")),
        ]
        if standing:
            choices.append((WITHDRAWN, _("Withdraw the decision; the proof counts again")))
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
