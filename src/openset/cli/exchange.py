"""The verb `convert`: any file of the field into any other, and what that loses."""

from __future__ import annotations

import re
import textwrap
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.time import parse_rate
from openset.stage.exchange.convert import Converted, convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.registry import FORMATS
from openset.stage.exchange.words import PARTS

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
    for note in (*done.faults, *done.notes):
        output.say(f"note: {note}")
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
    parts = PARTS[done.kind]
    indent = 4 + max(len(parts), len("skipped"))
    return [
        *_written(done.files),
        ("kind", done.kind),
        (parts, str(done.frames)),
        ("skipped", str(done.skipped)),
        ("lost", f"\n{' ' * indent}".join(_told(done.lost_fields, COLUMNS - indent))),
    ]


COLUMNS = 80
_MOST_FILES = 3
_MOST_LINES = 4
_WHOLE = "\N{NO-BREAK SPACE}"


def _written(files: tuple[Path, ...]) -> list[tuple[str, str]]:
    """The files by name; of a sequence the first and the last."""
    if len(files) <= _MOST_FILES:
        return [("wrote", str(path)) for path in files]
    return [("wrote", f"{len(files)} files"), ("first", str(files[0])), ("last", str(files[-1]))]


def _told(names: tuple[str, ...], width: int) -> list[str]:
    """The names for people, in a few lines: the first ones, and how many more there are."""
    for told in range(len(names), 0, -1):
        more = len(names) - told
        tail = [_WHOLE.join(("and", str(more), "more", "(--json", "names", "all)"))] if more else []
        text = ", ".join([*names[:told], *tail])
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if len(lines) <= _MOST_LINES:
            return [line.replace(_WHOLE, " ") for line in lines]
    return [f"{len(names)} (--json names all)"] if names else ["nothing"]


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
