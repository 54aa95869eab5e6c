"""The verb `solve`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer


def solve(
    take: Annotated[Path, typer.Argument(help="The take's folder: takes/1-A-t01.")],
    tags: Annotated[
        Path | None,
        typer.Option(
            help="The map of the tags in the picture, from openset calibrate tags; if left out, that "
            "of [stage] tags in its production's production.toml."
        ),
    ] = None,
    lens: Annotated[
        Path | None, typer.Option(help="The measured lens, where it is better than the take's own.")
    ] = None,
    free: Annotated[
        str,
        typer.Option(
            help="What may change beside the path: focal, centre, distortion, delay, nodal, readout, "
            "edges (how the camera sees the edges of tags); path alone solves nothing else."
        ),
    ] = "path,focal,centre,distortion,delay,nodal,readout,edges",
    every: Annotated[
        int, typer.Option(min=1, max=10, help="Look at every frame, every second, every third …")
    ] = 1,
    replace: Annotated[
        bool, typer.Option("--replace", help="Solve again in place of an earlier solve.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Solve a take's camera again from its own picture; the track as shot stays beside it."""

    def work(output: Any) -> None:
        from openset.cli.camera.solve_work import run_solve

        run_solve(output, take, tags=tags, lens=lens, free=free, every=every, replace=replace)

    answer(as_json, work, kept="the take is as it was")
