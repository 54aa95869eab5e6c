"""The work of `calibrate tags`: look at the walk, solve the map, judge it, write it whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from openset.cli.camera.tags_answer import figures_of, rows_of, title_of
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, VerifyFailed
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.lens_source import open_lens
from openset.stage.live.plate import PlateSource
from openset.stage.live.walk import Walk, watch_walk
from openset.stage.markers.asked import size_from, sizes_from, taped_from
from openset.stage.markers.bundle import Frame, solve_map
from openset.stage.markers.files import read_good_map, write_map
from openset.stage.markers.finding import Finding, listed
from openset.stage.markers.map_plot import plot_of
from openset.stage.markers.model import TagMap
from openset.stage.markers.quality import quality_of
from openset.stage.markers.solution import MapSolution
from openset.stage.markers.verdict import unusable, with_verdict
from openset.stage.prints.ids import parse_ids
from openset.stage.prints.scale import print_scale
from openset.store.files import write_atomic

_WALKING = np.ones(6)
"""How fast a camera moves and turns on a walk: metres and radians a second."""
_MOST_READOUT_MS = 200.0


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    lens: Path
    picture: str
    images: str
    size_mm: float
    sizes: tuple[str, ...]
    distances: tuple[str, ...]
    bar_mm: float | None
    floor: str
    origin: int | None
    towards: int | None
    add: Path | None
    out: Path
    plot: Path | None
    every: int | None
    seconds: float
    readout_ms: float | None
    zoom: float | None
    focus: float | None
    replace: bool
    focal_mm: float | None = None
    focus_m: float | None = None


def run_tags(output: Output, asked: Asked) -> int:
    """Make the map and write it; the answer says how good it is and what would make it better. 0, or
    the exit code of a map that is not good enough to track on."""
    source = _source(asked)
    taped, sizes = taped_from(asked.distances), sizes_from(asked.sizes)
    printed = print_scale(asked.bar_mm) if asked.bar_mm is not None else 1.0
    size_m = size_from(asked.size_mm) * printed
    sizes = {each: size * printed for each, size in sizes.items()}
    floor = parse_ids(asked.floor, "--floor") if asked.floor else ()
    frame = Frame(floor, asked.origin, asked.towards)
    known = read_good_map(asked.add) if asked.add else None
    _may_write(asked)
    plate = PlateSource(source)
    lens_file = open_lens(asked.lens, plate.format.width, plate.format.height)
    rings = Rings(asked.zoom, asked.focus, asked.focal_mm, asked.focus_m)
    measured = LensSeries(lens_file, rings, str(asked.lens)).named_setting()
    readout_s = lens_file.readout_s if asked.readout_ms is None else asked.readout_ms / 1000
    walk = watch_walk(
        plate, measured.lens, every=asked.every, seconds=asked.seconds, progress=output.say
    )
    try:
        solution = solve_map(
            walk.frames,
            measured.lens,
            size_m,
            sizes_m=sizes,
            taped=taped,
            frame=frame,
            known=known,
            lens_covariance=measured.covariance,
            slip_sd=readout_s * _WALKING if readout_s else None,
            progress=output.say,
        )
    except BadInput as trouble:
        raise _with_mirrored(trouble, walk, source) from None
    quality = quality_of(
        solution,
        walk.frames,
        size_m=None if asked.add else size_from(asked.size_mm),
        bar_given=asked.bar_mm is not None,
    )
    quality = replace(quality, findings=(*quality.findings, *_mirrored(walk)))
    tag_map = _noted(solution.tag_map, asked, source, lens_file.name, solution)
    tag_map = with_verdict(tag_map, quality)
    drawn = plot_of(solution, quality)
    out = write_map(_place(asked.out, quality.usable), tag_map)
    if asked.plot is not None:
        write_atomic(asked.plot, drawn.encode())
    figures: dict[str, Any] = figures_of(solution, quality, walk, out)
    figures["plot"] = None if asked.plot is None else str(asked.plot)
    title, rows = title_of(solution, quality, out), rows_of(solution, quality, walk)
    if refused := unusable(tag_map, out):
        if out != asked.out:
            rows.append(("kept", f"{asked.out} is as it was; this walk's map lies beside it"))
            refused = VerifyFailed(
                f"{refused.what}; {asked.out} is as it was", where=str(out), todo=refused.todo
            )
        output.trouble_after(figures, title, rows, refused)
        return refused.exit_code
    output.done(figures, title, rows)
    return 0


def _source(asked: Asked) -> str:
    if bool(asked.picture) == bool(asked.images):
        raise BadInput(
            "one walk is wanted: a clip or stills",
            where="--picture, --images",
            todo="Give --picture walk.mp4, or --images 'walk/*.jpg'",
        )
    if not asked.lens.is_file():
        raise BadInput(
            "no such lens file", where=str(asked.lens), todo="Make one with openset calibrate lens"
        )
    if asked.readout_ms is not None and not 0.0 <= asked.readout_ms <= _MOST_READOUT_MS:
        raise BadInput(
            f"a read-out of {asked.readout_ms:g} ms",
            where="--readout-ms",
            todo=f"Measure it with openset calibrate readout: 0 to {_MOST_READOUT_MS:g} ms",
        )
    for name, ring in (("--zoom", asked.zoom), ("--focus", asked.focus)):
        if ring is not None and not math.isfinite(ring):
            raise BadInput(f"a ring at {ring}", where=name, todo="Rings go from 0 to 1")
    return asked.picture or asked.images


def _may_write(asked: Asked) -> None:
    """Everything that would keep the answer from being written, before anyone walks."""
    for path in (asked.out, *([] if asked.plot is None else [asked.plot])):
        if not path.parent.is_dir():
            raise BadInput(
                "there is no such folder", where=str(path.parent), todo="Make it, or name another"
            )
    if asked.plot is not None and (asked.plot.suffix.lower() != ".svg" or asked.plot == asked.out):
        raise BadInput(
            "the drawing is an SVG of its own",
            where=str(asked.plot),
            todo="Name a file that ends in .svg, and not the map's",
        )
    if asked.add is not None and (asked.floor or asked.origin is not None or asked.towards is not None):
        raise BadInput(
            "a map that is added to keeps its own frame",
            where="--floor, --origin, --towards",
            todo="Leave them out, or make the map anew without --add",
        )
    same = asked.add is not None and asked.out.exists() and asked.out.samefile(asked.add)
    if asked.out.exists() and not asked.replace and not same:
        raise AlreadyExists(
            "there is a map already", where=str(asked.out), todo="Add --replace, or --add to extend it"
        )


def _place(out: Path, usable: bool) -> Path:
    """Where the map goes: a poor one never in place of what is there."""
    return out if usable or not out.exists() else out.with_name(f"{out.stem}.poor{out.suffix}")


def _mirrored(walk: Walk) -> tuple[Finding, ...]:
    if not walk.mirrored:
        return ()
    word = "tag" if len(walk.mirrored) == 1 else "tags"
    return (
        Finding(
            "mirrored",
            walk.mirrored,
            f"{word} {listed(walk.mirrored)} can only be read in a mirror: printed the wrong way "
            "round, or the camera's picture is flipped",
            "Print again without 'mirror' (film and iron-on settings turn it on), or switch off the "
            "camera's flip",
        ),
    )


def _with_mirrored(trouble: BadInput, walk: Walk, source: str) -> BadInput:
    said = _mirrored(walk)
    if said:
        return BadInput(said[0].text, where=source, todo=said[0].todo)
    return BadInput(trouble.what, where=trouble.where or source, todo=trouble.todo)


def _noted(tag_map: TagMap, asked: Asked, source: str, lens_name: str, solution: MapSolution) -> TagMap:
    notes = {
        **tag_map.notes,
        "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: TID251 - the command's own clock
        "made by": "openset calibrate tags",
        "from": source,
        "lens": lens_name or asked.lens.name,
        "pictures": str(len(solution.cameras)),
        "spread": "of each tag within the map, one standard deviation",
    }
    if asked.add is None:
        first = asked.origin
        if asked.floor:
            notes["frame"] = f"z = 0 on the tags {asked.floor}"
        else:
            notes["frame"] = (
                f"tag {first if first is not None else min(tag_map.tags)} as it hangs: not levelled"
            )
    return replace(tag_map, notes=notes)
