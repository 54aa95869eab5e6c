"""What a set's records are, in the words of MovieLabs' Ontology for Media Creation (OMC 2.8).

An entity is known by identifiers, each a value within a scope, and points to others by them. In OMC a
slate stands for one take of one set-up, and what the camera recorded is an asset (here a `Take`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "https://movielabs.com/omc/json/schema/v2.8"
SCHEMAS = tuple(
    f"https://movielabs.com/omc/json/schema/v{each}" for each in ("2.0", "2.1", "2.6", "2.8")
)
"""The versions that 2.8 reads as its own."""

Identifier = tuple[str, str]
"""Scope and value."""

More = Mapping[str, Any]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, SCHEMA)


def identifier(scope: str, kind: str, name: str) -> Identifier:
    """An identifier that is the same whenever the same thing of the same scope is written."""
    return scope, f"{kind}/{uuid.uuid5(_NAMESPACE, f'{scope}/{kind}/{name}')}"


def structure_of(take: Identifier) -> Identifier:
    """The identifier of a take's structural half, which says no more than the take does."""
    return identifier(take[0], "astsc", take[1])


@dataclass(frozen=True)
class Scene:
    """A scene as it is shot (ProductionScene) or told (NarrativeScene). `more` holds what else the file
    says of it, as it stands there; so for the others below."""

    ids: tuple[Identifier, ...]
    number: str = ""
    heading: str = ""
    name: str = ""
    description: str = ""
    characters: tuple[Identifier, ...] = ()
    slates: tuple[Identifier, ...] = ()
    kind: str = "ProductionScene"
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Slate:
    """What stands on the slate. `date` is written YYYY-MM-DD, `takes` are what was recorded."""

    ids: tuple[Identifier, ...]
    uid: str = ""
    description: str = ""
    scenes: tuple[Identifier, ...] = ()
    takes: tuple[Identifier, ...] = ()
    camera: str = ""
    unit: str = ""
    camera_roll: str = ""
    sound_roll: str = ""
    date: str = ""
    day: str = ""
    fps: float | None = None
    directors: tuple[Identifier, ...] = ()
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Take:
    """A recording (an Asset of type capture): its timecode from first frame to the one after the last,
    and what people said of it."""

    ids: tuple[Identifier, ...]
    name: str = ""
    slates: tuple[Identifier, ...] = ()
    start_timecode: str = ""
    end_timecode: str = ""
    rate: str = ""
    size_px: tuple[int, int] | None = None
    file: str = ""
    circled: bool | None = None
    rating: str = ""
    note: str = ""
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Someone who takes part (Participant), by name and job."""

    ids: tuple[Identifier, ...]
    name: str = ""
    job: str = ""
    more: More = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles a file gives them, in OMC's words: "director"."""
        functional = self.more.get("participantFC")
        found = functional.get("Role") if isinstance(functional, Mapping) else None
        named = [each.get("roleType") for each in found or () if isinstance(each, Mapping)]
        return tuple(each for each in named if isinstance(each, str))


@dataclass(frozen=True)
class Character:
    """Someone in the story."""

    ids: tuple[Identifier, ...]
    name: str = ""
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """The film (CreativeWork)."""

    ids: tuple[Identifier, ...]
    title: str = ""
    description: str = ""
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Entity:
    """An entity of any other kind, as it stands in the file."""

    ids: tuple[Identifier, ...]
    kind: str
    name: str = ""
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Records:
    """A set's records. `missing` names what is pointed to and not there, `cycles` what holds itself."""

    works: tuple[Work, ...] = ()
    scenes: tuple[Scene, ...] = ()
    slates: tuple[Slate, ...] = ()
    takes: tuple[Take, ...] = ()
    people: tuple[Person, ...] = ()
    characters: tuple[Character, ...] = ()
    others: tuple[Entity, ...] = ()
    missing: tuple[str, ...] = field(default=(), compare=False)
    cycles: tuple[str, ...] = field(default=(), compare=False)

    @property
    def entities(self) -> tuple[AnyEntity, ...]:
        """All of them, in the order they are written."""
        first: tuple[AnyEntity, ...] = (*self.works, *self.people, *self.characters, *self.scenes)
        return (*first, *self.slates, *self.takes, *self.others)


AnyEntity = Work | Scene | Slate | Take | Person | Character | Entity
