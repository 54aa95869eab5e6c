"""The words of the milestones' pages, translated: states, milestones, conditions, proof lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, gettext, pgettext

from openset.hub.milestones.money import decimals, major
from openset.hub.milestones.proof import ProofLine

register = template.Library()
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHAPES = {
    "proved": ("proved", "circle-check"),
    "accepted": ("proved", "stamp"),
    "open": ("open", "circle-dashed"),
    "not yet known": ("open", "circle-help"),
    "withdrawn": ("open", "undo-2"),
    "broken": ("broken", "circle-x"),
    "no longer proved": ("broken", "circle-x"),
    "refused": ("broken", "circle-slash"),
}


@dataclass(frozen=True)
class Shown:
    """A state as the kit shows it: the class behind `state--`, the icon, the word."""

    kit: str
    icon: str
    word: str


@dataclass(frozen=True)
class ShownLine:
    """A proof line in the reader's language."""

    line: ProofLine
    state: Shown
    text: str
    why: str


@register.filter
def state(name: str) -> Shown:
    """A state of a proof, a line or a decision."""
    words = {
        "proved": pgettext("state", "Proved"),
        "open": pgettext("state", "Open"),
        "broken": pgettext("state", "Broken"),
        "not yet known": pgettext("state", "Not yet known"),
        "no longer proved": pgettext("state", "No longer proved"),
        "accepted": pgettext("state", "Accepted by hand"),
        "refused": pgettext("state", "Refused by hand"),
        "withdrawn": pgettext("state", "Decision withdrawn"),
    }
    kit, icon = SHAPES[name]
    return Shown(kit, icon, words[name])


def milestone(name: str) -> str:
    """A milestone's name."""
    words = {"previs": gettext("Previs"), "stage": gettext("Stage"), "post": gettext("Post")}
    return words.get(name, name)


def condition(check: str) -> str:
    """A condition as the agreement would say it."""
    words = {
        "every scene planned": gettext("Every scene of the script has at least one planned shot."),
        "every scene taken": gettext(
            "Every scene of the script has a circled take whose camera data validates and whose "
            "checksums hold."
        ),
        "delivery verifies": gettext("A delivery exists whose passport verifies."),
    }
    return words.get(check, check)


def line(one: ProofLine) -> ShownLine:
    """A proof line, its templates translated and filled. What is filled in keeps its own direction: in
    an Arabic sentence take 2-A-t01 would else read A-t01-2."""
    about = one.about
    if get_language_bidi():
        about = {name: f"{_ISOLATE}{value}{_END_ISOLATE}" for name, value in about.items()}
    return ShownLine(one, state(one.state), gettext(one.says) % about, gettext(one.because) % about)


def money(amount_minor: int, currency: str) -> str:
    """An amount with its currency, in the reader's digits and separators."""
    amount = number_format(
        major(amount_minor, currency),
        decimal_pos=decimals(currency),
        use_l10n=True,
        force_grouping=True,
    )
    return f"{amount} {currency}"


@register.filter
def moment(wall_ms: int) -> datetime:
    """A journal's milliseconds as a time the templates can write."""
    return _EPOCH + timedelta(milliseconds=min(wall_ms, 2**47))
