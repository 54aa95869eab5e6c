"""The error at a mark as a sentence for the floor, and what to do about it."""

from __future__ import annotations

import math

from openset.stage.accuracy.spread import MarkError

LIMIT_M = 0.01
"""Feet that slide less than this pass; double of it shows in a wide shot."""
_OPPOSITE = {
    "left": "on the left",
    "right": "on the right",
    "top": "higher up",
    "bottom": "on the floor",
}


def say_error(mark: str, error: MarkError) -> str:
    """ "feet slide 1.4 cm at A, 4.0 m away"; the radius nine truths in ten lie within."""
    return f"feet slide {centimetres(error.slide_m)} at {mark}, {error.distance_m:.1f} m away"


def centimetres(metres: float) -> str:
    """A length for the floor: 0.04 cm, 1.4 cm, 23 cm."""
    value = metres * 100
    return f"{value:.2f} cm" if value < 0.1 else f"{value:.1f} cm" if value < 10 else f"{value:.0f} cm"


def advise(
    error: MarkError, focal_length_mm: float, *, weak: str = "", by_own_tags: bool = False
) -> str:
    """What to do, in a few words; "" where the error is below LIMIT_M.

    What has the largest share is named. A camera that finds itself by tags is wrong by a part of a
    pixel however long its lens, so a longer one slides less; a tracker apart from it is wrong by an
    angle, so a nearer mark slides less.
    """
    if error.slide_m <= LIMIT_M:
        return ""
    cause = max(error.shares, key=lambda name: error.shares[name])
    if cause == "delay":
        return "measure the delay again (openset calibrate delay), or move more slowly"
    if cause == "lens":
        return "calibrate the lens again, with the board in every corner of the frame"
    tag = f"add a tag {_OPPOSITE[weak]}" if weak else ""
    if by_own_tags:
        longer = f"stay above {math.ceil(focal_length_mm * error.slide_m / LIMIT_M):d} mm"
        return f"{longer} or {tag or 'add tags near the mark'}"
    nearer = f"bring the mark within {error.distance_m * LIMIT_M / error.slide_m:.1f} m"
    return f"{nearer} or {tag or 'give the tracker more to see'}"
