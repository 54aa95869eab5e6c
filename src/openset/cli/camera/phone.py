"""The verb `phone`: its options. `openset up --phones` runs it; by hand it is for testing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer

Tags = Annotated[
    Path | None, typer.Option("--tags", help="The map of the tags, from openset calibrate tags.")
]
FloorTag = Annotated[
    str,
    typer.Option(
        "--floor-tag",
        help="Instead of a map, one tag flat on the floor is the stage's origin: ID:SIZE_MM, as 0:160.",
    ),
]
PhoneLens = Annotated[
    Path | None,
    typer.Option(
        "--phone-lens",
        help="The phone's lens: a file of openset calibrate lens, a .ulens, lensfun or Gyroflow file. "
        "Without one its focal length is found from the tags.",
    ),
]
To = Annotated[
    str,
    typer.Option("--phone-to", help="Where poses go; a second phone's go to the next port."),
]
TO = "opentrackio://127.0.0.1:55555"


def phone(
    tags: Tags = None,
    floor_tag: FloorTag = "",
    phone_lens: PhoneLens = None,
    to: To = TO,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Loopback port; 0 takes any.")] = 0,
    end_when_idle: Annotated[
        bool, typer.Option("--end-when-idle", help="End after ten minutes without a phone.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Solve phones' pictures against the tags and send their poses; openset up --phones starts it."""

    def work(output: Any) -> None:
        from openset.cli.camera.phone_work import run_phone

        run_phone(
            output, tags=tags, floor_tag=floor_tag, lens=phone_lens, to=to, port=port,
            end_when_idle=end_when_idle,
        )  # fmt: skip

    answer(as_json, work, kept="the poses that were sent are sent")
