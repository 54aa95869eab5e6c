"""The verb `convert`: any file of the field into any other, and what that loses."""

from __future__ import annotations

import re
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.time import parse_rate
from openset.stage.exchange.convert import Converted, convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.registry import FORMATS

_SIZE = re.compile(r"([0-9]{1,5})[xX×]([0-9]{1,5})")


def run_convert(
    output: Output,
    source: Path,
    to: Path,
    *,
    from_format: str,
    to_format: str,
    rate: str,
    sensor_mm: float | None,
    size: str,
    profile: str,
    frame: int,
    name: str,
    replace: bool,
) -> None:
    """Convert one file, take or production; the answer says what was skipped and what was lost."""
    options = Options(
        name=name,
        rate=_rate(rate),
        sensor_width_mm=sensor_mm,
        size_px=_size(size),
        profile=profile,
        frame=frame,
    )
    done = convert(
        source, to, options, from_format=from_format, to_format=to_format, replace_old=replace
    )
    for fault in done.faults:
        output.say(f"note: {fault}")
    figures = {**asdict(done), "files": [str(path) for path in done.files]}
    output.done(figures, f"{done.source} -> {done.target}", _rows(done))


def run_formats(output: Output) -> None:
    """Every format, and whether it is read and written."""
    ways = {(True, True): "in and out", (True, False): "in", (False, True): "out"}
    rows = []
    for each in FORMATS:
        rows.append(
            (
                each.name,
                f"{ways[each.reads, each.writes]:<10}  {' '.join(each.suffixes):<24}  {each.title}",
            )
        )
    listed = [
        {"name": each.name, "title": each.title, "kind": each.kind, "suffixes": each.suffixes,
         "reads": each.reads, "writes": each.writes}
        for each in FORMATS
    ]  # fmt: skip
    output.done({"formats": listed}, "Formats", rows)


def _rows(done: Converted) -> list[tuple[str, str]]:
    rows = [
        ("wrote", ", ".join(map(str, done.files))),
        ("kind", done.kind),
        ("frames", str(done.frames)),
        ("skipped", str(done.skipped)),
    ]
    return [*rows, ("lost", _told(done.lost_fields))]


_MOST_TOLD = 16


def _told(names: tuple[str, ...]) -> str:
    """The names for people: the first ones, and how many more there are."""
    more = len(names) - _MOST_TOLD
    tail = f", and {more} more (--json names all)" if more > 0 else ""
    return (", ".join(names[:_MOST_TOLD]) or "nothing") + tail


def _rate(text: str) -> Fraction | None:
    try:
        return parse_rate(text) if text else None
    except ValueError as trouble:
        raise BadInput(str(trouble), where="--rate") from None


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    match = _SIZE.fullmatch(text)
    if match is None or not all(0 < int(side) <= 32768 for side in match.groups()):
        raise BadInput(f"{text!r} is no picture size", where="--size", todo="Write 1920x1080")
    return int(match[1]), int(match[2])
