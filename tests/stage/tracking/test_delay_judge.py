from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openset.stage.tracking.delay import estimate_delay
from openset.stage.tracking.delay_judge import rival
from openset.stage.tracking.motion import Motion

S = 1_000_000_000


def refusal(motion: Motion, track: Any, search_s: tuple[float, float] = (-0.3, 0.5)) -> str:
    found = estimate_delay(motion, track, search_s)
    assert found.refused is not None
    assert found.remedy
    return found.refused


def test_below_the_stated_motion_it_says_how_much_there_was_and_how_much_is_needed(
    hand: Callable[..., Any],
) -> None:
    quiet = hand(61, size_deg=0.004, flow_noise_px=0.02)
    said = refusal(quiet.motion, quiet.track)
    assert "hardly moved" in said
    assert "0.25 are needed" in said


def test_a_track_that_stands_still_while_the_picture_moves_is_told(hand: Callable[..., Any]) -> None:
    made = hand(62)
    still = [replace(made.track[0], time_ns=each.time_ns) for each in made.track]
    assert refusal(made.motion, still) == "the picture moved and the track stood still"


def test_a_picture_that_stands_still_while_the_track_moves_is_told(hand: Callable[..., Any]) -> None:
    made, quiet = hand(63), hand(63, size_deg=0.0)
    assert refusal(quiet.motion, made.track) == "the track moved and the picture stood still"


def test_another_cameras_track_is_refused(hand: Callable[..., Any]) -> None:
    for seed in range(64, 68):
        said = refusal(hand(seed).motion, hand(seed + 100).track, (-1.0, 1.0))
        assert "do not agree" in said


def test_a_tracker_that_stopped_is_named_with_the_time(hand: Callable[..., Any]) -> None:
    made = hand(73)
    said = refusal(made.motion, [each for each in made.track if each.time_ns < 3 * S])
    assert "covers only" in said
    # The track ends at 3 s of its clock; the first frame arrived at 0.013 + 0.08 s.
    assert "ends at 00:00:02.9" in said


def test_a_short_gap_is_a_note_and_not_a_refusal(hand: Callable[..., Any]) -> None:
    made = hand(74)
    found = estimate_delay(made.motion, [e for e in made.track if not 4 * S < e.time_ns < 5 * S])
    assert found.refused is None
    assert found.notes == ("the tracker stopped from 00:00:03.9 to 00:00:04.9",)
    assert found.delay_s == pytest.approx(0.08, abs=0.001)


def test_a_jump_of_the_trackers_clock_is_named_with_its_size_and_time(hand: Callable[..., Any]) -> None:
    made = hand(75, seconds=12.0)
    late = [
        replace(each, time_ns=each.time_ns + (1_200_000_000 if each.time_ns > 6 * S else 0))
        for each in made.track
    ]
    assert "the tracker's clock jumped by 1.20 s at 00:00:0" in refusal(made.motion, late)


def test_clocks_that_run_apart_are_told_in_parts_per_million(hand: Callable[..., Any]) -> None:
    made = hand(76, seconds=12.0)
    fast = [replace(each, time_ns=round(each.time_ns * 1.002)) for each in made.track]
    assert "the clocks run apart: the delay drifts by -" in refusal(made.motion, fast)


def test_frames_whose_times_wander_are_refused(hand: Callable[..., Any]) -> None:
    made = hand(77, seconds=14.0)
    count = len(made.motion.to_ns)
    wave = np.round(0.008 * S * np.sin(np.arange(count + 1) / 18.0)).astype(np.int64)
    wandering = replace(
        made.motion, from_ns=made.motion.from_ns + wave[:-1], to_ns=made.motion.to_ns + wave[1:]
    )
    said = refusal(wandering, made.track)
    assert "wander" in said or "jumped" in said


def test_a_delay_outside_the_range_is_refused(hand: Callable[..., Any]) -> None:
    made = hand(78, delay_s=0.32)
    assert estimate_delay(made.motion, made.track, (-0.3, 0.3)).refused is not None


def test_peaks_beside_the_found_one_are_no_rivals() -> None:
    delays = np.arange(-0.2, 0.2, 0.01)
    heights = 0.9 * np.exp(-((delays / 0.02) ** 2)) + 0.5 * np.exp(-(((delays - 0.12) / 0.02) ** 2))
    assert rival((delays, heights), 0.0) == pytest.approx(0.5, abs=0.01)
    assert rival((delays, heights), 0.12) == pytest.approx(0.9, abs=0.01)
