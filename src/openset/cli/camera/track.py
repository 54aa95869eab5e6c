"""The verb `track`: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from openset.cli.answer import Json, answer


def track(
    picture: Annotated[
        list[str],
        typer.Option(
            "--picture",
            help="What sees the tags: a clip, a folder of images, /dev/video0, rtsp://…; once for each "
            "camera.",
        ),
    ],
    lens: Annotated[
        list[Path] | None,
        typer.Option("--lens", help="Its lens, of openset calibrate lens or any lens file; one each."),
    ] = None,
    tags: Annotated[
        Path | None, typer.Option("--tags", help="The map, of openset calibrate tags.")
    ] = None,
    production: Annotated[
        Path | None,
        typer.Option(
            "--production",
            help="Where --lens or --tags is not given, take what this production uses: lens and tags "
            "under [stage] in its production.toml.",
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(help="Where to send it, more than once if need be: opentrackio://HOST."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the track to a new file: NAME.otrk.jsonl.")
    ] = None,
    mount: Annotated[
        list[str] | None,
        typer.Option(
            help="Where each camera sits on the film camera: X,Y,Z,PAN,TILT,ROLL, metres right, "
            "forward, up, then degrees; 0 for the film camera itself; or a lens file with a measured "
            "mount."
        ),
    ] = None,
    readout_ms: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            max=100,
            help="How long each sensor takes from its first row to its last; where the lens file does "
            "not say. openset calibrate readout measures it.",
        ),
    ] = None,
    focal_mm: Annotated[
        list[float] | None,
        typer.Option(
            help="Where the zoom stands, for the whole run, if a lens file is of a zoom; one, or one "
            "for each camera, 0 for a lens without one."
        ),
    ] = None,
    focus_m: Annotated[
        list[float] | None,
        typer.Option(
            help="Where the focus stands, metres, if a lens file is of several distances; as above."
        ),
    ] = None,
    predict_ms: Annotated[
        float,
        typer.Option(
            min=0, max=200, help="Guess the pose so far ahead. For LED walls and screens only."
        ),
    ] = 0.0,
    name: Annotated[str, typer.Option(help="The source's name, for receivers.")] = "Openset tags",
    rate: Annotated[
        str, typer.Option(help="Pictures a second of a folder of images: 25, 29.97 …")
    ] = "25",
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so long.")] = None,
    as_json: Json = False,
) -> None:
    """Follow the camera by printed tags and send its poses; Ctrl-C ends it."""

    def work(output: Any) -> int:
        from openset.cli.camera.in_use import kept_number, needed
        from openset.cli.camera.track_work import Asked, run_track
        from openset.store.production import open_production

        home = open_production(production) if production is not None else None
        lenses = lens or [needed(home, "lens", "openset calibrate lens")]
        focals, focuses = tuple(focal_mm or ()), tuple(focus_m or ())
        kept = bool(home and not lens and not focals and not focuses)
        if home and not lens:
            focals = focals or (kept_number(home, "focal_mm") or 0.0,)
            focuses = focuses or (kept_number(home, "focus_m") or 0.0,)
        tag_map = tags or needed(home, "tags", "openset calibrate tags")
        return run_track(
            output,
            Asked(
                tuple(picture), tuple(lenses), tag_map, tuple(to or ()), write, tuple(mount or ()),
                tuple(readout_ms or ()), predict_ms, name, rate, seconds, focals, focuses, kept,
            ),
        )  # fmt: skip

    answer(as_json, work, kept="what was written is kept")
