"""The delay between picture and track, from ten seconds of hand-held picture of a painted room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.truth import SURE_SD
from openset.primitives.space import pose_from_matrix
from openset.sim.optics import Optics
from openset.sim.sightings import Look, picture
from openset.sim.walks import HANDHELD, WITNESS, Walk, room, rotation_from_vector, stage_walk
from openset.stage.tracking.delay import DelayEstimate, estimate_delay
from openset.stage.tracking.motion import Motion, MotionLog
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000
RATE, SECONDS, QUICK_SECONDS, STILL_SECONDS = 25.0, 10.0, 5.0, 3.0
TRACKER_HZ, TRACKER_M, TRACKER_RAD = 100.0, 0.001, np.radians(0.02)
READOUT_S = 0.010
STILL = 0.01
"""A camera that is left standing on a soft floor: a hundredth of a hand's motion."""
SMALL = Optics(
    640, 360, WITNESS.f_px / 3, WITNESS.cx_px / 3, WITNESS.cy_px / 3, *(WITNESS.k1, WITNESS.k2)
)
LOOK = Look(0.6, 3.0, 85, 0.25, 1 / 100, samples=1)


def filmed(walk: Walk, delay_s: float, seed: int, seconds: float) -> Motion:
    """The picture's own motion: frames of the room that arrive `delay_s` after their middle row's
    exposure, read out in 10 ms."""
    random = np.random.default_rng([seed, 31])
    sheets = room(seed)
    log = MotionLog(seconds + 1)
    for index in range(round(seconds * RATE)):
        time_s = 2.0 + index / RATE
        luma = picture(SMALL, walk.from_time(time_s), sheets, LOOK, random, READOUT_S)
        log.add(round((time_s + delay_s) * S), luma)
    return log.motion()


def tracked(walk: Walk, seed: int, seconds: float) -> list[TrackSample]:
    """A tracker of 100 Hz with 1 mm and 20 mdeg of noise."""
    random = np.random.default_rng([seed, 32])
    samples = []
    for time_s in np.arange(1.0, 3.0 + seconds, 1 / TRACKER_HZ):
        position, rotation = walk.at(float(time_s))
        matrix = np.eye(4)
        matrix[:3, :3] = rotation @ rotation_from_vector(random.normal(0, TRACKER_RAD, 3))
        matrix[:3, 3] = position + random.normal(0, TRACKER_M, 3)
        samples.append(TrackSample(round(time_s * S), pose_from_matrix(matrix)))
    return samples


def plain(motion: Motion, track: list[TrackSample]) -> float:
    """What a script does: the flow's length against the rate of turning, at the best whole sample."""
    times = np.array([sample.time_ns for sample in track]) / S
    turns = np.array([sample.stage_from_camera.matrix[:3, :3] for sample in track])
    rate = np.linalg.norm(turns[1:, :, 2] - turns[:-1, :, 2], axis=1)
    smooth = np.convolve(rate, np.ones(4) / 4, mode="same")
    middle = (motion.from_ns + motion.to_ns) / 2 / S
    flow = np.linalg.norm(motion.flow_px, axis=1)
    delays = np.arange(-30, 51) / TRACKER_HZ
    heights = [
        np.corrcoef(np.interp(middle - d, times[:-1] + 0.5 / TRACKER_HZ, smooth), flow)[0, 1]
        for d in delays
    ]
    return float(delays[int(np.argmax(heights))])


def run(seed: int, quick: bool) -> Numbers:
    """One delay between -20 and 120 ms."""
    delay_s = float(np.random.default_rng([seed, 33]).uniform(-0.02, 0.12))
    seconds = QUICK_SECONDS if quick else SECONDS
    walk = stage_walk(seed, HANDHELD)
    motion, track = filmed(walk, delay_s, seed, seconds), tracked(walk, seed, seconds)
    found: DelayEstimate = estimate_delay(motion, track)
    numbers: Numbers = {
        "answered": float(found.refused is None),
        "cv.off_ms": abs(plain(motion, track) - delay_s) * 1e3,
    }
    if found.refused is None and found.sd_s:
        off_s = found.delay_s - delay_s
        numbers |= {"off_ms": abs(off_s) * 1e3, "sd_ms": found.sd_s * 1e3}
        numbers |= {"in.delay": float(abs(off_s) <= SURE_SD * found.sd_s), "of.delay": 1.0}
    return numbers


def run_still(seed: int, quick: bool) -> Numbers:
    """Too little motion: to be refused."""
    walk = replace(stage_walk(seed, STILL), sway_m=(0.0, 0.0, 0.0), pan_rad=(0.0, 0.0, 0.0))
    seconds = STILL_SECONDS
    found = estimate_delay(filmed(walk, 0.05, seed, seconds), tracked(walk, seed, seconds))
    return {"refused": float(found.refused is not None)}


DELAY = Row(
    "delay",
    "Delay from 10 s of hand-held picture",
    run,
    (
        Figure("off_ms", "delay off the truth", "ms", 1.0),
        Figure("sd_ms", "what is said of it, one deviation", "ms"),
        Figure("answered", "answered", "", 1.0, at_least=True),
    ),
    against="cv2's flow against the rate of turning, best whole sample of the tracker",
)
STILL_DELAY = Row(
    "delay-still",
    "Delay from a camera that hardly moves",
    run_still,
    (Figure("refused", "refused", "", 1.0, at_least=True),),
    against="",
)
