"""A phone's clock on the host's: bounded by round trips, whatever the network does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.markers.phone_clock import LONGEST_TRIP_NS, PhoneClock

MS = 1_000_000


def test_one_round_trip_puts_the_answer_in_its_middle() -> None:
    clock = PhoneClock()
    assert (clock.known, clock.round_trip_s, clock.doubt_s) == (False, None, None)
    # Asked at 1000, heard at 1010 by the phone; answered at 5005 by the host: 4000 ahead.
    assert clock.add(1000 * MS, 5005 * MS, 1010 * MS)
    assert clock.host_ns(2000 * MS) == 6000 * MS
    assert clock.round_trip_s == pytest.approx(0.010)
    assert clock.doubt_s == pytest.approx(0.0055)  # half the trip, and browsers blur 0.5 ms


@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(1, 80)), min_size=4, max_size=40),
    st.integers(-(10**12), 10**12),
)
def test_the_true_offset_lies_within_the_doubt(ways: list[tuple[int, int]], offset: int) -> None:
    clock, phone_ms = PhoneClock(), 10**12
    for there, back in ways:
        phone_ms += 300
        answered = (phone_ms + there + offset) * MS
        clock.add(phone_ms * MS, answered, (phone_ms + there + back) * MS)
    doubt = clock.doubt_s
    assert doubt is not None
    assert clock.jumps == 0
    assert abs(clock.host_ns(0) - offset * MS) <= doubt * 1e9 + 1


def test_a_drifting_clock_is_followed_and_is_no_jump() -> None:
    clock, random = PhoneClock(), np.random.default_rng(1)
    for second in range(120):
        host = second * 1000 * MS
        phone = round(host * (1 + 5e-5)) + 10**9  # 50 ppm fast
        trip = int(random.integers(2, 30)) * MS
        clock.add(phone, host + trip // 2, phone + trip)
    assert clock.jumps == 0
    assert abs(clock.host_ns(phone) - host) < 3 * MS


def test_a_clock_that_was_set_anew_is_named_and_believed_at_once() -> None:
    clock = PhoneClock()
    for second in range(5):
        clock.add(second * 1000 * MS, (second * 1000 + 5) * MS, (second * 1000 + 10) * MS)
    clock.add(65_000 * MS, 5005 * MS, 65_010 * MS)  # the phone's clock went a minute ahead
    assert clock.jumps == 1
    assert clock.host_ns(65_005 * MS) == 5005 * MS


@pytest.mark.parametrize("heard", [999 * MS, 1000 * MS + LONGEST_TRIP_NS + 1])
def test_a_trip_that_cannot_be_is_left_out(heard: int) -> None:
    clock = PhoneClock()
    assert not clock.add(1000 * MS, 5005 * MS, heard)
    assert not clock.known
