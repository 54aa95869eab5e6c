"""A take's time on a strip: nothing lost, nothing overlapping."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.site.timeline import stretches

STATES = st.lists(st.sampled_from(["tracked", "held", "none"]), max_size=300)


@given(STATES)
def test_stretches_join_without_gaps_and_end_at_the_last_frame(states: list[str]) -> None:
    found = stretches(states, max(len(states), 1))
    at = 0.0
    for stretch in found:
        assert stretch.start == pytest.approx(at, abs=0.002)
        at = stretch.start + stretch.length
    assert at == pytest.approx(100.0 if states else 0.0, abs=0.01)


@given(STATES)
def test_neighbouring_stretches_differ(states: list[str]) -> None:
    found = stretches(states, max(len(states), 1))
    assert all(a.state != b.state for a, b in pairwise(found))


def test_a_track_shorter_than_the_picture_leaves_the_rest_open() -> None:
    assert [(one.state, one.start, one.length) for one in stretches(["tracked"] * 5, 10)] == [
        ("tracked", 0.0, 50.0)
    ]
