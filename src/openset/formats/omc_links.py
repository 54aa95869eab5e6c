"""What OMC entities point to: identifiers, entities inside others, links that lead nowhere or round.

OMC-JSON: a reference is an object with an `identifier` and no `entityType`, under the name of the kind
it refers to. Two entities that name each other in their `Context` are the usual case; an entity that
holds itself through its own kind (a group of assets, a place in a place) is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from openset.formats.omc_model import Identifier

Json = Mapping[str, Any]

MOST_NAMED = 10
"""Circles told by name."""


def own_identifiers(node: object) -> tuple[Identifier, ...]:
    """An entity's or reference's identifiers, the usable ones in order."""
    found = node.get("identifier") if isinstance(node, Mapping) else None
    out: dict[Identifier, None] = {}
    for each in found if isinstance(found, list) else ():
        scope, value = (
            (each.get("identifierScope"), each.get("identifierValue"))
            if isinstance(each, dict)
            else (None, None)
        )
        if isinstance(scope, str) and isinstance(value, str) and value:
            out[scope, value] = None
    return tuple(out)


def inside(node: Json) -> Iterator[Json]:
    """Every object with an identifier inside a node, at any depth, in order."""
    for _, each in _held(node, through=True):
        yield each


def missing(nodes: Sequence[Json]) -> Iterator[str]:
    """For each kind, how many of the things referred to are not among `nodes`, and the first."""
    known = {each for node in nodes for each in own_identifiers(node)}
    lost: dict[str, dict[Identifier, None]] = {}
    for node in nodes:
        for key, each in _held(node, through=True):
            ids = own_identifiers(each)
            if "entityType" not in each and ids and not known.intersection(ids):
                lost.setdefault(key, {})[ids[0]] = None
    for kind, gone in lost.items():
        scope, value = next(iter(gone))
        yield f"{len(gone)} {kind} referred to and not in this file, the first {scope} {value}"


def cycles(nodes: Iterable[Json]) -> Iterator[str]:
    """Entities that hold themselves by way of their own kind, each circle once."""
    links = _links(nodes)
    state: dict[Identifier, int] = {}  # 1 while on the way, 2 when done
    told = 0
    for start in links:
        if start in state:
            continue
        way = [start]
        rest = [iter(links[start])]
        state[start] = 1
        while way:
            after = next(rest[-1], None)
            if after is None:
                state[way.pop()] = 2
                rest.pop()
            elif state.get(after) == 1:
                told += 1
                if told <= MOST_NAMED:
                    yield _circle(way[way.index(after) :])
            elif after not in state and after in links:
                state[after] = 1
                way.append(after)
                rest.append(iter(links[after]))


def _circle(way: Sequence[Identifier]) -> str:
    names = [value for _, value in way]
    through = f" by way of {', '.join(names[1:4])}" if len(names) > 1 else ""
    return f"{names[0]} holds itself{through}"


def _links(nodes: Iterable[Json]) -> dict[Identifier, list[Identifier]]:
    """From each entity to those of its own kind that it holds, its contexts left out."""
    kinds: dict[Identifier, str] = {}
    held: dict[Identifier, list[Identifier]] = {}
    for node in nodes:
        ids = own_identifiers(node)
        if not ids:
            continue
        kinds[ids[0]] = str(node.get("entityType"))
        bare = {key: each for key, each in node.items() if key != "Context"}
        held[ids[0]] = [
            to for _, each in _held(bare, through=False) for to in own_identifiers(each)[:1]
        ]
    return {start: [to for to in ends if kinds.get(to) == kinds[start]] for start, ends in held.items()}


def _held(node: Json, *, through: bool) -> Iterator[tuple[str, Json]]:
    """Objects with an identifier inside a node, each with the name it stands under; `through` looks
    inside those too."""
    todo: list[tuple[str, Any]] = [("", node)]
    first = True
    while todo:
        key, each = todo.pop()
        if isinstance(each, list):
            todo.extend((key, one) for one in reversed(each))
        elif isinstance(each, dict):
            if not first and "identifier" in each:
                yield key, each
                if not through:
                    continue
            first = False
            todo.extend((name, part) for name, part in reversed(each.items()) if name != "identifier")
