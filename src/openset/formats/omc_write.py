"""OMC JSON 2.8, written: one list of entities that refer to each other by identifier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from openset.formats.omc_model import (
    SCHEMA,
    Character,
    Entity,
    Identifier,
    Person,
    Records,
    Scene,
    Slate,
    Take,
    Work,
    identifier,
    structure_of,
)

Json = dict[str, Any]


def write(records: Records) -> bytes:
    """The records as indented JSON; `omc.read` gives the same records back."""
    entities = [_written(each) for each in records.entities]
    return orjson.dumps(entities, option=orjson.OPT_INDENT_2) + b"\n"


def _written(entity: Any) -> Json:
    return _MAKERS[type(entity)](entity)


def _entity(kind: str, ids: Sequence[Identifier], fields: Json, more: Mapping[str, Any]) -> Json:
    """An entity: what is known of it over what the file it came from said beside."""
    head: Json = {"schemaVersion": SCHEMA, "entityType": kind, "identifier": _identifiers(ids)}
    out: Json = {**head, **_over(more, _filled(fields))}
    return out


def _identifiers(ids: Iterable[Identifier]) -> list[Json]:
    return [{"identifierScope": scope, "identifierValue": value} for scope, value in ids]


def _filled(fields: Json) -> Json:
    """Without the fields that say nothing."""
    out = {}
    for key, value in fields.items():
        inner = _filled(value) if isinstance(value, dict) else value
        if inner not in (None, "", {}, [], ()):
            out[key] = inner
    return out


def _over(under: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """Both, lists one after the other and objects field by field."""
    out: Json = dict(under)
    for key, value in over.items():
        there = out.get(key)
        if isinstance(value, dict) and isinstance(there, Mapping):
            out[key] = _over(there, value)
        elif isinstance(value, list) and isinstance(there, list):
            out[key] = [*value, *there]
        else:
            out[key] = value
    return out


def _context(
    ids: Sequence[Identifier], relations: Mapping[str, Mapping[str, Sequence[Identifier]]]
) -> list[Json]:
    """The one context that says what an entity has to do with others; none where it is nothing."""
    said = _filled(
        {
            relation: {kind: [_reference(each) for each in to] for kind, to in kinds.items()}
            for relation, kinds in relations.items()
        }
    )
    if not said:
        return []
    scope, value = ids[0]
    head = {"contextType": "production", **said}
    return [_entity("Context", [identifier(scope, "cxt", value)], head, {})]


def _reference(to: Identifier) -> Json:
    return {"identifier": _identifiers([to])}


def _work(work: Work) -> Json:
    title = [{"titleName": work.title, "titleType": "working"}] if work.title else []
    more = dict(work.more)
    fields = {"description": work.description, "creativeWorkTitle": title}
    if "creativeWorkTitle" in more:
        del fields["creativeWorkTitle"]
    return _entity("CreativeWork", work.ids, fields, more)


def _scene(scene: Scene) -> Json:
    fields: Json = {
        "sceneNumber": scene.number,
        "sceneHeader": scene.heading,
        "sceneName": {"fullName": scene.name},
        "description": scene.description,
        "Context": _context(
            scene.ids, {"features": {"Character": scene.characters}, "has": {"Slate": scene.slates}}
        ),
    }
    if scene.kind == "NarrativeScene":
        fields["narrativeType"] = "narrativeScene"
    return _entity(scene.kind, scene.ids, fields, scene.more)


def _slate(slate: Slate) -> Json:
    fields: Json = {
        "slateUID": slate.uid,
        "description": slate.description,
        "cameraLabel": slate.camera,
        "cameraUnit": slate.unit,
        "cameraRoll": slate.camera_roll,
        "soundRoll": slate.sound_roll,
        "shootDate": slate.date,
        "shootDay": slate.day,
        "recordingFPS": slate.fps,
        "Director": [_reference(each) for each in slate.directors],
        "Context": _context(
            slate.ids, {"for": {"ProductionScene": slate.scenes, "Asset": slate.takes}}
        ),
    }
    return _entity("Slate", slate.ids, fields, slate.more)


def _take(take: Take) -> Json:
    width, height = take.size_px or ("", "")
    circled = {True: "true", False: "false", None: ""}[take.circled]
    camera = {
        "circleTake": circled,
        "timecodeStart": take.start_timecode,
        "timecodeEnd": take.end_timecode,
        "captureRate": take.rate,
        "frameWidth": str(width),
        "frameHeight": str(height),
    }
    fields: Json = {
        "name": take.name,
        "assetFC": {"functionalType": "capture", "functionalProperties": {"cameraMetadata": camera}},
        "annotation": [{"title": "note", "text": take.note}] if take.note else [],
        "tag": [{"domain": "rating", "value": [take.rating]}] if take.rating else [],
        "Context": _context(take.ids, {"has": {"Slate": take.slates}}),
    }
    kind = take.more.get("assetFC", {}).get("functionalType")
    if kind:
        fields["assetFC"]["functionalType"] = kind
    if take.file:
        fields["AssetSC"] = _structure(take)
    return _entity("Asset", take.ids, fields, take.more)


def _structure(take: Take) -> Json:
    """The half of an asset that says what it is made of: a moving picture in a file."""
    details = {"structuralProperties": {"fileDetails": {"fileName": take.file}}}
    if "AssetSC" in take.more:
        return details
    return _entity(
        "AssetSC",
        [structure_of(take.ids[0])],
        {"structuralType": "digital.movingImage", **details},
        {},
    )


def _person(person: Person) -> Json:
    fields = {"name": person.name, "participantFC": {"jobTitle": person.job}}
    return _entity("Participant", person.ids, fields, person.more)


def _character(character: Character) -> Json:
    return _entity(
        "Character", character.ids, {"characterName": {"fullName": character.name}}, character.more
    )


def _other(entity: Entity) -> Json:
    return _entity(entity.kind, entity.ids, {"name": entity.name}, entity.more)


_MAKERS: dict[type, Callable[[Any], Json]] = {
    Work: _work,
    Scene: _scene,
    Slate: _slate,
    Take: _take,
    Person: _person,
    Character: _character,
    Entity: _other,
}
