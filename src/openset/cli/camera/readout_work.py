"""The work of `calibrate readout`: a clip of tags looked through, the read-out measured and kept."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.time import parse_rate
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.files import read_lens, write_lens
from openset.stage.lens.model import Lens
from openset.stage.live.looking import Moments
from openset.stage.live.plate import PlateSource
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.files import read_good_map
from openset.stage.markers.model import SeenTag
from openset.stage.markers.readout import Readout, measure_readout

MOST_PICTURES = 1200


def run_readout(
    output: Output,
    picture: str,
    lens: Path,
    tags: Path,
    *,
    write_to: Path | None,
    seconds: float,
    rate: str,
    focal_mm: float | None = None,
    focus_m: float | None = None,
) -> int:
    """Measure, and write the lens file where that is asked; 0, or the exit code of a refusal."""
    known = read_good_map(tags)
    own = read_lens(lens) if write_to is not None else None
    try:
        plate = PlateSource(picture, rate=parse_rate(rate))
    except ValueError as error:
        raise BadInput(str(error), where="--rate") from error
    file = open_lens(lens, plate.format.width, plate.format.height)
    named = Rings(focal_mm=focal_mm, focus_m=focus_m)
    measured = LensSeries(file, named, str(lens)).named_setting()
    output.say(f"looking through {picture}")
    found = measure_readout(_seen(plate, measured.lens, seconds), measured.lens, known)
    figures, rows = _said(found)
    title = f"Read-out of {picture}"
    if found.trouble:
        refused = BadInput(found.trouble, where=picture)
        output.trouble_after(figures, title, rows, refused)
        return refused.exit_code
    if own is not None and write_to is not None:
        write_lens(write_to, replace(own, readout_s=max(0.0, found.readout_s)))
        figures["out"] = str(write_to)
        rows.append(("lens file", str(write_to)))
    output.done(figures, title, rows)
    return 0


def _seen(plate: PlateSource, lens: Lens, seconds: float) -> list[tuple[int, tuple[SeenTag, ...]]]:
    """Each picture's time and tags, as much of it as is asked."""
    plate.start_at(0)
    moments, detector = Moments([plate]), TagDetector(lens=lens)
    out: list[tuple[int, tuple[SeenTag, ...]]] = []
    silent = 0
    try:
        while not moments.ended and len(out) < MOST_PICTURES and silent < 20:
            taken = moments.next()
            if taken is None:
                silent += 1
                continue
            silent = 0
            out.append((taken.time_ns, detector.detect(taken.first.picture.y)))
            if taken.time_ns - out[0][0] >= seconds * 1e9:
                break
    finally:
        plate.stop()
    if plate.trouble is not None and not out:
        raise plate.trouble
    return out


def _said(found: Readout) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The figures for programs, and the rows for people."""
    known = math.isfinite(found.sd_s)
    figures = {
        "readout_ms": round(found.readout_s * 1000, 3) if known else None,
        "sd_ms": round(found.sd_s * 1000, 3) if known else None,
        "frames": found.frames,
        "residual_px": round(found.residual_px, 4),
        "residual_without_px": round(found.residual_without_px, 4),
        "refused": found.trouble,
    }
    rows = [
        ("pictures", str(found.frames)),
        ("off", f"{found.residual_px:.2f} px; {found.residual_without_px:.2f} px without a read-out"),
    ]
    if known:
        rows.insert(
            0, ("read-out", f"{found.readout_s * 1000:.1f} ms, give or take {found.sd_s * 1000:.1f}")
        )
    return figures, rows
