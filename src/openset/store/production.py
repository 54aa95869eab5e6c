"""A production as a folder: production.toml and the folders beside it.

    production.toml   title, rate, languages, policies, defaults of the stage
    script/           *.fountain
    sets/<set>/       set.usda and what it names
    shots/ takes/<scene>-<shot>-tNN/ cuts/ deliveries/

The files are the truth; nothing here is remembered between calls.
"""

from __future__ import annotations

import re
import secrets
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import tomli_w

from openset.primitives.errors import AlreadyExists, BadInput, ProductionNotFound, SetNotFound
from openset.primitives.ids import TakeId, check_name, check_set_name, parse_take_id
from openset.primitives.time import parse_rate
from openset.store.files import make_folder, write_atomic

FILE_NAME = "production.toml"
FOLDERS = ("script", "sets", "shots", "takes", "cuts", "deliveries")
LAST_TAKE = 9999
FURTHEST_M = 1000.0
MOST_MARKS = 100
_LANGUAGE = re.compile(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


@dataclass(frozen=True)
class Production:
    """What production.toml says. `stage` holds the defaults of `openset stage` (plate, track, set,
    scene, shot, delay_s, delay_sd_s, lens, focal_mm, focus_m, tags), `policies` the production's own
    rules, `rights` what is said of every movie that leaves it, all as TOML values. `marks` are where
    actors stand, by name, in metres on the stage."""

    root: Path
    id: str
    title: str
    rate: Fraction
    languages: tuple[str, ...]
    stage: Mapping[str, Any] = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=dict)
    rights: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def create_production(
    root: Path,
    *,
    title: str,
    rate: Fraction,
    languages: tuple[str, ...] = ("en",),
    stage: Mapping[str, Any] | None = None,
    marks: Mapping[str, tuple[float, float, float]] | None = None,
) -> Production:
    """Make the folder and its production.toml.

    Raises AlreadyExists, BadInput, DiskFull, NotWritable."""
    root = root.absolute()
    if (root / FILE_NAME).exists() or root.is_file():
        raise AlreadyExists(
            "a production is here already" if root.is_dir() else "a file is here already",
            where=str(root),
            todo="Choose another folder",
        )
    production = Production(
        root,
        f"{slug(root.name)}-{secrets.token_hex(4)}",
        title,
        rate,
        tuple(languages),
        dict(stage or {}),
        marks=dict(marks or {}),
    )
    data = _dump(document(production), root / FILE_NAME)
    _from_document(tomllib.loads(data.decode()), root)
    for name in FOLDERS:
        make_folder(root / name)
    write_atomic(root / FILE_NAME, data)
    return production


def open_production(path: Path) -> Production:
    """The production in folder `path` (or whose production.toml `path` is).
    Raises ProductionNotFound, BadInput."""
    root = (path.parent if path.name == FILE_NAME else path).absolute()
    return _from_document(_load(root), root)


def find_productions(folder: Path) -> list[Production]:
    """`folder` itself, or those of its direct children that are productions, by title.

    A child whose production.toml cannot be read is left out: one broken folder hides no other."""
    if (folder / FILE_NAME).is_file():
        return [open_production(folder)]
    found = []
    for child in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (child / FILE_NAME).is_file():
            try:
                found.append(open_production(child))
            except (BadInput, ProductionNotFound):
                continue
    return sorted(found, key=lambda production: (production.title.casefold(), production.root))


def document(production: Production) -> dict[str, Any]:
    """The production as production.toml's tables."""
    out: dict[str, Any] = {
        "production": {
            "id": production.id,
            "title": production.title,
            "rate": str(production.rate),
            "languages": list(production.languages),
        }
    }
    if production.policies:
        out["policies"] = dict(production.policies)
    if production.rights:
        out["rights"] = dict(production.rights)
    if production.marks:
        out["marks"] = {name: list(place) for name, place in production.marks.items()}
    out["stage"] = dict(production.stage)
    return out


def update_stage(production: Production, mapping: Mapping[str, Any]) -> Production:
    """Merge `mapping` into [stage] of production.toml (None removes a key); tables this version does
    not know stay as they are. Raises BadInput, DiskFull, NotWritable."""
    found = _load(production.root)
    stage = {**found.get("stage", {}), **mapping}
    found["stage"] = {key: value for key, value in stage.items() if value is not None}
    write_atomic(production.root / FILE_NAME, _dump(found, production.root / FILE_NAME))
    return replace(production, stage=found["stage"])


def update_marks(production: Production, marks: Mapping[str, tuple[float, float, float]]) -> Production:
    """Put these marks in place of those in production.toml; tables this version does not know stay as
    they are. Raises BadInput for a mark that cannot be one, DiskFull, NotWritable."""
    path = production.root / FILE_NAME
    checked = _marks({name: list(place) for name, place in marks.items()}, str(path))
    found = _load(production.root)
    found["marks"] = {name: list(place) for name, place in checked.items()}
    write_atomic(path, _dump(found, path))
    return replace(production, marks=checked)


def take_ids(production: Production) -> list[TakeId]:
    """The takes on disk, scene 2 before scene 10."""
    folder = production.root / "takes"
    found = []
    for child in folder.iterdir() if folder.is_dir() else []:
        try:
            take = parse_take_id(child.name)
        except BadInput:
            continue
        if child.is_dir() and str(take) == child.name:
            found.append(take)
    return sorted(found, key=lambda take: (_natural(take.scene), _natural(take.shot), take.take))


def take_folder(production: Production, take_id: TakeId) -> Path:
    """Where the take lies or will lie. Raises BadInput for a name that would leave the folder."""
    check_name(take_id.scene, "scene")
    check_name(take_id.shot, "shot")
    if not 0 <= take_id.take <= LAST_TAKE:
        raise BadInput(f"take {take_id.take} is out of range", todo=f"Takes run from 1 to {LAST_TAKE}")
    return production.root / "takes" / str(take_id)


def next_take(production: Production, scene: str, shot: str) -> TakeId:
    """The slate after the last take of this scene and shot; numbers are never used twice while
    a later one exists. Raises BadInput."""
    check_name(scene, "scene")
    check_name(shot, "shot")
    taken = [take.take for take in take_ids(production) if (take.scene, take.shot) == (scene, shot)]
    following = TakeId(scene, shot, max(taken, default=0) + 1)
    take_folder(production, following)
    return following


def set_names(production: Production) -> list[str]:
    """The sets of the production, by name."""
    return sorted(path.parent.name for path in (production.root / "sets").glob("*/set.usda"))


def set_file(production: Production, name: str) -> Path:
    """The set's set.usda. Raises SetNotFound, naming the sets there are, and BadInput."""
    path = production.root / "sets" / check_set_name(name) / "set.usda"
    if not path.is_file():
        names = set_names(production)
        raise SetNotFound(
            f"the production has no set {name!r}",
            where=str(production.root / "sets"),
            todo=f"Sets here: {', '.join(names)}" if names else "There is no set here yet",
        )
    return path


def script_files(production: Production) -> list[Path]:
    """The Fountain scripts, by name."""
    return sorted((production.root / "script").glob("*.fountain"))


def slug(text: str) -> str:
    """`text` as lower-case letters, digits and hyphens: 'Lane Market' to 'lane-market'."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "production"


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key that reads digits as numbers."""
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _load(root: Path) -> dict[str, Any]:
    path = root / FILE_NAME
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        raise ProductionNotFound(
            "there is no production here",
            where=str(root),
            todo=f"A production folder holds {FILE_NAME}",
        ) from None
    except OSError as error:
        raise ProductionNotFound(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 text", where=str(path), todo="Save it as UTF-8") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"is not TOML ({error})", where=str(path), todo="Correct the file") from error


def _dump(tables: Mapping[str, Any], path: Path) -> bytes:
    try:
        return tomli_w.dumps(tables).encode()
    except (TypeError, ValueError) as error:
        raise BadInput(f"cannot hold this value ({error})", where=str(path)) from error


def _from_document(tables: Mapping[str, Any], root: Path) -> Production:
    head = tables.get("production")
    where = str(root / FILE_NAME)
    if not isinstance(head, dict):
        raise BadInput("has no [production] table", where=where, todo="Add one with id, title and rate")
    stage, policies, rights = (tables.get(name, {}) for name in ("stage", "policies", "rights"))
    if not all(isinstance(each, dict) for each in (stage, policies, rights)):
        raise BadInput(
            "[stage], [policies] and [rights] are tables", where=where, todo="Correct the file"
        )
    return Production(
        root,
        _text(head, "id", where, _ID),
        _text(head, "title", where),
        _rate(head, where),
        _languages(head, where),
        stage,
        policies,
        rights,
        _marks(tables.get("marks", {}), where),
    )


def _marks(found: object, where: str) -> dict[str, tuple[float, float, float]]:
    out: dict[str, tuple[float, float, float]] = {}
    for name, place in found.items() if isinstance(found, dict) else [("marks", found)]:
        numbers = place if isinstance(place, list) and len(place) == 3 else []
        good = [v for v in numbers if isinstance(v, int | float) and abs(v) <= FURTHEST_M]
        if len(good) != 3 or len(name) > 40 or len(out) >= MOST_MARKS:
            raise BadInput(
                f"the mark {name[:40]} = {str(place)[:60]} cannot be used",
                where=where,
                todo="Write under [marks]: A = [x, y, z] in metres on the stage",
            )
        out[name] = (float(good[0]), float(good[1]), float(good[2]))
    return out


def _text(head: Mapping[str, Any], key: str, where: str, pattern: re.Pattern[str] | None = None) -> str:
    value = head.get(key)
    if not isinstance(value, str) or not value.strip() or (pattern and not pattern.match(value)):
        raise BadInput(
            f"{key} = {value!r} cannot be used", where=where, todo=f"Give {key} a plain text"
        )
    return value


def _rate(head: Mapping[str, Any], where: str) -> Fraction:
    value = head.get("rate")
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        return parse_rate(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise BadInput(
            f"rate = {value!r} is not a frame rate",
            where=where,
            todo='Write it like "25" or "30000/1001"',
        ) from None


def _languages(head: Mapping[str, Any], where: str) -> tuple[str, ...]:
    found = head.get("languages", ["en"])
    ok = isinstance(found, list) and all(isinstance(tag, str) and _LANGUAGE.match(tag) for tag in found)
    if not ok or not found:
        raise BadInput(
            f"languages = {found!r} cannot be used", where=where, todo='Write tags like ["en", "qu-PE"]'
        )
    return tuple(found)
