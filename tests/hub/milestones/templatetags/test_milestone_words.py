"""Every state has a shape, a class of the kit and a word; lines are filled in the reader's language."""

import pytest
from django.utils.translation import override

from openset.hub.milestones.models import DECISIONS
from openset.hub.milestones.proof import CHECKS, MILESTONES, ProofLine
from openset.hub.milestones.templatetags import milestone_words as words

STATES = ("not yet known", "proved", "no longer proved", "open", "broken", *DECISIONS)


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_shown_by_shape_and_word(name: str) -> None:
    shown = words.state(name)
    assert shown.kit in ("proved", "open", "broken")
    assert shown.icon
    assert shown.word[0].isupper()


def test_no_two_states_share_a_word() -> None:
    assert len({words.state(name).word for name in STATES}) == len(STATES)


def test_every_milestone_and_condition_has_words() -> None:
    assert [words.milestone(name) for name, _ in MILESTONES] == ["Previs", "Stage", "Post"]
    assert all(words.condition(check) != check for check in CHECKS)


def test_a_condition_of_a_newer_openset_is_shown_by_its_name() -> None:
    assert words.condition("every extra fed") == "every extra fed"


def test_a_line_is_filled_once_and_a_percent_sign_in_it_stays() -> None:
    line = ProofLine(
        "k", "open", "Scene %(scene)s", "%(faults)s.", {"scene": "100%", "faults": "5% %(x)s"}
    )
    shown = words.line(line)
    assert (shown.text, shown.why) == ("Scene 100%", "5% %(x)s.")


def test_a_take_in_an_arabic_line_keeps_its_own_direction() -> None:
    line = ProofLine(
        "k", "proved", "Scene %(scene)s", "Take %(take)s.", {"scene": "1", "take": "2-A-t01"}
    )
    with override("ar"):
        assert "\u20682-A-t01\u2069" in words.line(line).why
    assert words.line(line).why == "Take 2-A-t01."


def test_amounts_follow_the_currency_and_the_reader() -> None:
    assert words.money(123456789, "XOF") == "123,456,789 XOF"
    assert words.money(123456, "TND") == "123.456 TND"
    with override("fr"):
        assert words.money(123456, "EUR").replace("\xa0", " ").replace("\u202f", " ") == "1 234,56 EUR"


def test_a_moment_from_a_wild_clock_can_still_be_shown() -> None:
    assert words.moment(2**48).year > 2026
    assert words.moment(0).year == 1970
