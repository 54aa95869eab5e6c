"""What each kind of value is called, and how much of it there is, in a crew's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from openset.stage.exchange.model import Kind

HELD: Mapping[Kind, str] = {
    "move": "a camera move",
    "lens": "a lens",
    "timeline": "a cut",
    "grade": "grades",
    "lut": "a LUT",
    "script": "a script",
    "motion": "skeleton motion",
    "records": "records",
    "timecode": "timecode",
    "framing": "framing",
    "rights": "rights",
}
"""What a file of each kind holds."""

PARTS: Mapping[Kind, str] = {
    "move": "frames",
    "lens": "settings",
    "timeline": "clips",
    "grade": "corrections",
    "lut": "tables",
    "script": "scenes",
    "motion": "frames",
    "records": "records",
    "timecode": "frames",
    "framing": "decisions",
    "rights": "statements",
}
"""What a value of each kind is counted in."""


def count(kind: Kind, value: Any) -> int:
    """How many `PARTS` a value is made of; a script without headings counts as one scene."""
    if kind == "move":
        return len(value.samples)
    if kind == "timeline":
        return sum(1 for _ in value.find_clips())
    if kind == "script":
        return len(value.scenes) or int(bool(value.opening))
    if kind == "records":
        lists = (getattr(value, each.name) for each in fields(value))
        return sum(len(each) for each in lists if isinstance(each, tuple))
    if isinstance(value, tuple | list):
        return len(value)
    for name in ("frames", "settings"):
        parts = getattr(value, name, None)
        if parts is not None:
            return len(parts)
    return 1
