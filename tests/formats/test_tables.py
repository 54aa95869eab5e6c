"""Tables of any tool: delimiters, encodings, bounds, and what a broken row costs."""

from __future__ import annotations

import io
import math
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import tables
from openset.formats.faults import FormatError
from openset.formats.tables import LONGEST_LINE, Row, number, open_table, text_lines


def rows(data: bytes) -> list[Row | FormatError]:
    return list(open_table(io.BytesIO(data)).rows)


def cells(data: bytes) -> list[dict[str, str]]:
    return [dict(row.cells) for row in rows(data) if isinstance(row, Row)]


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    text = f"Frame{delimiter}Lens\r\n1{delimiter}40 mm\r\n"
    assert cells(text.encode()) == [{"Frame": "1", "Lens": "40 mm"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_that_tools_write_is_read(encoding: str) -> None:
    assert cells("Objectif,Mise au point\nCooke é,2\n".encode(encoding)) == [
        {"Objectif": "Cooke é", "Mise au point": "2"}
    ]


def test_utf_16_may_be_big_endian_and_end_without_a_new_line() -> None:
    data = b"\xfe\xff" + "a,b\r\n1,2".encode("utf-16-be")
    assert cells(data) == [{"a": "1", "b": "2"}]


def test_a_spreadsheet_may_name_its_delimiter_first() -> None:
    assert cells(b"sep=;\na;b,c\n1;2\n") == [{"a": "1", "b,c": "2"}]


def test_of_columns_with_one_name_the_first_counts() -> None:
    assert cells(b"TC,Lens,TC\n1,2,3\n") == [{"TC": "1", "Lens": "2"}]


def test_quotes_hold_delimiters_and_an_inch_mark_is_only_a_character() -> None:
    assert cells(b'a,b\n"x, y","say ""go"""\n5",2\n"5,2\n') == [
        {"a": "x, y", "b": 'say "go"'},
        {"a": '5"', "b": "2"},
        {"a": '"5', "b": "2"},
    ]


def test_a_row_that_was_cut_off_comes_as_its_fault() -> None:
    found = rows(b"a,b,c\n1,2,3\n4,5\n\n6,7,8\n9,9,9,\n1,2,3,4\n")
    assert [str(row) if isinstance(row, FormatError) else row.line for row in found] == [
        2, "line 3: 2 cells under 3 columns", 5, 6, "line 7: 4 cells under 3 columns",
    ]  # fmt: skip


def test_a_row_of_other_bytes_costs_itself() -> None:
    found = rows(b"a,b\n1,\x81\n1,\0\n1,2\n")
    assert [isinstance(row, Row) for row in found] == [False, False, True]
    assert "neither UTF-8 nor Windows-1252" in str(found[0])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"one column\n",
        b"\x00\x01\x02",
        b"\xff\xfea\0",
        b"," * 5000 + b"\n",
        b"\xff\xfe\x00\xd8",
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        open_table(io.BytesIO(data))


class Endless(io.RawIOBase):
    """A file of one byte over and over, that counts how much was asked of it."""

    def __init__(self, byte: bytes) -> None:
        self.byte, self.taken = byte, 0

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 < size <= LONGEST_LINE + 1
        self.taken += size
        return self.byte * size


def test_a_line_without_an_end_is_refused_after_one_mebibyte() -> None:
    endless = Endless(b"x")
    stream: BinaryIO = endless  # type: ignore[assignment]
    with pytest.raises(FormatError, match="line 1: a line is longer"):
        list(text_lines(stream))
    assert endless.taken <= LONGEST_LINE + 1


def test_a_line_of_utf_16_without_an_end_is_refused() -> None:
    with pytest.raises(FormatError, match="longer"):
        list(text_lines(io.BytesIO(b"\xff\xfe" + b"x\0" * (LONGEST_LINE + 2))))


def test_a_table_longer_than_any_clip_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_LINES", 10)
    with pytest.raises(FormatError, match="line 11"):
        rows(b"a,b\n" + b"1,2\n" * 20)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FormatError, match="no column 'Lens'"):
        open_table(io.BytesIO(b"a,b\n")).require("a", "Lens")


@pytest.mark.parametrize("blank", ["", "--", " n.a. ", "N/A", "-", "unknown"])
def test_a_tool_that_says_it_has_no_value_says_nothing(blank: str) -> None:
    row = Row(2, {"Lens": blank})
    assert row.text("Lens") == ""
    assert row.number("Lens", 0, 1) is None
    assert row.number("no such column", 0, 1) is None


def test_a_german_spreadsheet_has_decimal_commas() -> None:
    (row,) = rows(b"Brennweite;Blende\n40,5;2.8\n")
    assert isinstance(row, Row)
    assert (row.number("Brennweite", 0, 100), row.number("Blende", 0, 100)) == (40.5, 2.8)


@pytest.mark.parametrize("text", ["nan", "inf", "1e300", "-1", "40 mm", "4,8", "0x10", "9" * 100])
def test_an_absurd_number_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(FormatError, match=r"^line 7: Lens: ") as caught:
        Row(7, {"Lens": text}).number("Lens", 0, 1000)
    assert caught.value.at == "line 7"


def test_numbers_are_read_as_they_stand() -> None:
    assert number(" 4.812".strip(), 0, 10) == 4.812
    assert number("", 0, 10) is None


names = st.lists(st.text("abcdefgh XYZé", min_size=1, max_size=8), min_size=2, max_size=6, unique=True)
names = names.filter(lambda found: len({name.strip() for name in found}) == len(found))
names = names.filter(lambda found: all(name.strip() for name in found))


@settings(max_examples=50, deadline=None)
@given(names, st.lists(st.text('ab,;\t "é', max_size=6), max_size=40), st.sampled_from("\t;,"))
def test_a_quoted_table_comes_back(columns: list[str], values: list[str], delimiter: str) -> None:
    width = len(columns)
    body = [values[at : at + width] for at in range(0, len(values) - width + 1, width)]
    body = [line for line in body if any(cell.strip() for cell in line)]
    lines = [columns, *body]
    text = "\r\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    expected = [dict(zip((name.strip() for name in columns), line, strict=True)) for line in body]
    assert cells(text.encode()) == expected


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_else(data: bytes) -> None:
    for start in (b"", b"\xff\xfe", b"a,b\n"):
        try:
            for row in rows(start + data):
                assert isinstance(row, Row | FormatError)
        except FormatError:
            pass


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_within_bounds_is_a_number(value: float) -> None:
    try:
        found = number(repr(value), -1e9, 1e9)
    except FormatError:
        assert not abs(value) <= 1e9
    else:
        assert found == value
        assert math.isfinite(value)
