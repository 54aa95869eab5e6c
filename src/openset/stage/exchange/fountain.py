"""Fountain scripts in and out. Fountain holds all of a script; only the (CONT'D) of a cue, which
programs add by themselves, is no part of one and is told as lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from openset.formats.fdx import CONTINUED, continued
from openset.formats.fountain import parse_bytes
from openset.formats.fountain_model import Element, Script
from openset.formats.fountain_text import runs
from openset.formats.fountain_write import write as written
from openset.formats.text_file import decoded
from openset.primitives.errors import BadInput
from openset.primitives.ids import check_name, scene_folder
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents

MOST_BYTES = 16 * 1024 * 1024
"""A larger file is no script."""


def read(path: Path, options: Options) -> Read:
    """A script, with what its scene numbers cannot be on a slate. Raises FormatError."""
    data = script_bytes(path)
    script = parse_bytes(data)
    again = _continued(data, script)
    unheld = (f"{CONTINUED} ({again})",) if again else ()
    return Read(script, 0, tuple(slate_faults(script))[:MOST_FAULTS], unheld)


def write(value: Script, path: Path, options: Options) -> None:
    """The script as UTF-8."""
    path.write_bytes(written(value).encode("utf-8", "replace"))


def script_bytes(path: Path) -> bytes:
    """A script's file whole. Raises FormatError for one too large to be a script."""
    return contents(path, MOST_BYTES)


def _continued(data: bytes, script: Script) -> int:
    """How many cues said "(CONT'D)": looked up in their lines, for no cue holds it."""
    text = decoded(data, "cp1252").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    parts = (script.opening, *(scene.elements for scene in script.scenes))
    cues = (each for part in parts for each in part if each.kind == "character")
    return sum(continued(lines[cue.line - 1]) for cue in cues if 0 < cue.line <= len(lines))


def slate_faults(script: Script) -> Iterator[str]:
    """The scene numbers that no slate or folder can hold, each a sentence with its line."""
    for scene in script.scenes:
        try:
            check_name(scene.number, "scene")
        except BadInput as trouble:
            place = f"line {scene.line}: " if scene.line else ""
            folder = scene_folder(scene.number)
            said = "" if folder == "_" else f"; slates and folders say {folder}"
            yield f"{place}scene number {scene.number} cannot stand on a slate{said}. {trouble.todo}"


def fields(script: Script) -> dict[str, object]:
    """What a script says, kind by kind in order, its emphasis as runs: for comparing two."""
    out: dict[str, list[object]] = {
        f"title page {key}": [runs(value)] for key, value in script.title_page.items()
    }
    out["scene headings"] = [runs(scene.heading) for scene in script.scenes]
    out["scene numbers"] = [scene.number for scene in script.scenes]
    out["numbered"] = [scene.numbered for scene in script.scenes]
    for number, scene in enumerate((script.opening, *(each.elements for each in script.scenes))):
        out.setdefault("order", []).append(tuple(element.kind for element in scene))
        for element in scene:
            for name, value in _said(element):
                out.setdefault(name, []).append((number, value))
    return {name: tuple(values) for name, values in out.items() if values}


def _said(element: Element) -> Iterator[tuple[str, object]]:
    yield element.kind.replace("_", " "), runs(element.text)
    if element.kind == "character":
        yield "extensions", element.extensions
        yield "dual dialogue", element.dual
    if element.kind == "section":
        yield "section level", element.level
