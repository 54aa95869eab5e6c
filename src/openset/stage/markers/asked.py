"""What is asked of a tag map on the command line: distances, sizes, lists of tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from openset.primitives.errors import BadInput
from openset.stage.markers.map_file import MOST_TAGS
from openset.stage.markers.tape import TAPE_SD_M, Taped

_DISTANCE = re.compile(r"(\d{1,4})-(\d{1,4}):(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?")
_LEAST_M, _MOST_M = 0.05, 200.0
"""Between two tags: nearer they overlap, farther no tape reaches."""
_SIZE = re.compile(r"(\d{1,4}):(\d+(?:\.\d+)?)")


def taped_from(texts: Sequence[str]) -> tuple[Taped, ...]:
    """`3-17:2.415` or `3-17:2.415:2`: two tags, metres between their middles, the tape's own spread in
    millimetres. Raises BadInput."""
    return tuple(_taped(text) for text in texts)


def _taped(text: str) -> Taped:
    found = _DISTANCE.fullmatch(text.strip())
    wrong = BadInput(
        f"{text[:60]!r} is no distance",
        where="--distance",
        todo="Write two tags and the metres between their middles: 3-17:2.415, or with the tape's own "
        "uncertainty in millimetres 3-17:2.415:2",
    )
    if not found:
        raise wrong
    first, second, metres = int(found[1]), int(found[2]), float(found[3])
    sd_m = float(found[4]) / 1000 if found[4] else TAPE_SD_M
    if first == second:
        raise BadInput(
            f"{text} names tag {first} twice",
            where="--distance",
            todo="Write two different tags and the metres between their middles: 3-17:2.415",
        )
    if metres > _MOST_M:
        raise BadInput(
            f"{text} is {metres:g} m apart",
            where="--distance",
            todo=f"Metres are wanted: {first}-{second}:{metres / 1000:g}, if these are millimetres",
        )
    if metres < _LEAST_M or not 1e-5 <= sd_m <= 1.0:
        raise wrong
    return Taped(_tag(first, "--distance"), _tag(second, "--distance"), metres, sd_m)


def sizes_from(texts: Sequence[str]) -> dict[int, float]:
    """`5:80` or `5:80,6:80`: the side of single tags, millimetres; metres by id. Raises BadInput."""
    sizes: dict[int, float] = {}
    for text in texts:
        for part in text.split(","):
            found = _SIZE.fullmatch(part.strip())
            if not found:
                raise BadInput(
                    f"{part[:60]!r} is no size of a tag",
                    where="--size-of",
                    todo="Write a tag and the side of its black square in millimetres: 5:80",
                )
            sizes[_tag(int(found[1]), "--size-of")] = size_from(float(found[2]), "--size-of")
    return sizes


def size_from(size_mm: float, where: str = "--size-mm") -> float:
    """A tag's side in metres. Raises BadInput for what cannot be printed."""
    if not 5.0 <= size_mm <= 3000.0:
        raise BadInput(
            f"a tag of {size_mm:g} mm", where=where, todo="Sizes go from 5 to 3000 mm (black square)"
        )
    return size_mm / 1000


def _tag(number: int, where: str) -> int:
    if not 0 <= number < MOST_TAGS:
        raise BadInput(f"there is no tag {number}", where=where, todo=f"Tags go to {MOST_TAGS - 1}")
    return number
