"""The verb `calibrate readout`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.rings import FocalMm, FocusM
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("readout")
def calibrate_readout(
    picture: Annotated[
        str, typer.Option("--picture", help="Ten seconds of tags, the camera shaken: a clip, or live.")
    ],
    lens: Annotated[Path, typer.Option("--lens", help="The camera's lens.")],
    tags: Annotated[Path, typer.Option("--tags", help="The map, of openset calibrate tags.")],
    write_to: Annotated[
        Path | None,
        typer.Option("--write-to", help="Write the lens with its read-out here; it may be --lens."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=60, help="How much of the picture is looked at.")
    ] = 10.0,
    rate: Annotated[
        str, typer.Option(help="Pictures a second of a folder of images: 25, 29.97 …")
    ] = "25",
    focal_mm: FocalMm = None,
    focus_m: FocusM = None,
    as_json: Json = False,
) -> None:
    """Measure how long the sensor takes from its first row to its last (rolling shutter)."""

    def work(output: Any) -> int:
        from openset.cli.camera.readout_work import run_readout

        return run_readout(
            output, picture, lens, tags, write_to=write_to, seconds=seconds, rate=rate,
            focal_mm=focal_mm, focus_m=focus_m,
        )  # fmt: skip

    answer(as_json, work, kept="nothing was changed")
