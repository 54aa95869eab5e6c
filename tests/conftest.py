"""What every test may ask for: the shared test material, and numbers that never go wrong silently."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CANDIDATES = (
    os.environ.get("OPENSET_SHARED_DATA", ""),
    str(Path(__file__).resolve().parents[2] / "shared" / "data"),
    str(Path(__file__).resolve().parents[1] / "shared" / "data"),
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test material; the test is skipped, by name, where it is absent."""
    for candidate in CANDIDATES:
        if candidate and (Path(candidate) / "PROVENANCE.md").is_file():
            return Path(candidate)
    pytest.skip("real test material is absent: set OPENSET_SHARED_DATA to its folder")


@pytest.fixture(autouse=True)
def _openset_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever touches the user's own hub."""
    monkeypatch.setenv("OPENSET_HOME", str(tmp_path_factory.mktemp("home")))
