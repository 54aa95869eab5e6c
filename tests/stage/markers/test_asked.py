"""What is asked of a tag map on the command line."""

from __future__ import annotations

import pytest

from openset.primitives.errors import BadInput
from openset.stage.markers.asked import size_from, sizes_from, taped_from
from openset.stage.markers.tape import Taped


def test_distances_are_two_tags_and_metres() -> None:
    assert taped_from(["3-17:2.415", "5-6:1:2"]) == (
        Taped(3, 17, 2.415, 0.001),
        Taped(5, 6, 1.0, 0.002),
    )


@pytest.mark.parametrize("text", ["", "3-17", "3:2.4", "3-17:0", "a-b:2", "3-17:-1", "3-17:2:5000"])
def test_what_is_no_distance_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"is no distance\. Write two tags"):
        taped_from([text])


def test_a_distance_in_millimetres_is_told_in_metres() -> None:
    with pytest.raises(BadInput, match=r"0-7:2415 is 2415 m apart\. Metres are wanted: 0-7:2\.415"):
        taped_from(["0-7:2415"])


def test_a_distance_from_a_tag_to_itself_names_it() -> None:
    with pytest.raises(BadInput, match="0-0:1 names tag 0 twice"):
        taped_from(["0-0:1"])


def test_there_are_no_tags_beyond_the_family() -> None:
    with pytest.raises(BadInput, match="there is no tag 600"):
        taped_from(["3-600:1"])


def test_sizes_of_single_tags_are_millimetres() -> None:
    assert sizes_from(["5:80,6:80", "7:200"]) == {5: 0.08, 6: 0.08, 7: 0.2}


@pytest.mark.parametrize("text", ["5", "5:", "5:x", ":80", "5:80;6:80"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no size of a tag"):
        sizes_from([text])


@pytest.mark.parametrize("size", [0.0, -160.0, 4.0, 9999.0, float("nan")])
def test_a_size_that_cannot_be_printed_is_refused(size: float) -> None:
    with pytest.raises(BadInput):
        size_from(size)
