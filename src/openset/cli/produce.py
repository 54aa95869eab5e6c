"""The verbs `new`, `deliver` and `verify`: a production begins, is handed over, is checked."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, ProductionNotFound, VerifyFailed
from openset.primitives.ids import parse_take_id
from openset.primitives.time import parse_rate
from openset.store.production import create_production, open_production

FIRST_SCRIPT = """Title: {title}
Credit: written by
Author:

INT. MARKET LANE - DAY #1#

Someone walks into the lane and looks around.
"""


def run_new(output: Output, folder: Path, *, title: str, rate: str) -> None:
    """Make an empty production with a first script and the market-lane set; what is in the folder
    already is never replaced."""
    from openset.stage.scene.files import write_set
    from openset.stage.scene.market import market_lane
    from openset.store.files import write_atomic

    try:
        frames = parse_rate(rate)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise BadInput(
            f"{rate!r} is not a frame rate", where="--rate", todo="Write 25, 24 or 30000/1001"
        ) from None
    name = title or folder.absolute().name
    script, first_set = folder / "script" / "script.fountain", folder / "sets" / "market" / "set.usda"
    for path in (script, first_set):
        if path.exists():
            raise AlreadyExists("this is here already", where=str(path), todo="Name another folder")
    production = create_production(folder, title=name, rate=frames, stage={"set": "market"})
    write_atomic(script, FIRST_SCRIPT.format(title=name).encode())
    write_set(market_lane(), first_set.parent)
    output.done(
        {"production": str(production.root), "id": production.id},
        f"{name} is ready in {folder}",
        [
            ("script", str(script)),
            ("set", str(first_set)),
            (
                "next",
                f"openset shoot {folder} --plate CLIP --track TRACK --set market --scene 1 --shot A",
            ),
        ],
    )


def run_deliver(
    output: Output, folder: Path, to: Path, takes: tuple[str, ...], *, as_shot: bool = False
) -> None:
    """Make a delivery of the circled takes, or of those named."""
    from openset.stage.deliver.files import make_delivery

    delivery = make_delivery(
        open_production(folder),
        to,
        tuple(parse_take_id(take) for take in takes),
        now=datetime.fromtimestamp(time.time(), UTC),
        progress=output.say,
        as_shot=as_shot,
    )
    figures: dict[str, Any] = {
        "delivery": str(to),
        "takes": [str(take) for take in delivery.takes],
        "files": delivery.file_count,
        "bytes": delivery.byte_count,
        "passport": str(to / "passport.html"),
    }
    rows = [
        ("takes", ", ".join(figures["takes"])),
        ("files", f"{delivery.file_count}, {delivery.byte_count / 1e6:.1f} MB"),
        ("passport", figures["passport"]),
        ("check it", f"openset verify {to}"),
    ]
    output.done(figures, f"Delivered to {to}", rows)


def run_verify(output: Output, path: Path) -> int:
    """Verify whatever `path` is and print what does not hold; the exit code is 0, or VerifyFailed's."""
    from openset.stage.deliver.files import verify_delivery, verify_production
    from openset.stage.record.files import verify_take

    if (path / "passport.json").is_file():
        kind, verification = "delivery", verify_delivery(path)
    elif (path / "production.toml").is_file():
        kind, verification = "production", verify_production(open_production(path))
    elif (path / "take.toml").is_file() or (path.is_dir() and path.parent.name == "takes"):
        kind, verification = "take", verify_take(path)
    else:
        raise ProductionNotFound(
            "neither a take, a delivery nor a production",
            where=str(path),
            todo="Name a folder with take.toml, passport.json or production.toml",
        )
    failures = verification.failures
    figures = {
        "path": str(path),
        "kind": kind,
        "checked": len(verification.findings),
        "failed": [{"where": f.where, "what": f.what, "detail": f.detail} for f in failures],
    }
    rows = [("checked", str(len(verification.findings)))]
    if failures:
        for finding in failures:
            output.say(f"  broken  {finding.where}: {finding.what} ({finding.detail})")
        first = failures[0]
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        trouble = VerifyFailed(
            f"{first.what}{more}", where=first.where, todo="Fetch this file again from its first copy"
        )
        output.trouble_after(figures, f"{kind.capitalize()} does not hold: {path}", rows, trouble)
        return trouble.exit_code
    output.done(figures, f"{kind.capitalize()} holds: {path}", rows)
    return 0
