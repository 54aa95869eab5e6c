"""A tag map as text: what `openset calibrate tags` writes, and every tracker on tags reads.

JSON, one tag a line, in metres on the stage (docs/conventions.md). A tag's covariance is the upper
triangle of its (6, 6), row by row: metres along the stage's axes, then radians in the tag's own.
`sd_mm` stands there for people and is worked out again on reading.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from openset.formats.faults import FormatError
from openset.formats.lens_json import bounded, document, text
from openset.primitives.space import F64, Pose
from openset.stage.markers.model import FAMILY, PlacedTag, TagMap

WHAT = "openset tag map"
VERSION = 1
MOST_TAGS = 587
"""All there are of tag36h11."""
_FARTHEST_M = 10_000.0
_LONGEST_NOTE = 4000
_UPPER = np.triu_indices(6)


def json_from_map(tag_map: TagMap) -> bytes:
    """The map as UTF-8 text, the same for the same map: keys in order, tags by id."""
    head = {
        "what": WHAT,
        "version": VERSION,
        "family": tag_map.family,
        "residual_px": tag_map.residual_px,
        "scale_from": tag_map.scale_from,
        "notes": dict(sorted(tag_map.notes.items())),
    }
    lines = [f"  {_text(name)}: {_text(value)}," for name, value in head.items()]
    tags = ",\n".join(f"    {_text(_tag_fields(tag_map.tags[each]))}" for each in sorted(tag_map.tags))
    return ("{\n" + "\n".join(lines) + '\n  "tags": [\n' + tags + "\n  ]\n}\n").encode()


def map_from_json(data: bytes) -> TagMap:
    """The map in such a text. Raises FormatError, with the place, for anything that is none."""
    root = document(data, "tag map")
    if root.get("what") != WHAT:
        raise FormatError(f'this is no tag map: "what" is not "{WHAT}"')
    if root.get("version") != VERSION:
        raise FormatError(f"version {VERSION} was expected", "version")
    listed = root.get("tags")
    if not isinstance(listed, list) or len(listed) > MOST_TAGS:
        raise FormatError(f"a list of at most {MOST_TAGS} tags was expected", "tags")
    tags: dict[int, PlacedTag] = {}
    for index, each in enumerate(listed):
        at = f"tags[{index}]"
        if not isinstance(each, dict):
            raise FormatError("an object was expected", at)
        tag = _tag(each, at)
        if tag.id in tags:
            raise FormatError(f"tag {tag.id} stands here twice", at)
        tags[tag.id] = tag
    family = text(root, "family") or FAMILY
    if family != FAMILY:
        raise FormatError(f"tags of {FAMILY} were expected, not {family[:40]!r}", "family")
    return TagMap(
        tags,
        family,
        bounded(root.get("residual_px", 0.0), 0.0, 1e6, "residual_px"),
        _scale_from(text(root, "scale_from")),
        _notes(root.get("notes", {})),
    )


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _tag_fields(tag: PlacedTag) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "id": tag.id,
        "size_mm": tag.size_m * 1000.0,
        "position_m": list(tag.stage_from_tag.position_m),
        "rotation_wxyz": list(tag.stage_from_tag.rotation_wxyz),
        "seen_in": tag.seen_in,
        "residual_px": tag.residual_px,
    }
    if tag.covariance is not None:
        spread = math.sqrt(max(0.0, float(np.trace(tag.covariance[:3, :3])) / 3.0))
        fields["sd_mm"] = round(spread * 1000.0, 4)
        fields["covariance"] = tag.covariance[_UPPER].tolist()
    return fields


def _tag(fields: Mapping[str, Any], at: str) -> PlacedTag:
    number = fields.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < MOST_TAGS:
        raise FormatError(f"a whole number from 0 to {MOST_TAGS - 1} was expected", f"{at}.id")
    seen_in = fields.get("seen_in", 0)
    if isinstance(seen_in, bool) or not isinstance(seen_in, int) or not 0 <= seen_in <= 10**9:
        raise FormatError("a count was expected", f"{at}.seen_in")
    x, y, z = _numbers(fields.get("position_m"), 3, _FARTHEST_M, f"{at}.position_m")
    w, i, j, k = _numbers(fields.get("rotation_wxyz"), 4, 1.001, f"{at}.rotation_wxyz")
    length = math.sqrt(w * w + i * i + j * j + k * k)
    if abs(length - 1.0) > 1e-3:
        raise FormatError("a quaternion of length 1 was expected", f"{at}.rotation_wxyz")
    return PlacedTag(
        number,
        bounded(fields.get("size_mm"), 1.0, 10_000.0, f"{at}.size_mm") / 1000.0,
        Pose((x, y, z), (w / length, i / length, j / length, k / length)),
        _covariance(fields.get("covariance"), f"{at}.covariance"),
        seen_in,
        bounded(fields.get("residual_px", 0.0), 0.0, 1e6, f"{at}.residual_px"),
    )


def _numbers(value: object, count: int, most: float, at: str) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise FormatError(f"{count} numbers were expected", at)
    return [bounded(each, -most, most, at) for each in value]


def _covariance(value: object, at: str) -> F64 | None:
    if value is None:
        return None
    upper = _numbers(value, 21, 1e6, at)
    out = np.zeros((6, 6))
    out[_UPPER] = upper
    out = out + np.triu(out, 1).T
    largest = float(np.max(np.abs(out)))
    if float(np.linalg.eigvalsh(out)[0]) < -1e-9 * max(largest, 1e-300):
        raise FormatError("this is no covariance: a spread would be negative", at)
    return out


def _scale_from(said: str) -> str:
    """It is shown and drawn: nothing in it may steer a terminal or break a drawing."""
    if len(said) > _LONGEST_NOTE or not said.isprintable():
        raise FormatError("a line of text was expected", "scale_from")
    return said


def _notes(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > 100:
        raise FormatError("at most 100 pairs of text were expected", "notes")
    for name, note in value.items():
        if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
            raise FormatError("a text was expected", f"notes.{name[:40]}")
    return value
