"""The tag map's text: what is written is read again, and nonsense is refused with its place."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.primitives.space import Pose
from openset.stage.markers.map_file import json_from_map, map_from_json
from openset.stage.markers.model import PlacedTag, TagMap

_metres = st.floats(-50, 50, allow_nan=False)
_parts = st.floats(-1, 1, allow_nan=False)


@st.composite
def _tags(draw: st.DrawFn) -> PlacedTag:
    wxyz = np.array(draw(st.tuples(_parts, _parts, _parts, _parts))) + np.array([2.0, 0, 0, 0])
    w, x, y, z = (wxyz / np.linalg.norm(wxyz)).tolist()
    root = np.array(draw(st.lists(_parts, min_size=36, max_size=36))).reshape(6, 6) * 1e-3
    return PlacedTag(
        draw(st.integers(0, 586)),
        draw(st.floats(0.01, 2.0)),
        Pose(draw(st.tuples(_metres, _metres, _metres)), (w, x, y, z)),
        draw(st.sampled_from([None, root @ root.T])),
        draw(st.integers(0, 10_000)),
        draw(st.floats(0, 10)),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(_tags(), max_size=5, unique_by=lambda tag: tag.id), st.text(max_size=30))
def test_a_map_is_read_as_it_was_written(tags: list[PlacedTag], note: str) -> None:
    written = TagMap({tag.id: tag for tag in tags}, residual_px=0.07, notes={"made by": note})
    data = json_from_map(written)
    found = map_from_json(data)
    assert sorted(found.tags) == sorted(written.tags)
    assert found.notes == written.notes
    assert found.residual_px == 0.07
    for each in tags:
        read = found.tags[each.id]
        assert read.size_m == pytest.approx(each.size_m, rel=1e-12)
        assert read.seen_in == each.seen_in
        np.testing.assert_allclose(read.corners_m, each.corners_m, atol=1e-9)
        if each.covariance is None:
            assert read.covariance is None
        else:
            assert read.covariance is not None
            np.testing.assert_allclose(read.covariance, each.covariance, atol=1e-15)


def _map() -> dict[str, Any]:
    tag = PlacedTag(3, 0.16, Pose((1.0, 2.0, 2.7), (0.0, 1.0, 0.0, 0.0)), np.eye(6) * 1e-6, 12, 0.05)
    found: dict[str, Any] = json.loads(json_from_map(TagMap({3: tag})))
    return found


def test_a_tag_says_for_people_how_sure_its_place_is() -> None:
    """A variance of 1e-6 m2 along each axis is 1 mm."""
    assert _map()["tags"][0]["sd_mm"] == 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 587), ("id", -1), ("id", 1.5), ("id", True), ("size_mm", 0), ("size_mm", "160"),
        ("size_mm", None), ("position_m", [0, 0]), ("position_m", [0, 0, 1e9]),
        ("position_m", [0, 0, None]), ("rotation_wxyz", [0, 0, 0, 0]), ("rotation_wxyz", [1, 1, 0, 0]),
        ("covariance", [1.0] * 20), ("covariance", [-1.0] + [0.0] * 20), ("seen_in", -3),
        ("seen_in", "many"), ("residual_px", -1),
    ],
)  # fmt: skip
def test_a_tag_that_cannot_be_is_refused_with_its_place(field: str, value: object) -> None:
    root = _map()
    root["tags"][0][field] = value
    with pytest.raises(FormatError) as error:
        map_from_json(json.dumps(root).encode())
    assert error.value.at == f"tags[0].{field}"


@pytest.mark.parametrize(
    "change",
    [
        {"what": "a map of the underground"}, {"version": 2}, {"version": None}, {"tags": {}},
        {"tags": [7]}, {"tags": None}, {"family": "tag16h5"}, {"notes": ["a"]}, {"notes": {"a": 1}},
        {"residual_px": "low"}, {"scale_from": "tape \x1b[2J"}, {"scale_from": "x" * 4001},
    ],
)  # fmt: skip
def test_a_file_that_is_no_map_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        map_from_json(json.dumps(_map() | change).encode())


def test_one_id_cannot_hang_in_two_places() -> None:
    root = _map()
    root["tags"] *= 2
    with pytest.raises(FormatError, match="tag 3 stands here twice"):
        map_from_json(json.dumps(root).encode())


def test_numbers_that_are_none_are_refused() -> None:
    text = json.dumps(_map()).replace("2.7", "NaN")
    with pytest.raises(FormatError):
        map_from_json(text.encode())
    assert math.isfinite(map_from_json(json.dumps(_map()).encode()).tags[3].size_m)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_or_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        map_from_json(data)
