"""How a verb is run: its work, its trouble as one line, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from openset.primitives.errors import OpensetError, PartMissing

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]

PARTS = {
    "numba": "stage", "cv2": "stage", "wgpu": "stage", "pxr": "stage", "OpenEXR": "stage",
    "opentimelineio": "stage", "websockets": "stage", "scipy": "stage", "pupil_apriltags": "stage",
    "typst": "stage", "segno": "hub", "django": "hub", "django_stubs_ext": "hub",
    "asgiref": "hub", "uvicorn": "hub", "cryptography": "hub", "fdl": "fdl",
}  # fmt: skip
"""The optional part that brings a library; what is not named here comes with Openset itself."""


def answer(
    as_json: bool, work: Callable[[Any], object], kept: str = "what was recorded is kept"
) -> None:
    """Run one verb and end with its exit code; trouble becomes one line, and so does Ctrl-C, which says
    what is `kept`."""
    from openset.cli.output import Output

    output = Output(as_json)
    try:
        code = work(output)
    except OpensetError as error:
        output.trouble(error)
        raise typer.Exit(error.exit_code) from None
    except ModuleNotFoundError as error:
        library = (error.name or "openset").split(".")[0]
        if library == "openset":
            raise
        part = f"[{PARTS[library]}]" if library in PARTS else ""
        missing = PartMissing(
            f"this command needs {library}", todo=f'Install it with: pip install "openset{part}"'
        )
        output.trouble(missing)
        raise typer.Exit(missing.exit_code) from None
    except KeyboardInterrupt:
        print(f"openset: interrupted; {kept}", file=sys.stderr)
        raise typer.Exit(130) from None
    if isinstance(code, int) and code:
        raise typer.Exit(code)
