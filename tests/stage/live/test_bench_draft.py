"""What was worked out and not used yet, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from openset.stage.live.bench_draft import Draft, DraftFile


def test_a_draft_is_read_back_until_it_is_dropped(tmp_path: Path) -> None:
    file = DraftFile(tmp_path, "lens")
    assert file.read() is None
    file.write(Draft({"rms_px": 0.1}, '{"lens": 1}\n'))
    assert DraftFile(tmp_path, "lens").read() == Draft({"rms_px": 0.1}, '{"lens": 1}\n')
    assert DraftFile(tmp_path, "tags").read() is None
    file.drop()
    file.drop()
    assert file.read() is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"said": {}}', '{"said": 3, "made": ""}', '{"said": {}, "made": 3}', "[" * 9],
)
def test_nonsense_is_no_draft(tmp_path: Path, text: str) -> None:
    file = DraftFile(tmp_path, "lens")
    file.path.write_text(text)
    assert file.read() is None
