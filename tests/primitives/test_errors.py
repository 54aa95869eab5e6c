from __future__ import annotations

from openset.primitives import errors
from openset.primitives.errors import BadInput, OpensetError, TrackNotFound, all_errors


def test_every_exit_code_is_used_once_and_fits_a_shell() -> None:
    codes = [error.exit_code for error in all_errors()]
    assert len(set(codes)) == len(codes)
    assert all(0 < code < 64 for code in codes)


def test_the_table_at_the_top_names_every_error_with_its_code() -> None:
    table = errors.__doc__ or ""
    for error in all_errors():
        row = next(line for line in table.splitlines() if error.__name__ in line.split())
        assert str(error.exit_code) in row.split()


def test_an_error_is_one_line_of_what_where_and_what_to_do() -> None:
    error = TrackNotFound("no\n such track", where="a.f4", todo="Check\tthe name")
    assert str(error) == error.line == "a.f4: no such track. Check the name"


def test_an_error_without_place_or_advice_still_reads() -> None:
    assert OpensetError("something broke").line == "something broke"


def test_a_question_ends_with_its_own_mark() -> None:
    assert BadInput("where is it?", todo="Look").line == "where is it? Look"
