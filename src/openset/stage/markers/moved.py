"""A tag that hangs elsewhere than the map says: found by its staying wrong while the others agree. One
that was put back, or was only seen through a lens that was turned, fits again and is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from openset.primitives.space import F64, Pose

SURE_FRAMES = 12
"""So many more pictures must speak against a tag than for it, before it is given up."""
SURE_BACK = 6
"""A tag that was given up and fits in so many looks, one after the other, is taken back."""
LEAST_OTHERS = 3
"""Fewer tags that agree are no witness."""


@dataclass
class _Doubt:
    against: int = 0
    off_m: float = 0.0
    fits: int = 0


class MovedTags:
    """Keeps count of who stays wrong; `off_m` is how far off each given-up tag is, about, in metres."""

    def __init__(self) -> None:
        self._doubts: dict[int, _Doubt] = {}
        self.off_m: dict[int, float] = {}

    def note(
        self,
        dropped: frozenset[int],
        off_px: Mapping[int, float],
        used: int,
        corners_m: Mapping[int, F64],
        body: Pose,
        focal_px: float,
    ) -> frozenset[int]:
        """One picture's answer; the tags that are given up by it. A tag's error across the line of
        sight is its error in pixels over the focal length, at its distance."""
        if used < LEAST_OTHERS:
            return frozenset()
        for number in off_px:
            doubt = self._doubts.setdefault(number, _Doubt())
            if number not in dropped:
                doubt.against = max(0, doubt.against - 2)
                continue
            away_m = float(np.linalg.norm(corners_m[number].mean(axis=0) - np.array(body.position_m)))
            now_m = off_px[number] / focal_px * away_m
            doubt.off_m = now_m if not doubt.against else 0.8 * doubt.off_m + 0.2 * now_m
            doubt.against += 1
        moved = frozenset(
            number
            for number, doubt in self._doubts.items()
            if doubt.against >= SURE_FRAMES and number not in self.off_m
        )
        self.off_m.update({number: self._doubts[number].off_m for number in moved})
        return moved

    def look_again(self, off_px: Mapping[int, float], used: int, near_px: float) -> frozenset[int]:
        """How far off given-up tags are in one picture; those that are taken back by it."""
        if used < LEAST_OTHERS:
            return frozenset()
        back = set()
        for number, off in off_px.items():
            doubt = self._doubts[number]
            doubt.fits = doubt.fits + 1 if off <= near_px else 0
            if doubt.fits >= SURE_BACK:
                back.add(number)
                del self._doubts[number], self.off_m[number]
        return frozenset(back)
