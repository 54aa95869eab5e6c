from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from openset.stage.calibrate.screen_codes import IDS, Sight, schedule
from openset.stage.calibrate.screen_delay import (
    LoopEstimate,
    Part,
    Shown,
    echo_shown,
    echo_sights,
    estimate_loop,
    evened,
    left_sights,
    parts_of,
)


@dataclass
class Loop:
    """What a page put up and what a camera saw of it; `host_s` is how long the host took to answer."""

    shown: list[Shown]
    sights: list[Sight]
    host_s: float


def loop_of(
    seed: int,
    *,
    fps: float = 25.0,
    screen_hz: float = 60.0,
    display_s: float = 0.035,
    capture_s: float = 0.060,
    jitter_s: float = 0.002,
    seconds: float = 5.0,
    steady: bool = False,
) -> Loop:
    """A screen that changes on its refresh, a camera with a phase of its own, a host that answers in
    12 ms and puts up the echo on the next refresh."""
    random = np.random.default_rng(seed)
    refresh, phase = random.uniform(0, 1 / screen_hz), random.uniform(0, 1 / fps)

    def on_refresh(at: float) -> float:
        return float(np.ceil((at - refresh) * screen_hz - 1e-9) / screen_hz + refresh)

    at, shown = 1.0, []
    for flip in schedule(seconds, fps, random):
        shown.append((on_refresh(at), flip.id))
        at += 2 / fps if steady else flip.hold_s
    lit = np.array([each[0] for each in shown]) + display_s
    sights: list[Sight] = []
    echoes: list[tuple[float, int]] = []
    answers: list[float] = []
    for index in range(int((at - 1.0 - phase) * fps)):
        taken = 1.0 + phase + index / fps
        place = int(np.searchsorted(lit, taken)) - 1
        tag = shown[place][1] if place >= 0 else None
        echo = next((id for up, id in reversed(echoes) if up + display_s <= taken), None)
        arrival = taken + capture_s + random.normal(0, jitter_s)
        sights.append(Sight(round(arrival * 1e9), tag, echo))
        if tag is not None and (not echoes or echoes[-1][1] != tag + IDS):
            echoes.append((on_refresh(arrival + 0.012), tag + IDS))
            answers.append(echoes[-1][0] - arrival)
    return Loop([(round(up * 1e9), id) for up, id in shown], sights, float(np.mean(answers)))


def errors(seeds: range, **how: float | bool) -> tuple[np.ndarray, np.ndarray]:
    off, sd = [], []
    for seed in seeds:
        loop = loop_of(seed, **how)  # type: ignore[arg-type]
        found = estimate_loop(loop.shown, left_sights(loop.sights))
        assert found.refused is None
        assert found.sd_s is not None
        off.append(found.delay_s - 0.095)
        sd.append(found.sd_s)
    return np.array(off), np.array(sd)


def test_five_seconds_at_25_frames_give_the_loop_to_a_millisecond() -> None:
    off, sd = errors(range(24))
    assert float(np.sqrt((off**2).mean())) < 0.0013
    assert abs(float(off.mean())) < 0.0005
    assert int((np.abs(off) < 1.645 * sd).sum()) >= 18


def test_a_camera_in_step_with_the_screen_says_so_by_its_uncertainty() -> None:
    # Edges 1/60 s apart tell nothing between them: 16.7 / sqrt(12) = 4.8 ms.
    off, sd = errors(range(24), fps=30.0)
    assert float(np.sqrt((off**2).mean())) == pytest.approx(0.0048, abs=0.0015)
    assert float(sd.mean()) == pytest.approx(0.0048, abs=0.001)


def test_a_steady_beat_would_be_worse_by_far() -> None:
    dithered, _ = errors(range(12))
    steady, _ = errors(range(12), steady=True)
    assert float(np.sqrt((steady**2).mean())) > 3 * float(np.sqrt((dithered**2).mean()))


def test_the_echo_tells_the_hosts_own_time() -> None:
    off = []
    for seed in range(12):
        loop = loop_of(seed)
        whole = estimate_loop(loop.shown, left_sights(loop.sights))
        echo = estimate_loop(echo_shown(loop.sights), echo_sights(loop.sights))
        parts = parts_of(whole, echo)
        assert parts.processing is not None
        off.append(parts.processing.delay_s - loop.host_s)
    assert abs(float(np.mean(off))) < 0.003
    assert float(np.std(off)) < 0.003


def test_screen_and_camera_are_told_apart_only_by_what_is_known_from_elsewhere() -> None:
    loop = LoopEstimate(0.095, 0.0009, sights=120)
    alone = parts_of(loop)
    assert alone.display is None
    assert alone.capture is None
    assert any("only their sum" in each and "--capture-ms" in each for each in alone.said)
    both = parts_of(loop, capture=Part(0.060, 0.0004))
    assert both.display is not None
    assert both.display.delay_s == pytest.approx(0.035)
    assert both.display.sd_s == pytest.approx(0.00098, abs=0.00001)  # sqrt(0.9^2 + 0.4^2) ms


def test_a_capture_longer_than_the_loop_is_named() -> None:
    parts = parts_of(LoopEstimate(0.095, 0.0009), capture=Part(0.120, 0.0004))
    assert any("longer than the whole loop" in each for each in parts.said)


def test_a_camera_that_hardly_read_the_patches_is_refused() -> None:
    loop = loop_of(1)
    found = estimate_loop(loop.shown, left_sights(loop.sights)[:10])
    assert found.refused is not None
    assert "10 pictures, 20 are needed" in found.refused
    assert estimate_loop([], []).refused is not None


def test_times_that_jump_are_refused() -> None:
    loop = loop_of(2)
    sights = left_sights(loop.sights)
    half = len(sights) // 2
    jumped = [*sights[:half], *((at + 150_000_000, id) for at, id in sights[half:])]
    found = estimate_loop(loop.shown, jumped)
    assert found.refused is not None
    assert "contradict" in found.refused


def test_jittering_arrivals_are_laid_on_the_cameras_beat() -> None:
    random = np.random.default_rng(5)
    exact = 1e9 + 4e7 * np.delete(np.arange(100.0), [17, 18, 60])
    even = evened(np.round(exact + random.normal(0, 2e6, len(exact))).astype(np.int64))
    assert even.even
    assert float(np.std(even.arrivals_ns - exact)) < 0.5e6
    # A line through n points is known to s / sqrt(n) in the middle and twice that at its ends.
    assert float(even.doubt_s.min()) == pytest.approx(0.002 / np.sqrt(97), rel=0.3)
    assert float(even.doubt_s.max()) == pytest.approx(0.004 / np.sqrt(97), rel=0.3)
    wild = np.sort(random.integers(0, 10**10, 60)).astype(np.int64)
    assert not evened(wild).even
    assert (evened(wild).arrivals_ns == wild).all()


def test_at_60_frames_an_arrival_later_than_half_a_frame_shifts_no_other() -> None:
    random = np.random.default_rng(6)
    exact = 1e9 + 1e9 / 60 * np.delete(np.arange(1200.0), [17, 18, 600])
    even = evened(np.sort(np.round(exact + random.normal(0, 2e6, len(exact)))).astype(np.int64))
    assert even.even
    assert float(np.abs(even.arrivals_ns - exact).max()) < 0.5e6


@pytest.mark.parametrize(("fps", "rms_s"), [(60.0, 0.0048), (50.0, 0.00096)])
def test_nine_of_ten_truths_lie_in_what_is_stated_of_a_fast_camera(fps: float, rms_s: float) -> None:
    # In step, edges lie 1/60 s apart; 50 before 60 Hz, 1/300 s: a uniform 16.7 or 3.3 ms / sqrt(12).
    off, sd = errors(range(40), fps=fps)
    assert float(np.sqrt((off**2).mean())) == pytest.approx(rms_s, rel=0.25)
    assert float(sd.mean()) == pytest.approx(rms_s, rel=0.15)
    assert int((np.abs(off) < 1.645 * sd).sum()) >= 33


def test_arrivals_without_a_beat_are_not_believed_more_than_they_scatter() -> None:
    off, sd = errors(range(16), fps=60.0, jitter_s=0.006)
    assert float(sd.min()) > 0.004
    assert int((np.abs(off) < 1.645 * sd).sum()) >= 13
