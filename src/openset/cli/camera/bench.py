"""The verb `calibrate live`: its options. The camera's page starts it; it may be started by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer
from openset.cli.camera.verbs import calibrate_app


@calibrate_app.command("live", hidden=True)
def live(
    production: Annotated[Path, typer.Argument(help="The production's folder.")],
    picture: Annotated[
        str,
        typer.Option(
            "--picture", help="The camera or a clip; what the production's set-up says if left out."
        ),
    ] = "",
    port: Annotated[int, typer.Option("--port", help="The port to listen on; 0 is any.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure the camera on its page, with a live picture: lens, tags, delay.

    The page is in the browser, at the production's Camera; what is measured is kept in the production's
    folder camera.
    """

    def work(output: Any) -> None:
        from openset.cli.camera.bench_work import run_bench

        run_bench(output, production, picture, port)

    answer(as_json, work, kept="what was kept stays kept")
