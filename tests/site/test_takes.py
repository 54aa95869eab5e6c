"""Takes as pages see them, whole or broken."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404

from openset.site.takes import figures, get_take, on_page, take_files, take_timeline, track_lines
from openset.store.production import open_production


@pytest.fixture
def copy(production: Any, tmp_path: Path) -> Any:
    """The production as a copy one may break."""
    shutil.copytree(production.root, tmp_path / "copy")
    return open_production(tmp_path / "copy")


def test_takes_come_newest_first(production: Any) -> None:
    assert [str(take.id) for take in on_page(production).takes] == ["1-A-t02", "1-A-t01"]


def test_a_fault_lies_where_it_happened(production: Any) -> None:
    found = take_timeline(get_take(production, "1-A-t02"))
    assert found is not None
    assert [(mark.at, mark.at_s, mark.timecode) for mark in found.marks] == [(40.0, 0.8, "14:03:20:20")]
    assert [one.state for one in found.stretches] == ["tracked", "held", "tracked"]


def test_a_take_with_a_broken_record_is_still_listed_with_its_trouble(copy: Any) -> None:
    (copy.root / "takes" / "1-A-t01" / "take.toml").write_text("= broken")
    take = get_take(copy, "1-A-t01")
    assert take.record is None
    assert "take.toml" in take.trouble
    assert take_timeline(take) is None
    assert len(on_page(copy).takes) == 2


def test_a_line_cut_off_by_a_kill_is_left_out(copy: Any) -> None:
    path = copy.root / "takes" / "1-A-t01" / "track.otrk.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert len(track_lines(path.parent)) == 29


def test_half_written_files_are_not_offered(copy: Any) -> None:
    take = get_take(copy, "1-A-t01")
    before = take_files(take)
    (take.folder / ".take.toml.x1.new").write_text("half")
    (take.folder / "gone.mov").symlink_to("nowhere")
    assert take_files(take) == before
    assert ("take.toml", (take.folder / "take.toml").stat().st_size) in before
    assert any(name.startswith("ascmhl/") for name, _ in before)


def test_drops_and_lost_tracking_are_called_degraded(production: Any) -> None:
    record = get_take(production, "1-A-t02").record
    assert record is not None
    states = {figure.label: (figure.value, figure.state) for figure in figures(record)}
    assert states["Dropped frames"] == ("2", "degraded")
    assert states["Tracked frames"] == ("80.0 %", "degraded")
    assert states["Picture delay"] == ("83 ms", "")


def test_a_clean_take_is_called_good(production: Any) -> None:
    record = get_take(production, "1-A-t01").record
    assert record is not None
    states = {figure.label: figure.state for figure in figures(record)}
    assert states["Dropped frames"] == states["Tracked frames"] == "good"


def test_a_length_is_rounded_and_not_cut_off(production: Any) -> None:
    record = get_take(production, "1-A-t01").record
    assert record is not None
    ninety_four = replace(record, frames=94)
    assert {figure.label: figure.value for figure in figures(ninety_four)}["Length"] == "3.8 s"


@pytest.mark.parametrize("name", ["1-A-t1", "1-A-t001", "..", "1-..-t01", "", "1-A-t99", "a/b-c-t01"])
def test_a_name_that_is_no_take_here_is_not_found(production: Any, name: str) -> None:
    with pytest.raises(Http404):
        get_take(production, name)
