"""What a bridge did, in figures: for the line of each second, for the summary and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openset.stage.live.outlet import Outlet
from openset.stage.tracking.flow import Spread


@dataclass(frozen=True)
class SourceFigures:
    """One carried source: see `Flow`."""

    source: str
    reports: int
    rate_hz: float
    lost: int
    late: int
    repeated: int
    jitter: Spread | None


@dataclass(frozen=True)
class Figures:
    """What a bridge did: in all, or in one second where it is a tick's.

    `age` is how old reports were as they went out.
    """

    seconds: float
    reports: int
    rate_in_hz: float
    rate_out_hz: float
    sources: tuple[SourceFigures, ...]
    lost: int
    late: int
    repeated: int
    jitter: Spread | None
    age: Spread | None
    faults: Mapping[str, int]
    outlets: tuple[Outlet, ...] = ()
    ignored: tuple[str, ...] = ()


def as_json(figures: Figures) -> dict[str, Any]:
    """Figures for programs: plain numbers, milliseconds, hertz."""
    return {
        "seconds": round(figures.seconds, 3),
        "samples": figures.reports,
        "rate_in_hz": round(figures.rate_in_hz, 2),
        "rate_out_hz": round(figures.rate_out_hz, 2),
        "lost": figures.lost,
        "out_of_order": figures.late,
        "repeated": figures.repeated,
        "jitter_ms": figures.jitter and figures.jitter.as_json(),
        "age_ms": figures.age and figures.age.as_json(),
        "faults": dict(figures.faults),
        "sources": [
            {
                "source": each.source,
                "samples": each.reports,
                "rate_hz": round(each.rate_hz, 2),
                "lost": each.lost,
                "out_of_order": each.late,
                "repeated": each.repeated,
                "jitter_ms": each.jitter and each.jitter.as_json(),
            }
            for each in figures.sources
        ],
        "outputs": [
            {
                "to": outlet.title,
                "targets": dict(outlet.targets),
                "samples": outlet.reports,
                "faults": dict(outlet.faults),
                "trouble": outlet.trouble.line if outlet.trouble else "",
            }
            for outlet in figures.outlets
        ],
        "ignored": list(figures.ignored),
    }
