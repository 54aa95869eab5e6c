"""The verb `calibrate delay`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.rings import FocalMm, FocusM
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("delay")
def delay(
    take: Annotated[
        Path | None, typer.Argument(help="A take's folder, instead of --picture and --track.")
    ] = None,
    picture: Annotated[
        str,
        typer.Option("--picture", help="The picture: a clip, an image sequence, /dev/video0, rtsp://…"),
    ] = "",
    track: Annotated[
        str,
        typer.Option(
            "--track",
            help="The same camera's track: a file (.otrk.jsonl, .json, .f4 and all that openset "
            "convert reads), or an address where it arrives (udp::55555) if the picture is live.",
        ),
    ] = "",
    seconds: Annotated[
        float, typer.Option("--seconds", help="How much of it, or for how long: ten seconds will do.")
    ] = 30.0,
    start: Annotated[
        float, typer.Option("--start", help="Where in the picture to begin, seconds.")
    ] = 0.0,
    lens: Annotated[
        Path | None,
        typer.Option("--lens", help="The lens's file: wide lenses are then read as they draw."),
    ] = None,
    focal_mm: FocalMm = None,
    focus_m: FocusM = None,
    mount: Annotated[
        str,
        typer.Option("--mount", help="How the camera sits on the tracker: PAN,TILT,ROLL in degrees."),
    ] = "",
    search: Annotated[
        float, typer.Option("--search", help="The longest delay to look for, either way, seconds.")
    ] = 1.0,
    rate: Annotated[
        str,
        typer.Option("--rate", help="The rate of a picture or track that holds no times: 25, 29.97."),
    ] = "",
    profile: Annotated[
        str, typer.Option("--profile", help="FreeD only: what zoom and focus mean.")
    ] = "raw",
    production: Annotated[
        Path | None,
        typer.Option("--production", help="Keep the delay in this production, for openset stage."),
    ] = None,
    screen: Annotated[
        bool,
        typer.Option(
            "--screen",
            help="Measure a screen and a live camera instead: the camera sees patches of a page.",
        ),
    ] = False,
    port: Annotated[int, typer.Option("--port", help="With --screen: the page's port; 0: any.")] = 0,
    capture_ms: Annotated[
        str,
        typer.Option(
            "--capture-ms",
            help="With --screen: the camera's own delay where it is known, MS or MS,SD: tells the "
            "screen's from it.",
        ),
    ] = "",
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the fit: an SVG to judge it by.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how much later the picture comes than the pose, from both alone, with its uncertainty.

    Film anything that stands still, with detail in it, and pan and tilt by hand for ten seconds,
    quickly and unevenly. The answer is for the middle of the exposure of the picture's middle row.
    It is refused, with the reason, below a motion of 0.25 pixels a frame (of a picture 640 wide; about
    0.6 degrees a second), or when track and picture do not agree.
    """

    def work(output: Any) -> int:
        from openset.cli.camera.delay_work import run_delay, run_of_screen

        if screen:
            return run_of_screen(
                output, picture, seconds=seconds, port=port, capture_ms=capture_ms, rate=rate
            )

        return run_delay(
            output, take, picture=picture, track=track, seconds=seconds, start_s=start, lens=lens,
            mount=mount, search_s=search, rate=rate, profile=profile, production=production, plot=plot,
            focal_mm=focal_mm, focus_m=focus_m,
        )  # fmt: skip

    answer(as_json, work, kept="nothing was changed")
