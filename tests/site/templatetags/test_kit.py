"""The kit's own tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openset.site.templatetags.kit import _icon, icon, size


@pytest.fixture(autouse=True)
def _fresh() -> None:
    _icon.cache_clear()


def test_an_icon_is_drawn_inline_and_silent(settings: Any, tmp_path: Path) -> None:
    settings.HERE = tmp_path
    folder = tmp_path / "vendor" / "lucide-static" / "icons"
    folder.mkdir(parents=True)
    (folder / "film.svg").write_text('<!-- ISC -->\n<svg\n  width="24"\n>\n  <path d="M1 1" />\n</svg>')
    drawn = icon("film")
    assert drawn.startswith('<svg class="icon" aria-hidden="true"')
    assert '<path d="M1 1" />' in drawn
    assert "ISC" not in drawn


@pytest.mark.parametrize("name", ["absent", "../../../settings", "", "Film"])
def test_an_icon_that_is_not_there_is_nothing_at_all(name: str, settings: Any, tmp_path: Path) -> None:
    settings.HERE = tmp_path
    assert icon(name) == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (54_200, "54.2 kB"),
        (283_000, "283 kB"),
        (5_400_000, "5.4 MB"),
        (2_000_000_000, "2.0 GB"),
        (3_000_000_000_000, "3000 GB"),
    ],
)
def test_bytes_are_said_in_the_unit_that_reads_best(count: int, text: str) -> None:
    assert size(count) == text
