"""Tag maps on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.primitives.errors import BadInput, NotWritable
from openset.primitives.space import Pose
from openset.stage.markers.files import read_map, write_map
from openset.stage.markers.model import PlacedTag, TagMap

MAP = TagMap({7: PlacedTag(7, 0.2, Pose((0.0, 1.0, 2.0), (1.0, 0.0, 0.0, 0.0)), seen_in=3)})


def test_a_map_comes_back_from_disk(tmp_path: Path) -> None:
    found = read_map(write_map(tmp_path / "map.json", MAP))
    assert found.tags[7].stage_from_tag == MAP.tags[7].stage_from_tag
    assert [file.name for file in tmp_path.iterdir()] == ["map.json"]


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.json: no such tag map\. Make one"):
        read_map(tmp_path / "gone.json")


def test_a_file_that_is_no_map_is_named_with_its_place(tmp_path: Path) -> None:
    path = write_map(tmp_path / "map.json", MAP)
    path.write_bytes(path.read_bytes().replace(b'"size_mm":200.0', b'"size_mm":-200.0'))
    with pytest.raises(BadInput, match=r"map\.json, tags\[0\]\.size_mm"):
        read_map(path)
    path.write_bytes(b" " * (5 << 20))
    with pytest.raises(BadInput, match="larger than any tag map"):
        read_map(path)


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_map(tmp_path)


def test_a_map_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotWritable):
        write_map(tmp_path / "nowhere" / "map.json", MAP)
