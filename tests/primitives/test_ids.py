from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.primitives.ids import TakeId, check_name, check_set_name, parse_take_id, scene_folder

NAME = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_]{0,20}[A-Za-z0-9])?", fullmatch=True)


@given(NAME, NAME, st.integers(0, 9999))
def test_a_take_id_reads_back(scene: str, shot: str, take: int) -> None:
    written = TakeId(scene, shot, take)
    assert parse_take_id(str(written)) == written


def test_take_ids_sort_by_scene_shot_and_number() -> None:
    ids = [TakeId("1", "B", 1), TakeId("1", "A", 10), TakeId("1", "A", 9)]
    assert [str(each) for each in sorted(ids)] == ["1-A-t09", "1-A-t10", "1-B-t01"]


BAD_TAKES = ["", "1-A", "1-A-3", "1-A-t3", "1-A-B-t03", "../1-A-t03", "1-A-t03\n", "1-A-t٠٣"]


@pytest.mark.parametrize("text", BAD_TAKES)
def test_what_is_no_take_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_take_id(text)


@pytest.mark.parametrize("text", ["1-A-t003", "1-A-t0012"])
def test_a_second_spelling_of_a_take_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_take_id(text)


BAD_NAMES = [
    "",
    ".",
    "..",
    "a..b",
    ".a",
    "a.",
    "a/b",
    "a\\b",
    "a b",
    "a\n",
    "-a",
    "x" * 61,
    "ö",
    "a:b",
    "_a",
]


@pytest.mark.parametrize("text", BAD_NAMES)
def test_a_name_that_could_leave_its_folder_or_break_a_disk_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="folder name"):
        check_name(text, "scene")
    with pytest.raises(BadInput, match="folder name"):
        check_set_name(text)


def test_set_names_may_hold_hyphens_and_scene_names_not() -> None:
    assert check_set_name("market-lane.v2") == "market-lane.v2"
    with pytest.raises(BadInput):
        check_name("market-lane", "scene")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        *(("12A", "12A"), ("12-A", "12_A"), ("3.1", "3.1"), ("3..1", "3.1"), ("12-", "12")),
        *(("١٢", "12"), ("१२क", "12"), ("12É", "12E"), ("第3場", "3"), ("場", "_"), ("../x", "x")),
        ("9" * 60, "9" * 40),
    ],
)
def test_a_scene_number_is_written_as_folders_can(number: str, name: str) -> None:
    assert scene_folder(number) == name


@given(st.text(max_size=60))
def test_the_folder_of_any_scene_number_can_name_a_scene_and_stays_itself(number: str) -> None:
    folder = scene_folder(number)
    assert scene_folder(folder) == folder
    assert folder == "_" or check_name(folder, "scene") == folder
