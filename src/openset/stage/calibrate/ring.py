"""One ring of a lens: the places it was measured at, 0 to 1, and what its scale says there.

Marks of a scale are spread as the places of a ring without an encoder are (stage/calibrate/series.py):
a zoom evenly in stops, a focus with half its way at one metre. Between two marks the scale is cut as
the lens is blended: by a monotone cubic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from openset.primitives.space import F64
from openset.stage.calibrate.series import LONGEST_MM, SHORTEST_MM

SAME_PLACE = 1e-3
_BY_SCALE = 1e-6
_STEPS = 2049
_SPAN = math.log(LONGEST_MM / SHORTEST_MM)


@dataclass(frozen=True)
class Ring:
    """One ring: the places it was measured at, in order, and its scale's marks there, as evenly spread
    as the places without an encoder are; no marks where they were not read."""

    places: tuple[float, ...]
    marks: tuple[float, ...]

    @property
    def turned(self) -> bool:
        """Whether more than one place was measured."""
        return len(self.places) > 1

    @property
    def encoded(self) -> bool:
        """Whether its places are an encoder's."""
        return (
            not self.marks
            or max(abs(place - mark) for place, mark in zip(self.places, self.marks, strict=True))
            > _BY_SCALE
        )

    def of_mark(self, mark: float) -> float | None:
        """The place of a mark of the scale, the end's beyond an end; None where the scale was not read,
        or turns back."""
        steps = np.diff(self.marks)
        if len(self.marks) != len(self.places) or not (np.all(steps > 0) or np.all(steps < 0)):
            return None
        places, marks = self._curve
        turn = 1.0 if steps[0] > 0 else -1.0
        return float(np.interp(turn * mark, turn * marks, places))

    @cached_property
    def _curve(self) -> tuple[F64, F64]:
        """Places along the ring and the scale's marks there, by the curve that blends lenses."""
        places = np.linspace(self.places[0], self.places[-1], _STEPS)
        places = np.union1d(places, self.places)
        marks = PchipInterpolator(np.array(self.places), np.array(self.marks))(places)
        return places, np.asarray(marks, np.float64)


def beyond(value: float, ends: Sequence[float], allowed: float) -> bool:
    """Whether a value stands further outside the ends than is allowed."""
    return not min(ends) - allowed <= value <= max(ends) + allowed


def ring_of(places: Sequence[float], marks: Sequence[float]) -> Ring:
    """The ring of settings at these places; of those at one place the first counts."""
    kept: list[int] = []
    for index in sorted(range(len(places)), key=lambda index: places[index]):
        if not kept or places[index] - places[kept[-1]] > SAME_PLACE:
            kept.append(index)
    return Ring(tuple(places[index] for index in kept), tuple(marks[index] for index in kept if marks))


def zoom_mark(focal_mm: float) -> float:
    """The mark of a focal length on the zoom ring; that of no lens lies beyond 0 to 1."""
    return math.log(focal_mm / SHORTEST_MM) / _SPAN


def focal_of_mark(mark: float) -> float:
    """The focal length of a mark, millimetres."""
    return SHORTEST_MM * math.exp(mark * _SPAN)


def focus_mark(distance_m: float | None) -> float:
    """The mark of a distance on the focus ring; None is infinity."""
    if distance_m is None or math.isinf(distance_m):
        return 1.0
    return distance_m / (1.0 + distance_m)


def said_metres(mark: float) -> str:
    """The distance of a mark, in words."""
    return "infinity" if mark >= 1.0 else f"{mark / (1.0 - mark):.3g} m"
