"""OMC JSON, read: MovieLabs' Ontology for Media Creation 2.8 (and 2.0 to 2.6).

A file is a list of entities, one entity, or an object with a list under each entity's name. Entities
may stand inside others, whole or by identifier alone. What is of a kind that a set's records have no
place for is kept as it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from openset.formats.faults import FormatError
from openset.formats.omc_entities import MAKERS, as_it_stands
from openset.formats.omc_links import cycles, inside, missing, own_identifiers
from openset.formats.omc_model import (
    SCHEMAS,
    Character,
    Entity,
    Identifier,
    Person,
    Records,
    Scene,
    Slate,
    Take,
    Work,
    structure_of,
)
from openset.formats.text_file import decoded

MOST_BYTES = 64 * 1024 * 1024
MOST_FAULTS = 20
DEEPEST = 64
"""How deep objects may stand in each other; entities in entities are six or seven."""


Json = Mapping[str, Any]


class OmcError(FormatError):
    """JSON that holds no OMC entity."""


@dataclass(frozen=True)
class Reading:
    """Records, how many entities could not be used, and what was found wrong."""

    records: Records
    skipped: int = 0
    faults: tuple[str, ...] = ()


@dataclass
class _Gathered:
    """Entities by their first identifier, the one that says most of each; and faults."""

    found: dict[tuple[str, Identifier], Json] = field(default_factory=dict)
    twice: dict[str, dict[Identifier, None]] = field(default_factory=lambda: defaultdict(dict))
    skipped: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        if len(self.faults) < MOST_FAULTS and text not in self.faults:
            self.faults.append(text)


def read(data: bytes) -> Reading:
    """A file of OMC JSON. Raises OmcError, FormatError; an entity without kind or identifier is skipped
    and counted, and what leads nowhere or in a circle is named."""
    if len(data) > MOST_BYTES:
        raise OmcError(f"the file is larger than {MOST_BYTES // 2**20} MB")
    try:
        value = orjson.loads(decoded(data))
    except orjson.JSONDecodeError as trouble:
        raise OmcError(f"this is not JSON: {trouble.msg}", f"line {trouble.lineno}") from trouble
    except UnicodeEncodeError as trouble:
        raise OmcError("this is not JSON: half a character") from trouble
    if _deeper(value, DEEPEST):
        raise OmcError(f"objects stand more than {DEEPEST} deep in each other")
    gathered = _Gathered()
    for number, entry in enumerate(_top(value), start=1):
        _gather(entry, number, gathered)
    if not gathered.found:
        first = f" ({gathered.faults[0]})" if gathered.faults else ""
        raise OmcError(f"the file holds no OMC entity{first}")
    for kind, ids in gathered.twice.items():
        first = " ".join(next(iter(ids)))[:100]
        gathered.fault(
            f"{len(ids)} {kind} there twice, unlike; what says less is left out, the first {first}"
        )
    nodes = list(gathered.found.values())
    records = _records(nodes, tuple(missing(nodes)), tuple(cycles(nodes)))
    faults = (*gathered.faults, *records.cycles, *records.missing)
    return Reading(records, gathered.skipped, faults[:MOST_FAULTS])


def _deeper(value: Any, most: int) -> bool:
    """Whether lists and objects stand more than `most` deep in each other."""
    level = [value]
    for _ in range(most + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        parts = [each.values() if isinstance(each, dict) else each for each in level]
        level = [one for part in parts for one in part]
    return True


def _top(value: object) -> Iterator[object]:
    """The entities at the top of the file."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and "entityType" in value:
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            for each in part if isinstance(part, list) else [part]:
                yield {"entityType": name, **each} if isinstance(each, dict) else each


def _gather(entry: object, number: int, gathered: _Gathered) -> None:
    """An entity and those inside it."""
    at = f"entity {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("entityType"), str):
        gathered.skipped += 1
        gathered.fault(f"{at}: no entity, for it has no entityType")
        return
    if not own_identifiers(entry):
        gathered.skipped += 1
        gathered.fault(f"{at}: a {entry['entityType'][:40]} without identifier")
    if entry.get("schemaVersion") not in SCHEMAS:
        gathered.fault(f"{at}: schemaVersion {str(entry.get('schemaVersion'))[:60]!r} is none of OMC's")
    for node in (entry, *inside(entry)):
        ids = own_identifiers(node)
        if not ids or not isinstance(node.get("entityType"), str) or node["entityType"] == "Context":
            continue
        key = (node["entityType"], ids[0])
        there = gathered.found.get(key, {})
        less, more = (there, node) if len(node) > len(there) else (node, there)
        if any(more.get(name) != value for name, value in less.items()):
            gathered.twice[node["entityType"][:40]][ids[0]] = None
        gathered.found[key] = more


def _records(nodes: Sequence[Json], lost: tuple[str, ...], circles: tuple[str, ...]) -> Records:
    made: dict[type, list[Any]] = defaultdict(list)
    for node in nodes:
        one = MAKERS.get(node["entityType"], as_it_stands)(node)
        made[type(one)].append(one)
    structures = {structure_of(take.ids[0]) for take in made[Take]}
    return Records(
        tuple(made[Work]),
        tuple(made[Scene]),
        tuple(made[Slate]),
        tuple(made[Take]),
        tuple(made[Person]),
        tuple(made[Character]),
        tuple(each for each in made[Entity] if each.ids[0] not in structures),
        missing=lost,
        cycles=circles,
    )
