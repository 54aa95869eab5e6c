"""The work of `solve`: the take read, solved, written and told."""

from __future__ import annotations

import os

# Blocks of the solve are small: the linear algebra's own threads cost it more than they bring, and most
# of all on a machine that is also doing something else. It reads this when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openset.cli.camera.in_use import in_use, production_of
from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.stage.exchange.lens_source import open_lens
from openset.stage.markers.files import read_good_map
from openset.stage.record.files import read_take
from openset.stage.solve.files import Request, Solved, solve_take
from openset.stage.solve.model import PARTS, Residuals
from openset.stage.solve.report import told


def run_solve(
    output: Output,
    take: Path,
    *,
    tags: Path | None,
    lens: Path | None,
    free: str,
    every: int,
    replace: bool,
) -> None:
    """Solve a take; the answer has the residuals before and after and every number with its spread."""
    started = time.monotonic()
    spec = read_take(take).spec
    home = production_of(take) if tags is None else None
    if home is not None and (tags := in_use(home, "tags")) is not None:
        output.say(f"the map is the production's: {tags}")
    request = Request(
        open_lens(lens, spec.width, spec.height) if lens else None,
        read_good_map(tags) if tags else None,
        parts(free),
        every,
        tuple(path for path in (lens, tags) if path is not None),
        replace,
    )
    now = datetime.now(UTC)  # noqa: TID251 - the command's own clock
    done = solve_take(take, request, now, output.say)
    seconds = time.monotonic() - started
    output.done(_figures(take, done, seconds), f"{take} is solved", _rows(done, seconds))


def parts(text: str) -> frozenset[str]:
    """`path,focal,delay` as the parts that are free. Raises BadInput naming one that is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in (*PARTS, "path"):
            raise BadInput(
                f"{name[:40]!r} cannot be solved",
                where="--free",
                todo=f"Choose from path, {', '.join(PARTS)}",
            )
    return frozenset(names) - {"path"}


def _figures(take: Path, done: Solved, seconds: float) -> dict[str, Any]:
    before, after = done.solution.before, done.solution.after
    return {
        "take": str(take),
        "files": [str(path) for path in done.files],
        "seconds": round(seconds, 2),
        "residual_before_px": round(before.rms_px, 4),
        "residual_after_px": round(after.rms_px, 4),
        "times_smaller": round(before.rms_px / max(after.rms_px, 1e-9), 1),
        **{key: value for key, value in done.tables.items() if key != "files"},
        "solve": {**done.tables["solve"], "made_at": done.tables["solve"]["made_at"].isoformat()},
    }


def _rows(done: Solved, seconds: float) -> list[tuple[str, str]]:
    before, after, tables = done.solution.before, done.solution.after, done.tables
    delay = tables["delay"]
    return [
        ("wrote", str(done.files[0])),
        ("report", str(done.files[1])),
        ("picture against track", ""),
        ("as shot", _residuals(before)),
        ("solved", _residuals(after)),
        ("camera, one deviation", f"{tables['pose_sd']['position_mm']:.2g} mm, "
         f"{tables['pose_sd']['rotation_mdeg']:.2g} mdeg"),
        ("delay", f"{1000 * delay['assumed_s']:.1f} ms as shot, "
         f"{1000 * delay['solved_s']:.1f} ms solved"),
        ("corrections", ""),
        *((name, told(name, figure)) for name, figure in done.solution.figures.items()),
        ("time", f"{seconds:.1f} s"),
        *(("note", note) for note in tables["solve"]["notes"]),
    ]  # fmt: skip


def _residuals(found: Residuals) -> str:
    return (
        f"{found.rms_px:.2f} px rms, half within {found.median_px:.2f}, 19 of 20 within "
        f"{found.p95_px:.2f} ({found.sightings} sightings held out)"
    )
