"""What every test may ask for: the shared test material, and numbers that never go wrong silently."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Tests run beside each other, and their small matrices gain nothing from threads: on a busy machine
# OpenBLAS's wait for one another, and take ten times as long. It reads this when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

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


@pytest.fixture(scope="session")
def chromium_launch() -> dict[str, Any]:
    """How playwright starts the browser: the system's, else the one playwright keeps; skipped by name
    where there is neither. What a page must come to show is waited for as long as a busy machine
    needs."""
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    kept = Path.home() / ".cache" / "ms-playwright"
    if found is None and not list(kept.glob("chromium*")):
        pytest.skip("no Chromium: install chromium for the browser tests")
    return {"executable_path": found, "args": flags}


@pytest.fixture(autouse=True)
def _openset_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever touches the user's own hub."""
    monkeypatch.setenv("OPENSET_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB that can be filled; the test is skipped where none can be mounted."""
    disk = tmp_path / "small-disk"
    disk.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("no small disk: mounting a tmpfs needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
