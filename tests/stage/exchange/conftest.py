"""Camera moves for the files of post: a crane shot that pans, tilts, rolls and zooms off its axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.primitives.time import timecode_from_fields
from openset.stage.exchange.model import CameraMove
from openset.stage.exchange.move import lens_reports, move_from_samples, pupil_poses
from openset.stage.lens.model import project
from openset.stage.lens.report import lens_from_report
from openset.stage.tracking.samples import MODEL_UD, LensReport, TrackSample

RATE = Fraction(25)


def crane_pose(index: int) -> Pose:
    """Where the crane has the camera at a frame; it pans past half a turn."""
    angles = (2.6 + 0.1 * index, -0.4 + 0.05 * index, 0.2 - 0.03 * index)
    return pose_from_pan_tilt_roll((1.5 - 0.1 * index, -4.0 + 0.2 * index, 1.7 + 0.05 * index), *angles)


@pytest.fixture(scope="session")
def crane() -> CameraMove:
    """Twelve frames at 25: 1920 x 1080, a zoom from 35 mm, axis 0.3 mm right and 0.2 mm up."""
    lens = LensReport(
        focal_length_mm=35.0,
        focus_distance_m=2.5,
        f_stop=2.8,
        entrance_pupil_offset_m=0.05,
        sensor_width_mm=36.0,
        sensor_height_mm=20.25,
        projection_offset_mm=(0.3, -0.2),
        distortion_model=MODEL_UD,
        radial=(-1e-4, 0.0, 1e-8),
        tangential=(1e-6, -2e-6),
    )
    samples = [
        TrackSample(round(index * 40e6), crane_pose(index), replace(lens, focal_length_mm=35.0 + index))
        for index in range(12)
    ]
    codes = [timecode_from_fields(10, 0, 0, index, RATE) for index in range(12)]
    return move_from_samples("crane", samples, rate=RATE, timecodes=codes, size_px=(1920, 1080))


@pytest.fixture(scope="session")
def points() -> np.ndarray:
    """Forty points spread over the picture of a camera at the origin, 2 to 20 m before it, (40, 3)."""
    rng = np.random.default_rng(7)
    depth = rng.uniform(2.0, 20.0, 40)
    return np.stack(
        [rng.uniform(-0.4, 0.4, 40) * depth, rng.uniform(-0.25, 0.25, 40) * depth, -depth], 1
    )


Seen = Callable[[CameraMove, int], tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def seen(points: np.ndarray) -> Seen:
    """Points of the world (n, 3) before the camera of a frame, and the pixels (n, 2) where our own lens
    model sees them, its bending aside."""

    def both(move: CameraMove, index: int) -> tuple[np.ndarray, np.ndarray]:
        pose, report = pupil_poses(move)[index], lens_reports(move)[index]
        assert pose is not None
        assert report is not None
        assert move.size_px is not None
        straight = replace(report, radial=(), tangential=(), distortion_model=None)
        pixels = project(lens_from_report(straight, *move.size_px), points)
        world = points @ pose.matrix[:3, :3].T + pose.position_m
        return world, pixels

    return both
