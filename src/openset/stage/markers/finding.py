"""What is wrong with a map of tags, or could be better, in words a technician can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One trouble: `kind` for programs, the tags it concerns, what was seen and what to do. `grave`
    where the map should not be used before it is mended; `value` its size in the unit of the text."""

    kind: str
    tags: tuple[int, ...]
    text: str
    todo: str
    grave: bool = False
    value: float | None = None


def listed(tags: Iterable[int]) -> str:
    """`3`, `3 and 17`, `3, 5 and 17`; long runs are cut."""
    names = [str(each) for each in sorted(tags)]
    if len(names) > 12:
        return f"{', '.join(names[:10])} and {len(names) - 10} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
