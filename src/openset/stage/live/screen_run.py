"""One run of the screen's closed loop: the page shows, the camera sees, the host answers and counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from openset.primitives.image import U8Plane
from openset.stage.calibrate.screen_codes import Sight, echo_of, sight_of
from openset.stage.calibrate.screen_delay import (
    LoopEstimate,
    Part,
    Parts,
    echo_shown,
    echo_sights,
    estimate_loop,
    left_sights,
    parts_of,
)
from openset.stage.live.flasher import Flasher
from openset.stage.markers.detect import TagDetector

LAG_S = 0.8
"""How long pictures are still looked at once the page is done."""


@dataclass(frozen=True)
class ScreenRun:
    """What a run found. `loop` is the way of the left patch, `echo` that of the right one counted from
    the arrival of what it answers."""

    loop: LoopEstimate
    echo: LoopEstimate
    parts: Parts
    pictures: int
    clock_doubt_s: float | None


def run_screen(
    flasher: Flasher,
    pictures: Iterable[tuple[int, U8Plane]],
    *,
    capture: Part | None = None,
    seconds: float = 60.0,
    say: Callable[[str], None] = lambda text: None,
) -> ScreenRun:
    """Watch the page until it is done. `pictures` are (arrival on the host's clock, luma); the page has
    joined. Never raises for what is seen: it is in the estimates' `refused`."""
    detector = TagDetector()
    sights: list[Sight] = []
    answered: int | None = None
    first_ns: int | None = None
    done_ns: int | None = None
    flasher.start()
    say("the page shows its patches: keep the camera still")
    for arrival_ns, luma in pictures:
        first_ns = arrival_ns if first_ns is None else first_ns
        sight = sight_of(arrival_ns, detector.detect(luma))
        sights.append(sight)
        if sight.shown is not None and sight.shown != answered:
            answered = sight.shown
            flasher.echo(echo_of(answered))
        if done_ns is None and flasher.done.is_set():
            done_ns = arrival_ns
        if arrival_ns - first_ns > seconds * 1e9:
            break
        if done_ns is not None and arrival_ns - done_ns > LAG_S * 1e9:
            break
    return _told(flasher, sights, capture)


def _told(flasher: Flasher, sights: list[Sight], capture: Part | None) -> ScreenRun:
    loop = estimate_loop(flasher.shown, left_sights(sights))
    echo = estimate_loop(echo_shown(sights), echo_sights(sights))
    doubt = flasher.clock_doubt_s
    if doubt is not None and loop.sd_s is not None:
        # Only the loop is counted from the page's clock, which may be off by `doubt` either way.
        loop = replace(loop, sd_s=math.hypot(loop.sd_s, doubt / math.sqrt(3)))
    return ScreenRun(loop, echo, parts_of(loop, echo, capture), len(sights), doubt)
