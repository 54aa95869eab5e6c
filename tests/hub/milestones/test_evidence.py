"""An observation travels through the journal unchanged, and its digest pins every part of it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openset.hub.journal.entry import canonical
from openset.hub.milestones.evidence import (
    DeliverySeen,
    Evidence,
    SceneSeen,
    TakeSeen,
    digest,
    from_payload,
    to_payload,
)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
hashes = st.text("0123456789abcdef", max_size=8)
faults = st.lists(texts, max_size=2).map(tuple)
takes = st.builds(TakeSeen, texts, st.booleans(), st.booleans(), st.booleans(), hashes, faults)
scenes = st.builds(
    SceneSeen,
    texts,
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(takes, max_size=2).map(tuple),
)
deliveries = st.builds(DeliverySeen, texts, st.booleans(), hashes, faults)
observations = st.builds(
    Evidence,
    texts,
    st.dictionaries(texts, hashes, max_size=2),
    st.lists(scenes, max_size=2).map(tuple),
    st.lists(deliveries, max_size=2).map(tuple),
    faults,
)

TAKE = TakeSeen("1-A-t01", True, True, True, "abc")
SEEN = Evidence("lane", {"a.fountain": "1f"}, (SceneSeen("1", "INT. LANE", ("A",), (TAKE,)),), ())


@given(observations)
@settings(max_examples=50)
def test_an_observation_survives_the_journal(evidence: Evidence) -> None:
    assert from_payload(to_payload(evidence)) == evidence
    assert canonical(to_payload(evidence))


def test_the_digest_is_the_same_for_the_same_folder_and_differs_for_any_change() -> None:
    other_take = replace(TAKE, manifest="abd")
    changed = [
        replace(SEEN, production_id="other"),
        replace(SEEN, scripts={"a.fountain": "2f"}),
        replace(SEEN, scenes=(replace(SEEN.scenes[0], takes=(other_take,)),)),
        replace(SEEN, scenes=(replace(SEEN.scenes[0], shots=()),)),
        replace(SEEN, deliveries=(DeliverySeen("d1", True, "ff"),)),
        replace(SEEN, faults=("script/a.fountain cannot be read",)),
    ]
    assert digest(SEEN) == digest(from_payload(to_payload(SEEN)))
    assert len({digest(one) for one in [SEEN, *changed]}) == len(changed) + 1


def test_the_order_in_which_scripts_were_read_does_not_matter() -> None:
    forth = replace(SEEN, scripts={"a.fountain": "1", "b.fountain": "2"})
    back = replace(SEEN, scripts={"b.fountain": "2", "a.fountain": "1"})
    assert digest(forth) == digest(back)


def test_a_take_proves_only_when_everything_about_it_holds() -> None:
    assert TAKE.proves
    for spoilt in (
        replace(TAKE, circled=False),
        replace(TAKE, camera_valid=False),
        replace(TAKE, checksums_hold=False),
        replace(TAKE, faults=("take.toml: not so: the take is closed",)),
    ):
        assert not spoilt.proves


def test_a_take_is_found_by_its_id() -> None:
    assert SEEN.take("1-A-t01") == TAKE
    assert SEEN.take("1-A-t02") is None
