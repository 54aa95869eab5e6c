"""What a source can become, and what it says of itself where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.primitives.errors import BadInput
from openset.stage.exchange.kinds import as_kind, fields, held_by, reachable
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.sources import Source


def _source(path: Path, move: CameraMove) -> Source:
    return Source(path, "a take", {"move": lambda options: Read(move)})


def test_a_move_gives_lens_timecode_and_framing_too(crane: CameraMove, tmp_path: Path) -> None:
    source = _source(tmp_path, crane)
    assert reachable(source) == ("move", "lens", "timecode", "framing")
    read, kind, dropped = as_kind(source, "timecode", Options())
    assert (kind, len(read.value.frames)) == ("timecode", 12)
    assert "pose" in dropped
    assert "timing.timecode" not in dropped


def test_its_own_kind_drops_nothing(crane: CameraMove, tmp_path: Path) -> None:
    read, kind, dropped = as_kind(_source(tmp_path, crane), "move", Options())
    assert (read.value, kind, dropped) == (crane, "move", [])
    assert "pose" in fields("move", crane)


def test_what_it_cannot_become_is_said_in_words(crane: CameraMove, tmp_path: Path) -> None:
    assert held_by(_source(tmp_path, crane)) == "a take holds a camera move"
    assert held_by(_source(tmp_path / "a.chan", crane)) == "the file holds a camera move"
    with pytest.raises(BadInput, match="a take holds a camera move, not rights"):
        as_kind(_source(tmp_path, crane), "rights", Options())
