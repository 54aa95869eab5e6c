"""The read-out of a rolling shutter, measured from a shaken clip of tags; refused from a still one."""

from __future__ import annotations

import pytest

from openset.primitives.space import look_at
from openset.stage.markers.model import SeenTag
from openset.stage.markers.readout import measure_readout

from .seen import LENS, handheld, room, see

FILM = look_at((0.0, 0.2, 1.5), (0.0, 4.0, 0.9))
FRAME_NS = 33_333_333


def clip(readout_s: float, amount: float, frames: int = 24) -> list[tuple[int, tuple[SeenTag, ...]]]:
    tags, path = room(), handheld(FILM, seed=4, amount=amount)
    return [
        (
            at * FRAME_NS,
            see(tags, path, at * FRAME_NS / 1e9, readout_s=readout_s, sd_px=0.08, seed=at),
        )
        for at in range(frames)
    ]


@pytest.mark.parametrize("readout_s", [0.016, 0.0])
def test_a_shaken_clip_tells_the_read_out_to_a_fraction_of_a_millisecond(readout_s: float) -> None:
    found = measure_readout(clip(readout_s, 1.0), LENS, room())
    assert found.trouble == ""
    assert found.sd_s < 0.001
    assert found.readout_s == pytest.approx(readout_s, abs=max(3 * found.sd_s, 0.0006))


def test_the_fit_is_much_better_with_the_read_out_than_without() -> None:
    found = measure_readout(clip(0.02, 1.0), LENS, room())
    assert found.residual_px < 0.3 * found.residual_without_px


def test_a_tripod_is_refused_and_told_to_shake() -> None:
    still = [(at * FRAME_NS, see(room(), lambda _: FILM, sd_px=0.08, seed=at)) for at in range(24)]
    found = measure_readout(still, LENS, room())
    assert "shaking" in found.trouble


def test_a_clip_without_tags_is_refused() -> None:
    found = measure_readout([(0, ()), (FRAME_NS, ())], LENS, room())
    assert "too few pictures" in found.trouble
    assert found.frames == 0


def test_a_clock_that_goes_back_or_stands_still_costs_a_few_pictures() -> None:
    shaken = clip(0.016, 1.0)
    back = [
        (time_ns - (500_000_000 if at >= 12 else 0), seen) for at, (time_ns, seen) in enumerate(shaken)
    ]
    back[5] = (back[4][0], back[5][1])
    found = measure_readout(back, LENS, room())
    assert found.trouble == ""
    assert found.readout_s == pytest.approx(0.016, abs=max(3 * found.sd_s, 0.0006))


def test_a_picture_that_the_camera_turns_upside_down_is_named() -> None:
    found = measure_readout(clip(-0.016, 1.0), LENS, room())
    assert found.readout_s == pytest.approx(-0.016, abs=0.0006)
    assert "upside down" in found.trouble
