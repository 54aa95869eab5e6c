from __future__ import annotations

import random

import pytest

from openset.stage.tracking.clock import ClockMap

S = 1_000_000_000
MS = 1_000_000


class Wire:
    """A tracker whose clock is off and drifts, over a line that delays; local time is the truth."""

    def __init__(self, offset_ns: int, drift: float, jitter_ms: float, seed: int = 1) -> None:
        self.offset_ns, self.drift, self.jitter_ms = offset_ns, drift, jitter_ms
        self.rng = random.Random(seed)
        self.clock = ClockMap()

    def error_ms(self, local_ns: int, late_ms: float = 0.0) -> float:
        remote_ns = local_ns + self.offset_ns - round(local_ns * self.drift)
        arrival_ns = local_ns + round((self.rng.uniform(0, self.jitter_ms) + late_ms) * MS)
        return (self.clock.update(remote_ns, arrival_ns) - local_ns) / MS


@pytest.mark.parametrize("offset_ns", [0, -3 * S, 1_763_800_000 * S, 2**62])
@pytest.mark.parametrize("drift", [0.0, 100e-6, -100e-6])
@pytest.mark.parametrize("jitter_ms", [0.0, 5.0, 30.0])
def test_an_offset_with_drift_and_jitter_is_found(
    offset_ns: int, drift: float, jitter_ms: float
) -> None:
    wire = Wire(offset_ns, drift, jitter_ms)
    errors = [wire.error_ms(index * 10 * MS) for index in range(3000)]
    settled = errors[300:]
    assert max(map(abs, settled)) < 0.05 * jitter_ms + 0.02
    assert wire.clock.jumps == 0


def test_the_drift_itself_is_found() -> None:
    wire = Wire(77 * S, 60e-6, 10.0)
    for index in range(6000):
        wire.error_ms(index * 10 * MS)
    assert wire.clock.drift == pytest.approx(60e-6, abs=5e-6)


def test_a_slow_tracker_on_a_bad_line_settles_within_two_milliseconds() -> None:
    wire = Wire(5 * S, 20e-6, 30.0, seed=4)
    errors = [wire.error_ms(index * 40 * MS) for index in range(1500)]
    assert max(map(abs, errors[250:])) < 2.0


def test_a_sample_is_never_placed_after_its_arrival() -> None:
    wire = Wire(9 * S, 0.0, 20.0)
    for index in range(500):
        local_ns = index * 10 * MS
        assert wire.clock.update(local_ns + 9 * S, local_ns + 3 * MS) <= local_ns + 3 * MS


@pytest.mark.parametrize("jump_s", [0.5, 3.0, 40_000.0, -0.5, -3.0, -40_000.0])
def test_after_a_jump_of_the_trackers_clock_the_map_is_right_again_within_a_second(
    jump_s: float,
) -> None:
    wire = Wire(50_000 * S, 0.0, 5.0)
    for index in range(500):
        wire.error_ms(index * 10 * MS)
    wire.offset_ns += round(jump_s * S)
    errors = [wire.error_ms((500 + index) * 10 * MS) for index in range(600)]
    assert max(map(abs, errors[105:])) < 5.0
    assert max(map(abs, errors[300:])) < 1.0
    assert wire.clock.jumps == 1


def test_a_burst_after_a_stall_is_placed_where_it_belongs() -> None:
    wire = Wire(0, 0.0, 0.0)
    for index in range(500):
        wire.error_ms(index * 10 * MS)
    burst = [wire.error_ms((500 + index) * 10 * MS, late_ms=1500 - 10 * index) for index in range(150)]
    assert max(map(abs, burst)) < 0.1
    assert wire.clock.jumps == 0


def test_one_forged_stamp_costs_a_moment_only() -> None:
    wire = Wire(0, 0.0, 2.0)
    for index in range(500):
        wire.error_ms(index * 10 * MS)
    wire.clock.update(2**60, 500 * 10 * MS)
    errors = [wire.error_ms((501 + index) * 10 * MS) for index in range(300)]
    assert max(map(abs, errors[15:])) < 2.5


def test_memory_is_bounded_by_the_window() -> None:
    clock = ClockMap(window_s=5.0)
    for index in range(20_000):
        clock.update(index * 10 * MS, index * 10 * MS + (index * 7919 % 13) * MS)
    assert len(clock._minima) <= 5 * 4 + 1
