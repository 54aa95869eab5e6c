"""The work of `calibrate delay --screen`: show the patches, watch them, tell the parts of the way."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from openset.cli.output import Output
from openset.primitives.errors import BadInput, PlateNotFound
from openset.primitives.image import U8Plane
from openset.stage.calibrate.screen_codes import schedule, schedule_json
from openset.stage.calibrate.screen_delay import Part
from openset.stage.live.flasher import Flasher
from openset.stage.live.pipes import PipeClosed
from openset.stage.live.plate import PlateSource, is_live
from openset.stage.live.screen_run import ScreenRun, run_screen

PATIENCE_S = 180.0
FRAME_PATIENCE_S = 10.0


def run_screen_delay(
    output: Output, picture: str, *, seconds: float, port: int, capture_ms: str, rate: Fraction | None
) -> int:
    """Measure the loop of a screen and a live camera; 0, or 2 where it was not seen."""
    if not is_live(picture):
        raise BadInput(
            "a screen is measured with a live camera", where=picture or "--picture",
            todo="Give the camera: --picture /dev/video0",
        )  # fmt: skip
    if not 0 <= port <= 65535:
        raise BadInput(f"there is no port {port}", where="--port", todo="Choose 0 to 65535")
    capture = capture_of(capture_ms)
    plate = PlateSource(picture, rate=rate or Fraction(25))
    random = np.random.default_rng(secrets.randbits(64))
    flips = schedule(min(seconds, 60.0), float(plate.format.rate), random)
    with Flasher(schedule_json(flips), port=port) as flasher:
        output.say(f"open this page full screen, and fill the picture with it: {flasher.address}")
        if not flasher.joined.wait(PATIENCE_S):
            raise BadInput(
                f"no browser opened the page in {PATIENCE_S:.0f} s", where=flasher.address,
                todo="Open the address on this machine",
            )  # fmt: skip
        plate.start()
        try:
            found = run_screen(
                flasher, _pictures(plate), capture=capture, seconds=seconds + 20.0, say=output.say
            )
        finally:
            plate.stop()
    figures, rows = screen_figures(found), screen_rows(found)
    if found.loop.refused is not None:
        trouble = BadInput(found.loop.refused, where=picture, todo=found.loop.remedy)
        output.trouble_after(figures, "No delay", rows, trouble)
        return trouble.exit_code
    output.done(figures, f"From the screen to the host: {1000 * found.loop.delay_s:.1f} ms", rows)
    return 0


def capture_of(text: str) -> Part | None:
    """'MS' or 'MS,SD': the camera's own delay in milliseconds, where it is known."""
    if not text:
        return None
    try:
        parts = [float(each) for each in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or not all(-1000 < each < 5000 for each in parts) or parts[-1] < 0:
        raise BadInput(
            f"{text!r} is no delay", where="--capture-ms", todo="Write MS or MS,SD: 62.5,0.4"
        )
    return Part(parts[0] / 1000, (parts[1] if len(parts) == 2 else 1.0) / 1000)


def screen_figures(found: ScreenRun) -> dict[str, Any]:
    """The answer for programs; None is what could not be told, and `said` why."""
    out: dict[str, Any] = {"refused": found.loop.refused, "remedy": found.loop.remedy}
    told = {"loop": found.parts.loop if found.loop.refused is None else None}
    told |= {name: getattr(found.parts, name) for name in ("processing", "capture", "display")}
    for name, part in told.items():
        out[f"{name}_s"] = part.delay_s if part else None
        out[f"{name}_sd_s"] = part.sd_s if part else None
    return {
        **out,
        "pictures": found.pictures,
        "sights": found.loop.sights,
        "strays": found.loop.strays,
        "clock_doubt_s": found.clock_doubt_s,
        "said": list(found.parts.said),
    }


def screen_rows(found: ScreenRun) -> list[tuple[str, str]]:
    """The answer for people."""
    names = (
        ("loop", "screen and camera together"),
        ("processing", "this machine, from a picture's arrival to the answer's being put up"),
        ("capture", "the camera, from light to arrival (as given)"),
        ("display", "the screen, from being put up to light"),
    )
    rows = [
        (name, f"{1000 * part.delay_s:.1f} ± {1000 * part.sd_s:.1f} ms: {what}")
        for name, what in names
        if (part := getattr(found.parts, name)) is not None
    ]
    rows.append(
        ("pictures", f"{found.loop.sights} of {found.pictures} read, {found.loop.strays} astray")
    )
    if found.clock_doubt_s is not None:
        rows.append(("clock", f"the page's is known to {1000 * found.clock_doubt_s:.1f} ms"))
    return [*rows, *(("not known", each) for each in found.parts.said)]


def _pictures(plate: PlateSource) -> Iterator[tuple[int, U8Plane]]:
    while True:
        try:
            frame = plate.queue.get(FRAME_PATIENCE_S)
        except PipeClosed:
            return
        if frame is None:
            raise PlateNotFound(
                f"no frame came for {FRAME_PATIENCE_S:.0f} s",
                where=plate.source,
                todo="Check the camera",
            )
        yield frame.time_ns, frame.picture.y
