"""A take as one picture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2

from openset.site.stills import still
from openset.store.home import openset_home


def test_the_still_is_the_middle_of_the_composite(production: Any) -> None:
    path = still(production.root / "takes" / "1-A-t01", production.id)
    assert path is not None
    assert path.is_relative_to(openset_home())
    picture = cv2.imread(str(path))
    assert picture.shape == (360, 640, 3)
    blue, green, red = picture[20, 20]
    assert red > green > blue


def test_it_is_made_once_and_again_when_the_take_changes(production: Any, tmp_path: Path) -> None:
    folder = tmp_path / "1-A-t01"
    folder.mkdir()
    source = production.root / "takes" / "1-A-t01" / "composite.mov"
    (folder / "composite.mov").write_bytes(source.read_bytes())
    first = still(folder, production.id)
    assert still(folder, production.id) == first
    (folder / "composite.mov").write_bytes(source.read_bytes() + b"\0" * 8)
    assert still(folder, production.id) != first


def test_many_visitors_at_once_get_one_still(production: Any) -> None:
    folder = production.root / "takes" / "1-A-t01"
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: still(folder, "many"), range(16)))
    assert len(set(paths)) == 1
    assert paths[0] is not None


def test_a_take_without_a_picture_has_no_still(tmp_path: Path) -> None:
    (tmp_path / "composite.mov").write_bytes(b"not a film")
    assert still(tmp_path, "x") is None
    assert not list(openset_home().rglob("*.jpg"))
