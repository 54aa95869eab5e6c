"""What is shot on a simulated day: one frozen value that decides every pixel and every sample."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from openset.sim.optics import Optics

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class DayPlan:
    """One take of the day. Same plan, same pictures.

    Times are counted from the middle of frame 0's exposure. The figure stands at the stage origin, the
    cloth hangs at y = `cloth_y_m`. `camera_from_m` and `camera_to_m` are the ends of the dolly, `aim_m`
    the height it looks at over the mark. `handheld` scales the operator's tremor (1 = shoulder).
    `cloth_ends` brings the cloth's right edge, the grey wall and a lamp stand into the frame.
    `tracker_clock_s` is what the tracker's own clock shows at time 0, `tracker_drift` how much faster
    than ours it runs.
    """

    seed: int = 1
    width_px: int = 1280
    height_px: int = 720
    rate: Fraction = Fraction(25)
    duration_s: float = 8.0
    scene: str = "1"
    shot: str = "A"
    focal_length_mm: float = 28.0
    sensor_width_mm: float = 24.0
    k1: float = -0.12
    k2: float = 0.03
    p1: float = 5e-4
    p2: float = -4e-4
    axis_right: float = 0.0032
    axis_down: float = -0.0021
    shutter_s: float = 0.02
    noise_gain: float = 4e-4
    noise_read: float = 2e-3
    camera_from_m: tuple[float, float, float] = (-0.62, -4.35, 1.46)
    camera_to_m: tuple[float, float, float] = (0.34, -3.85, 1.50)
    aim_m: float = 0.99
    handheld: float = 1.0
    cloth_y_m: float = 2.8
    cloth_ends: bool = False
    marks: bool = False
    breeze: float = 1.0
    delay_s: float = 0.083
    tracker_rate_hz: float = 100.0
    tracker_noise_m: float = 3e-4
    tracker_noise_rad: float = 5e-3 * 3.141592653589793 / 180.0
    tracker_clock_s: float = 26_537.25
    tracker_drift: float = 1.2e-5

    @property
    def frame_count(self) -> int:
        """Whole frames in the take."""
        return max(1, round(self.duration_s * self.rate))

    @property
    def optics(self) -> Optics:
        """The plan's lens for the plan's picture; the axis is off by fractions of the width."""
        return Optics(
            width_px=self.width_px,
            height_px=self.height_px,
            f_px=self.focal_length_mm / self.sensor_width_mm * self.width_px,
            cx_px=self.width_px * (0.5 + self.axis_right),
            cy_px=self.height_px * 0.5 + self.width_px * self.axis_down,
            k1=self.k1,
            k2=self.k2,
            p1=self.p1,
            p2=self.p2,
        )

    @property
    def sensor_height_mm(self) -> float:
        """Height of the used sensor area, pixels being square."""
        return self.sensor_width_mm * self.height_px / self.width_px

    def frame_time_s(self, index: int) -> float:
        """The middle of frame `index`'s exposure."""
        return float(Fraction(index) / self.rate)

    def frame_time_ns(self, index: int) -> int:
        """The middle of frame `index`'s exposure, whole nanoseconds."""
        return int(Fraction(index * NS_PER_S) / self.rate)


def wide(seed: int = 1, duration_s: float = 8.0, scene: str = "1", shot: str = "A") -> DayPlan:
    """A full figure at 28 mm on a slow dolly."""
    return DayPlan(seed=seed, duration_s=duration_s, scene=scene, shot=shot)


def medium(seed: int = 1, duration_s: float = 8.0, scene: str = "1", shot: str = "B") -> DayPlan:
    """Knees up at 35 mm, a little lower, drifting the other way."""
    return DayPlan(
        seed=seed,
        duration_s=duration_s,
        scene=scene,
        shot=shot,
        focal_length_mm=35.0,
        camera_from_m=(0.55, -3.75, 1.42),
        camera_to_m=(-0.25, -3.5, 1.45),
        aim_m=1.22,
    )
