"""The solved track as lines: what goes in comes out, to the standard's places."""

from fractions import Fraction

import numpy as np
import orjson
import pytest

from openset.formats import opentrackio
from openset.primitives.ids import TakeId
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.primitives.time import Timecode
from openset.stage.accuracy.said import spread_from_status
from openset.stage.lens.model import Lens
from openset.stage.record.model import TakeSpec
from openset.stage.record.track import TrackLine, parse_track_line
from openset.stage.solve.lines import solved_line
from openset.stage.solve.material import path_of, shot_frame

LENS = Lens(1920, 1080, 1403.2, 1403.2, 968.25, 533.5, -0.11, 0.03, 4e-4, -3e-4, -0.004,
            entrance_pupil_offset_m=0.1)  # fmt: skip
RATE = Fraction(25)
SPEC = TakeSpec(
    TakeId("1", "A", 1), RATE, 1920, 1080, Timecode(0, RATE), 0.04, "m", "cpu", "p", "t", LENS
)


def test_a_line_holds_pose_lens_spread_and_the_frames_own_time() -> None:
    pose = pose_from_pan_tilt_roll((0.1234567, -2.5, 1.6), 0.3, -0.1, 0.02)
    covariance = np.diag([1e-6] * 3 + [1e-8] * 3)
    line = TrackLine(12, "01:00:00:12", 987_654_321_000, 0.3, "held", {})
    made = solved_line(SPEC, line, "tracked", pose, covariance, LENS)
    back = parse_track_line(made)
    assert (back.frame, back.timecode, back.time_ns, back.state) == (
        12,
        "01:00:00:12",
        987_654_321_000,
        "tracked",
    )
    assert orjson.loads(made)["pts_s"] == 12 / 25
    assert opentrackio.validate(back.sample) == []
    frame = shot_frame(back, 1920, 1080)
    found = path_of([frame.stage_from_camera])
    np.testing.assert_allclose(found.positions_m[0], pose.position_m, atol=1e-6)
    np.testing.assert_allclose(found.rotations[0], pose.matrix[:3, :3], atol=1e-7)
    assert frame.lens is not None
    assert frame.lens.fx_px == pytest.approx(LENS.fx_px, abs=1e-3)
    assert frame.lens.k1 == pytest.approx(LENS.k1, abs=1e-6)
    said = spread_from_status(back.sample["tracker"]["status"])
    assert said is not None
    np.testing.assert_allclose(np.diag(said), np.diag(covariance), rtol=1e-2)
