"""Forms of the camera's page: what is printed, where the picture comes from, the marks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openset.primitives.errors import OpensetError
from openset.site.camera_steps import figure
from openset.stage.prints.board_page import choose_board, short_name
from openset.stage.prints.ids import parse_ids
from openset.stage.prints.paper import PAPERS, Paper, parse_paper
from openset.stage.prints.patterns import MOST_ID
from openset.stage.prints.tag_pages import largest_mm, lay_out
from openset.store.production import FURTHEST_M


class SheetsForm(forms.Form):
    """Which sheets are printed."""

    paper = forms.ChoiceField(
        label=_("Paper"), choices=[(each.name, each.name) for each in PAPERS.values()]
    )
    kind = forms.ChoiceField(
        label=_("Board"),
        choices=[("charuco", _("Board with markers")), ("checkerboard", _("Plain checkerboard"))],
    )
    tag_mm = forms.FloatField(
        label=_("Side of a tag's black square, mm"), min_value=20, max_value=800, localize=True
    )
    tag_ids = forms.CharField(label=_("Numbers of the tags"), max_length=120)

    def clean(self) -> dict[str, Any]:
        """What fits on the paper."""
        given = super().clean() or {}
        if self.errors:
            return given
        sheet = parse_paper(given["paper"])
        given["board"] = short_name(choose_board(given["kind"], sheet))
        try:
            lay_out(sheet, given["tag_mm"])
        except OpensetError:
            self.add_error("tag_mm", _too_large(given["tag_mm"], sheet))
        try:
            parse_ids(given["tag_ids"])
        except OpensetError:
            said = _("Write numbers from 0 to %(most)s and ranges of them, each number once: 0-11,20.")
            self.add_error("tag_ids", said % {"most": MOST_ID})
        return given


def _too_large(tag_mm: float, sheet: Paper) -> str:
    said = gettext(
        "A tag of %(mm)s mm and its white border do not fit on %(paper)s. Take larger paper, or a tag "
        "of %(largest)s mm or less."
    )
    figures = {"mm": figure(tag_mm, 1), "largest": figure(largest_mm(sheet), 0)}
    return said % {**figures, "paper": sheet.name}


class BarForm(forms.Form):
    """What the scale bar measures."""

    bar_mm = forms.FloatField(
        label=_("The bar marked 100 mm measures, mm"), min_value=50, max_value=200, localize=True
    )


class SourceForm(forms.Form):
    """Where the picture comes from."""

    picture = forms.CharField(label=_("Picture"), max_length=300)
    sensor_mm = forms.FloatField(
        label=_("Width of the sensor, mm"), min_value=0, max_value=100, required=False, localize=True
    )


class TrackedSourceForm(SourceForm):
    """Where the picture and the track come from."""

    track = forms.CharField(label=_("Track"), max_length=300, required=False)
    field_order = ("picture", "track", "sensor_mm")


class MarkForm(forms.Form):
    """Where an actor stands."""

    was = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=40)
    x = forms.FloatField(label=_("X, m"), min_value=-FURTHEST_M, max_value=FURTHEST_M, localize=True)
    y = forms.FloatField(label=_("Y, m"), min_value=-FURTHEST_M, max_value=FURTHEST_M, localize=True)
    z = forms.FloatField(label=_("Z, m"), min_value=-FURTHEST_M, max_value=FURTHEST_M, localize=True)
