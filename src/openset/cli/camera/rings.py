"""Where a zoom's rings stand, on the command line: the options that the camera's verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

FocalMm = Annotated[
    float | None,
    typer.Option(
        "--focal-mm", help="Where the zoom stands, if the lens file is of a zoom: what its ring says."
    ),
]
FocusM = Annotated[
    float | None,
    typer.Option(
        "--focus-m", help="Where the focus stands, if the lens file is of several distances: metres."
    ),
]
Zoom = Annotated[
    float | None,
    typer.Option("--zoom", min=0.0, max=1.0, help="Where the zoom stands by its encoder, 0 to 1."),
]
Focus = Annotated[
    float | None,
    typer.Option("--focus", min=0.0, max=1.0, help="Where the focus stands by its encoder, 0 to 1."),
]
