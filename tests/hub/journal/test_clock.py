"""Hybrid time never runs backwards on a device and follows nobody into the far future."""

from hypothesis import given
from hypothesis import strategies as st

from openset.hub.journal.clock import EARLIEST, TRUSTED_LEAD_MS, Stamp, meet, tick

walls = st.integers(0, 2**40)
stamps = st.builds(Stamp, walls, st.integers(0, 1000))


@given(stamps, walls)
def test_a_new_stamp_is_always_later_than_the_last(last: Stamp, now_ms: int) -> None:
    assert tick(last, now_ms) > last


@given(st.lists(walls, min_size=2))
def test_stamps_rise_while_the_wall_clock_jumps_about(clock_readings: list[int]) -> None:
    made = [EARLIEST]
    for reading in clock_readings:
        made.append(tick(made[-1], reading))
    assert made == sorted(set(made))


def test_a_clock_that_runs_ahead_gives_plain_wall_time() -> None:
    assert tick(Stamp(1000, 7), 1001) == Stamp(1001, 0)


def test_a_clock_back_at_1970_counts_on_from_the_last_stamp() -> None:
    assert tick(Stamp(1_700_000_000_000, 3), 5) == Stamp(1_700_000_000_000, 4)


def test_a_later_stamp_of_another_device_is_followed() -> None:
    assert meet(Stamp(1000, 0), Stamp(1500, 2), now_ms=1200) == Stamp(1500, 2)


def test_a_stamp_from_a_year_ahead_does_not_move_our_clock() -> None:
    year_ms = 365 * 24 * 3600 * 1000
    assert meet(Stamp(1000, 0), Stamp(1000 + year_ms, 0), now_ms=1000) == Stamp(1000, 0)


@given(stamps, stamps, walls)
def test_meeting_never_moves_back_and_never_beyond_the_trusted_lead(
    last: Stamp, theirs: Stamp, now_ms: int
) -> None:
    met = meet(last, theirs, now_ms)
    assert met >= last
    assert met == last or met.wall_ms <= now_ms + TRUSTED_LEAD_MS
