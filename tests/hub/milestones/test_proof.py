"""What was seen, what held before, and what follows: the table of the proof's logic."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.hub.milestones.evidence import DeliverySeen, Evidence, SceneSeen, TakeSeen
from openset.hub.milestones.proof import CHECKS, MILESTONES, Proof, prove, take_link

TAKEN = [{"check": "every scene taken"}]
PLANNED = [{"check": "every scene planned"}]
DELIVERED = [{"check": "delivery verifies"}]

GOOD = TakeSeen("1-A-t01", True, True, True, "f1")
LATER = TakeSeen("1-A-t02", True, True, True, "f2")
PLAIN = TakeSeen("1-A-t03", False, False, False, "")
NO_TRACK = TakeSeen("1-A-t01", True, False, False, "f1", ("track.otrk.jsonl is missing",))


def seen(*takes: TakeSeen, shots: tuple[str, ...] = (), faults: tuple[str, ...] = ()) -> Evidence:
    return Evidence(
        "lane", {"s.fountain": "aa"}, (SceneSeen("1", "INT. LANE", shots, takes),), (), faults
    )


def delivered(*deliveries: DeliverySeen) -> Evidence:
    return Evidence("lane", {"s.fountain": "aa"}, (), deliveries)


HELD = {"taken:1": "1-A-t01"}


@pytest.mark.parametrize(
    ("takes", "held", "state", "line", "why"),
    [
        ([], None, "open", "open", "No take of this scene yet."),
        ([PLAIN], None, "open", "open", "No take of this scene is circled; the newest is 1-A-t03."),
        ([GOOD], None, "proved", "proved", "Take 1-A-t01 is circled, its camera data is valid"),
        ([NO_TRACK], None, "open", "broken", "Take 1-A-t01: track.otrk.jsonl is missing."),
        ([NO_TRACK, LATER], None, "proved", "proved", "Take 1-A-t02 is circled"),
        ([GOOD], HELD, "proved", "proved", "Take 1-A-t01 is circled"),
        ([GOOD, LATER], HELD, "proved", "proved", "Take 1-A-t01 is circled"),
        ([NO_TRACK], HELD, "no longer proved", "broken", "Take 1-A-t01: track.otrk.jsonl is missing."),
        (
            [NO_TRACK, PLAIN],
            HELD,
            "no longer proved",
            "broken",
            "Take 1-A-t01: track.otrk.jsonl is missing.",
        ),
        ([NO_TRACK, LATER], HELD, "proved", "proved", "Take 1-A-t02 is circled"),
        ([], HELD, "no longer proved", "broken", "Take 1-A-t01, which proved this scene, is gone."),
        (
            [PLAIN],
            HELD,
            "no longer proved",
            "broken",
            "Take 1-A-t01, which proved this scene, is gone.",
        ),
        (
            [TakeSeen("1-A-t01", False, False, False, "")],
            HELD,
            "no longer proved",
            "broken",
            "Take 1-A-t01, which proved this scene, is no longer circled.",
        ),
        ([], {"taken:9": "9-A-t01"}, "no longer proved", "open", "No take of this scene yet."),
    ],
)
def test_a_scene_is_proved_open_or_broken(
    takes: list[TakeSeen], held: Mapping[str, str] | None, state: str, line: str, why: str
) -> None:
    proof = prove(TAKEN, seen(*takes), held)
    assert proof.state == state
    (only,) = proof.lines
    assert only.state == line
    assert only.why.startswith(why)
    assert only.text == "Scene 1, INT. LANE, has a circled take that holds"


def test_nothing_is_known_before_anyone_looked() -> None:
    assert prove(TAKEN, None) == Proof("not yet known")


def test_a_proved_line_leads_to_the_take_that_proves_it() -> None:
    (line,) = prove(TAKEN, seen(GOOD)).lines
    assert (line.take_id, line.link) == ("1-A-t01", "/productions/lane/takes/1-A-t01/")
    assert line.link == take_link("lane", "1-A-t01")


def test_a_broken_line_still_leads_to_the_take_and_a_gone_take_to_nowhere() -> None:
    (broken,) = prove(TAKEN, seen(NO_TRACK), HELD).lines
    assert broken.link
    (gone,) = prove(TAKEN, seen(), HELD).lines
    assert (gone.take_id, gone.link) == ("1-A-t01", "")


def test_one_open_scene_keeps_the_milestone_open() -> None:
    two = (SceneSeen("1", "INT. LANE", (), (GOOD,)), SceneSeen("2", "EXT. GATE", (), ()))
    proof = prove(TAKEN, Evidence("lane", {"s": "a"}, two, ()))
    assert proof.state == "open"
    assert [line.state for line in proof.lines] == ["proved", "open"]
    assert proof.held == {"taken:1": "1-A-t01"}


@pytest.mark.parametrize("conditions", [TAKEN, PLANNED])
def test_an_empty_script_proves_nothing(conditions: list[dict[str, str]]) -> None:
    without = prove(conditions, Evidence("lane", {}, (), ()))
    assert (without.state, without.lines[0].why) == (
        "open",
        "There is no script in the production's folder.",
    )
    empty = prove(conditions, Evidence("lane", {"s": "a"}, (), ()))
    assert (empty.state, empty.lines[0].why) == ("open", "No scene heading was found in the script.")


def test_a_script_that_lost_its_scenes_is_broken_where_they_were_proved() -> None:
    proof = prove(TAKEN, Evidence("lane", {}, (), ()), HELD)
    assert (proof.state, proof.lines[0].state) == ("no longer proved", "broken")


@pytest.mark.parametrize("conditions", [TAKEN, PLANNED, DELIVERED])
def test_what_could_not_be_read_is_a_broken_line_whatever_else_holds(
    conditions: list[dict[str, str]],
) -> None:
    fault = "the production's folder is not where it was"
    proof = prove(conditions, seen(GOOD, shots=("A",), faults=(fault,)))
    assert proof.state == "open"
    assert (proof.lines[0].state, proof.lines[0].why) == ("broken", fault + ".")


def test_previs_needs_a_shot_for_every_scene_and_says_when_they_are_gone() -> None:
    assert prove(PLANNED, seen()).state == "open"
    proof = prove(PLANNED, seen(shots=("A", "B")))
    assert (proof.state, proof.held) == ("proved", {"planned:1": "A, B"})
    after = prove(PLANNED, seen(), proof.held)
    assert (after.state, after.lines[0].why) == ("no longer proved", "The planned shots A, B are gone.")


@pytest.mark.parametrize(
    ("deliveries", "held", "state", "line", "why"),
    [
        ([], None, "open", "open", "No delivery lies in the production's deliveries folder yet."),
        ([DeliverySeen("d1", True, "aa")], None, "proved", "proved", "Delivery d1 verifies."),
        (
            [DeliverySeen("d1", False, "aa", ("x.mov is missing",))],
            None,
            "open",
            "broken",
            "Delivery d1: x.mov is missing.",
        ),
        (
            [DeliverySeen("d1", False, "aa", ("x.mov is missing",)), DeliverySeen("d2", True, "bb")],
            {"delivery": "d1"},
            "proved",
            "proved",
            "Delivery d2 verifies.",
        ),
        (
            [DeliverySeen("d1", False, "aa", ("x.mov is missing",))],
            {"delivery": "d1"},
            "no longer proved",
            "broken",
            "Delivery d1: x.mov is missing.",
        ),
        (
            [],
            {"delivery": "d1"},
            "no longer proved",
            "broken",
            "Delivery d1, which proved this, is gone.",
        ),
    ],
)
def test_a_delivery_is_proved_open_or_broken(
    deliveries: list[DeliverySeen], held: Mapping[str, str] | None, state: str, line: str, why: str
) -> None:
    proof = prove(DELIVERED, delivered(*deliveries), held)
    assert (proof.state, proof.lines[0].state, proof.lines[0].why) == (state, line, why)


def test_a_condition_of_a_newer_openset_is_open_and_says_so() -> None:
    proof = prove([{"check": "every extra fed"}], seen(GOOD))
    assert proof.state == "open"
    assert "every extra fed" in proof.lines[0].text


def test_a_milestone_without_conditions_is_never_proved() -> None:
    assert prove([], seen(GOOD)).state == "open"


def test_every_milestone_asks_for_conditions_that_exist() -> None:
    assert [name for name, _ in MILESTONES] == ["previs", "stage", "post"]
    assert all(check in CHECKS for _, checks in MILESTONES for check in checks)


take_lists = st.lists(
    st.builds(
        TakeSeen,
        st.sampled_from(["1-A-t01", "1-A-t02", "1-B-t01"]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.just("aa"),
        st.sampled_from([(), ("picture.mov is missing",)]),
    ),
    max_size=4,
)


@given(take_lists, st.none() | st.just(HELD) | st.just({}))
def test_a_milestone_is_proved_exactly_when_a_take_proves_each_scene(
    takes: list[TakeSeen], held: Mapping[str, str] | None
) -> None:
    proof = prove(TAKEN, seen(*takes), held)
    assert (proof.state == "proved") == any(take.proves for take in takes)
    if proof.state != "proved":
        assert proof.state == ("open" if held is None else "no longer proved")
    for line in proof.lines:
        assert "%(" not in line.text + line.why
