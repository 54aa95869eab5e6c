"""Emphasis: what is typed becomes runs, and runs become what is typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.fountain_text import STYLES, Run, marked, plain, runs


def run(text: str, *styles: str) -> Run:
    return Run(text, frozenset(styles))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("plain", (run("plain"),)),
        ("*a* b", (run("a", "italic"), run(" b"))),
        ("**a**", (run("a", "bold"),)),
        ("***a***", (run("a", "bold", "italic"),)),
        ("_**a** b_", (run("a", "underline", "bold"), run(" b", "underline"))),
        (r"\*a\*", (run("*a*"),)),
        ("dialed *69 and *23", (run("dialed *69 and *23"),)),
        ("*a\nb*", (run("*a\nb*"),)),
        ("", ()),
    ],
)
def test_typed_emphasis_is_read_as_runs(typed: str, read: tuple[Run, ...]) -> None:
    assert runs(typed) == read


@pytest.mark.parametrize(
    ("parts", "typed"),
    [
        ((run("a", "italic"), run(" b")), "*a* b"),
        ((run("bold ", "bold"), run("then")), "**bold** then"),
        ((run("under "), run("it", "italic"), run(" ", "underline")), "under *it* "),
        ((run("a ", "underline"), run("b", "underline", "italic")), "_a *b*_"),
        ((run("a*b*c"),), r"a\*b\*c"),
        ((run("2 * 3 * 4"),), "2 * 3 * 4"),
        ((run("un", "underline"), run("do")), "undo"),
        ((run("ab", "bold", "italic"),), "***ab***"),
        ((run("one\ntwo", "bold"),), "**one**\n**two**"),
    ],
)
def test_runs_are_typed_with_as_few_marks_as_it_takes(parts: tuple[Run, ...], typed: str) -> None:
    assert marked(parts) == typed


def test_a_line_too_long_to_look_through_is_taken_as_it_stands() -> None:
    typed = "*a *b " * 20_000
    assert runs(typed) == (run(typed),)
    assert marked([run("a " * 10_000, "bold")]) == "a " * 10_000


styles = st.frozensets(st.sampled_from(STYLES))
texts = st.text(st.sampled_from("ab *_\\\n é"), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.builds(Run, texts, styles), max_size=5))
def test_no_letter_is_lost_whatever_the_styles(parts: list[Run]) -> None:
    assert plain(marked(parts)) == "".join(part.text for part in parts)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab*_\\ \né"), max_size=20))
def test_what_was_typed_means_the_same_when_typed_again(text: str) -> None:
    once = marked(runs(text))
    assert runs(marked(runs(once))) == runs(once)
    assert plain(once) == plain(text)
