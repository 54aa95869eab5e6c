"""OMC JSON in and out, and the records of a production: its scenes, slates, takes and people.

A production's own things are known in the scope `openset/<id of the production>`, by identifiers that
are the same each time they are written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openset.formats import fountain, omc, omc_write
from openset.formats.faults import FormatError
from openset.formats.fountain_text import plain
from openset.formats.omc_model import (
    Character,
    Identifier,
    Person,
    Records,
    Scene,
    Slate,
    Take,
    Work,
    identifier,
)
from openset.primitives.errors import OpensetError
from openset.primitives.ids import TakeId, scene_folder
from openset.stage.exchange.fountain import script_bytes
from openset.stage.exchange.model import MOST_FAULTS, Options, Read
from openset.stage.exchange.whole_file import contents
from openset.stage.record.files import read_marks, read_take
from openset.stage.record.model import PICTURE_FILE, Marks, TakeRecord
from openset.store.production import FILE_NAME, Production, script_files, take_folder, take_ids

CHARACTER, SCENE, SLATE, TAKE, PERSON, WORK = "chr", "pscn", "slt", "ast", "ptc", "cw"


def read(path: Path, options: Options) -> Read:
    """Records from a file of OMC JSON. Raises FormatError."""
    found = omc.read(contents(path, omc.MOST_BYTES))
    return Read(found.records, found.skipped, found.faults)


def write(value: Records, path: Path, options: Options) -> None:
    """The records as OMC JSON 2.8."""
    path.write_bytes(omc_write.write(value))


@dataclass
class _Gathered:
    """Scenes by the name a slate has for them, in script order, and what could not be read."""

    scope: str
    scenes: dict[str, Scene] = field(default_factory=dict)
    characters: dict[str, Character] = field(default_factory=dict)
    slates: list[Slate] = field(default_factory=list)
    takes: list[Take] = field(default_factory=list)
    skipped: int = 0
    faults: list[str] = field(default_factory=list)

    def id(self, kind: str, name: str) -> tuple[Identifier, ...]:
        return (identifier(self.scope, kind, name),)

    def skip(self, what: str, trouble: object) -> None:
        self.skipped += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{what}: {trouble}")


def read_production(production: Production) -> Read:
    """A production's records, and the scripts and takes that could not be read."""
    gathered = _Gathered(f"openset/{production.id}")
    for path in script_files(production):
        _add_script(path, gathered)
    for take in take_ids(production):
        _add_take(production, take, gathered)
    work = Work(gathered.id(WORK, production.id), production.title)
    records = Records(
        (work,),
        tuple(gathered.scenes.values()),
        tuple(gathered.slates),
        tuple(gathered.takes),
        tuple(_people(production, gathered)),
        tuple(gathered.characters.values()),
    )
    return Read(records, gathered.skipped, tuple(gathered.faults))


def _add_script(path: Path, gathered: _Gathered) -> None:
    """The scenes of a script; the first of a number counts, as everywhere."""
    try:
        script = fountain.parse_bytes(script_bytes(path))
    except (FormatError, OSError) as trouble:
        gathered.skip(f"script/{path.name}", trouble)
        return
    for scene in script.scenes:
        who = [plain(name) for name in scene.characters]
        for name in who:
            gathered.characters.setdefault(name, Character(gathered.id(CHARACTER, name), name))
        made = Scene(
            gathered.id(SCENE, scene.number),
            number=scene.number,
            heading=plain(scene.heading),
            characters=tuple(gathered.characters[name].ids[0] for name in dict.fromkeys(who)),
        )
        first = gathered.scenes.setdefault(scene_folder(scene.number), made)
        if first.number != made.number:
            gathered.skip(
                f"script/{path.name}, line {scene.line}",
                f"scene {made.number} has the slate name of scene {first.number}; renumber one",
            )


def _add_take(production: Production, take: TakeId, gathered: _Gathered) -> None:
    folder = take_folder(production, take)
    try:
        record, marks = read_take(folder), read_marks(folder)
    except (OpensetError, OSError) as trouble:
        gathered.skip(f"takes/{take}", trouble)
        return
    slate_id, take_id = gathered.id(SLATE, str(take)), gathered.id(TAKE, str(take))
    missing = Scene(gathered.id(SCENE, take.scene), number=take.scene)
    scene = gathered.scenes.get(take.scene, missing)
    gathered.scenes[take.scene] = replace(scene, slates=(*scene.slates, *slate_id))
    gathered.slates.append(_slate(take, record, slate_id, scene.ids, take_id))
    gathered.takes.append(_take(take, record, marks, take_id, slate_id))


Ids = tuple[Identifier, ...]


def _slate(take: TakeId, record: TakeRecord, ids: Ids, scenes: Ids, takes: Ids) -> Slate:
    return Slate(
        ids,
        uid=str(take),
        description=f"Scene {take.scene}, shot {take.shot}, take {take.take}",
        scenes=scenes,
        takes=takes,
        date=f"{record.started_at:%Y-%m-%d}",
        fps=round(float(record.spec.rate), 3),
    )


def _take(take: TakeId, record: TakeRecord, marks: Marks, ids: Ids, slates: Ids) -> Take:
    spec = record.spec
    return Take(
        ids,
        name=str(take),
        slates=slates,
        start_timecode=str(spec.start_timecode),
        end_timecode=str(record.end_timecode),
        rate=str(spec.rate),
        size_px=(spec.width, spec.height),
        file=f"takes/{take}/{PICTURE_FILE}",
        circled=marks.circled,
        rating=str(marks.rating) if marks.rating else "",
        note=marks.note,
    )


def _people(production: Production, gathered: _Gathered) -> Iterable[Person]:
    """Those production.toml lists under [[people]], each with a name and perhaps a job."""
    try:
        tables = tomllib.loads((production.root / FILE_NAME).read_bytes().decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
        gathered.skip(FILE_NAME, trouble)
        return
    for entry in _tables(tables.get("people")):
        name, job = entry.get("name"), entry.get("job", "")
        if isinstance(name, str) and name.strip() and isinstance(job, str):
            yield Person(gathered.id(PERSON, name), name, job)
        else:
            gathered.skip(FILE_NAME, "an entry of [[people]] has no name")


def _tables(value: object) -> Sequence[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
