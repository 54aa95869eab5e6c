"""Tag ids as a person writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.prints.ids import parse_ids, written


def test_ranges_and_single_ids_keep_their_order() -> None:
    assert parse_ids("0-3,20, 7") == (0, 1, 2, 3, 20, 7)
    assert parse_ids("586") == (586,)


@given(st.lists(st.integers(0, 586), min_size=1, max_size=60, unique=True))
def test_what_is_written_is_read_as_the_same_ids(ids: list[int]) -> None:
    assert parse_ids(written(tuple(ids))) == tuple(ids)


def test_runs_are_written_short() -> None:
    assert written((0, 1, 2, 3, 20, 7)) == "0-3, 20, 7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3,3", "tag 3 is there twice"),
        ("0-5,4", "tag 4 is there twice"),
        ("587", "there is no tag 587"),
        ("0-9999", "there is no tag 9999"),
        ("9-3", "9-3 runs backwards"),
        ("", "'' is no tag id"),
        ("1,,2", "'' is no tag id"),
        ("-4", "'-4' is no tag id"),
        ("one", "'one' is no tag id"),
        (",".join(["0-586"] * 5000), "tag 0 is there twice"),
    ],
)
def test_doubles_and_nonsense_are_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_ids(text)
    assert caught.value.line.startswith(f"--ids: {said}. ")
    assert len(caught.value.line) < 160
