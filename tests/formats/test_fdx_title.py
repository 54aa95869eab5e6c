"""Final Draft's title page and Fountain's keys, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.fdx_title import title_lines, title_page


def back(values: dict[str, str]) -> dict[str, str]:
    return title_page([line.text for line in title_lines(values)])


@pytest.mark.parametrize(
    "values",
    [
        {"title": "The Lane"},
        {"title": "The Lane\na story", "credit": "written by", "author": "Ama\nKofi"},
        {"title": "The Lane", "author": "Ama"},
        {"title": "The Lane", "source": "a novel", "draft date": "3 March 2027"},
        {"author": "Ama", "contact": "Street 1\nPhone: 123\nhttps://a.org"},
        {"title": "One: two", "credit": "by", "author": "A", "source": "B", "notes": "none"},
        {"title": "x", "authors": "A\nB"},
        {"автор": "Ана", "title": "x"},
        {"title": ""},
    ],
)
def test_what_is_on_the_page_is_read_from_it(values: dict[str, str]) -> None:
    assert back(values) == values


def test_the_page_of_another_program_is_read_by_its_order() -> None:
    lines = ["", "THE LANE", "", "Written by", "", "Ama Mensah", "", "", "Street 1", "Accra"]
    assert title_page(lines) == {
        "title": "THE LANE",
        "credit": "Written by",
        "author": "Ama Mensah",
        "source": "Street 1\nAccra",
    }


def test_a_whole_page_stands_centred_as_people_know_it() -> None:
    lines = title_lines({"title": "T", "credit": "by", "author": "A", "contact": "C"})
    assert [line.text for line in lines] == ["T", "", "by", "", "A", "", "Contact: C"]
    assert [line.centred for line in lines] == [True] * 6 + [False]


keys = st.sampled_from(["title", "credit", "author", "source", "contact", "draft date", "copyright"])
lines = st.text(st.sampled_from("ab c:/*_"), min_size=1, max_size=8).map(str.strip).filter(bool)
values = st.lists(lines, min_size=1, max_size=3).map("\n".join)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, values, max_size=5))
def test_any_page_is_read_again(values: dict[str, str]) -> None:
    assert back(values) == values
