"""OMC entities as values: each maker takes the fields it knows; what is left stays in `more`.

OMC-JSON 2.8: what an entity has to do with others stands in its `Context`, under the relation and the
other's kind ("for", "has", "features").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openset.formats.omc_links import own_identifiers
from openset.formats.omc_model import (
    Character,
    Entity,
    Identifier,
    Person,
    Scene,
    Slate,
    Take,
    Work,
    structure_of,
)

Json = Mapping[str, Any]

_NOTHING: Mapping[str, Sequence[str]] = {}
_CIRCLED = {
    **dict.fromkeys(("true", "yes", "1", "circled", "circle", "circle take", "x"), True),
    **dict.fromkeys(("false", "no", "0", "not circled"), False),
}


@dataclass
class _Taking:
    """Takes fields out of an entity, so that what is left is known."""

    node: Json
    left: dict[str, Any]

    def text(self, *path: str) -> str:
        """A text or number at a path, as text; empty where there is none."""
        place: Any = self.left
        for step in path[:-1]:
            place = place.get(step) if isinstance(place, dict) else None
        if not isinstance(place, dict) or isinstance(place.get(path[-1]), bool | dict | list):
            return ""
        value = place.pop(path[-1], None)
        return "" if value is None else str(value)

    def linked(self, key: str, *relations: str) -> tuple[Identifier, ...]:
        """What the entity's contexts relate it to under `key`, whole or by identifier."""
        out: dict[Identifier, None] = {}
        for context in _list(self.node.get("Context")):
            for relation in relations:
                related = context.get(relation)
                for each in _list(related.get(key)) if isinstance(related, dict) else ():
                    out.update(dict.fromkeys(own_identifiers(each)[:1]))
        return tuple(out)

    def more(self, relations: Mapping[str, Sequence[str]] = _NOTHING) -> dict[str, Any]:
        """All that was not taken and says something. A context whose every relation has been taken is
        left out: `relations` names the entities taken under each."""
        self.left["Context"] = [
            each for each in _list(self.node.get("Context")) if not _is_taken(each, relations)
        ]
        return _said({key: each for key, each in self.left.items() if key not in _PLAIN})


_PLAIN = ("entityType", "identifier", "schemaVersion")
_OF_CONTEXT = (*_PLAIN, "contextType", "name", "description")


def _is_taken(context: Json, relations: Mapping[str, Sequence[str]]) -> bool:
    """Whether a context relates to nothing but what has been taken."""
    for key, value in context.items():
        if key in _OF_CONTEXT or not _said({"value": value}):
            continue
        if not isinstance(value, dict) or set(_said(value)) - set(relations.get(key, ())):
            return False
    return True


def _said(node: Json) -> dict[str, Any]:
    """The fields that hold something."""
    out = {}
    for key, value in node.items():
        inner = _said(value) if isinstance(value, dict) else value
        if inner not in (None, {}, []):
            out[key] = inner
    return out


def _list(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _taking(node: Json) -> _Taking:
    """A copy that fields can be taken out of, down to its fourth level."""
    left: dict[str, Any] = {}
    for key, value in node.items():
        left[key] = _copied(value, 3) if isinstance(value, dict) else value
    return _Taking(node, left)


def _copied(value: Any, levels: int) -> Any:
    if not isinstance(value, dict) or not levels:
        return value
    return {key: _copied(each, levels - 1) for key, each in value.items()}


def _scene(node: Json) -> Scene:
    taking = _taking(node)
    name = taking.text("sceneName", "fullName")
    name = name or taking.text("name")
    for key, known in (("name", name), ("narrativeType", "narrativeScene")):
        if taking.left.get(key) == known:
            taking.text(key)
    return Scene(
        own_identifiers(node),
        taking.text("sceneNumber"),
        taking.text("sceneHeader"),
        name,
        taking.text("description"),
        taking.linked("Character", "features"),
        taking.linked("Slate", "has"),
        node["entityType"],
        taking.more({"features": ("Character",), "has": ("Slate",)}),
    )


def _slate(node: Json) -> Slate:
    taking = _taking(node)
    fps = node.get("recordingFPS")
    usable = isinstance(fps, int | float) and not isinstance(fps, bool) and 0 < fps < 1e5
    directors = _list(node.get("Director"))
    if directors == node.get("Director") and all(map(own_identifiers, directors)):
        del taking.left["Director"]
    else:
        directors = []
    return Slate(
        own_identifiers(node),
        taking.text("slateUID"),
        taking.text("description"),
        taking.linked("ProductionScene", "for"),
        taking.linked("Asset", "for"),
        taking.text("cameraLabel"),
        taking.text("cameraUnit"),
        taking.text("cameraRoll"),
        taking.text("soundRoll"),
        taking.text("shootDate"),
        taking.text("shootDay"),
        float(taking.left.pop("recordingFPS")) if usable else None,
        tuple(each for one in directors for each in own_identifiers(one)[:1]),
        taking.more({"for": ("ProductionScene", "Asset")}),
    )


def _asset(node: Json) -> Take | Entity:
    """A take, if the asset is something the camera captured."""
    functional = node.get("assetFC")
    kind = functional.get("functionalType") if isinstance(functional, dict) else None
    if not isinstance(kind, str) or kind not in ("capture", "capture.ocf", "capture.video.ocf"):
        return as_it_stands(node)
    taking = _taking(node)
    camera = ("assetFC", "functionalProperties", "cameraMetadata")
    if kind == "capture":
        taking.text("assetFC", "functionalType")
    return Take(
        own_identifiers(node),
        taking.text("name"),
        taking.linked("Slate", "has"),
        taking.text(*camera, "timecodeStart"),
        taking.text(*camera, "timecodeEnd"),
        taking.text(*camera, "captureRate"),
        _size(taking.text(*camera, "frameWidth"), taking.text(*camera, "frameHeight")),
        _file(taking),
        _circled(taking, *camera),
        _tagged(taking, "rating"),
        _annotated(taking, "note"),
        taking.more({"has": ("Slate",)}),
    )


def _circled(taking: _Taking, *camera: str) -> bool | None:
    """What the file says of a circle, in a word that is known; any other word stays where it stands."""
    place: Any = taking.left
    for step in camera:
        place = place.get(step) if isinstance(place, dict) else None
    word = str(place.get("circleTake")).strip().lower() if isinstance(place, dict) else ""
    if word in _CIRCLED:
        del place["circleTake"]
    return _CIRCLED.get(word)


def _size(width: str, height: str) -> tuple[int, int] | None:
    if all(each.isdecimal() and 0 < len(each) < 7 for each in (width, height)):
        return int(width), int(height)
    return None


_STRUCTURE = {*_PLAIN, "structuralType"}


def _file(taking: _Taking) -> str:
    """The recording's file; its structural half is left out where it says no more than that, and is
    known to others by no name of its own."""
    name = taking.text("AssetSC", "structuralProperties", "fileDetails", "fileName")
    half = taking.left.get("AssetSC")
    if name and isinstance(half, dict):
        own = {structure_of(each) for each in own_identifiers(taking.node)[:1]}
        usual = half.get("structuralType") in (None, "digital.movingImage")
        if usual and own.issuperset(own_identifiers(half)) and not set(_said(half)) - _STRUCTURE:
            del taking.left["AssetSC"]
    return name


def _tagged(taking: _Taking, domain: str) -> str:
    for tag in _list(taking.left.get("tag")):
        match tag:
            case {"domain": str(found), "value": [str(value)]} if found == domain and len(tag) == 2:
                taking.left["tag"] = [each for each in taking.left["tag"] if each is not tag]
                return value
    return ""


def _annotated(taking: _Taking, title: str) -> str:
    for note in _list(taking.left.get("annotation")):
        match note:
            case {"title": str(found), "text": str(text)} if found == title and len(note) == 2:
                taking.left["annotation"] = [
                    each for each in taking.left["annotation"] if each is not note
                ]
                return text
    return ""


def _person(node: Json) -> Person:
    taking = _taking(node)
    job = taking.text("participantFC", "jobTitle")
    return Person(own_identifiers(node), taking.text("name"), job, taking.more())


def _character(node: Json) -> Character:
    taking = _taking(node)
    name = taking.text("characterName", "fullName") or taking.text("name")
    return Character(own_identifiers(node), name, taking.more())


def _work(node: Json) -> Work:
    taking = _taking(node)
    titles = _list(node.get("creativeWorkTitle"))
    title = titles[0].get("titleName") if titles else None
    plain = len(titles) == 1 and set(titles[0]) <= {"titleName", "titleType"}
    if isinstance(title, str) and plain and titles[0].get("titleType") in (None, "working"):
        del taking.left["creativeWorkTitle"]
    title = title if isinstance(title, str) else taking.text("name")
    return Work(own_identifiers(node), title, taking.text("description"), taking.more())


def as_it_stands(node: Json) -> Entity:
    """An entity that has no place of its own."""
    taking = _taking(node)
    left = {key: each for key, each in taking.left.items() if key not in (*_PLAIN, "name")}
    name = node.get("name")
    return Entity(
        own_identifiers(node), node["entityType"], name if isinstance(name, str) else "", _said(left)
    )


MAKERS: Mapping[str, Callable[[Json], Any]] = {
    "CreativeWork": _work,
    "ProductionScene": _scene,
    "NarrativeScene": _scene,
    "Slate": _slate,
    "Asset": _asset,
    "Participant": _person,
    "Character": _character,
}
