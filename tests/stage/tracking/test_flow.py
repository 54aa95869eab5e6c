from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.tracking.flow import WINDOW, Flow, Spread, spread

MS = 1_000_000


def test_an_even_flow_has_its_rate_and_no_jitter() -> None:
    flow = Flow()
    for index in range(51):
        flow.note(index * 20 * MS)
    # 50 gaps of 20 ms: 50 reports a second.
    assert flow.rate_hz(1000 * MS) == pytest.approx(50.0)
    assert flow.jitter() == Spread(0.0, 0.0)
    assert flow.lateness() is None


def test_jitter_is_measured_from_the_usual_gap() -> None:
    flow = Flow()
    for arrival_ms in (0, 10, 20, 33, 40, 50):  # gaps 10 10 13 7 10: usual 10, off by 0 0 3 3 0
        flow.note(arrival_ms * MS)
    assert flow.jitter() == Spread(0.0, 3.0)


def test_heaps_are_told_from_an_even_flow_with_gaps() -> None:
    heaps, even = Flow(), Flow()
    for index in range(100):
        heaps.note((index // 10) * 100 * MS + index % 10)
        if index % 20:
            even.note(index * 10 * MS + (index % 3) * MS)
    assert heaps.burstiness(1000 * MS) > 0.9
    assert even.burstiness(1000 * MS) < 0.1
    assert Flow().burstiness(0) == 0.0


def test_lateness_is_above_the_least_since_two_clocks_differ() -> None:
    flow = Flow()
    for stamp_ms, arrival_ms in ((0, 1005), (10, 1013), (20, 1027)):  # 1005, 1003, 1007 apart
        flow.note(arrival_ms * MS, stamp_ns=stamp_ms * MS)
    assert flow.lateness() == Spread(2.0, 4.0)  # 0 2 4: the middle one, and the most


def test_lost_late_and_repeated_reports_are_told_apart() -> None:
    flow = Flow()
    for arrival, sequence in enumerate([65534, 65535, 0, 3, 2, 3, 3, 4]):
        flow.note(arrival * MS, sequence=sequence)
    # 1 and 2 are missing at 3; 2 comes late; 3 comes twice again.
    assert (flow.lost, flow.late, flow.repeated) == (1, 1, 2)
    assert flow.total == 8


def test_a_sender_that_starts_anew_has_lost_nothing() -> None:
    flow = Flow()
    for arrival, sequence in enumerate([5000, 5001, 0, 1]):
        flow.note(arrival * MS, sequence=sequence)
    assert (flow.lost, flow.late) == (0, 0)


def test_a_number_of_four_bits_wraps_at_sixteen() -> None:
    flow = Flow()
    for arrival, sequence in enumerate([14, 15, 0, 1, 4]):
        flow.note(arrival * MS, sequence=sequence, sequence_bits=4)
    assert (flow.lost, flow.late) == (2, 0)


def test_a_stamp_that_stands_still_is_a_repeated_report() -> None:
    flow = Flow()
    for arrival in range(4):
        flow.note(arrival * MS, stamp_ns=7)
    assert flow.repeated == 3


def test_a_sender_that_does_not_count_repeats_nothing() -> None:
    flow = Flow()
    for arrival in range(4):
        flow.note(arrival * MS, sequence=0, content=arrival)
    assert (flow.lost, flow.late, flow.repeated) == (0, 0, 0)


def test_a_silent_source_has_no_rate() -> None:
    flow = Flow()
    flow.note(0)
    flow.note(10 * MS)
    assert flow.rate_hz(20 * MS) == pytest.approx(100.0)
    assert flow.rate_hz(5000 * MS) == 0.0
    assert Flow().rate_hz(0) == 0.0


def test_a_long_flow_keeps_only_its_window() -> None:
    flow = Flow()
    for index in range(5 * WINDOW):
        flow.note(index * MS, stamp_ns=index * MS)
    assert flow.total == 5 * WINDOW
    assert len(flow._arrivals) == len(flow._behind) == WINDOW


def test_a_spread_of_nothing_is_none() -> None:
    assert spread([]) is None
    assert str(spread([2 * MS, 2 * MS])) == "2.0 ms (99 % under 2.0)"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(),
            st.none() | st.integers(),
            st.none() | st.integers(0, 2**32),
            st.integers(1, 32),
        ),
        max_size=40,
    )
)
def test_any_numbers_are_only_counted(reports: list[tuple[int, int | None, int | None, int]]) -> None:
    flow = Flow()
    for arrival, stamp, sequence, bits in reports:
        flow.note(arrival, stamp, sequence, bits)
    assert flow.total == len(reports)
    assert flow.lost >= 0
    assert flow.rate_hz(0) >= 0
