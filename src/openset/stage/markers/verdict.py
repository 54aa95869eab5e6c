"""The verdict on a map, kept with it: why it is not good enough to track on, and the refusal of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.primitives.errors import VerifyFailed
from openset.stage.markers.model import TagMap
from openset.stage.markers.quality import MapQuality

_WHY, _TODO = "not usable", "to do"


def with_verdict(tag_map: TagMap, quality: MapQuality) -> TagMap:
    """The map with the first grave finding in its notes, or without an earlier one."""
    notes = {name: text for name, text in tag_map.notes.items() if name not in (_WHY, _TODO)}
    grave = [each for each in quality.findings if each.grave]
    if grave:
        notes |= {_WHY: grave[0].text, _TODO: grave[0].todo}
    return replace(tag_map, notes=notes)


def unusable(tag_map: TagMap, path: Path) -> VerifyFailed | None:
    """The trouble of tracking on a map that did not hold when it was made; None for a good one."""
    why = tag_map.notes.get(_WHY)
    if why is None:
        return None
    return VerifyFailed(
        f"the map is not good enough to track on: {why}",
        where=str(path),
        todo=tag_map.notes.get(_TODO) or "Walk around the tags again",
    )
