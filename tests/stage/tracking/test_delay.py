from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.stage.tracking.delay import DelayEstimate, estimate_delay
from openset.stage.tracking.motion import Motion, MotionLog
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000
F_PX = 600.0


class Operator:
    """A camera move by hand: slow pans, tilts and steps, with a tremor on top; all sums of sines."""

    def __init__(
        self, seed: int, *, slow_deg: float = 3.0, tremor_deg: float = 0.1, travel_m: float = 0.1
    ):
        self.rng = np.random.default_rng(seed)
        self.slow = [self._wander(np.radians(slow_deg), 0.1, 0.8) for _ in range(3)]
        self.tremor = [self._wander(np.radians(tremor_deg), 2.0, 8.0) for _ in range(3)]
        self.steps = [self._wander(travel_m, 0.1, 0.6) for _ in range(3)]

    def _wander(self, sd: float, low_hz: float, high_hz: float) -> tuple[np.ndarray, ...]:
        rates = self.rng.uniform(low_hz, high_hz, 12)
        sizes = self.rng.normal(size=12) / rates
        sizes *= sd / max(1e-12, np.sqrt((sizes**2).sum() / 2))
        return sizes, rates * 2 * np.pi, self.rng.uniform(0, 6.28, 12)

    @staticmethod
    def _at(wander: tuple[np.ndarray, ...], time_s: float) -> float:
        sizes, rates, phases = wander
        return float((sizes * np.sin(rates * time_s + phases)).sum())

    def pose(self, time_s: float, noise_m: float = 0.0, noise_rad: float = 0.0) -> Pose:
        place = [self._at(each, time_s) + noise_m * self.rng.normal() for each in self.steps]
        turn = [
            self._at(slow, time_s) + self._at(fast, time_s) + noise_rad * self.rng.normal()
            for slow, fast in zip(self.slow, self.tremor, strict=True)
        ]
        return pose_from_pan_tilt_roll((place[0], place[1], place[2] + 1.5), *turn)

    def track(self, seconds: float, rate_hz: float = 100.0) -> list[TrackSample]:
        times = np.arange(-1, seconds + 1, 1 / rate_hz)
        return [
            TrackSample(round(t * S), self.pose(t, 0.001, np.radians(0.02))) for t in times.tolist()
        ]

    def motion(
        self,
        delay_s: float,
        seconds: float,
        *,
        fps: float = 25.0,
        dropped: float = 0.03,
        actor: float = 0.1,
    ) -> Motion:
        """Flow of a wall four metres off, in frames that arrive `delay_s` late, an actor in some."""
        low, high = [[-8], [3.5], [-3]], [[8], [4.5], [6]]
        wall = np.stack([*self.rng.uniform(low, high, (3, 400)), np.ones(400)])
        times = [i / fps for i in range(int(seconds * fps)) if self.rng.random() > dropped]
        seen = [self._project(wall, t) for t in times]
        flow = []
        for before, after in pairwise(seen):
            inside = (np.abs(before) < [[320], [180]]).all(axis=0)
            step = np.median((after - before)[:, inside], axis=1) + 0.15 * self.rng.normal(size=2)
            flow.append(step + 6 * self.rng.normal(size=2) * (self.rng.random() < actor))
        stamps = np.array([round((t + delay_s) * S) for t in times])
        return Motion(stamps[:-1], stamps[1:], np.array(flow))

    def _project(self, wall: np.ndarray, time_s: float) -> np.ndarray:
        local = self.pose(time_s).inverse().matrix @ wall
        return F_PX * np.stack([local[0] / -local[2], -local[1] / -local[2]])


@pytest.mark.parametrize("delay_s", [-0.040, -0.0077, 0.0, 0.0123, 0.083, 0.250])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_delay_is_found_within_two_milliseconds_from_ten_seconds(delay_s: float, seed: int) -> None:
    operator = Operator(seed)
    found = estimate_delay(operator.motion(delay_s, 10), operator.track(10))
    assert found.refused is None
    assert found.delay_s == pytest.approx(delay_s, abs=0.002)
    assert found.sd_s is not None
    assert found.sd_s < 0.005
    assert found.confidence > 0.9
    assert found.pixels_per_rad == pytest.approx(F_PX, rel=0.15)


@pytest.mark.parametrize(("fps", "rate_hz"), [(50.0, 60.0), (24.0, 240.0), (30.0, 30.0)])
def test_any_pair_of_rates_will_do(fps: float, rate_hz: float) -> None:
    operator = Operator(5)
    found = estimate_delay(operator.motion(0.083, 10, fps=fps), operator.track(10, rate_hz))
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.083, abs=0.004)


def test_a_fifth_of_the_frames_dropped_and_a_third_spoiled_still_gives_the_delay() -> None:
    operator = Operator(6)
    found = estimate_delay(operator.motion(0.1, 20, dropped=0.2, actor=0.33), operator.track(20))
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.1, abs=0.004)


def test_a_tracker_that_was_silent_for_two_seconds_does_not_spoil_it() -> None:
    operator = Operator(7)
    track = [each for each in operator.track(12) if not 4 * S < each.time_ns < 6 * S]
    found = estimate_delay(operator.motion(0.06, 12), track)
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.06, abs=0.003)


def test_a_camera_on_sticks_is_refused() -> None:
    still = Operator(8, slow_deg=0.0005, tremor_deg=0.0001, travel_m=1e-5)
    found = estimate_delay(still.motion(0.08, 10), still.track(10))
    assert found.refused is not None
    assert "hardly moved" in found.refused


def test_another_cameras_track_is_refused() -> None:
    found = estimate_delay(Operator(9).motion(0.08, 10), Operator(10).track(10))
    assert found.refused is not None
    assert "do not agree" in found.refused


def test_a_move_that_repeats_itself_is_refused() -> None:
    rocking = Operator(11, tremor_deg=0.0, travel_m=0.0)
    rocking.slow = [(np.array([0.05]), np.array([2 * np.pi * 4.0]), np.array([0.3]))] * 3
    found = estimate_delay(rocking.motion(0.05, 10, dropped=0.0, actor=0.0), rocking.track(10))
    assert found.refused is not None
    assert "repeats itself" in found.refused


def test_too_little_of_anything_is_refused_and_never_raises() -> None:
    operator = Operator(12)
    motion, track = operator.motion(0.08, 4), operator.track(4)
    nothing = Motion(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)))
    later = [TrackSample(each.time_ns + 3600 * S, each.stage_from_camera) for each in track]
    for estimate in (
        estimate_delay(nothing, track),
        estimate_delay(motion, []),
        estimate_delay(motion, later),
        estimate_delay(operator.motion(0.08, 1), track),
    ):
        assert estimate.refused
        assert estimate.confidence == 0.0


def test_the_stated_uncertainty_is_honest() -> None:
    found: list[DelayEstimate] = []
    for seed in range(20, 28):
        operator = Operator(seed)
        found.append(estimate_delay(operator.motion(0.07, 8), operator.track(8)))
    off = np.array([abs(each.delay_s - 0.07) for each in found])
    stated = np.array([each.sd_s for each in found], dtype=float)
    assert float(np.sqrt((off**2).mean())) < 2.5 * float(np.sqrt((stated**2).mean()))


def wall_paper(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 190, (60, 80)).astype(np.uint8)
    return cv2.resize(coarse, (1000, 720), interpolation=cv2.INTER_CUBIC)


def view(paper: np.ndarray, x: float, y: float, turn_deg: float = 0.0, zoom: float = 1.0) -> np.ndarray:
    about = cv2.getRotationMatrix2D((500.0, 360.0), turn_deg, zoom)
    about[:, 2] += [x - 180, y - 180]
    return cv2.warpAffine(paper, about, (640, 360), flags=cv2.INTER_CUBIC)


def green_stage(shared_data: Path, frames: int) -> list[np.ndarray]:
    """Luma of real footage: two people fighting before a green cloth, the camera on sticks."""
    pictures = []
    with av.open(str(shared_data / "greenscreen" / "fight_green.mp4")) as clip:
        for frame in clip.decode(video=0):
            pictures.append(frame.to_ndarray(format="gray"))
            if len(pictures) == frames:
                return pictures
    return pictures


def test_the_delay_is_found_on_real_footage_shaken_by_a_known_move(shared_data: Path) -> None:
    operator = Operator(14, slow_deg=0.6, travel_m=0.0)
    log = MotionLog()
    for index, luma in enumerate(green_stage(shared_data, 110)):
        time_s = index / 25
        pan, tilt = (
            operator._at(slow, time_s) + operator._at(fast, time_s)
            for slow, fast in zip(operator.slow[:2], operator.tremor[:2], strict=True)
        )
        shift = np.array([[1, 0, 1200 * np.tan(pan)], [0, 1, 1200 * np.tan(tilt)]])
        moved = cv2.warpAffine(luma, shift, (1280, 720), flags=cv2.INTER_CUBIC)[40:-40, 60:-60]
        log.add(round((time_s + 0.083) * S), np.ascontiguousarray(moved))
    found = estimate_delay(log.motion(), operator.track(4.4))
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.083, abs=0.004)


def test_pictures_and_track_give_the_delay_end_to_end() -> None:
    operator = Operator(13, slow_deg=2.0, travel_m=0.0)
    paper = wall_paper()
    log = MotionLog()
    for index in range(120):
        time_s = index / 25
        pan, tilt = operator._at(operator.slow[0], time_s), operator._at(operator.slow[1], time_s)
        pan, tilt = (
            angle + operator._at(fast, time_s)
            for angle, fast in zip((pan, tilt), operator.tremor, strict=False)
        )
        picture = view(paper, F_PX * np.tan(pan), F_PX * np.tan(tilt))
        log.add(round((time_s + 0.083) * S), picture)
    found = estimate_delay(log.motion(), operator.track(5))
    assert found.refused is None
    assert found.delay_s == pytest.approx(0.083, abs=0.003)
