"""A decision form asks for a reason and offers withdrawing only where something stands."""

from openset.hub.milestones.forms import DecisionForm


def test_a_decision_needs_a_reason() -> None:
    form = DecisionForm({"decision": "accepted", "reason": "   "})
    assert not form.is_valid()
    assert "reason" in form.errors


def test_withdrawing_is_offered_only_where_a_decision_stands() -> None:
    sent = {"decision": "withdrawn", "reason": "Agreed later."}
    assert not DecisionForm(sent).is_valid()
    assert DecisionForm(sent, standing="refused").is_valid()
