"""The stage engines that run on this machine: finding them, and starting one for a production.

A running engine says where it listens in $OPENSET_HOME/engines/<production id>.json, readable by its
owner alone: {"port", "token", "pid", "production"}.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from openset.store.home import openset_home
from openset.store.production import Production

_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
STARTING_S = 2.0


@dataclass(frozen=True)
class Engine:
    """Where a running engine listens, on loopback, and the word that opens it."""

    port: int
    token: str
    pid: int

    @property
    def address(self) -> str:
        """The engine's WebSocket."""
        return f"ws://127.0.0.1:{self.port}/"


def find_engine(production_id: str) -> Engine | None:
    """The engine that says it runs this production; None without one, or with an unreadable note."""
    if not _ID.match(production_id):
        return None
    try:
        note = json.loads((_folder() / f"{production_id}.json").read_text(encoding="utf-8"))
        return Engine(int(note["port"]), str(note["token"]), int(note.get("pid", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def alive(engine: Engine | None) -> bool:
    """Whether the engine's process is still there."""
    if engine is None or engine.pid <= 0:
        return False
    try:
        os.kill(engine.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def start_engine(production: Production, wait_s: float = STARTING_S) -> str:
    """Start `openset stage` on the production, as a process of its own that outlives the site.

    Returns "" when it runs (or is still starting after `wait_s`), else its own last line: why not."""
    if alive(find_engine(production.id)):
        return ""
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    log = _folder() / f"{production.id}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "openset", "stage", str(production.root)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED.append(process)
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if process.poll() is not None:
            return _last_line(log) if process.returncode else ""
        if find_engine(production.id) is not None:
            return ""
        time.sleep(0.05)
    return ""


# Kept so that a stage that ended is reaped and leaves no zombie behind.
_STARTED: list[subprocess.Popen[bytes]] = []


def reap() -> None:
    """Forget the stages this site started that have ended."""
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]


def _folder() -> Path:
    return openset_home() / "engines"


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "The stage ended at once.")
