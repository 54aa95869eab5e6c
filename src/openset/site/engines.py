"""The stage engines that run on this machine: finding them, and starting one for a production.

A running engine says where it listens in $OPENSET_HOME/engines/<production id>.json, readable by its
owner alone: {"port", "token", "pid", "production", "title"}. After a power cut the note stays and its
pid may be anybody's, so only an engine that answers to its token counts as running.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from openset.store.home import openset_home
from openset.store.production import Production

_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
_TOKEN = re.compile(r"^[!-~]+$")
STARTING_S = 2.0
ANSWER_S = 1.0


@dataclass(frozen=True)
class Engine:
    """Where a running engine listens, on loopback, and the word that opens it."""

    port: int
    token: str

    @property
    def address(self) -> str:
        """The engine's WebSocket."""
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def key(self) -> dict[str, str]:
        """The header that opens it."""
        return {"Authorization": f"Bearer {self.token}"}


def find_engine(production_id: str) -> Engine | None:
    """The engine that says it runs this production; None without one, or with an unreadable note."""
    if not _ID.match(production_id):
        return None
    try:
        note = json.loads((_folder() / f"{production_id}.json").read_text(encoding="utf-8"))
        port, token = int(note["port"]), str(note["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Engine(port, token) if 0 < port < 65536 and _TOKEN.match(token) else None


def alive(engine: Engine | None) -> bool:
    """Whether the engine answers to its token."""
    if engine is None:
        return False
    try:
        with connect(engine.address, additional_headers=engine.key, proxy=None, open_timeout=ANSWER_S):
            return True
    except (OSError, WebSocketException):
        return False


def start_engine(production: Production, wait_s: float = STARTING_S) -> str:
    """Start `openset stage` on the production, as a process of its own; once, if one starts already.
    A site that closes ends it only where nothing rolls (`end_idle_engines`).

    Returns "" when it runs (or is still starting after `wait_s`), else its own last line: why not."""
    return _start(production.id, ["stage", str(production.root)], wait_s)


def bench_name(production_id: str) -> str:
    """The name under which the bench that measures a production's camera is found, as an engine is."""
    return f"{production_id}.camera"


def start_bench(production: Production, wait_s: float = STARTING_S) -> str:
    """Start the bench that measures the production's camera, as `start_engine` starts a stage."""
    return _start(bench_name(production.id), ["calibrate", "live", str(production.root)], wait_s)


def _start(name: str, command: list[str], wait_s: float) -> str:
    with _STARTING:
        before = find_engine(name)
        if alive(before) or standing(name)[0] == "starting":
            return ""
        _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        with _log(name).open("wb") as sink:
            _STARTED[name] = subprocess.Popen(
                [sys.executable, "-m", "openset", *command, "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    until = time.monotonic() + wait_s
    while time.monotonic() < until and find_engine(name) in (None, before):
        state, line = standing(name)
        if state != "starting":
            return line if state == "failed" else ""
        time.sleep(0.05)
    return ""


def standing(production_id: str) -> tuple[str, str]:
    """How the stage that this site started stands, while it has not opened its socket: "starting",
    "failed" or "absent", and the last line it said."""
    process = _STARTED.get(production_id)
    if process is None:
        return "absent", ""
    code = process.poll()
    if code is None:
        return "starting", _last_line(_log(production_id))
    return ("failed", _last_line(_log(production_id))) if code > 0 else ("absent", "")


def stop_engine(engine: Engine, *, though_rolling: bool) -> bool:
    """Ask a running engine to end, closing its take; False where it rolls and must not, or is gone."""
    try:
        with connect(
            engine.address, additional_headers=engine.key, proxy=None, open_timeout=ANSWER_S
        ) as line:
            while True:
                message = line.recv(timeout=ANSWER_S)
                status = json.loads(message) if isinstance(message, str) else {}
                if status.get("type") == "status":
                    break
            if status["rolling"] and not though_rolling:
                return False
            line.send(json.dumps({"type": "stop"}))
            line.recv(timeout=ANSWER_S)
            return True
    except (OSError, WebSocketException, ValueError, KeyError):
        return False


def end_idle_engines(wait_s: float = 10.0) -> list[str]:
    """End the stages this site started, but for one that rolls; the ids of those that go on."""
    going_on = []
    for production_id, process in _STARTED.items():
        if process.poll() is not None:
            continue
        engine = find_engine(production_id)
        if engine is None:
            process.terminate()  # still opening: nothing rolls
        elif not stop_engine(engine, though_rolling=False):
            going_on.append(production_id)
            continue
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
    return going_on


# By production id. A stage that has ended is reaped when `standing` looks at it.
_STARTED: dict[str, subprocess.Popen[bytes]] = {}
_STARTING = threading.Lock()


def _folder() -> Path:
    return openset_home() / "engines"


def _log(production_id: str) -> Path:
    return _folder() / f"{production_id}.log"


def _last_line(log: Path) -> str:
    lines = re.split(r"[\r\n]", log.read_text(encoding="utf-8", errors="replace"))
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]
