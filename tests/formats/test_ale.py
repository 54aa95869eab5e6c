"""Avid logs: rows under columns, both ways, and rows that fit no columns."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import ale
from openset.formats.ale import AleError, Log
from openset.formats.cdl import CdlError, Correction
from openset.formats.faults import FormatError

LOG = (
    b"Heading\r\nFIELD_DELIM\tTABS\r\nVIDEO_FORMAT\t1080\r\nFPS\t23.976\r\n\r\nColumn\r\n"
    b"Name\tStart\tEnd\tTape\tASC_SOP\tASC_SAT\r\n\r\nData\r\n"
    b"caf\xe9\t01:00:00:00\t01:00:04:00\tA001\t(1 1 1)(0 0 0)(1 1 1)\t0.9\r\n"
    b"two\t01:00:04:00\t01:00:05:00\r\n"
    b"one\tvalue\ttoo\tmany\tfor\tthese\tcolumns\r\n"
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


def test_a_log_is_read_with_its_short_rows_filled_and_long_ones_counted() -> None:
    log = ale.read(LOG)
    assert log.columns == ("Name", "Start", "End", "Tape", "ASC_SOP", "ASC_SAT")
    assert log.rows[0][:4] == ("café", "01:00:00:00", "01:00:04:00", "A001")
    assert log.rows[1] == ("two", "01:00:04:00", "01:00:05:00", "", "", "")
    assert log.lines == (10, 11)
    assert (log.skipped, log.faults) == (1, ("line 12: 7 values under 6 columns",))
    assert log.rate() == Fraction(24000, 1001)


def test_line_ends_of_every_age_are_read() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        assert ale.read(LOG.replace(b"\r\n", end)).rows == ale.read(LOG).rows


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.lists(WORDS, min_size=1, max_size=5, unique=True),
    st.data(),
)
def test_a_log_comes_back_as_it_was(
    heading: dict[str, str], columns: list[str], data: st.DataObject
) -> None:
    cells = st.lists(WORDS, min_size=len(columns), max_size=len(columns)).map(tuple)
    rows = data.draw(st.lists(cells, min_size=1, max_size=4))
    words = {"Heading", "Column", "Data"}
    if words & {*heading, *columns, *(row[0] for row in rows)}:
        return  # a line of one such word is a section, in any log
    again = ale.read(ale.write(Log(heading, tuple(columns), tuple(rows))))
    assert again.heading == {**heading, "FIELD_DELIM": "TABS"}
    assert (again.columns, again.rows) == (tuple(columns), tuple(rows))


def test_tabs_and_line_breaks_in_a_value_become_spaces() -> None:
    written = ale.write(Log({}, ("Name", "Comments"), (("a\tb", "c\r\nd"),)))
    assert ale.read(written).rows == (("a b", "c d"),)


def test_a_grade_is_read_from_its_two_texts_in_the_fields_spellings() -> None:
    wanted = Correction("", (1.1, 1.0, 0.9), (-0.1, 0.0, 0.1), (1.0, 1.0, 2.0), 0.5)
    assert ale.grade_of("(1.1 1 0.9)(-0.1 0 0.1)(1 1 2)", "0.5") == wanted
    assert ale.grade_of(" (1.1, 1.0, 0.9) (-0.1, 0, .1) (1, 1, 2) ", "0.5 ") == wanted
    assert ale.grade_of("", "0.5") == Correction(saturation=0.5)
    assert ale.grade_of("", " ") is None
    assert ale.grade_of(ale.sop_text(wanted), ale.sat_text(wanted)) == wanted
    for sop, sat in (("1 1 1 0 0 0 1 1 1", ""), ("(1 1)(0 0 0)(1 1 1)", ""), ("", "much")):
        with pytest.raises(CdlError):
            ale.grade_of(sop, sat)


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", "no clip"),
        (b"Name\tStart\n", "line 1: an Avid log begins"),
        (b"Heading\nFPS\t25\nData\na\n", "line 4: data before the columns"),
        (b"Heading\nColumn\nName\tName\nData\na\n", "twice"),
        (b"Heading\nColumn\nName\nData\na\tb\n", "2 values under 1 columns"),
        (
            b"Heading\nColumn\n" + b"\t".join(b"c%d" % n for n in range(1025)) + b"\nData\na\n",
            "1025 columns",
        ),
    ],
)
def test_what_is_no_log_is_refused_with_its_line(data: bytes, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        ale.read(data)


@pytest.mark.parametrize("rate", ["fast", "0", "-25", "1e9", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(AleError, match="rate"):
        Log({"FPS": rate}, ("Name",), (("a",),)).rate()


def test_a_log_without_a_rate_takes_the_one_it_is_given() -> None:
    log = Log({}, ("Name",), (("a",),))
    assert (log.rate(Fraction(50)), log.rate()) == (50, 24)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(LOG)), st.binary(max_size=4), st.integers(0, 20))
def test_a_damaged_log_gives_rows_or_a_format_error(at: int, noise: bytes, cut: int) -> None:
    with contextlib.suppress(FormatError):
        ale.read(LOG[:at] + noise + LOG[at + cut :]).rate()


@pytest.mark.parametrize(
    ("width", "height", "name"),
    [
        (720, 486, "NTSC"),
        (720, 576, "PAL"),
        (1280, 720, "720"),
        (1920, 1080, "1080"),
        (1440, 1080, "1080"),
        (2048, 1080, "CUSTOM"),
        (1080, 1920, "CUSTOM"),
        (64, 36, "CUSTOM"),
    ],
)
def test_the_heading_names_the_size_of_the_picture(width: int, height: int, name: str) -> None:
    assert ale.video_format(width, height) == name
