"""The command `openset`: its verbs and their options; a verb's work is imported when it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from openset.cli.answer import PARTS, Json, answer
from openset.cli.camera.phone import TO, FloorTag, PhoneLens, Tags, To
from openset.cli.camera.verbs import calibrate_app, print_app, register
from openset.primitives.errors import BadInput

__all__ = ["PARTS", "answer", "app", "main"]

WRONG_USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What is raised for a missing or unknown argument, of whatever kind."""


CAMERA = ("print", "calibrate", "track", "solve", "phone")
"""Typer lists groups after all verbs; a camera is printed for and measured before it is tracked."""


class Verbs(typer.core.TyperGroup):
    """All verbs. One that is called wrongly with --json answers with one JSON object too."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs in the order they were made, the camera's last in the order they are used."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: CAMERA.index(name) if name in CAMERA else -1)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that is asked for."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except WRONG_USAGE as error:
            if as_json:
                _answer_wrong_usage(error)
            raise


def _answer_wrong_usage(error: Any) -> None:
    import json

    from openset.cli.output import error_figures

    verb = error.ctx.command_path if error.ctx else "openset"
    trouble = BadInput(error.format_message(), todo=f"{verb} --help tells more")
    print(json.dumps(error_figures(trouble)))


app = typer.Typer(
    name="openset",
    cls=Verbs,
    help="Virtual production on what you own: track, key, composite, record, hand over.",
    no_args_is_help=True,
    context_settings={"max_content_width": 100},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(help="The production's folder.")]
Backend = Annotated[
    str,
    typer.Option(
        help="Who draws the background: gpu, cpu (a panorama baked from the set), or auto: "
        "gpu where there is a real graphics adapter or nothing waits in real time."
    ),
]
Port = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Loopback port of the engine's control socket; 0 takes any."),
]

Timecode = Annotated[
    str | None,
    typer.Option(
        help="Linear timecode to follow: ltc:alsa:hw:1 (a sound input) or ltc:FILE (a recording, or "
        "the clip itself), with ?channel=2 where it is known."
    ),
]

Lens = Annotated[
    Path | None,
    typer.Option(help="The lens as it was measured: a file of openset calibrate lens."),
]

FocusM = Annotated[
    float | None,
    typer.Option(
        help="Where the focus stands, metres: with a lens file measured at several distances, and a "
        "track that says nothing of it."
    ),
]

Speed = Annotated[float, typer.Option(help="How fast a recording is played; 1 is its own timing.")]
TrackRate = Annotated[
    str, typer.Option(help="Samples a second of a file that holds no times: 50, 59.94 …")
]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the demo production.")] = Path(
        "lane-market"
    ),
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete a demo made there before and make it again.")
    ] = False,
    open_site: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open", help="Leave the site open with the result (default: in a terminal)."
        ),
    ] = None,
    backend: Backend = "auto",
    seed: Annotated[
        int, typer.Option(min=0, help="Which simulated day: the same number, the same day.")
    ] = 7,
    width: Annotated[
        int, typer.Option(help="Width of the simulated picture, 320 to 1920 (16:9).")
    ] = 1280,
    as_json: Json = False,
) -> None:
    """Make a whole production from nothing: script, set, a simulated day, takes, delivery, proof."""

    def work(output: Any) -> int | None:
        from openset.cli.demo import run_demo

        leave_open = sys.stdout.isatty() and not as_json if open_site is None else open_site
        return run_demo(
            output,
            folder,
            replace=replace,
            backend=backend,
            seed=seed,
            width=width,
            leave_open=leave_open,
        )

    answer(as_json, work)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    title: Annotated[
        str, typer.Option(help="The production's title; the folder's name if left out.")
    ] = "",
    rate: Annotated[str, typer.Option(help="Frames per second: 24, 25, 30000/1001 …")] = "25",
    as_json: Json = False,
) -> None:
    """Make an empty production with a one-scene script and the market-lane set to start from."""

    def work(output: Any) -> None:
        from openset.cli.produce import run_new

        run_new(output, folder, title=title, rate=rate)

    answer(as_json, work)


@app.command()
def shoot(
    folder: Folder,
    plate: Annotated[
        str,
        typer.Option(help="The picture: a clip, an image sequence, /dev/video0, rtsp://…, udp://…"),
    ],
    track: Annotated[
        str,
        typer.Option(
            help="The camera's track: a file (.f4, .otrk.jsonl, .json) or an address "
            "(udp::55555, freed://:40000?profile=z-cam, vmc://)."
        ),
    ],
    set_name: Annotated[str, typer.Option("--set", help="Which set of the production stands behind.")],
    scene: Annotated[str, typer.Option(help="Scene number, as in the script.")],
    shot: Annotated[str, typer.Option(help="Shot letter.")],
    delay: Annotated[
        float | None,
        typer.Option(
            help="Seconds the picture comes later than the track (default: as measured for the "
            "production)."
        ),
    ] = None,
    lens: Lens = None,
    focal_mm: Annotated[
        float | None,
        typer.Option(
            help="Focal length, where the track says nothing of a lens; with --lens of a zoom: where "
            "the zoom stands, for the whole take."
        ),
    ] = None,
    focus_m: FocusM = None,
    sensor_mm: Annotated[float, typer.Option(help="Width of the sensor for --focal-mm.")] = 36.0,
    mount: Annotated[
        str | None,
        typer.Option(
            help="How the camera sits on the tracker: PAN,TILT,ROLL in degrees (default: as "
            "measured with the lens)."
        ),
    ] = None,
    timecode: Timecode = None,
    matte: Annotated[bool, typer.Option("--matte", help="Record the matte too.")] = False,
    backend: Backend = "auto",
    port: Port = 8010,
    as_json: Json = False,
) -> None:
    """Shoot one take: key the picture over the set from the tracked camera; ends with the plate."""

    def work(output: Any) -> int | None:
        from openset.cli.shoot import run_shoot

        return run_shoot(
            output, folder, plate=plate, track=track, set_name=set_name, scene=scene, shot=shot,
            delay_s=delay, focal_mm=focal_mm, sensor_mm=sensor_mm, matte=matte, backend=backend,
            port=port, mount=mount, timecode=timecode, lens=lens, focus_m=focus_m,
        )  # fmt: skip

    answer(as_json, work)


@app.command()
def stage(
    folder: Folder,
    plate: Annotated[str | None, typer.Option(help="The picture (default: production.toml).")] = None,
    track: Annotated[str | None, typer.Option(help="The track (default: production.toml).")] = None,
    set_name: Annotated[
        str | None, typer.Option("--set", help="The set (default: production.toml).")
    ] = None,
    scene: Annotated[str | None, typer.Option(help="Scene on the slate.")] = None,
    shot: Annotated[str | None, typer.Option(help="Shot on the slate.")] = None,
    delay: Annotated[
        float | None, typer.Option(help="Seconds the picture comes later than the track.")
    ] = None,
    lens: Lens = None,
    focal_mm: Annotated[
        float | None,
        typer.Option(
            help="Where the zoom stands: with the lens file of a zoom that the track says nothing of."
        ),
    ] = None,
    focus_m: FocusM = None,
    timecode: Timecode = None,
    matte: Annotated[bool, typer.Option("--matte", help="Record the matte too.")] = False,
    backend: Backend = "auto",
    port: Port = 8010,
    as_json: Json = False,
) -> None:
    """Run the stage engine: roll and cut from the monitor page, or from any program on its socket."""

    def work(output: Any) -> int | None:
        from openset.cli.shoot import run_engine

        return run_engine(
            output, folder, plate=plate, track=track, set_name=set_name, scene=scene, shot=shot,
            delay_s=delay, matte=matte, backend=backend, port=port, timecode=timecode, lens=lens,
            focal_mm=focal_mm, focus_m=focus_m,
        )  # fmt: skip

    answer(as_json, work)


@app.command()
def stop(folder: Folder, as_json: Json = False) -> None:
    """End the stage engine that runs this production; an open take is closed first."""

    def work(output: Any) -> None:
        from openset.cli.office import run_stop

        run_stop(output, folder)

    answer(as_json, work)


@app.command()
def deliver(
    folder: Folder,
    to: Annotated[Path, typer.Option(help="The new folder to write the delivery into.")],
    take: Annotated[
        list[str] | None, typer.Option(help="Deliver this take; may be given more than once.")
    ] = None,
    as_shot: Annotated[
        bool,
        typer.Option("--as-shot", help="Deliver the track as it was shot where a take was solved."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a delivery: plate, composite, camera as USD, cut as OTIO and EDL, ST map, passport."""

    def work(output: Any) -> None:
        from openset.cli.produce import run_deliver

        run_deliver(output, folder, to, tuple(take or ()), as_shot=as_shot)

    answer(as_json, work)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A take, a delivery, or a whole production.")],
    as_json: Json = False,
) -> None:
    """Re-check every checksum and every figure that can be checked; name what does not hold."""

    def work(output: Any) -> int:
        from openset.cli.produce import run_verify

        return run_verify(output, path)

    answer(as_json, work)


@app.command()
def convert(
    source: Annotated[
        Path | None, typer.Argument(metavar="IN", help="A file, a take's folder, or a production.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", help="The file to write; its ending says its format."),
    ] = None,
    from_format: Annotated[str, typer.Option("--from", help="IN's format, where nothing tells.")] = "",
    to_format: Annotated[
        str, typer.Option("--to", help="OUT's format, where its ending is not enough.")
    ] = "",
    rate: Annotated[str, typer.Option(help="Frames a second, where IN does not say: 25, 29.97 …")] = "",
    sensor_mm: Annotated[
        float | None, typer.Option(help="Width of the sensor, where IN does not say.")
    ] = None,
    size: Annotated[
        str, typer.Option(help="Size of the picture, where IN does not say: 1920x1080.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="FreeD: whose zoom and focus numbers these are.")
    ] = "raw",
    frame: Annotated[int, typer.Option(min=0, help="Which frame, where OUT holds only one.")] = 0,
    name: Annotated[str, typer.Option(help="What the camera, clip or list is called in OUT.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace OUT if it is there.")] = False,
    formats: Annotated[bool, typer.Option("--formats", help="List every format and end.")] = False,
    as_json: Json = False,
) -> None:
    """Convert tracks, cameras, lenses, cuts, grades, scripts and records; says what was lost."""

    def work(output: Any) -> None:
        from openset.cli.exchange import run_convert, run_formats

        if formats:
            run_formats(output)
            return
        if source is None or to is None:
            raise BadInput("nothing to convert", todo="Give IN and OUT; --formats lists what there is")
        run_convert(
            output, source, to, from_format=from_format, to_format=to_format, rate=rate,
            sensor_mm=sensor_mm, size=size, profile=profile, frame=frame, name=name, replace=replace,
        )  # fmt: skip

    answer(as_json, work, kept="nothing was converted")


@app.command()
def bridge(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="What comes in: freed://:40000?profile=z-cam, vmc://, opentrackio://, udp::55555, "
            "a take's folder, or a track's file.",
        ),
    ],
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OUT...",
            help="Where it goes: opentrackio://239.135.1.1@eth0, freed://HOST, livelink://HOST, or a "
            "new file (.otrk.jsonl, .freed).",
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Keep what was carried in this new .otrk.jsonl file.")
    ] = None,
    only: Annotated[str, typer.Option(help="Carry only this source: words of its name.")] = "",
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so long.")] = None,
    speed: Speed = 1.0,
    loop: Annotated[bool, typer.Option("--loop", help="Begin a recording again at its end.")] = False,
    rate: TrackRate = "",
    profile: Annotated[
        str, typer.Option(help="FreeD file: whose zoom and focus numbers these are.")
    ] = "raw",
    as_json: Json = False,
) -> None:
    """Carry tracking from one protocol to others: live, or out of a take with its own timing."""

    def work(output: Any) -> int:
        from openset.cli.wire import run_bridge

        return run_bridge(
            output, source, targets or [], write=write, only=only, seconds=seconds, speed=speed,
            loop=loop, rate=rate, profile=profile,
        )  # fmt: skip

    answer(as_json, work)


@app.command()
def replay(
    take: Annotated[str, typer.Argument(metavar="TAKE", help="A take's folder, or a track's file.")],
    to: Annotated[
        list[str], typer.Option(help="Where to send it; may be given more than once: freed://HOST.")
    ],
    only: Annotated[str, typer.Option(help="Send only this source: words of its name.")] = "",
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so long.")] = None,
    speed: Speed = 1.0,
    loop: Annotated[
        bool, typer.Option("--loop/--once", help="Begin again at its end, or play it once.")
    ] = False,
    rate: TrackRate = "",
    as_json: Json = False,
) -> None:
    """Send a recorded take as a live tracker would, with its own timing."""

    def work(output: Any) -> int:
        from openset.cli.wire import run_replay

        return run_replay(
            output, take, to, only=only, seconds=seconds, speed=speed, loop=loop, rate=rate
        )

    answer(as_json, work)


@app.command()
def listen(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS...",
            help="Where to listen: freed://:40000, udp::6000, ltc:sound.wav; if left out, all "
            "usual ports.",
        ),
    ] = None,
    interface: Annotated[
        str, typer.Option(help="The network card for multicast, by address or name.")
    ] = "",
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="End after so long (default: 5 where no person looks on)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show who sends tracking on this network: what, how often, how late, and which faults."""

    def work(output: Any) -> None:
        from openset.cli.listen import run_listen

        run_listen(output, addresses or [], interface=interface, seconds=seconds)

    answer(as_json, work)


@app.command()
def recover(folder: Folder, as_json: Json = False) -> None:
    """Close and seal takes that a crash left open (the engine does it too, at its start)."""

    def work(output: Any) -> None:
        from openset.cli.shoot import run_recover

        run_recover(output, folder)

    answer(as_json, work)


@app.command()
def prove(folder: Folder, as_json: Json = False) -> None:
    """Look at a production's records again and judge the milestones of its grant."""

    def work(output: Any) -> None:
        from openset.cli.office import run_prove

        run_prove(output, folder)

    answer(as_json, work)


@app.command()
def doctor(as_json: Json = False) -> None:
    """What this machine has and can do: adapters, codecs, ports, disk, measured speeds."""

    def work(output: Any) -> None:
        from openset.cli.doctor import run_doctor

        run_doctor(output)

    answer(as_json, work)


@app.command()
def up(
    folder: Annotated[Path, typer.Argument(help="A production, or a folder of productions.")] = Path(
        "."
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the site; 0 takes any.")] = 8000,
    phones: Annotated[
        bool,
        typer.Option("--phones", help="Open two more doors, to this network: phones track, look on."),
    ] = False,
    tags: Tags = None,
    floor_tag: FloorTag = "",
    phone_lens: PhoneLens = None,
    phone_to: To = TO,
    phone_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the phones' pages, over HTTPS.")
    ] = 8443,
    guide_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the guide to them, over plain HTTP.")
    ] = 8080,
    as_json: Json = False,
) -> None:
    """Open the site: productions, takes, the live monitor, grants; with --phones for phones too."""

    def work(output: Any) -> None:
        from openset.cli.office import PhoneDoors, asked_doors, run_up

        doors = PhoneDoors(phone_port, guide_port, tags, floor_tag, phone_lens, phone_to)
        run_up(output, folder, port, asked_doors(doors, phones))

    answer(as_json, work)


app.add_typer(print_app)
app.add_typer(calibrate_app)
register(app)


def main() -> None:
    """Entry point of the `openset` command."""
    # A software Vulkan driver complains without this folder; any writable one will do.
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
    # On two busy cores a thread that spins while it waits costs the frame it waits for.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
