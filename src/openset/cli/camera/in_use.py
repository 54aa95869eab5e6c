"""The lens and the map a production uses: what production.toml [stage] names, for verbs that were given
none."""

from __future__ import annotations

from pathlib import Path

from openset.primitives.errors import BadInput
from openset.store.production import Production, open_production


def in_use(production: Production, name: str) -> Path | None:
    """The file that [stage] names under `name` ("lens", "tags"); None where it names none. Raises
    BadInput where the file is gone."""
    named = production.stage.get(name)
    if not named:
        return None
    path = production.root / str(named)
    if not path.is_file():
        raise BadInput(
            f"[stage] {name} names {named}, which is not there",
            where=str(production.root / "production.toml"),
            todo=f"Measure it again on the camera's page, or give --{name}",
        )
    return path


def kept_number(production: Production, name: str) -> float | None:
    """The number that [stage] holds under `name` ("focal_mm", "focus_m": where the rings of a series
    stand); None where it holds none. Raises BadInput for what is no number above 0."""
    value = production.stage.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise BadInput(
            f"[stage] {name} is {value!r}",
            where=str(production.root / "production.toml"),
            todo="Write a number, as the ring's scale says",
        )
    return float(value)


def needed(production: Production | None, name: str, how: str) -> Path:
    """The file in use. Raises BadInput, naming the option, where there is none: `how` makes one."""
    found = in_use(production, name) if production else None
    if found is None:
        where = str(production.root / "production.toml") if production else f"--{name}"
        todo = f"Give --{name}, made by {how}, or --production with one in use"
        raise BadInput(f"no {name} given", where=where, todo=todo)
    return found


def production_of(take: Path) -> Production | None:
    """The production a take lies in; None where it lies elsewhere."""
    parents = take.resolve().parents
    root = parents[1] if len(parents) > 1 else None
    return open_production(root) if root and (root / "production.toml").is_file() else None
