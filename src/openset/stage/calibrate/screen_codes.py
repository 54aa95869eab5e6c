"""Coded patches on a screen: which tag is shown when, how it is drawn, what a camera read of it.

Two patches lie side by side. The left one runs through tags by a schedule of its own. The right one is
the echo: it shows the twin of the last left tag that the host read in the camera's picture, so that
the way through the host can be told from the way through screen and camera. How long each tag stays is
drawn at random over a camera frame: a steady beat would always meet the camera at the same moments and
tell nothing between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openset.primitives.errors import BadInput
from openset.stage.markers.model import SeenTag
from openset.stage.prints.patterns import tag_modules

FIRST_ID, IDS = 547, 20
"""The left patch uses tags 547 to 566, the echo 567 to 586: the last of the family, far from those that
hang on walls."""
SHORTEST_FRAMES = 1.3
"""A tag stays this many camera frames at least, so that none is missed, and up to one frame longer."""
_QUIET = 1.5


@dataclass(frozen=True)
class Flip:
    """One step of the schedule: the left patch shows `id` for `hold_s`."""

    index: int
    id: int
    hold_s: float


@dataclass(frozen=True)
class Sight:
    """One camera picture: when it arrived on the host's clock, and the tags its two patches showed
    (None where none was read)."""

    arrival_ns: int
    shown: int | None
    echo: int | None


def schedule(seconds: float, camera_fps: float, random: np.random.Generator) -> tuple[Flip, ...]:
    """The flips for so many seconds. Raises BadInput for a rate no camera has."""
    if not 5.0 <= camera_fps <= 1000.0 or not 1.0 <= seconds <= 120.0:
        raise BadInput(
            f"no schedule for {seconds:g} s of a camera at {camera_fps:g} frames a second",
            todo="Give 1 to 120 s and 5 to 1000 frames a second",
        )
    flips: list[Flip] = []
    total = 0.0
    while total < seconds:
        hold_s = (SHORTEST_FRAMES + float(random.uniform(0.0, 1.0))) / camera_fps
        flips.append(Flip(len(flips), FIRST_ID + len(flips) % IDS, hold_s))
        total += hold_s
    return tuple(flips)


def schedule_json(flips: Sequence[Flip]) -> dict[str, Any]:
    """The schedule as a page reads it: tags as rows of 0 (black) and 1, flips with milliseconds."""
    used = sorted({flip.id for flip in flips})
    return {
        "tags": {str(each): _rows(each) for id in used for each in (id, echo_of(id))},
        "flips": [{"index": f.index, "id": f.id, "ms": round(1000 * f.hold_s, 3)} for f in flips],
    }


def echo_of(id: int) -> int:
    """The right patch's twin of a left tag."""
    return id + IDS


def sight_of(arrival_ns: int, tags: Iterable[SeenTag]) -> Sight:
    """What one picture showed. Two of one patch at once (a picture taken while the screen changed)
    leave it unread: which came first is not known."""
    ids = {tag.id for tag in tags if tag.mended_bits <= 1}
    shown = [id for id in ids if FIRST_ID <= id < FIRST_ID + IDS]
    echo = [id for id in ids if FIRST_ID + IDS <= id < FIRST_ID + 2 * IDS]
    return Sight(
        arrival_ns,
        shown[0] if len(shown) == 1 else None,
        echo[0] if len(echo) == 1 else None,
    )


def patch_svg(id: int) -> str:
    """One patch as SVG, black on white with its quiet border, to fill whatever holds it."""
    rows = _rows(id)
    side = len(rows) + 2 * _QUIET
    squares = "".join(
        f'<rect x="{x + _QUIET:g}" y="{y + _QUIET:g}" width="1.02" height="1.02"/>'
        for y, row in enumerate(rows)
        for x, white in enumerate(row)
        if white == "0"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side:g} {side:g}" '
        f'shape-rendering="crispEdges"><rect width="{side:g}" height="{side:g}" fill="#fff"/>'
        f"{squares}</svg>"
    )


def _rows(id: int) -> list[str]:
    """The tag's modules, black border included: a text of 0 (black) and 1 (white) for each row."""
    return [
        "".join("0" if black else "1" for black in row) for row in np.asarray(tag_modules(id)).tolist()
    ]
