"""What a production knows of its camera's set-up before anything is measured: which sheets were printed
and how large they came out, where the picture and the track come from.

camera/setup.json, beside what is measured:

    camera/lens.json tags.json    the results in use
    camera/views/                 kept views of the board, each a PNG with its corners as JSON
    camera/walk.jsonl             tags seen on the walk, a line a picture
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from openset.primitives.errors import BadInput
from openset.store.files import make_folder, write_atomic
from openset.store.production import Production

FOLDER = "camera"
LENS_FILE, TAGS_FILE = "camera/lens.json", "camera/tags.json"
_MOST_BYTES = 64 << 10
_LONGEST = 300
_LIVE = re.compile(r"/dev/|[A-Za-z][A-Za-z0-9+.-]*://")
"""A camera: a device or a network address."""


@dataclass(frozen=True)
class CameraSetup:
    """What was chosen: `board` as `openset calibrate lens --board` reads it, tags by `tag_mm` and
    `tag_ids`; `bar_mm` is what the sheets' 100 mm bar measures (0: nobody has looked yet). `sensor_mm`
    is the sensor's width, 0 where it is not known."""

    paper: str = "A4"
    board: str = "charuco:13x8:19"
    tag_mm: float = 160.0
    tag_ids: str = "0-11"
    bar_mm: float = 0.0
    sensor_mm: float = 0.0
    picture: str = ""
    track: str = ""

    @property
    def printed(self) -> float:
        """How much larger than written everything on the sheets is."""
        return self.bar_mm / 100.0 if self.bar_mm else 1.0


def camera_folder(production: Production) -> Path:
    """The production's folder for its camera, made where it is missing."""
    folder = production.root / FOLDER
    make_folder(folder)
    return folder


def read_setup(production: Production) -> CameraSetup:
    """The set-up; the track and the camera of production.toml where nothing was chosen yet (not its
    clip of actors: there is no board in it), and the defaults where the file cannot be read."""
    kept = _kept(production.root / FOLDER / "setup.json")
    setup = replace(CameraSetup(), **kept)
    plate = str(production.stage.get("plate", ""))
    picture = setup.picture or (plate if _LIVE.match(plate) else "")
    return replace(setup, picture=picture, track=setup.track or str(production.stage.get("track", "")))


def write_setup(production: Production, **changes: Any) -> CameraSetup:
    """Change some of it. Raises BadInput for a value of the wrong kind, DiskFull, NotWritable."""
    wrong = [name for name, value in changes.items() if not _fits(name, value)]
    if wrong:
        raise BadInput(f"{wrong[0]} = {str(changes[wrong[0]])[:40]!r} cannot be used", where="camera")
    path = camera_folder(production) / "setup.json"
    kept = replace(CameraSetup(), **{**_kept(path), **changes})
    write_atomic(path, (json.dumps(asdict(kept), indent=2) + "\n").encode())
    return read_setup(production)


def _kept(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    kept = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in kept if _fits(name, value)}


def _fits(name: str, value: object) -> bool:
    kinds = {each.name: type(each.default) for each in fields(CameraSetup)}
    if kinds.get(name) is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(float(str(value))) and 0 <= float(str(value)) <= 1e5
    return kinds.get(name) is str and isinstance(value, str) and len(value) <= _LONGEST
