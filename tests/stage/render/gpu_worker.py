"""A process of its own for the gpu tests: a driver that aborts fails one test and not the run.

It reads pickled jobs from its standard input and answers on its standard output. A job is a dict: `do`
"adapters", "render" (scene, frames [(pose, lens)], options), "soak" (scene, frame, count) or "abort".
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_PATIENCE_S = 120.0


class Worker:
    """The other process, started when a job needs it and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, **job: Any) -> Any:
        """Do one job there. Fails the test if the process dies or takes two minutes."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        process = self._process
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(_PATIENCE_S, process.kill)
        watch.start()
        try:
            pickle.dump(job, process.stdin)
            process.stdin.flush()
            good, answer = pickle.load(process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.close()
            pytest.fail(f"the graphics driver ended its process with {process.returncode}")
        finally:
            watch.cancel()
        if not good:
            raise answer
        return answer

    def render(self, scene: Any, *frames: Any, **options: Any) -> list[np.ndarray]:
        """Pictures (3, h, w) of frames (pose, lens), all by one renderer."""
        return self.ask(do="render", scene=scene, frames=frames, options=options)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            process.stdout.close()
            process.wait(10)


def resident_bytes() -> int:
    """Memory this process holds, Linux; 0 elsewhere."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.is_file() else 0


def do(job: dict[str, Any]) -> Any:
    """One job, here."""
    from openset.stage.render.gpu import GpuRenderer, adapters

    if job["do"] == "adapters":
        return adapters()
    if job["do"] == "abort":
        os.abort()
    if job["do"] == "soak":
        pose, lens = job["frame"]
        renderer = GpuRenderer(job["scene"], lens.width_px, lens.height_px)
        picture = renderer.render(pose, lens)
        held = []
        for k in range(job["count"] + 1):
            zoomed = replace(lens, fx_px=lens.fx_px * (1 + 0.01 * (k % 50)))
            renderer.render(pose, zoomed, picture)
            if k % job["count"] == 0:
                held.append(resident_bytes())
        renderer.close()
        return held
    _, first = job["frames"][0]
    renderer = GpuRenderer(job["scene"], first.width_px, first.height_px, **job["options"])
    pictures = [renderer.render(pose, lens) for pose, lens in job["frames"]]
    renderer.close()
    return pictures


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a driver prints must not mix with the answers
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = True, do(job)
        except Exception as error:  # noqa: BLE001 - it is raised again where the job came from
            answer = False, error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
