"""The verb `calibrate tags`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.rings import FocalMm, Focus, FocusM, Zoom
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("tags")
def tags(
    lens: Annotated[Path, typer.Option("--lens", help="The lens's file, from openset calibrate lens.")],
    picture: Annotated[
        str, typer.Option("--picture", help="The walk around the tags: a clip, /dev/video0, rtsp://…")
    ] = "",
    images: Annotated[str, typer.Option("--images", help="Or stills: a folder, or 'DIR/*.jpg'.")] = "",
    size_mm: Annotated[
        float,
        typer.Option("--size-mm", help="The side of a tag's black square, as printed, in millimetres."),
    ] = 160.0,
    size_of: Annotated[
        list[str] | None,
        typer.Option("--size-of", help="A tag of another size, TAG:MM: 5:80. May be given again."),
    ] = None,
    distance: Annotated[
        list[str] | None,
        typer.Option(
            "--distance",
            help="A taped distance between the middles of two tags, TAG-TAG:METRES: 3-17:2.415. May be "
            "given again; a third number is the tape's uncertainty in millimetres.",
        ),
    ] = None,
    bar_mm: Annotated[
        float | None,
        typer.Option("--bar-mm", help="What the 100 mm bar on the sheets measures, if not 100."),
    ] = None,
    floor: Annotated[
        str, typer.Option("--floor", help="Tags that lie flat on the floor: 0,1,2. They make z = 0.")
    ] = "",
    origin: Annotated[
        int | None,
        typer.Option(
            "--origin", help="The tag whose middle is the stage's origin; the first on the floor."
        ),
    ] = None,
    towards: Annotated[
        int | None,
        typer.Option(
            "--towards", help="The tag the stage's +Y points to; the origin tag's up if left out."
        ),
    ] = None,
    add: Annotated[
        Path | None,
        typer.Option(
            "--add", help="A map made before: its tags stay, new ones join, moved ones are named."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The map to write.")] = Path("tags.json"),
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the map from above and from the front: an SVG.")
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            "--every",
            min=1,
            help="Look at the sharpest of so many pictures; about 150 in all if left out.",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long to watch a live camera.")
    ] = 60.0,
    readout_ms: Annotated[
        float | None,
        typer.Option(
            "--readout-ms",
            help="How long the sensor takes for all rows; the lens file's if left out.",
        ),
    ] = None,
    focal_mm: FocalMm = None,
    focus_m: FocusM = None,
    zoom: Zoom = None,
    focus: Focus = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a map that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Measure where the printed tags hang, from a walk around them and one taped distance."""

    def work(output: Any) -> int:
        from openset.cli.camera.tags_work import Asked, run_tags

        asked = Asked(
            lens=lens, picture=picture, images=images, size_mm=size_mm, sizes=tuple(size_of or ()),
            distances=tuple(distance or ()), bar_mm=bar_mm, floor=floor, origin=origin,
            towards=towards, add=add, out=out, plot=plot, every=every, seconds=seconds,
            readout_ms=readout_ms, zoom=zoom, focus=focus, replace=replace, focal_mm=focal_mm,
            focus_m=focus_m,
        )  # fmt: skip
        return run_tags(output, asked)

    answer(as_json, work, kept="no map was written")
