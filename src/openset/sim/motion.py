"""How the camera and the figure move: pure functions of the plan and the time.

The operator's hand is a sum of tremor lines at 2.1, 3.7, 5.9 and 8.3 Hz with amplitude falling as
f**-0.8, over a slow wander, over the planned dolly.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from openset.sim.optics import angles_towards, rotation_from_angles
from openset.sim.plan import DayPlan

F64 = npt.NDArray[np.float64]

TREMOR_HZ = np.array([2.1, 3.7, 5.9, 8.3])
TREMOR_RAD = np.radians(0.055)
TREMOR_M = 0.0011
WANDER_HZ = np.array([0.13, 0.31, 0.62])
WANDER_RAD = np.radians(0.45)
WANDER_M = 0.010


@dataclass(frozen=True)
class CameraState:
    """The entrance pupil on the stage, metres, and OpenTrackIO's angles, radians."""

    position_m: tuple[float, float, float]
    pan_rad: float
    tilt_rad: float
    roll_rad: float

    @property
    def rotation(self) -> F64:
        """stage_from_camera (3, 3)."""
        return rotation_from_angles(self.pan_rad, self.tilt_rad, self.roll_rad)

    @property
    def matrix(self) -> F64:
        """stage_from_camera (4, 4)."""
        out = np.eye(4)
        out[:3, :3] = self.rotation
        out[:3, 3] = self.position_m
        return out


@dataclass(frozen=True)
class FigureState:
    """The puppet's joints in radians, counter-clockwise seen from the camera, and what sways.

    `shoulders_rad` and `elbows_rad` are (picture left, picture right); an elbow is counted from the
    upper arm. `breeze` moves hair and scarf, about -1..1.
    """

    lean_rad: float
    head_rad: float
    head_shift_m: tuple[float, float]
    shoulders_rad: tuple[float, float]
    elbows_rad: tuple[float, float]
    scarf_rad: float
    scarf_stretch: float
    breeze: float


@lru_cache(maxsize=16)
def _phases(seed: int, slate: str) -> tuple[F64, F64]:
    random = np.random.default_rng([seed, 71, zlib.crc32(slate.encode())])
    return random.uniform(0, 2 * np.pi, (6, 4)), random.uniform(0, 2 * np.pi, (6, 3))


def camera_at(plan: DayPlan, time_s: float) -> CameraState:
    """Where the camera is `time_s` after the middle of frame 0."""
    tremor_phase, wander_phase = _phases(plan.seed, f"{plan.scene}/{plan.shot}")
    tremor = np.sin(2 * np.pi * TREMOR_HZ * time_s + tremor_phase) @ (TREMOR_HZ / 2.1) ** -0.8
    wander = np.sin(2 * np.pi * WANDER_HZ * time_s + wander_phase) @ np.array([0.6, 0.3, 0.1])
    shake_m = plan.handheld * (TREMOR_M * tremor[:3] + WANDER_M * wander[:3])
    shake_rad = plan.handheld * (TREMOR_RAD * tremor[3:] + WANDER_RAD * wander[3:])
    progress = float(np.clip(time_s / max(plan.duration_s, 1e-6), -0.2, 1.2))
    eased = 0.5 - 0.5 * np.cos(np.pi * float(np.clip(progress, 0.0, 1.0)))
    start, end = np.array(plan.camera_from_m), np.array(plan.camera_to_m)
    position = start + (end - start) * eased + shake_m
    pan, tilt = angles_towards(start + (end - start) * eased, np.array([0.0, 0.0, plan.aim_m]))
    pan += np.radians(1.6) * np.sin(2 * np.pi * 0.09 * time_s + wander_phase[3, 0])
    x, y, z = position.tolist()
    return CameraState(
        (x, y, z),
        float(pan + shake_rad[0]),
        float(tilt + shake_rad[1]),
        float(0.6 * shake_rad[2]),
    )


def figure_at(plan: DayPlan, time_s: float) -> FigureState:
    """How the figure stands at `time_s`: a storyteller whose right-of-picture arm sweeps in bursts."""
    wave = _phases(plan.seed, f"{plan.scene}/{plan.shot}")[0][:, 0]

    def sine(hertz: float, which: int) -> float:
        return float(np.sin(2 * np.pi * hertz * time_s + wave[which]))

    burst = 0.35 + 0.65 * float(np.sin(np.pi * time_s / 2.9 + 0.6)) ** 2
    breeze = plan.breeze * (0.55 * sine(0.43, 0) + 0.3 * sine(1.1, 1) + 0.15 * sine(2.3, 2))
    sweep = burst * sine(1.35, 3)
    return FigureState(
        lean_rad=0.012 * sine(0.31, 4) + 0.004 * sweep,
        head_rad=0.05 * sine(0.47, 5) + 0.02 * sweep,
        head_shift_m=(0.006 * sine(0.37, 1), 0.003 * sine(0.9, 2)),
        shoulders_rad=(-0.16 + 0.05 * sine(0.6, 0), 0.52 + 0.22 * sweep + 0.06 * sine(0.4, 2)),
        elbows_rad=(0.22 + 0.10 * sine(0.55, 1), 1.55 + 0.72 * sweep),
        scarf_rad=-0.30 - 0.10 * breeze,
        scarf_stretch=1.0 + 0.05 * sine(0.8, 3),
        breeze=breeze,
    )
