"""What the bench refuses is said in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from openset.site.bench_refusals import name_of, refusals
from openset.stage.live import bench
from openset.stage.markers.attempt import nothing_together

REFUSED = re.compile(r"\(?False, f?\"([^\"]+)\"")
UNASKED = {"that is no order of this step", "there is no such step", "the bench is busy"}
"""No button of the page leads to these."""


def sentence_of(text: str) -> str:
    """The sentence that camera.js takes."""
    found = [name for name in refusals() if f"{name_of(text)}-".startswith(f"{name}-")]
    return refusals()[max(found, key=len)] if found else ""


def test_a_name_has_neither_figures_nor_what_stands_in_brackets() -> None:
    assert name_of("the camera hardly moved (0.12 pixels a frame): 3.5 s") == (
        "r-the-camera-hardly-moved-n-s"
    )


def test_every_refusal_of_the_bench_has_its_sentence() -> None:
    said = set()
    for path in Path(str(bench.__file__)).parent.glob("bench*.py"):
        said |= set(REFUSED.findall(path.read_text(encoding="utf-8")))
    said = {re.sub(r"{[^}]*}", "3", each) for each in said - UNASKED}
    assert {"3 views are too few", "no track is heard", "it is being solved"} <= said
    assert {each for each in said if not sentence_of(each)} == set()


@pytest.mark.parametrize(
    ("ids", "left_out"), [([], {3}), ([], set()), ([4], set())], ids=("double", "none", "alone")
)
def test_why_there_is_no_map_and_what_to_do_are_said(ids: list[int], left_out: set[int]) -> None:
    trouble = nothing_together(12, ids, left_out)
    assert sentence_of(trouble.what)
    assert sentence_of(trouble.todo)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "the tracker's clock jumped by 0.52 s at 3.1 s: the delay is 80 ms before and 600 ms after",
            "A clock jumped by {n} s.",
        ),
        ("the track covers only 12 of 250 frames: it ends", "The track covers only {n} of {m} frames."),
        ("the delay is known only to 12 ms", "The delay is known only to {n} ms."),
        ("this lens was measured on pictures of 1920 x 1080, and these are 640 x 480, another shape",
         "The lens was measured on pictures of another shape."),
        ("something nobody has thought of", ""),
    ],
)  # fmt: skip
def test_figures_go_into_the_sentence_and_the_rest_is_passed_over(text: str, said: str) -> None:
    assert sentence_of(text) == said


def test_names_are_one_for_all_languages() -> None:
    names = list(refusals())
    with override("ar"):
        assert list(refusals()) == names
        assert sentence_of("no track is heard") != "No track is heard. Start the tracker."
