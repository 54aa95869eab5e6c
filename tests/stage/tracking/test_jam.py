"""Timecode jammed to the engine's clock: locked, free, re-jammed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.ltc_follow import RateFound
from openset.primitives.time import Timecode, frame_time_ns, parse_timecode
from openset.stage.tracking.jam import JamClock, anchored, times_of, usable_rate

PAL, NTSC = Fraction(25), Fraction(30000, 1001)
MS = 1_000_000
S = 1000 * MS


def feed(
    clock: JamClock,
    first: str,
    seconds: float,
    *,
    rate: Fraction = PAL,
    begin_ns: int = 0,
    ppm: float = 0.0,
    jitter_ms: float = 0.0,
) -> int:
    """Frames from `first` on, beginning at `begin_ns`; when the frame after the last would begin."""
    rng = np.random.default_rng(1)
    code = parse_timecode(first, rate)
    count = round(seconds * rate)
    for number in range(count):
        exact = begin_ns + frame_time_ns(number, rate) * (1 + ppm * 1e-6)
        clock.feed(code.plus(number), round(exact + rng.normal(0, jitter_ms) * MS))
    return round(begin_ns + frame_time_ns(count, rate) * (1 + ppm * 1e-6))


def test_between_frames_the_timecode_is_that_of_the_frame_running() -> None:
    clock = JamClock()
    assert clock.at(0) is None
    assert clock.state(0) == "none"
    feed(clock, "10:00:00:00", 2.0)
    line = clock.at(1010 * MS)
    assert line is not None
    # 1010 ms at 40 ms a frame is a quarter into frame 25.
    assert line.frames_at(1010 * MS) == pytest.approx(10 * 3600 * 25 + 25.25)
    assert str(line.timecode_at(1010 * MS)) == "10:00:01:00"
    assert str(line.timecode_at(999 * MS)) == "10:00:00:24"
    assert clock.state(1010 * MS) == "locked"


def test_a_moment_a_hair_before_a_frame_s_edge_is_that_frame() -> None:
    # Half a millisecond is an eightieth of a frame at 25: no stamp of a picture is as fine.
    clock = JamClock()
    feed(clock, "10:00:00:00", 30.0, jitter_ms=0.2)
    line = clock.at(S)
    assert line is not None
    assert str(line.timecode_at(20 * S - MS // 2)) == "10:00:20:00"
    assert str(line.timecode_at(20 * S - 2 * MS)) == "10:00:19:24"


def test_without_ltc_it_runs_free_along_the_drift_it_had() -> None:
    clock = JamClock()
    end_ns = feed(clock, "10:00:00:00", 30.0, ppm=40.0, jitter_ms=0.2)
    later = end_ns + 600 * S
    line = clock.at(later)
    assert line is not None
    assert clock.state(later) == "free"
    assert line.age_s(later) == pytest.approx(600.04, abs=0.01)
    assert line.drift_ppm == pytest.approx(40.0, abs=5.0)
    # Ten minutes at 40 ppm are 0.6 frames; the line has them, to within what it says it may be off.
    true = 10 * 3600 * 25 + (later - 0) / S * 25 / (1 + 40e-6)
    assert abs(line.frames_at(later) - true) < 3 * line.doubt_frames(later) < 0.5


@given(st.integers(0, 2_159_999), st.floats(-150.0, 150.0), st.floats(0.0, 0.5))
@settings(max_examples=20, deadline=None)
def test_any_drift_and_jitter_keep_every_frame_in_its_place(
    first: int, ppm: float, jitter_ms: float
) -> None:
    clock = JamClock()
    code = Timecode(first, PAL)
    feed(clock, str(code), 6.0, ppm=ppm, jitter_ms=jitter_ms)
    line = clock.at(5 * S)
    assert line is not None
    for number in range(100, 150):
        middle_ns = round((number + 0.5) * 40 * MS * (1 + ppm * 1e-6))
        assert line.timecode_at(middle_ns) == code.plus(number)


def test_stray_stamps_do_not_bend_the_line() -> None:
    clock = JamClock()
    code = parse_timecode("10:00:00:00", PAL)
    for number in range(250):
        late = 15 * MS if number % 10 == 9 else 0
        clock.feed(code.plus(number), number * 40 * MS + late)
    line = clock.at(10 * S)
    assert line is not None
    assert line.frames_at(10 * S) == pytest.approx(code.frame_count + 250, abs=0.01)


def test_one_odd_frame_moves_nothing_and_two_begin_a_new_line() -> None:
    clock = JamClock()
    end_ns = feed(clock, "10:00:00:00", 2.0)
    clock.feed(parse_timecode("20:00:00:00", PAL), end_ns)
    line = clock.at(end_ns)
    assert line is not None
    assert str(line.timecode_at(end_ns)) == "10:00:02:00"
    clock.feed(parse_timecode("10:00:02:01", PAL), end_ns + 40 * MS)
    clock.feed(parse_timecode("20:00:00:02", PAL), end_ns + 80 * MS)
    clock.feed(parse_timecode("20:00:00:03", PAL), end_ns + 120 * MS)
    after = clock.at(end_ns + 130 * MS)
    assert after is not None
    assert str(after.timecode_at(end_ns + 130 * MS)) == "20:00:00:03"
    assert after.epoch == line.epoch + 1
    # The moments before the jump keep the line they had.
    assert clock.at(end_ns + 50 * MS) != after


def test_ltc_that_comes_back_where_it_should_be_is_the_same_line() -> None:
    clock = JamClock()
    feed(clock, "23:59:58:00", 2.0)
    feed(clock, "00:00:10:00", 2.0, begin_ns=12 * S)
    line = clock.at(14 * S)
    assert line is not None
    assert line.epoch == 0
    assert str(line.timecode_at(13 * S)) == "00:00:11:00"


def test_moments_just_before_the_first_frame_are_known_and_long_before_are_not() -> None:
    clock = JamClock()
    feed(clock, "10:00:10:00", 2.0, begin_ns=10 * S)
    line = clock.at(9 * S)
    assert line is not None
    assert str(line.timecode_at(9 * S)) == "10:00:09:00"
    assert clock.at(7 * S) is None


def test_a_source_of_another_rate_begins_a_new_line_and_clearing_forgets_all() -> None:
    clock = JamClock()
    end_ns = feed(clock, "10:00:00:00", 2.0)
    feed(clock, "10:00:02:00", 2.0, rate=Fraction(30), begin_ns=end_ns)
    line = clock.at(end_ns + S)
    assert line is not None
    assert (line.rate, line.epoch) == (30, 1)
    clock.clear()
    assert clock.state(end_ns + S) == "none"
    feed(clock, "10:00:02:00", 2.0, begin_ns=end_ns)
    again = clock.at(end_ns + S)
    assert again is not None
    assert again.epoch == 2


def test_a_take_counts_on_from_its_anchor_without_repeats_or_gaps() -> None:
    # Pictures that are exposed at the very edge of the LTC's frames, with jitter to both sides of it.
    clock = JamClock()
    feed(clock, "10:00:00:00", 30.0)
    rng = np.random.default_rng(2)
    times = [round(n * 40 * MS + rng.normal(0, 4 * MS)) for n in range(500)]
    line = clock.at(times[0])
    assert line is not None
    anchor = anchored(line, times[0])
    assert [anchor.steps(line, time_ns) for time_ns in times] == list(range(500))
    naive = [line.timecode_at(time_ns).frame_count for time_ns in times]
    assert naive != list(range(naive[0], naive[0] + 500))


def test_a_lost_picture_leaves_its_number_out_and_a_jump_ends_the_anchor() -> None:
    clock = JamClock()
    end_ns = feed(clock, "10:00:00:00", 4.0)
    line = clock.at(S)
    assert line is not None
    anchor = anchored(line, S)
    assert anchor.steps(line, S + 3 * 40 * MS) == 3
    feed(clock, "12:00:00:00", 1.0, begin_ns=end_ns)
    assert anchor.steps(clock.at(end_ns + S), end_ns + S) is None
    assert anchor.steps(None, S) is None


def test_pictures_at_twice_the_rate_count_twice() -> None:
    clock = JamClock()
    feed(clock, "10:00:00:00", 2.0)
    line = clock.at(S)
    assert line is not None
    # 1.02 s is one picture of 50 after second 1 began.
    assert str(line.timecode_at(1020 * MS, 2)) == "10:00:01:01"
    assert line.timecode_at(1020 * MS, 2).rate == 50
    dropping = JamClock()
    feed(dropping, "00:00:58;00", 4.0, rate=NTSC)
    half = dropping.at(2 * S)
    assert half is not None
    # Two seconds of 29.97 later (2.002 s) it is 00:01:00;02, at 59.94 ;04, its second picture ;05.
    assert str(half.timecode_at(2003 * MS)) == "00:01:00;02"
    assert str(half.timecode_at(2003 * MS, 2)) == "00:01:00;04"
    assert str(half.timecode_at(2003 * MS + 17 * MS, 2)) == "00:01:00;05"


def test_rates_fit_once_or_twice() -> None:
    assert times_of(PAL, PAL) == 1
    assert times_of(PAL, Fraction(50)) == 2
    assert times_of(NTSC, Fraction(60000, 1001)) == 2
    assert times_of(NTSC, Fraction(2997, 100)) == 1  # as AVI and many network cameras write it
    assert times_of(NTSC, Fraction(5994, 100)) == 2
    assert times_of(Fraction(30), NTSC) is None
    assert times_of(Fraction(24000, 1001), Fraction(24)) is None
    assert times_of(PAL, Fraction(24)) is None


def test_the_rate_used_is_certain_or_the_picture_s_among_the_possible() -> None:
    assert usable_rate(None, PAL) is None
    assert usable_rate(RateFound(PAL, False, 25.0), PAL) == 25
    assert usable_rate(RateFound(PAL, False, 25.0), Fraction(24)) == 25  # to be told of
    early = RateFound(Fraction(24), False, 24.0, (Fraction(24000, 1001), PAL), settled=False)
    assert usable_rate(early, PAL) is None
    tape = RateFound(Fraction(30), False, 29.985, (NTSC,))
    assert usable_rate(tape, NTSC) == NTSC
    assert usable_rate(tape, PAL) == 30
