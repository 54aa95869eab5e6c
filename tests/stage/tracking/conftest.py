"""A camera moved by hand whose truth is a formula, for the tests of the delay's parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from openset.primitives.space import F64, pose_from_pan_tilt_roll
from openset.stage.tracking.motion import Motion
from openset.stage.tracking.samples import TrackSample

S = 1_000_000_000
FOCAL_PX = 600.0


@dataclass(frozen=True, eq=False)
class Hand:
    """Small pans, tilts and rolls: sums of four sines each, 0.3 to 7 Hz."""

    motion: Motion
    track: list[TrackSample]
    angles: Callable[[F64], F64]


@pytest.fixture(scope="session")
def hand() -> Callable[..., Hand]:
    """Makes the material: flow of `seconds` that comes `delay_s` late, and the track of the same."""

    def make(
        seed: int = 1,
        delay_s: float = 0.08,
        seconds: float = 10.0,
        *,
        fps: float = 25.0,
        rate_hz: float = 100.0,
        size_deg: float = 0.3,
        flow_noise_px: float = 0.05,
        noise_deg: float = 0.0,
        readout_s: float = 0.0,
    ) -> Hand:
        random = np.random.default_rng(seed)
        hertz = np.array([0.31, 1.3, 3.1, 6.7]) * random.uniform(0.85, 1.15, (3, 4))
        sizes = np.radians(size_deg) * hertz**-0.7
        phases = random.uniform(0, 2 * np.pi, (3, 4))

        def angles(times: F64) -> F64:
            turns = 2 * np.pi * hertz[:, :, None] * times + phases[:, :, None]
            return np.asarray((sizes[:, :, None] * np.sin(turns)).sum(axis=1))

        def rates(times: F64) -> F64:
            turns = 2 * np.pi * hertz[:, :, None] * times + phases[:, :, None]
            return np.asarray((sizes * 2 * np.pi * hertz)[:, :, None] * np.cos(turns)).sum(axis=1)

        times = 0.013 + np.arange(int(seconds * fps)) / fps
        begin, end = times[:-1], times[1:]
        moved, faster = angles(end) - angles(begin), rates(end) - rates(begin)
        flow = FOCAL_PX * moved[:2].T + flow_noise_px * random.normal(size=(len(begin), 2))
        shear = readout_s * FOCAL_PX * faster[:2].T + flow_noise_px * random.normal(size=flow.shape)
        stamps = np.round((times + delay_s) * S).astype(np.int64)
        roll = -moved[2] + flow_noise_px / 150 * random.normal(size=len(begin))
        motion = Motion(stamps[:-1], stamps[1:], flow, roll, shear)
        track = []
        for at in np.arange(-0.7, seconds + 0.7, 1 / rate_hz).tolist():
            pan, tilt, turned = (
                angles(np.array([at]))[:, 0] + np.radians(noise_deg) * random.normal(size=3)
            ).tolist()
            track.append(
                TrackSample(round(at * S), pose_from_pan_tilt_roll((0.0, 0.0, 1.5), pan, tilt, turned))
            )
        return Hand(motion, track, angles)

    return make
