"""The verb `calibrate nodal`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.rings import FocalMm, Focus, FocusM, Zoom
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("nodal")
def nodal(
    lens: Annotated[Path, typer.Option("--lens", help="The lens file; the mount is written into it.")],
    board: Annotated[
        str, typer.Option("--board", help="The board, as for calibrate lens; it must stand still.")
    ],
    track: Annotated[
        Path,
        typer.Option("--track", help="The tracker's own track, any file openset convert reads."),
    ],
    images: Annotated[
        str,
        typer.Option("--images", help="Photographs, one for each sample of the track, in order."),
    ] = "",
    picture: Annotated[
        str, typer.Option("--picture", help="A clip instead, filmed while the track was recorded.")
    ] = "",
    delay: Annotated[
        float, typer.Option("--delay", help="Seconds the picture comes later than the track.")
    ] = 0.0,
    focal_mm: FocalMm = None,
    focus_m: FocusM = None,
    zoom: Zoom = None,
    focus: Focus = None,
    bar_mm: Annotated[
        float | None, typer.Option("--bar-mm", help="What the sheet's 100 mm scale bar measures.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the lens file here instead of in its place.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure where the lens sits on the tracker: from a board that stands still, seen from many sides.

    A zoom's pupil slides along the lens: measure at its shortest, its longest and a middle setting.
    Ten to twenty views. Move the camera around the board and turn it: pan, tilt and roll by 30 degrees
    and more. Stop for a second at each view: moments in which the tracker moves are left out.
    """

    def work(output: Any) -> None:
        from openset.cli.camera.nodal_work import Asked, run_nodal

        asked = Asked(lens, board, track, images, picture, delay, zoom, focus, bar_mm, out,
                      focal_mm, focus_m)  # fmt: skip
        run_nodal(output, asked)

    answer(as_json, work, kept="nothing was changed")
