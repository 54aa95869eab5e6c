"""A real Mo-Sys recording: a camera on a tripod pans, tilts and zooms for a minute at 25 fps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.mosys_f4 import F4Frame, Recording, read
from openset.primitives.space import pose_from_pan_tilt_roll


@pytest.fixture(scope="module")
def recording(shared_data: Path) -> Recording:
    return read((shared_data / "tracking" / "mosys_A003_C001.f4").read_bytes())


def span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def test_every_packet_of_the_clip_is_used(recording: Recording) -> None:
    assert (len(recording.frames), recording.skipped) == (1497, 0)
    assert recording.rate == Fraction(25)
    assert {frame.status for frame in recording.frames} == {"optical good"}


def test_its_timecode_runs_without_a_gap(recording: Recording) -> None:
    codes = [frame.timecode for frame in recording.frames]
    assert (str(codes[0]), str(codes[-1])) == ("15:03:47:02", "15:04:46:23")
    counts = [code.frame_count for code in codes if code]
    assert counts == list(range(counts[0], counts[0] + 1497))


def test_the_move_is_the_size_of_a_tripod_in_a_room(recording: Recording) -> None:
    x, y, z = (span([frame.position_m[axis] for frame in recording.frames]) for axis in range(3))
    assert (x, y, z) == (
        pytest.approx((-0.10898, -0.02055)),
        pytest.approx((-1.86814, -1.83567)),
        pytest.approx((1.18315, 1.20461)),
    )
    pan, tilt = (
        span([math.degrees(getattr(frame, name)) for frame in recording.frames])
        for name in ("pan_rad", "tilt_rad")
    )
    assert pan == pytest.approx((-31.057, 9.394))
    assert tilt == pytest.approx((-33.709, -25.109))


def test_its_signs_and_units_put_the_camera_on_one_pivot(recording: Recording) -> None:
    """A head turns the camera about a fixed point: only the right axes leave half a millimetre."""

    def leftover(frames: Sequence[F4Frame], pan_sign: float, roll_sign: float) -> float:
        turns = np.array(
            [
                pose_from_pan_tilt_roll(
                    (0, 0, 0), pan_sign * f.pan_rad, f.tilt_rad, roll_sign * f.roll_rad
                ).matrix[:3, :3]
                for f in frames
            ]
        )
        unknowns = np.concatenate([turns, np.broadcast_to(np.eye(3), turns.shape)], axis=2).reshape(
            -1, 6
        )
        places = np.array([f.position_m for f in frames]).ravel()
        solution = np.linalg.lstsq(unknowns, places, rcond=None)[0]
        return float(np.sqrt(np.mean((unknowns @ solution - places) ** 2)))

    frames = recording.frames[::10]
    assert leftover(frames, 1, 1) < 0.0006
    assert leftover(frames, -1, 1) > 0.003
    assert leftover(frames, 1, -1) > 0.0009


def test_its_lens_zooms_in_without_a_jump_where_others_see_a_negative_angle(
    recording: Recording,
) -> None:
    """Taken for degrees, frame 713 would have a negative tangent; in pixels it is a steady zoom."""
    focal = np.array([frame.fx_px for frame in recording.frames])
    assert math.tan(math.radians(focal[713]) / 2) < 0 < math.tan(math.radians(focal[712]) / 2)
    assert float(np.abs(np.diff(focal) / focal[:-1]).max()) < 0.04
    field = span([math.degrees(frame.horizontal_fov_rad or 0) for frame in recording.frames])
    assert field == pytest.approx((22.37, 64.68), abs=0.01)


def test_its_focus_starts_near_the_floor_it_looks_at(recording: Recording) -> None:
    first = recording.frames[0]
    floor_m = first.position_m[2] / math.sin(-first.tilt_rad)
    assert first.focus_distance_m == pytest.approx(2.313, abs=0.001)
    assert floor_m == pytest.approx(2.55, abs=0.01)
