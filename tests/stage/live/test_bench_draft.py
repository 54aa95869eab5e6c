"""What was worked out and not used yet, on disk."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from openset.primitives.errors import DiskFull, NotWritable
from openset.stage.live.bench_draft import Draft, DraftFile, put_in_use


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


def test_a_drawing_goes_into_use_with_its_result(tmp_path: Path) -> None:
    file = DraftFile(tmp_path, "delay")
    (tmp_path / "delay.svg").write_text("old")
    file.draw("new")
    file.write(Draft({}, "{}"))
    assert (tmp_path / "delay.svg").read_text() == "old"
    file.settle()
    assert (tmp_path / "delay.svg").read_text() == "new"
    assert file.read() is None


def test_what_was_in_use_before_stays_beside_it(tmp_path: Path) -> None:
    put_in_use(tmp_path / "tags.json", "first")
    assert [each.name for each in tmp_path.iterdir()] == ["tags.json"]
    put_in_use(tmp_path / "tags.json", "second")
    assert (tmp_path / "tags.json").read_text() == "second"
    assert (tmp_path / "tags.before.json").read_text() == "first"


def test_what_is_in_use_stays_so_where_the_disk_takes_nothing_new(tmp_path: Path) -> None:
    put_in_use(tmp_path / "tags.json", "first")
    (tmp_path / "tags.before.json").mkdir()
    with pytest.raises(NotWritable):
        put_in_use(tmp_path / "tags.json", "second")
    assert (tmp_path / "tags.json").read_text() == "first"
    (tmp_path / "tags.before.json").rmdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(DiskFull):
            put_in_use(tmp_path / "tags.json", "x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (tmp_path / "tags.json").read_text() == "first"
