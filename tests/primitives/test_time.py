from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.time import (
    Timecode,
    frame_time_ns,
    ns_from_s,
    parse_rate,
    parse_timecode,
    s_from_ns,
    timecode_from_fields,
)

NTSC = Fraction(30000, 1001)
RATES = st.sampled_from(
    [
        (Fraction(24), False),
        (Fraction(25), False),
        (Fraction(24000, 1001), False),
        (NTSC, False),
        (NTSC, True),
        (Fraction(60000, 1001), True),
        (Fraction(120), False),
    ]
)


@given(rate=RATES, count=st.integers(0, 10_000_000))
def test_a_timecode_reads_back_as_it_is_displayed(rate: tuple[Fraction, bool], count: int) -> None:
    written = Timecode(count, *rate)
    again = parse_timecode(str(written), rate[0])
    assert again.frame_count == count % written.frames_per_day
    assert again.drop_frame == rate[1]


@given(rate=RATES, count=st.integers(0, 3_000_000), frames=st.integers(-100_000, 100_000))
def test_adding_frames_and_taking_them_away_is_nothing(
    rate: tuple[Fraction, bool], count: int, frames: int
) -> None:
    start = Timecode(count % Timecode(0, *rate).frames_per_day, *rate)
    assert start.plus(frames).plus(-frames) == start


def test_drop_frame_skips_two_numbers_a_minute_but_not_in_the_tenth() -> None:
    assert str(parse_timecode("00:00:59;29", NTSC).plus(1)) == "00:01:00;02"
    assert str(parse_timecode("00:09:59;29", NTSC).plus(1)) == "00:10:00;00"


def test_drop_frame_is_within_two_frames_of_the_clock_after_an_hour() -> None:
    hour = parse_timecode("01:00:00;00", NTSC)
    assert abs(s_from_ns(frame_time_ns(hour.frame_count, NTSC)) - 3600) < 2 / 29.97


def test_drop_frame_at_60_skips_four_numbers() -> None:
    assert str(parse_timecode("00:00:59;59", Fraction(60000, 1001)).plus(1)) == "00:01:00;04"


def test_midnight_follows_the_last_frame() -> None:
    assert str(parse_timecode("23:59:59:24", Fraction(25)).plus(1)) == "00:00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "1:00:00:00",
        "01:00:00",
        "24:00:00:00",
        "00:60:00:00",
        "00:00:00:25",
        "01:00:00:00\n",
        "٠١:00:00:00",
    ],
)
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="timecode"):
        parse_timecode(text, Fraction(25))


def test_a_number_that_drop_frame_skips_is_refused() -> None:
    with pytest.raises(ValueError, match="drop-frame skips"):
        parse_timecode("00:01:00;01", NTSC)


def test_drop_frame_at_a_rate_that_has_none_is_refused() -> None:
    with pytest.raises(ValueError, match="exists at"):
        parse_timecode("00:00:00;00", Fraction(25))


def test_negative_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="no such timecode"):
        timecode_from_fields(0, 0, -1, 0, Fraction(25))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        (24, Fraction(24)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        (29.97, NTSC),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", NTSC),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_rates_are_exact_however_they_are_written(text: str | float, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-25", "fast", "25/0", "nan", "inf", ""])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        parse_rate(text)


@given(st.integers(-(10**15), 10**15))
def test_nanoseconds_survive_seconds(nanoseconds: int) -> None:
    assert abs(ns_from_s(s_from_ns(nanoseconds)) - nanoseconds) <= 64


@given(st.integers(0, 10_000_000))
def test_frame_times_never_drift(index: int) -> None:
    exact = Fraction(index) / NTSC * 1_000_000_000
    assert 0 <= exact - frame_time_ns(index, NTSC) < 1


@pytest.mark.parametrize("text", ["1e308", "1e999999999", "9" * 5000, "2000000", "1/" + "9" * 60])
def test_an_absurd_rate_is_refused_before_it_is_worked_out(text: str) -> None:
    with pytest.raises(ValueError, match="frame"):
        parse_rate(text)
