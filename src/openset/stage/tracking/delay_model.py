"""What is found of the delay between picture and track, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from openset.primitives.space import F64

MIN_MOTION_PX = 0.25
"""The least motion: standard deviation of the camera's part of the flow, pixels a frame at the working
width (640)."""
MIN_TURN_DEG_S = 0.6
"""The same as a hand feels it: 0.25 pixels 25 times a second, the focal length 600 pixels (a 34 mm lens
on full frame)."""


@dataclass(frozen=True)
class Jump:
    """The delay is `before_s` until `at_s` (since the first frame) and `after_s` from there; `whose`
    clock jumped: "tracker", "picture", "" where neither shows it."""

    at_s: float
    before_s: float
    after_s: float
    whose: str = ""

    @property
    def by_s(self) -> float:
        """How far the delay moved."""
        return self.after_s - self.before_s


@dataclass(frozen=True)
class Drift:
    """How the delay changes along the material: `ppm` is microseconds a second, `sd_ppm` its
    uncertainty, `over_s` the length of the material; `wander_s` is how much the delay varies besides,
    and `wander_sure` whether that is more than chance."""

    ppm: float
    sd_ppm: float
    over_s: float
    wander_s: float
    wander_sure: bool


@dataclass(frozen=True)
class DelayEstimate:
    """`delay_s` > 0: the picture reaches the engine that much later than the pose of the same moment.

    `confidence` is the correlation of flow and track at that delay, 0..1. `sd_s` is the delay's
    standard deviation. `refused` says in words why the figure must not be used, `remedy` what to do
    then. `pixels_per_rad` is the focal length the flow implies, in pixels of a picture 640 wide (in the
    units of the flow given, strictly). `moved_px` is the motion there was, pixels a frame,
    `turned_deg_s` the same in degrees a second by the track; `readout_s` the read-out of the picture
    from its first row to its last, None where it was not to be seen. `gaps_s` are stretches, in seconds
    since the first frame, in which the tracker had stopped; `notes` say so in words. `curve` is the
    correlation at every delay that was tried, (delays, heights).
    """

    delay_s: float
    confidence: float
    sd_s: float | None
    refused: str | None
    pixels_per_rad: float | None = None
    frames: int = 0
    remedy: str = ""
    moved_px: float = 0.0
    turned_deg_s: float = 0.0
    readout_s: float | None = None
    readout_sd_s: float | None = None
    jump: Jump | None = None
    drift: Drift | None = None
    gaps_s: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
    curve: tuple[F64, F64] | None = field(default=None, compare=False, repr=False)


def clock(seconds: float) -> str:
    """A moment of the material as hours, minutes, seconds: 00:00:06.2."""
    tenths = max(0, round(10 * seconds))
    return f"{tenths // 36000:02d}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
