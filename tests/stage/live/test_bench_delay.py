"""The delay on the bench."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from openset.primitives.space import look_at, pose_from_pan_tilt_roll
from openset.stage.live.bench_delay import DelayStep, moved_px, said
from openset.stage.live.bench_draft import Draft, DraftFile
from openset.stage.live.outlet import FileOutlet
from openset.stage.live.recorded import Report
from openset.stage.tracking.delay_model import DelayEstimate
from openset.stage.tracking.motion import Motion
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.wire import Heard
from openset.store.camera import camera_folder, read_setup, write_setup
from openset.store.production import Production, open_production


def motion(flow: np.ndarray) -> Motion:
    times = np.arange(len(flow) + 1) * 40_000_000
    return Motion(times[:-1], times[1:], flow)


def test_motion_is_the_spread_of_the_flow() -> None:
    # x goes +1, -1, +1, -1 and y stands: variances 1 and 0.
    flow = np.array([[1.0, 0.0], [-1.0, 0.0]] * 4)
    assert moved_px(motion(flow)) == pytest.approx(1.0)
    assert moved_px(motion(np.full((8, 2), 3.0))) == 0.0
    assert moved_px(motion(flow[:2])) == 0.0


def test_an_estimate_is_told_in_milliseconds_and_too_little_motion_by_name() -> None:
    good = said(DelayEstimate(0.0834, 0.97, 0.0004, None, moved_px=1.2))
    assert (good["ms"], good["sd_ms"], good["too_still"]) == (83.4, 0.4, False)
    still = said(DelayEstimate(0.0, 0.2, None, "too little motion", moved_px=0.1))
    assert still["too_still"]


def test_without_a_track_nothing_begins(lane: Production) -> None:
    step = DelayStep(lane, read_setup(lane), "plate.mp4")
    assert step.status()["tracked"] is False
    assert not step.obey({"type": "begin"})[0]
    assert not step.obey({"type": "use"})[0]


def test_a_live_track_does_not_go_with_a_clip(lane: Production) -> None:
    write_setup(lane, track="udp::0")
    assert DelayStep(lane, read_setup(lane), "plate.mp4").status()["tracked"] is False


def test_a_still_picture_moves_too_little(
    lane: Production, waved: list[np.ndarray], show: Callable[..., Any]
) -> None:
    step = DelayStep(lane, read_setup(lane), "plate.mp4")
    for number in range(6):
        step.look(show(waved[0], number, 0.04 * number))
    assert step.status()["motion_px"] < step.status()["needed_px"]


def test_a_measured_delay_goes_into_use(lane: Production) -> None:
    step = DelayStep(lane, read_setup(lane), "plate.mp4")
    found = DelayEstimate(0.083, 0.97, 0.0005, None, moved_px=1.0)
    assert step._work.start(lambda: found)
    until = time.monotonic() + 10
    while step.status()["busy"] and time.monotonic() < until:
        time.sleep(0.01)
    assert step.status()["result"]["ms"] == 83.0
    # The bench ends before it is used: it is offered again.
    step = DelayStep(lane, read_setup(lane), "plate.mp4")
    assert step.status()["result"]["ms"] == 83.0
    assert step.obey({"type": "use"})[0]
    kept = open_production(lane.root).stage
    assert (kept["delay_s"], kept["delay_sd_s"]) == (0.083, 0.0005)
    assert DelayStep(lane, read_setup(lane), "plate.mp4").status()["result"] is None


@pytest.mark.parametrize("made", ["", "[]", "{}", '{"delay_s": "soon", "delay_sd_s": 0.1}'])
def test_a_draft_that_is_no_delay_is_not_offered(lane: Production, made: str) -> None:
    DraftFile(camera_folder(lane), "delay").write(Draft({"ms": 1.0, "refused": None}, made))
    assert DelayStep(lane, read_setup(lane), "plate.mp4").status()["result"] is None


def test_a_clip_and_a_track_that_share_no_clock_are_said_to(
    lane: Production, waved: list[np.ndarray]
) -> None:
    folder = lane.root / "stills"
    folder.mkdir()
    for number in range(25):
        cv2.imwrite(str(folder / f"{number:02}.png"), np.roll(waved[4], 3 * number, 1))
    pose = look_at((0.0, -4.0, 1.2), (0.0, 0.0, 1.0))
    outlet = FileOutlet(lane.root / "walk.otrk.jsonl")
    for number in range(100):
        time_ns = 7_000_000_000_000 + number * 10_000_000
        sample = TrackSample(time_ns, pose)
        outlet.carry(Report("tracker", sample, Heard("tracker", pose), time_ns), 0, time_ns)
    outlet.close()
    write_setup(lane, track="walk.otrk.jsonl")
    step = DelayStep(lane, read_setup(lane), str(folder))
    assert step.obey({"type": "begin"})[0]
    until = time.monotonic() + 20
    while (said := step.status())["busy"] and time.monotonic() < until:
        time.sleep(0.01)
    assert said["trouble"] is None
    assert said["result"]["clock"] == "first"
    assert said["result"]["refused"]
    assert not (lane.root / "camera" / "delay-new.json").exists()


def test_a_clip_and_a_track_that_did_not_begin_together_give_no_delay_to_use(
    lane: Production, waved: list[np.ndarray]
) -> None:
    """The track runs for 0.4 s before the clip begins, on a clock of its own: from the first of both
    the picture would come 0.4 s before the pose."""

    def pan(at: float) -> float:
        return 0.05 * float(np.sin(5.6 * at)) + 0.02 * float(np.sin(19.5 * at))

    folder = lane.root / "shaken"
    folder.mkdir()
    for number in range(100):
        moved = np.roll(waved[4], round(600 * pan(number / 25)), 1)
        cv2.imwrite(str(folder / f"{number:03}.png"), moved)
    outlet = FileOutlet(lane.root / "early.otrk.jsonl")
    for number in range(450):
        at, time_ns = number / 100 - 0.4, 7_000_000_000_000 + number * 10_000_000
        pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.5), pan(at), 0.0, 0.0)
        heard = Heard("tracker", pose)
        outlet.carry(Report("tracker", TrackSample(time_ns, pose), heard, time_ns), 0, time_ns)
    outlet.close()
    write_setup(lane, track="early.otrk.jsonl")
    step = DelayStep(lane, read_setup(lane), str(folder))
    assert step.obey({"type": "begin"})[0]
    until = time.monotonic() + 30
    while (said := step.status())["busy"] and time.monotonic() < until:
        time.sleep(0.01)
    assert said["result"]["ms"] == pytest.approx(-400, abs=10)
    assert said["result"]["refused"].startswith("track and picture are of different times")
    assert not step.obey({"type": "use"})[0]
