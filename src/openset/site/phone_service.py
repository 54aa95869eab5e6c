"""The phones' solver on this machine: finding it, and starting it once for all phones.

It is a process of its own (`openset phone`), as the stage engine is: pictures are solved beside the
site and not in it. Where it listens stands in $OPENSET_HOME/phones/solver.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from openset.site import takes as shelf
from openset.site.engines import Engine, alive
from openset.store.home import openset_home

_TOKEN = re.compile(r"^[!-~]+$")
STARTING_S = 20.0
OPTIONS = "OPENSET_PHONE_OPTIONS"
"""What `openset up --phones` was told of tags, lens and target, as JSON in the environment."""


def find_solver() -> Engine | None:
    """Where the solver says it listens; None without one, or with an unreadable note."""
    try:
        note = json.loads((_folder() / "solver.json").read_text(encoding="utf-8"))
        port, token = int(note["port"]), str(note["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Engine(port, token) if 0 < port < 65536 and _TOKEN.match(token) else None


def ensure_solver(wait_s: float = STARTING_S) -> tuple[Engine | None, str]:
    """The running solver, started where there is none; None and its last line where it does not
    start."""
    with _STARTING:
        found = find_solver()
        if alive(found):
            return found, ""
        process = _start()
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            now = find_solver()
            if now != found and alive(now):
                return now, ""
            if process.poll() is not None:
                return None, _last_line()
            time.sleep(0.1)
    return None, "the phones' solver is still starting"


def end_solver(wait_s: float = 5.0) -> None:
    """End the solver this site started."""
    process = _STARTED.pop("solver", None)
    if process is None or process.poll() is not None:
        return
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(wait_s)


def map_of(production_id: str) -> Path | None:
    """The map of tags that a production uses; None where it uses none, or there is no such one."""
    for each in shelf.productions():
        named = each.stage.get("tags")
        if each.id == production_id and named:
            path = each.root / str(named)
            return path if path.is_file() else None
    return None


def options() -> list[str]:
    """The command line that the site was told to start it with."""
    try:
        given = json.loads(os.environ.get(OPTIONS, "[]"))
    except ValueError:
        return []
    return [str(each) for each in given] if isinstance(given, list) else []


_STARTED: dict[str, subprocess.Popen[bytes]] = {}
_STARTING = threading.Lock()


def _start() -> subprocess.Popen[bytes]:
    running = _STARTED.get("solver")
    if running is not None and running.poll() is None:
        return running
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    with _log().open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "openset", "phone", "--end-when-idle", *options()],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED["solver"] = process
    return process


def _folder() -> Path:
    return openset_home() / "phones"


def _log() -> Path:
    return _folder() / "solver.log"


def _last_line() -> str:
    with suppress(OSError):
        lines = _log().read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]
    return ""
