"""The verb `calibrate lens`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("lens")
def lens(
    board: Annotated[
        str,
        typer.Option(
            "--board",
            help="The board: checkerboard:COLSxROWS:SQUARE_MM or charuco:COLSxROWS:SQUARE_MM, counting "
            "inner corners, as openset print board says on its sheet.",
        ),
    ],
    images: Annotated[
        str,
        typer.Option("--images", help="Photographs: a folder, or a pattern in quotes: 'DIR/*.jpg'."),
    ] = "",
    picture: Annotated[
        str,
        typer.Option(
            "--picture",
            help="A clip or a camera instead (/dev/video0, rtsp://…): sharp, still views are taken.",
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="The lens file to write (lens.json).")
    ] = None,
    add: Annotated[
        Path | None,
        typer.Option("--add", help="A lens file to add this setting to; --out may be the same file."),
    ] = None,
    model: Annotated[
        str,
        typer.Option("--model", help="brown-conrady, fisheye, or auto: fisheye above 100 degrees."),
    ] = "auto",
    start: Annotated[
        Path | None,
        typer.Option(
            "--start",
            help="A lens to start from (.json, .ulens, lensfun, Gyroflow); with fewer than eight views "
            "it is believed a little.",
        ),
    ] = None,
    sensor_mm: Annotated[
        float | None,
        typer.Option(
            "--sensor-mm", help="Width of the sensor that makes the picture; with --add, the file's."
        ),
    ] = None,
    focal_mm: Annotated[
        float | None,
        typer.Option("--focal-mm", help="What the zoom ring says: this setting's place in a series."),
    ] = None,
    focus_m: Annotated[
        float | None, typer.Option("--focus-m", help="What the focus ring says, in metres.")
    ] = None,
    zoom: Annotated[
        float | None,
        typer.Option(
            "--zoom", min=0.0, max=1.0, help="The zoom encoder's value, 0 to 1, if there is one."
        ),
    ] = None,
    focus: Annotated[
        float | None,
        typer.Option("--focus", min=0.0, max=1.0, help="The focus encoder's value, 0 to 1."),
    ] = None,
    bar_mm: Annotated[
        float | None,
        typer.Option(
            "--bar-mm", help="What the sheet's 100 mm scale bar measures; the lens needs it not."
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the lens is called.")] = "",
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long a live camera is watched.")
    ] = 60.0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a lens file that is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure a lens from pictures of a printed board: focal length, centre, distortion, and how sure.

    Fifteen to thirty views: near and far, tilted to all sides, and into every corner of the picture.
    cx_px and cy_px count from the top-left corner of the picture, as everywhere in Openset; cx_opencv
    and cy_opencv in the answer are OpenCV's, half a pixel less.
    """

    def work(output: Any) -> int | None:
        from openset.cli.camera.lens_work import Asked, run_lens

        asked = Asked(
            board, images, picture, out, add, model, start, sensor_mm, focal_mm, focus_m, zoom, focus,
            bar_mm, name, seconds, replace,
        )  # fmt: skip
        return run_lens(output, asked)

    answer(as_json, work, kept="nothing was changed")
