"""What the engine says of itself, five times a second: the strip of truth under the monitor."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from openset.stage.accuracy.watch import Verdict


@dataclass
class Status:
    """The engine's state in the units of the page: the loop writes it, listeners get copies. `view` is
    what every monitor shows; `takes` are those cut in this session, `circled` those marked so.
    `timecode_state` is "" where no LTC is followed, else "none", "locked" or "free"; `timecode_note`
    says why it cannot be used, where that is known; `error` is the worst mark's."""

    production: str = ""
    title: str = ""
    scene: str = ""
    shot: str = ""
    take: str = ""
    rolling: bool = False
    timecode: str = "00:00:00:00"
    timecode_state: str = ""
    timecode_note: str = ""
    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    recorded: int = 0
    rate_fps: float = 0.0
    rate_wanted: float = 0.0
    tracking_state: str = "none"
    tracking_age_ms: float = 0.0
    delay_ms: float = 0.0
    track_samples: int = 0
    track_faults: int = 0
    key_score: float = 0.0
    backend: str = ""
    disk_minutes_left: float = 0.0
    message: str = ""
    view: str = "composite"
    takes: list[str] = field(default_factory=list)
    circled: list[str] = field(default_factory=list)
    error: Verdict | None = None
    faults: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=20))

    def as_message(self) -> dict[str, Any]:
        """The JSON the control socket sends."""
        out: dict[str, Any] = {"type": "status", **vars(self)}
        out["takes"], out["circled"] = list(self.takes), list(self.circled)
        out["faults"] = list(self.faults)
        out["error"] = _error(self.error) if self.error else None
        for name in ("rate_fps", "tracking_age_ms", "delay_ms", "key_score", "disk_minutes_left"):
            out[name] = round(float(out[name]), 1)
        return out


def _error(error: Verdict) -> dict[str, Any]:
    """The error at the worst mark; `text` is it in English, the rest is for pages that say it
    themselves."""
    advice = asdict(error.advice) if error.advice else None
    return {
        "cm": round(error.slide_cm, 2),
        "mark": error.mark,
        "distance_m": round(error.distance_m, 1),
        "advice": advice,
        "text": error.text,
    }


def say_trouble(status: Status) -> str:
    """The one sentence a technician needs now; empty when all is well."""
    age = status.tracking_age_ms / 1000
    if status.tracking_state == "none":
        return "No track yet. The background stands still. Start the tracker or check its address."
    if status.tracking_state == "held":
        return f"Tracker silent for {age:.1f} s. The background is holding still. Check the tracker."
    if 0 < status.disk_minutes_left < 5:
        return f"Disk full in {status.disk_minutes_left:.0f} min. Change the disk after this take."
    if status.timecode_state in ("none", "free"):
        return say_timecode(status.timecode_state, status.timecode_note)
    wanted, reached = status.rate_wanted, status.rate_fps
    if status.frames_in > 50 and 0 < reached < 0.9 * wanted:
        return f"Only {reached:.0f} of {wanted:.0f} frames a second. Close other programs."
    return ""


def say_timecode(state: str, note: str) -> str:
    """How it stands with the LTC, in a sentence or two; "" where none is followed."""
    if note and state in ("none", "free"):
        return f"No LTC: {note}."
    return {
        "none": "No LTC heard. Timecode is counted. Check the cable, the input and its level.",
        "free": "LTC stopped. Timecode runs free. Check the cable.",
        "locked": "LTC is heard.",
    }.get(state, "")
