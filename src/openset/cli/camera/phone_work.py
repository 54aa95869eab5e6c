"""The work of `phone`: a map, a lens and a target for the phones' solver, and its run to the end."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import suppress
from pathlib import Path

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.measured import LensFile
from openset.stage.live.phone import PhoneServer
from openset.stage.live.phone_solver import PhonePlan
from openset.stage.markers.files import read_good_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.tracking.endpoint import parse_endpoint
from openset.store.home import openset_home

WIDTH_PX, HEIGHT_PX = 1280, 720
"""What the page sends of a phone lying on its side; lens files are scaled to it."""
_FLOOR_TAG = re.compile(r"([0-9]{1,3}):([0-9]{1,4}(?:\.[0-9]{1,3})?)")


def run_phone(
    output: Output,
    *,
    tags: Path | None,
    floor_tag: str,
    lens: Path | None,
    to: str,
    port: int,
    end_when_idle: bool,
) -> None:
    """Serve phones until Ctrl-C."""
    plan = phone_plan(tags, floor_tag, lens, to)

    async def serve() -> int:
        server = PhoneServer(plan, output.say, end_when_idle=end_when_idle)
        for name in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(name, server.stop)
        await server.run(port)
        return server.served

    served = asyncio.run(serve())
    output.done({"phones": served}, "Phones", [("served", str(served))])


def phone_plan(tags: Path | None, floor_tag: str, lens: Path | None, to: str) -> PhonePlan:
    """What the options mean. Raises BadInput naming the one that cannot be used."""
    if tags is not None and floor_tag:
        raise BadInput("a map and a floor tag", todo="Give --tags or --floor-tag, not both")
    found = read_good_map(tags) if tags is not None else None
    return PhonePlan(
        parse_endpoint(to, "out"),
        one_tag(floor_tag) if floor_tag else found,
        phone_lens(lens) if lens is not None else None,
        openset_home() / "phones" / "pictures",
    )


def phone_lens(path: Path) -> LensFile:
    """The lens in a file, for what the page sends: lying or upright."""
    try:
        return open_lens(path, WIDTH_PX, HEIGHT_PX)
    except BadInput:
        return open_lens(path, HEIGHT_PX, WIDTH_PX)


def one_tag(text: str) -> TagMap:
    """A map of one tag flat on the floor, its middle the origin, its top towards +Y."""
    match = _FLOOR_TAG.fullmatch(text)
    if match is None or not (0 <= int(match[1]) <= 586 and 20 <= float(match[2]) <= 2000):
        raise BadInput(
            f"{text!r} is no tag on the floor",
            where="--floor-tag",
            todo="Write ID:SIZE_MM, such as 0:160: the number on the sheet, the black square's side",
        )
    number = int(match[1])
    placed = PlacedTag(number, float(match[2]) / 1000, IDENTITY)
    return TagMap({number: placed}, notes={"made": "one tag on the floor"})
