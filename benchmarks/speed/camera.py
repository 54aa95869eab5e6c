"""How many poses a second come from tags? 1080p pictures, and the phone's 720p JPEG, on this machine.

    python benchmarks/speed/camera.py [--frames 90] [--rounds 3] [--json]

Rendered pictures of a moving camera go through Openset's tracker as `openset track` runs it (where tags
are expected, now and then everywhere; then the pose) and, in the same run, through cv2.aruco with subpixel
corners and solvePnP. Each figure is the median of the rounds. Pictures are drawn before the clock starts;
the phone's path begins with its JPEG.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np

from benchmarks.quality.camera_rows.poses import true_map
from benchmarks.quality.camera_rows.tags import hung
from benchmarks.quality.camera_rows.truth import U8, lens_of, opencv_pose, opencv_tags
from openset.sim.optics import Optics
from openset.sim.sightings import Look, picture
from openset.sim.walks import WITNESS, ceiling_walk, stage_walk
from openset.stage.live.looking import Looker
from openset.stage.markers.follow import Follower, RigCamera

RATE = 30.0
W = WITNESS
PHONE = Optics(1280, 720, W.f_px / 1.5, W.cx_px / 1.5, W.cy_px / 1.5, W.k1, W.k2, W.p1, W.p2, W.k3)
JPEG = 80
TARGETS = {"1080p": 45.0, "phone 720p": 30.0}


def drawn(kind: str, optics: Optics, frames: int) -> list[U8]:
    """Pictures one after another at 30 a second."""
    stage, random = hung(kind, 1), np.random.default_rng(5)
    walk = ceiling_walk(1) if kind == "ceiling" else stage_walk(1)
    return [
        picture(optics, walk.from_time(3 + i / RATE), stage.sheets, Look(), random)
        for i in range(frames)
    ]


def ours(kind: str, optics: Optics) -> Callable[[U8, int], bool]:
    """Openset's tracker: one picture to one pose."""
    follower = Follower([RigCamera(lens_of(optics))], true_map(hung(kind, 1)))
    looker = Looker(lens_of(optics))

    def step(luma: U8, index: int) -> bool:
        time_ns = round(index / RATE * 1e9)
        seen = looker.look(luma, follower.expected(0, time_ns, looker.given_up))
        return follower.step([seen], time_ns).estimate is not None

    return step


def theirs(kind: str, optics: Optics) -> Callable[[U8, int], bool]:
    """cv2.aruco and solvePnP."""
    corners = {i: tag.corners_m for i, tag in true_map(hung(kind, 1)).tags.items()}
    return lambda luma, index: opencv_pose(optics, opencv_tags(luma), corners) is not None


def timed(
    make: Callable[[], Callable[[U8, int], bool]], pictures: Sequence[Any], rounds: int, packed: bool
) -> dict[str, float]:
    """Poses a second, the median and the 95th percentile of one picture's time, and how many had a pose."""
    rates, times, solved = [], [], 0
    for _ in range(rounds):
        step, done = make(), 0
        began = time.perf_counter()
        for index, each in enumerate(pictures):
            since = time.perf_counter()
            luma = (
                np.asarray(cv2.imdecode(each, cv2.IMREAD_GRAYSCALE), dtype=np.uint8) if packed else each
            )
            done += step(luma, index)
            times.append(time.perf_counter() - since)
        rates.append(done / (time.perf_counter() - began))
        solved = done
    return {
        "poses_per_s": statistics.median(rates),
        "ms": statistics.median(times) * 1e3,
        "ms_p95": float(np.percentile(times, 95)) * 1e3,
        "solved": solved / len(pictures),
    }


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lines = []
    for path, optics in (("1080p", WITNESS), ("phone 720p", PHONE)):
        for kind in ("ceiling", "set"):
            print(f"drawing {given.frames} pictures, {path}, {kind}", file=sys.stderr, flush=True)
            pictures: list[Any] = drawn(kind, optics, given.frames)
            packed = path != "1080p"
            if packed:
                pictures = [
                    cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, JPEG])[1] for luma in pictures
                ]
            mine = timed(lambda k=kind, o=optics: ours(k, o), pictures, given.rounds, packed)
            other = timed(lambda k=kind, o=optics: theirs(k, o), pictures, given.rounds, packed)
            lines.append(
                {"path": path, "stage": kind, "target": TARGETS[path], "openset": mine, "opencv": other}
            )
    if given.json:
        print(json.dumps({"cores": len(os.sched_getaffinity(0)), "rows": lines}, indent=1))
        return
    print(
        f"Poses a second on {len(os.sched_getaffinity(0))} cores (one picture: median / 95th percentile ms)"
    )
    for line in lines:
        mine, other = line["openset"], line["opencv"]
        reached = "reached" if mine["poses_per_s"] >= line["target"] else "MISSED"
        print(
            f"  {line['path']:<11} {line['stage']:<8} {mine['poses_per_s']:6.1f} a second  {mine['ms']:5.1f} / {mine['ms_p95']:5.1f} ms"
            f"  poses for {mine['solved']:.0%}  {reached} ({line['target']:g})"
            f"   cv2.aruco + solvePnP {other['poses_per_s']:6.1f}, {other['ms']:5.1f} ms, x{mine['poses_per_s'] / other['poses_per_s']:.2g}"
        )


if __name__ == "__main__":
    main()
