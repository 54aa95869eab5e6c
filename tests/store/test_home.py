"""Where this machine's own things are kept."""

from pathlib import Path

import pytest

from openset.store.home import openset_home


def test_the_named_home_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENSET_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert openset_home() == tmp_path


def test_without_one_it_lies_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OPENSET_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert openset_home() == tmp_path / "openset"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert openset_home() == tmp_path / ".local" / "share" / "openset"


def test_asking_for_the_home_makes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENSET_HOME", str(tmp_path / "not-yet"))
    assert not openset_home().exists()
