"""The map's scale, from distances measured with a tape between the middles of two tags."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.finding import Finding

TAPE_SD_M = 0.001
"""How sure a tape is, where nobody says otherwise."""
PRINTER_SD = 0.002
"""How sure a printed size is, as a part of it, where no tape says better."""
_MOST_SD = 3.0


@dataclass(frozen=True)
class Taped:
    """A distance measured between the middles of two tags, and how sure it is."""

    first: int
    second: int
    distance_m: float
    sd_m: float = TAPE_SD_M


@dataclass(frozen=True)
class Scale:
    """What to multiply the map by, how sure (as a part of 1), and by how much each tape is longer than
    the map says after that, metres; None for a tape whose tags are not on the map. Not `taped` where
    only the printed size says how large the map is."""

    factor: float
    sd: float
    left_m: tuple[float | None, ...]
    findings: tuple[Finding, ...] = ()
    taped: bool = True


def scale_of(taped: Sequence[Taped], middles_m: Mapping[int, F64]) -> Scale:
    """The factor that fits the tapes best, weighted by how sure each is. Of three or more, the one that
    contradicts all others is left out. Without any the printed size stands."""
    lengths = [
        float(np.linalg.norm(middles_m[each.first] - middles_m[each.second]))
        if each.first in middles_m and each.second in middles_m
        else None
        for each in taped
    ]
    known = [place for place, length in enumerate(lengths) if length]
    findings = [_missing(taped[place]) for place, length in enumerate(lengths) if not length]
    if not known:
        return Scale(1.0, PRINTER_SD, (None,) * len(taped), tuple(findings), taped=False)
    measured = np.array([taped[place].distance_m for place in known])
    said = np.array([lengths[place] for place in known], dtype=np.float64)
    sd = np.array([taped[place].sd_m for place in known])
    used = _agreeing(measured, said, sd)
    factor, spread, misfit = _fit(measured[used], said[used], sd[used])
    left = measured - factor * said
    contradiction = bool((np.abs(left[used]) > _MOST_SD * sd[used]).any())
    if contradiction:
        findings.append(_contradicting([taped[place] for place in known], left))
    findings += [
        _wrong(taped[place], float(left[index])) for index, place in enumerate(known) if not used[index]
    ]
    told: list[float | None] = [None] * len(taped)
    for index, place in enumerate(known):
        told[place] = float(left[index])
    return Scale(factor, spread * max(1.0, misfit), tuple(told), tuple(findings))


def _fit(measured: F64, said: F64, sd: F64) -> tuple[float, float, float]:
    """Factor, its spread, and by how much more than their spread the tapes disagree."""
    weight = 1.0 / sd**2
    strength = float(np.sum(weight * said**2))
    factor = float(np.sum(weight * said * measured)) / strength
    away = float(np.sum(weight * (measured - factor * said) ** 2))
    return factor, 1.0 / math.sqrt(strength), math.sqrt(away / max(1, len(said) - 1))


def _agreeing(measured: F64, said: F64, sd: F64) -> F64:
    """All tapes, or all but the one without which the others agree."""
    every = np.ones(len(said), dtype=bool)
    factor, _, _ = _fit(measured, said, sd)
    if len(said) < 3 or (np.abs(measured - factor * said) <= _MOST_SD * sd).all():
        return every
    best, least = every, math.inf
    for out in range(len(said)):
        tried = every.copy()
        tried[out] = False
        factor, _, misfit = _fit(measured[tried], said[tried], sd[tried])
        agree = (np.abs(measured - factor * said)[tried] <= _MOST_SD * sd[tried]).all()
        if agree and misfit < least:
            best, least = tried, misfit
    return best


def _missing(tape: Taped) -> Finding:
    return Finding(
        "tape unused",
        (tape.first, tape.second),
        f"the distance {tape.first}-{tape.second} was not used: one of the two tags is not on the map",
        "Check the numbers under the tags, or film the missing one",
    )


def _wrong(tape: Taped, left_m: float) -> Finding:
    return Finding(
        "tape",
        (tape.first, tape.second),
        f"the distance {tape.first}-{tape.second} contradicts the other tapes by "
        f"{abs(left_m) * 1000:.0f} mm and was left out",
        f"Measure it again: the map says {tape.distance_m - left_m:.3f} m",
        value=left_m * 1000,
    )


def _contradicting(tapes: Sequence[Taped], left: F64) -> Finding:
    pairs = ", ".join(
        f"{tape.first}-{tape.second} by {each * 1000:+.0f} mm"
        for tape, each in zip(tapes, left, strict=True)
    )
    return Finding(
        "tape",
        tuple(sorted({number for tape in tapes for number in (tape.first, tape.second)})),
        f"the taped distances disagree: {pairs}",
        "Measure them again, from the middle of one tag to the middle of the other; a third distance "
        "shows which one is wrong",
        grave=True,
        value=float(np.max(np.abs(left))) * 1000,
    )
