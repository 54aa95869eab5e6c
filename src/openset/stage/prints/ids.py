"""Tag ids as a person writes them: `0-11,20`."""

from __future__ import annotations

import re

from openset.primitives.errors import BadInput
from openset.stage.prints.patterns import MOST_ID

_PART = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
_WRITE = f"Write ids from 0 to {MOST_ID} and ranges of them: 0-11,20"


def parse_ids(text: str, where: str = "--ids") -> tuple[int, ...]:
    """The ids in the order written. Raises BadInput for nonsense, ids the family lacks, and doubles."""
    ids: dict[int, None] = {}
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if not found:
            raise BadInput(f"{part.strip()[:30]!r} is no tag id", where=where, todo=_WRITE)
        first = int(found[1])
        last = int(found[2] or first)
        if last > MOST_ID or first > last:
            what = f"{part.strip()} runs backwards" if first > last else f"there is no tag {last}"
            raise BadInput(what, where=where, todo=_WRITE)
        for each in range(first, last + 1):
            if each in ids:
                raise BadInput(
                    f"tag {each} is there twice",
                    where=where,
                    todo="Each id hangs once on a stage, or the camera cannot tell which one it sees",
                )
            ids[each] = None
    return tuple(ids)


def written(ids: tuple[int, ...]) -> str:
    """Ids as short as they can be written, in their order: `0-11, 20`."""
    parts: list[list[int]] = []
    for each in ids:
        if parts and each == parts[-1][-1] + 1:
            parts[-1].append(each)
        else:
            parts.append([each])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in parts)
