"""The work of `calibrate live`: the bench runs until it is told to end."""

from __future__ import annotations

import signal
from pathlib import Path

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.stage.live.bench import Bench, bench_id
from openset.store.camera import read_setup
from openset.store.production import open_production


def run_bench(output: Output, folder: Path, picture: str, port: int) -> None:
    """Serve the camera's page of a production."""
    production = open_production(folder)
    source = picture or read_setup(production).picture
    if not source:
        raise BadInput(
            "no picture to measure with",
            where=str(production.root),
            todo="Give --picture /dev/video0, an address or a clip",
        )
    bench = Bench(production, source, port=port)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: bench.stop())
    bench.run(output.say)
    output.done(
        {"production": str(production.root), "listened_as": bench_id(production.id)}, "ended", []
    )
