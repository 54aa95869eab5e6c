"""Lists of tags in a sentence."""

from __future__ import annotations

import pytest

from openset.stage.markers.finding import Finding, listed


@pytest.mark.parametrize(
    ("tags", "said"),
    [((3,), "3"), ((17, 3), "3 and 17"), ((5, 17, 3), "3, 5 and 17")],
)
def test_tags_are_listed_as_one_says_them(tags: tuple[int, ...], said: str) -> None:
    assert listed(tags) == said


def test_a_long_list_is_cut() -> None:
    assert listed(range(40)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 30 more"


def test_a_finding_is_not_grave_unless_said() -> None:
    assert not Finding("tape", (1, 2), "it disagrees", "Measure again").grave
