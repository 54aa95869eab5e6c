"""The error at a mark as a sentence for the floor, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from openset.stage.accuracy.spread import MarkError

LIMIT_M = 0.01
"""Feet that slide less than this pass; double of it shows in a wide shot."""
_WHERE = {
    "left": "on the left",
    "right": "on the right",
    "top": "higher up",
    "bottom": "on the floor",
}


def say_error(mark: str, slide_m: float, distance_m: float) -> str:
    """ "feet slide 1.4 cm at A, 4.0 m away"; the radius nine truths in ten lie within."""
    return f"feet slide {centimetres(slide_m)} at {mark}, {distance_m:.1f} m away"


def centimetres(metres: float) -> str:
    """A length for the floor: 0.04 cm, 1.4 cm, 23 cm."""
    value = metres * 100
    return f"{value:.2f} cm" if value < 0.1 else f"{value:.1f} cm" if value < 10 else f"{value:.0f} cm"


@dataclass(frozen=True)
class Advice:
    """What to do: `kind` is "delay", "lens", "focal" (`value`: the shortest lens in mm that holds) or
    "near" (`value`: the greatest distance in metres); `side` is where a tag is missing, "" where none
    is."""

    kind: str
    value: float = 0.0
    side: str = ""


def advise(
    error: MarkError, focal_length_mm: float, *, weak: str = "", by_own_tags: bool = False
) -> Advice | None:
    """What would bring the error below LIMIT_M; None where it is.

    What has the largest share is named. A camera that finds itself by tags is wrong by a part of a
    pixel however long its lens, so a longer one slides less; a tracker apart from it is wrong by an
    angle, so a nearer mark slides less.
    """
    if error.slide_m <= LIMIT_M:
        return None
    cause = max(error.shares, key=lambda name: error.shares[name])
    if cause in ("delay", "lens"):
        return Advice(cause)
    if by_own_tags:
        return Advice("focal", math.ceil(focal_length_mm * error.slide_m / LIMIT_M - 1e-6), weak)
    return Advice("near", round(error.distance_m * LIMIT_M / error.slide_m, 1), weak)


def say_advice(advice: Advice | None) -> str:
    """The advice in a few words; "" for none."""
    if advice is None:
        return ""
    if advice.kind == "delay":
        return "measure the delay again (openset calibrate delay), or move more slowly"
    if advice.kind == "lens":
        return "calibrate the lens again, with the board in every corner of the frame"
    tag = f"add a tag {_WHERE[advice.side]}" if advice.side else ""
    if advice.kind == "focal":
        return f"stay above {advice.value:.0f} mm or {tag or 'add tags near the mark'}"
    return f"bring the mark within {advice.value:.1f} m or {tag or 'give the tracker more to see'}"
