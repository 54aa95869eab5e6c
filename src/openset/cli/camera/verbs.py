"""The groups `print` and `calibrate`, and the camera's other verbs, put on the command line.

Each verb's options stand in a module of this folder that imports nothing heavy; its work is imported
when it is called.
"""

from __future__ import annotations

import typer

print_app = typer.Typer(
    name="print", help="Make sheets to print: a calibration board, tags.", no_args_is_help=True
)
calibrate_app = typer.Typer(
    name="calibrate",
    help="Measure the camera: its lens, the tags around it, its tracker's mount, its delay.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Put every verb of the camera on the command line."""
    app.command("track")(track)
    app.command("solve")(solve)
    app.command("phone")(phone)


# The groups above must stand before the verbs that join them are imported.
from openset.cli.camera import bench, delay, lens, nodal, prints, readout, tags  # noqa: E402, F401
from openset.cli.camera.phone import phone  # noqa: E402
from openset.cli.camera.solve import solve  # noqa: E402
from openset.cli.camera.track import track  # noqa: E402
