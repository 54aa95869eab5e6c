"""Does the stage keep up? The whole loop in real time: 1280x720, cpu back end, recording.

    python benchmarks/speed/loop.py [--minutes 5] [--width 1280 --height 720]

A simulated clip (a second of it, looped) plays in real time at 25 frames a second beside a recorded track;
the engine tracks, draws the panorama, keys, composites and records plate, composite and track. Printed:
frames in, dropped and recorded, processor time per frame, and the process's resident memory every half
minute. The figure to hold: no frame dropped, and no growth after the first minute.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from openset.sim.files import write_day
from openset.sim.plan import DayPlan
from openset.stage.live.backend import PANORAMA_PER_PICTURE
from openset.stage.live.loop import StageLoop
from openset.stage.rig import StagePlan, run_stage
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.stage.scene.sky import late_afternoon
from openset.store.production import create_production


def resident_mb() -> float:
    """This process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.minutes, options.width, options.height)


def measure(folder: Path, minutes: float, width: int, height: int) -> None:
    """One run of `minutes`, everything written below `folder`."""
    os.environ["OPENSET_HOME"] = str(folder / "home")
    plan = DayPlan(seed=3, width_px=width, height_px=height, duration_s=2.0)
    shoot = write_day(folder / "day", plan)
    production = create_production(folder / "film", title="Film", rate=Fraction(25))
    dome = late_afternoon(np.random.default_rng(1), (0.5, 0.6, 0.62), 512)
    wide = PANORAMA_PER_PICTURE * width  # as large as the engine bakes one for this picture
    dome = np.asarray(cv2.resize(dome, (wide, wide // 2)), np.float32)
    write_set(Scene("sky", dome=dome), folder / "film" / "sets" / "sky")
    memory: list[tuple[float, float]] = []
    spent: list[float] = []

    def ready(loop: StageLoop, start_ns: int) -> None:
        def watch() -> None:
            began, used = time.monotonic(), cpu_s()
            while time.monotonic() - began < minutes * 60:
                memory.append((time.monotonic() - began, resident_mb()))
                time.sleep(min(30.0, minutes * 15))
            spent.append(cpu_s() - used)
            loop.stop()

        threading.Thread(target=watch, daemon=True).start()

    result = run_stage(
        production,
        StagePlan(
            plate=str(shoot.plate), track=str(shoot.track), set_name="sky", scene="1", shot="A",
            backend="cpu", paced=True, loop=True, roll_at_start=True,
        ),
        ready=ready,
    )  # fmt: skip
    tally = result.tally
    print(
        f"stage loop, {width}x{height} at 25, cpu back end, recording, {minutes:g} min, {os.cpu_count()} cores"
    )
    print(
        f"  frames in {tally.frames_in}, dropped {tally.dropped}, recorded {tally.recorded}, lost {tally.recording_lost}"
    )
    print(f"  rate {tally.frames_in / result.seconds:.2f} frames a second")
    print(
        f"  processor {spent[0] / tally.frames_in * 1000:.1f} ms per frame; deepest recorder queue {result.recorder_queue_deepest}"
    )
    print("  memory MB " + ", ".join(f"{moment:.0f} s: {size:.0f}" for moment, size in memory))
    settled = [size for moment, size in memory if moment >= 60] or [memory[-1][1]]
    print(f"  growth after the first minute {settled[-1] - settled[0]:+.1f} MB")


def cpu_s() -> float:
    """Processor time of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
