"""OpenTimelineIO's JSON, looked through before the library's own reader sees it.

Source: OpenTimelineIO's serialized data format, schemas of 0.18. Where a name stands twice in an
object, a field is missing or one holds a kind of object that has no place there, that reader goes on
with memory it has given back, and for the schema name UnknownSchema it ends the process. So a document
is rebuilt from what is known: each field with the kinds it may hold, what is missing filled in, each
name once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openset.formats.faults import FormatError

DEEPEST = 200
_SCHEMA, _REF_ID = "OTIO_SCHEMA", "OTIO_REF_ID"
_INT32 = 2**31


@dataclass(frozen=True)
class _Plain:
    """A field that holds text, a number, a switch or a table; with `words`, one of them."""

    kinds: tuple[type, ...]
    default: Any = None
    null: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Objects:
    """A field that holds an object of the named schemas, or a list or table of them. What no program
    but its maker's knows can be left out of an `open` one without moving the rest."""

    schemas: frozenset[str]
    holds: Literal["one", "list", "table"] = "one"
    default: Any = None
    null: bool = False
    open: bool = False


_Field = _Plain | _Objects


def _one(schema: str, *, null: bool = False) -> _Objects:
    return _Objects(frozenset({schema}), null=null)


_REQUIRED = object()
_TEXT = _Plain((str,), "", null=True)
_NUMBER = _Plain((int, float), _REQUIRED)
_TABLE = _Plain((dict,), {})
_TIME, _RANGE = _one("RationalTime"), _one("TimeRange")

_MEDIA = frozenset(
    {
        "MediaReference",
        "ExternalReference",
        "GeneratorReference",
        "MissingReference",
        "ImageSequenceReference",
    }
)
_EFFECTS = frozenset({"Effect", "TimeEffect", "LinearTimeWarp", "FreezeFrame"})
_CHILDREN = frozenset({"Clip", "Gap", "Stack", "Track", "Transition"})

_NAMED: Mapping[str, _Field] = {"name": _TEXT, "metadata": _TABLE}
_ITEM: Mapping[str, _Field] = {
    **_NAMED,
    "source_range": _one("TimeRange", null=True),
    "effects": _Objects(_EFFECTS, "list", [], open=True),
    "markers": _Objects(frozenset({"Marker"}), "list", [], open=True),
    "enabled": _Plain((bool,), True),
    "color": _one("Color", null=True),
}
_COMPOSITION = {**_ITEM, "children": _Objects(_CHILDREN, "list", [])}
_REFERENCE = {
    **_NAMED,
    "available_range": _one("TimeRange", null=True),
    "available_image_bounds": _one("Box2d", null=True),
}
_EFFECT = {**_NAMED, "effect_name": _TEXT, "enabled": _Plain((bool,), True)}
_WARP = {**_EFFECT, "time_scalar": _NUMBER}
_COUNT = _Plain((int,), _REQUIRED)

_FIELDS: Mapping[str, Mapping[str, _Field]] = {
    "RationalTime": {"value": _NUMBER, "rate": _NUMBER},
    "TimeRange": {"start_time": _TIME, "duration": _TIME},
    "TimeTransform": {"offset": _TIME, "scale": _NUMBER, "rate": _NUMBER},
    "V2d": {"x": _NUMBER, "y": _NUMBER},
    "Box2d": {"min": _one("V2d"), "max": _one("V2d")},
    "Color": {**dict.fromkeys("rgba", _NUMBER), "name": _Plain((str,), "")},
    "Timeline": {
        **_NAMED,
        "global_start_time": _one("RationalTime", null=True),
        "tracks": _one("Stack"),
    },
    "SerializableCollection": {**_NAMED, "children": _Objects(frozenset(), "list", [])},
    "Stack": _COMPOSITION,
    "Track": {**_COMPOSITION, "kind": _TEXT},
    "Clip": {
        **_ITEM,
        "media_references": _Objects(_MEDIA, "table", {}, open=True),
        "active_media_reference_key": _Plain((str,), "DEFAULT_MEDIA"),
    },
    "Gap": _ITEM,
    "Transition": {**_NAMED, "in_offset": _TIME, "out_offset": _TIME, "transition_type": _TEXT},
    "Marker": {**_NAMED, "color": _TEXT, "marked_range": _RANGE, "comment": _TEXT},
    "Effect": _EFFECT,
    "TimeEffect": _EFFECT,
    "LinearTimeWarp": _WARP,
    "FreezeFrame": _WARP,
    "MediaReference": _REFERENCE,
    "ExternalReference": {**_REFERENCE, "target_url": _TEXT},
    "GeneratorReference": {**_REFERENCE, "generator_kind": _TEXT, "parameters": _TABLE},
    "MissingReference": _REFERENCE,
    "ImageSequenceReference": {
        **_REFERENCE,
        **dict.fromkeys(("target_url_base", "name_prefix", "name_suffix"), _TEXT),
        **dict.fromkeys(("start_frame", "frame_step", "frame_zero_padding"), _COUNT),
        "rate": _NUMBER,
        "missing_frame_policy": _Plain((str,), "error", words=("error", "black", "hold")),
    },
}
_POINTS = frozenset({"V2d", "Box2d"})
"""In metadata these become tables: whoever goes through a V2d as through a list leaves its memory."""

_VALUES = frozenset({"RationalTime", "TimeRange", "TimeTransform", "V2d", "Box2d", "Color"})
_NEWEST = {"Clip": 2, "Marker": 2}
_OLD_NAMES = {
    "Sequence": "Track",
    "Filler": "Gap",
    "SerializeableCollection": "SerializableCollection",
}


def checked(text: str, registered: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The document as JSON that the library's reader can hold, and what was left out of it, in words.

    `registered` are the names of schemas that the library knows; of those, only timelines and their
    parts are read. Raises FormatError with the place.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"this is not JSON: {error.msg}", f"line {error.lineno}") from error
    except (RecursionError, ValueError) as error:
        raise FormatError("this JSON is nested too deep, or holds an absurd number") from error
    look = _Look(registered)
    try:
        out = json.dumps(look.any(document))
    except RecursionError as error:
        raise FormatError(f"this timeline is nested more than {DEEPEST} deep") from error
    told = (f"{name} ({count} times)" if count > 1 else name for name, count in look.dropped.items())
    return out, tuple(told)


class _Look:
    """Rebuilds a document; `place` is where it is."""

    def __init__(self, registered: Collection[str]) -> None:
        self.registered = registered
        self.place: list[str] = []
        self.dropped: Counter[str] = Counter()

    def any(self, value: Any) -> Any:
        """Whatever may stand in metadata: plain values, and objects with a schema."""
        if isinstance(value, list):
            return [self.inside(f"[{number}]", each) for number, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _SCHEMA not in value:
            return {key: self.inside(f".{key}", each) for key, each in value.items()}
        name, version = self.schema(value)
        if name in _POINTS:
            self.dropped[f"metadata: {name}"] += 1
            return self.any({key: each for key, each in value.items() if key != _SCHEMA})
        if name not in _FIELDS:
            if name in self.registered:
                raise self.fault(f"a {name[:40]} is no part of a timeline")
            del value[_SCHEMA]
            kept = {_SCHEMA: f"{name}.{version}"}
            value.pop(_REF_ID, None)
            return kept | {key: self.inside(f".{key}", each) for key, each in value.items()}
        return self.known(name, version, value)

    def inside(self, step: str, value: Any) -> Any:
        """What stands one step further in."""
        self.place.append(step)
        if len(self.place) > DEEPEST:
            raise FormatError(f"this timeline is nested more than {DEEPEST} deep")
        out = self.any(value)
        self.place.pop()
        return out

    def known(self, name: str, version: int, value: dict[str, Any]) -> dict[str, Any]:
        """An object of a schema in the table, as its newest version, with all its fields."""
        value = _brought_up(name, version, value)
        fields = _FIELDS[name]
        out: dict[str, Any] = {_SCHEMA: f"{name}.{_NEWEST.get(name, 1)}"}
        for key, field in fields.items():
            self.place.append(f".{key}")
            said = value.get(key)
            if said is None and not field.null:
                said = field.default
            out[key] = said if said is None and field.null else self.held(field, said)
            self.place.pop()
        extra = {key: each for key, each in value.items() if key not in fields and key != _REF_ID}
        extra.pop(_SCHEMA, None)
        if name not in _VALUES:
            out |= {key: self.inside(f".{key}", each) for key, each in extra.items()}
        if name == "Clip":
            self.choose_media(out)
        return out

    def held(self, field: _Field, value: Any) -> Any:
        """What a field holds. Raises FormatError for what has no place in it."""
        if value is None or value is _REQUIRED:
            raise self.fault("this is missing")
        if isinstance(field, _Plain):
            return self.plain(field, value)
        if field.holds == "one":
            self.expect(field, value)
            return self.known(*self.schema(value), value)
        if field.holds == "list" and isinstance(value, list):
            rows = [each for n, each in enumerate(value) if self.expect(field, each, f"[{n}]")]
            return [self.inside(f"[{number}]", each) for number, each in enumerate(rows)]
        if field.holds == "table" and isinstance(value, dict) and _SCHEMA not in value:
            kept = {key: each for key, each in value.items() if self.expect(field, each, f".{key}")}
            return {key: self.inside(f".{key}", each) for key, each in kept.items()}
        raise self.fault(f"this cannot be {_kind(value)}")

    def plain(self, field: _Plain, value: Any) -> Any:
        """What a field of no object holds."""
        if type(value) not in field.kinds or (field.words and value not in field.words):
            raise self.fault(f"this cannot be {_kind(value)}")
        if field is _COUNT and not -_INT32 <= value < _INT32:
            raise self.fault("this is no credible number")
        if not isinstance(value, dict):
            return value
        if _SCHEMA in value:
            raise self.fault("this is a table, and has no schema")
        return {key: self.inside(f".{key}", each) for key, each in value.items()}

    def expect(self, field: _Objects, value: Any, step: str = "") -> bool:
        """Whether a field can hold an object; False for one to be left out, FormatError for others."""
        if not isinstance(value, dict) or _SCHEMA not in value:
            raise self.fault(f"here stands {_kind(value)} instead of an object with a schema", step)
        name, version = self.schema(value, step)
        if name in field.schemas or (not field.schemas and name not in _VALUES):
            return True
        if not field.open or name in _FIELDS or name in self.registered:
            raise self.fault(f"a {name[:40]} has no place here", step)
        self.dropped[f"{self.place[-1].removeprefix('.')}: {name[:40]}.{version}"] += 1
        return False

    def schema(self, value: Mapping[str, Any], step: str = "") -> tuple[str, int]:
        """The name, as it is called today, and the version of an object's schema."""
        said = value[_SCHEMA]
        name, dot, digits = said.rpartition(".") if isinstance(said, str) else ("", "", "")
        if not (name and dot and digits.isascii() and digits.isdigit() and 0 < len(digits) < 7):
            raise self.fault(f"{str(said)[:40]!r} is no schema: a name, a dot and a number", step)
        name, version = _OLD_NAMES.get(name, name), int(digits)
        if name == "SerializableObjectRef":
            raise self.fault("this timeline refers to a part of itself, which is not read", step)
        if version < 1 or (name in _FIELDS and version > _NEWEST.get(name, 1)):
            raise self.fault(f"{said[:40]} is an unsupported schema", step)
        return name, version

    def choose_media(self, clip: dict[str, Any]) -> None:
        """See to it that the media a clip names are among its own."""
        media, key = clip["media_references"], clip["active_media_reference_key"]
        if key not in media:
            media[key] = self.known("MissingReference", 1, {})

    def fault(self, trouble: str, step: str = "") -> FormatError:
        """The error, with the place as a path from the document's root."""
        path = "".join((*self.place, step)).removeprefix(".")
        return FormatError(trouble, path if len(path) <= 120 else f"…{path[-120:]}")


def _brought_up(name: str, version: int, value: dict[str, Any]) -> dict[str, Any]:
    """The fields of an older version under the names they have today."""
    if name == "Clip" and version == 1:
        value = {key: each for key, each in value.items() if key != "media_reference"} | {
            "media_references": {"DEFAULT_MEDIA": value.get("media_reference")},
            "active_media_reference_key": "DEFAULT_MEDIA",
        }
    if name == "Marker" and version == 1 and "range" in value:
        value = {key: each for key, each in value.items() if key != "range"} | {
            "marked_range": value["range"]
        }
    if name == "Clip" and isinstance(value.get("media_references"), dict):
        said = value["media_references"]
        value = {**value, "media_references": {k: v for k, v in said.items() if v is not None}}
    if name == "Timeline" and value.get("tracks") is None:
        value = {**value, "tracks": {_SCHEMA: "Stack.1", "name": "tracks"}}
    return value


def _kind(value: Any) -> str:
    """What a value of JSON is, in words."""
    if isinstance(value, dict):
        return f"an object ({str(value[_SCHEMA])[:40]})" if _SCHEMA in value else "a table"
    names = {list: "a list", str: "this text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), f"the number {str(value)[:20]}")
