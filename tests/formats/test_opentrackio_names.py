"""What a sample carries, in words."""

from __future__ import annotations

from openset.formats.opentrackio_names import names_of
from openset.formats.opentrackio_schema import leaf_paths


def test_the_words_come_in_the_order_of_the_standard() -> None:
    sample = {
        "timing": {"timecode": {}, "mode": "internal"},
        "lens": {"fStop": 4, "pinholeFocalLength": 35},
        "protocol": {},
        "transforms": [],
        "globalStage": {},
        "pot1": 7,
    }
    words = ("focal length", "f-stop", "timecode", "place on the globe", "pot1 (the maker's own)")
    assert names_of(sample) == words


def test_every_field_of_the_standard_has_a_word() -> None:
    for path in leaf_paths():
        if path[0] in ("protocol", "sampleId", "sourceId", "sourceNumber", "transforms"):
            continue  # who sends and the pose itself are told apart from the rest
        if path == ("timing", "mode"):
            continue
        sample = {path[0]: {path[1]: 1}} if len(path) > 1 else {path[0]: 1}
        words = names_of(sample)
        assert len(words) == 1, path
        assert "maker" not in words[0]


def test_a_makers_own_names_are_short_few_and_printable() -> None:
    sample = {f"{n}" * 99: n for n in range(10)} | {"line\nbreak": 1}
    words = names_of(sample)
    assert len(words) == 8
    assert max(map(len, words)) < 60


def test_groups_that_are_no_groups_are_passed_over() -> None:
    assert names_of({"lens": 5, "timing": [1], "tracker": None}) == ()
