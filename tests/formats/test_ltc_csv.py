"""Timecode against time as a table."""

from __future__ import annotations

import io
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.ltc import TimecodeTrack
from openset.formats.ltc_csv import read_table, table_lines
from openset.primitives.time import Timecode, parse_timecode

NTSC = Fraction(30000, 1001)
KINDS = [
    (Fraction(24), False),
    (Fraction(25), False),
    (NTSC, True),
    (NTSC, False),
    (Fraction(50), False),
]


def stream(text: str | bytes) -> io.BytesIO:
    return io.BytesIO(text.encode() if isinstance(text, str) else text)


@given(
    st.sampled_from(KINDS),
    st.lists(
        st.tuples(st.integers(0, 2_000_000), st.integers(-(10**9), 10**12)), min_size=1, max_size=30
    ),
)
@settings(max_examples=50, deadline=None)
def test_a_table_gives_back_its_track(kind: tuple[Fraction, bool], rows: list[tuple[int, int]]) -> None:
    frames = tuple((Timecode(0, *kind).plus(count), micro / 1e6) for count, micro in rows)
    track = TimecodeTrack(kind[0], kind[1], frames)
    found = read_table(stream("".join(table_lines(track))))
    assert found.track.rate == kind[0]
    assert [code for code, _ in found.track.frames] == [code for code, _ in frames]
    for (_, read_s), (_, wrote_s) in zip(found.track.frames, frames, strict=True):
        assert read_s == pytest.approx(wrote_s, abs=6e-7)
    assert (found.skipped, found.unheld) == (0, ())


def test_a_table_is_as_people_write_one() -> None:
    track = TimecodeTrack(NTSC, True, ((parse_timecode("10:00:00;00", NTSC), 1.5),))
    assert list(table_lines(track)) == ["timecode,time_s,rate\n", "10:00:00;00,1.500000,30000/1001\n"]


def test_a_rate_that_is_not_said_is_told() -> None:
    table = "time_s;note;timecode\n0;a;10:00:00:00\n0,04;b;10:00:00:01\n"
    found = read_table(stream(table), Fraction(25))
    assert [time_s for _, time_s in found.track.frames] == [0.0, 0.04]
    assert found.unheld == ("note",)
    with pytest.raises(FormatError, match="give it"):
        read_table(stream(table))


def test_a_bad_row_costs_itself() -> None:
    table = (
        "timecode,time_s,rate\n10:00:00:00,0,25\n10:00:00:31,1,25\n10:00:00:02,soon,25\n"
        "10:00:00:03,,25\n10:00:00:04,nan,25\n10:00:00:05,1e300,25\n10:00:00:06,1,30\n"
        "x,1,25\n10:00:00:07,0.28,25\n10:00:00:08,0.3,1/0\n10:00:00:08,0.3,1e9\n"
    )
    found = read_table(stream(table))
    assert [str(code) for code, _ in found.track.frames] == ["10:00:00:00", "10:00:00:07"]
    assert found.skipped == 9
    assert found.faults[0].startswith("line 3: no such timecode")


@pytest.mark.parametrize(
    "table",
    ["", "timecode,seconds\n", "timecode,time_s\n", "timecode,time_s,rate\nx,y,z\n", "\x00\x01"],
)
def test_no_table_is_a_named_error(table: str) -> None:
    with pytest.raises(FormatError):
        read_table(stream(table))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_table_or_a_named_error(data: bytes) -> None:
    with suppress(FormatError):
        read_table(stream(data), Fraction(25))
    with suppress(FormatError):
        read_table(stream(b"timecode,time_s,rate\n10:00:00:00,0,25\n" + data))


@given(st.integers(0, 120), st.binary(min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_table_with_a_hole_is_a_table_or_a_named_error(at: int, patch: bytes) -> None:
    track = TimecodeTrack(NTSC, True, tuple((Timecode(n, NTSC, True), n / 30) for n in range(4)))
    data = bytearray("".join(table_lines(track)).encode())
    data[at : at + len(patch)] = patch
    with suppress(FormatError):
        read_table(stream(bytes(data)))
