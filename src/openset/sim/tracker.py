"""The simulated tracker's words: OpenTrackIO 1.0.1 samples of the planned move, on its own clock.

Written from the specification by hand, as another maker's tracker would, so that a mistake in the
stage's own reader does not cancel here. Rotations in degrees, sensor and lens in millimetres;
distortion as "Brown-Conrady U-D" on the sensor: k of r**2n divided by F**2n with zeros for the terms
below the line, p divided by F (OpenLensIO 1.0.1, 4.1).
"""

from __future__ import annotations

import uuid
from fractions import Fraction
from typing import Any

import numpy as np

from openset.sim.motion import camera_at
from openset.sim.plan import NS_PER_S, DayPlan

STATIC_EVERY_S = 2.0


def sample_count(plan: DayPlan) -> int:
    """Samples from frame 0's middle until half a second after the last frame."""
    return int((plan.duration_s + 0.5) * plan.tracker_rate_hz) + 1


def sample_time_ns(plan: DayPlan, index: int) -> int:
    """When sample `index` (negative before the take) was measured, after the middle of frame 0."""
    return round(index * NS_PER_S / plan.tracker_rate_hz)


def tracker_clock_ns(plan: DayPlan, time_ns: int) -> int:
    """What the tracker's own clock shows at `time_ns`."""
    return round(plan.tracker_clock_s * NS_PER_S + time_ns * (1.0 + plan.tracker_drift))


def arrival_ns(plan: DayPlan, index: int) -> int:
    """When sample `index` reaches us over a quiet network: 0.6 ms and an exponential tail of 0.3 ms."""
    tail = np.random.default_rng([plan.seed, 59, index + 1_000_000]).exponential(3e5)
    return sample_time_ns(plan, index) + 600_000 + round(min(float(tail), 4e6))


def track_sample(plan: DayPlan, index: int) -> dict[str, Any]:
    """Sample `index` of the tracker; every two seconds it carries the static block."""
    time_ns = sample_time_ns(plan, index)
    camera = camera_at(plan, time_ns / NS_PER_S)
    random = np.random.default_rng([plan.seed, 53, index + 1_000_000])
    moved = (np.array(camera.position_m) + random.normal(0, plan.tracker_noise_m, 3)).tolist()
    angles = np.array([camera.pan_rad, camera.tilt_rad, camera.roll_rad])
    turned = np.degrees(angles + random.normal(0, plan.tracker_noise_rad, 3)).tolist()
    stamp = tracker_clock_ns(plan, time_ns)
    rate = Fraction(plan.tracker_rate_hz).limit_denominator(1001)
    sample: dict[str, Any] = {
        "protocol": {"name": "OpenTrackIO", "version": [1, 0, 1]},
        "sampleId": uuid.UUID(bytes=random.bytes(16), version=4).urn,
        "sourceId": _source_id(plan),
        "sourceNumber": 1,
        "tracker": {"status": "Optical Good", "recording": False, "slate": f"{plan.scene}{plan.shot}"},
        "timing": {
            "mode": "internal",
            "sampleRate": {"num": rate.numerator, "denom": rate.denominator},
            "sampleTimestamp": {"seconds": stamp // NS_PER_S, "nanoseconds": stamp % NS_PER_S},
            "sequenceNumber": index & 0xFFFF,
        },
        "transforms": [
            {
                "id": "Camera",
                "translation": {"x": moved[0], "y": moved[1], "z": moved[2]},
                "rotation": {"pan": turned[0], "tilt": turned[1], "roll": turned[2]},
            }
        ],
        "lens": _lens_block(plan),
    }
    if index % round(STATIC_EVERY_S * plan.tracker_rate_hz) == 0:
        sample["static"] = _static_block(plan)
    return sample


def _source_id(plan: DayPlan) -> str:
    return uuid.UUID(bytes=np.random.default_rng([plan.seed, 61]).bytes(16), version=4).urn


def _lens_block(plan: DayPlan) -> dict[str, Any]:
    focal = plan.focal_length_mm
    optics = plan.optics
    pitch = plan.sensor_width_mm / plan.width_px
    return {
        "pinholeFocalLength": focal,
        "focusDistance": 4.0,
        "fStop": 4.0,
        "entrancePupilOffset": 0.0,
        "projectionOffset": {
            "x": (optics.cx_px - plan.width_px / 2) * pitch,
            "y": (optics.cy_px - plan.height_px / 2) * pitch,
        },
        "distortion": [
            {
                "model": "Brown-Conrady U-D",
                "radial": [plan.k1 / focal**2, 0.0, plan.k2 / focal**4],
                "tangential": [plan.p1 / focal, plan.p2 / focal],
            }
        ],
    }


def _static_block(plan: DayPlan) -> dict[str, Any]:
    return {
        "camera": {
            "label": "A",
            "activeSensorPhysicalDimensions": {
                "width": plan.sensor_width_mm,
                "height": plan.sensor_height_mm,
            },
            "activeSensorResolution": {"width": plan.width_px, "height": plan.height_px},
            "captureFrameRate": {"num": plan.rate.numerator, "denom": plan.rate.denominator},
        },
        "lens": {"nominalFocalLength": plan.focal_length_mm},
        "tracker": {"make": "Openset", "model": "Simulated tracker"},
    }
