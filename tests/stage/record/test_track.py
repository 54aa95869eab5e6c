"""A track line says where the camera was, so that any OpenTrackIO reader finds pose and lens."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.opentrackio import read, validate
from openset.primitives.space import angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.lens.model import Lens
from openset.stage.lens.report import lens_from_report
from openset.stage.record.model import TrackTotals
from openset.stage.record.track import frame_line, parse_track_line, raw_line, totals_with
from openset.stage.tracking.opentrackio import lens_of_reading, sample_from_reading

METRES = st.floats(-50, 50)
LENS = Lens(
    192, 108, 190.0, 190.0, 97.0, 53.0, k1=-0.1, k2=0.02, p1=0.001, entrance_pupil_offset_m=0.12
)


@settings(max_examples=50, deadline=None)
@given(
    position=st.tuples(METRES, METRES, METRES),
    pan=st.floats(-3, 3),
    tilt=st.floats(-1.5, 1.5),
    roll=st.floats(-3, 3),
)
def test_pose_and_lens_come_back_through_the_standard(
    kit: Any, position: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    pose = pose_from_pan_tilt_roll(position, pan, tilt, roll)
    line = parse_track_line(
        frame_line(kit.spec(), replace(kit.frame(3), stage_from_camera=pose, lens=LENS))
    )
    reading = read(line.sample)
    back = sample_from_reading(reading, line.time_ns)
    assert back.stage_from_camera.position_m == pytest.approx(position, abs=1e-9)
    assert angle_between_rad(back.stage_from_camera, pose) < 1e-6
    report = lens_of_reading(reading)
    assert report is not None
    lens = lens_from_report(report, 192, 108)
    assert (lens.fx_px, lens.cx_px, lens.k1, lens.p1) == pytest.approx((190.0, 97.0, -0.1, 0.001))


def test_a_line_is_one_line_and_its_sample_is_valid(kit: Any) -> None:
    data = frame_line(kit.spec(), kit.frame(7))
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    line = parse_track_line(data)
    assert (line.frame, line.timecode, line.state) == (7, "01:00:00:07", "tracked")
    assert validate(line.sample) == []
    assert line.sample["tracker"]["slate"] == "1-A-t01"


def test_the_same_frame_gives_the_same_line(kit: Any) -> None:
    assert frame_line(kit.spec(), kit.frame(7)) == frame_line(kit.spec(), kit.frame(7))


def test_drop_frame_timecode_reaches_the_sample(kit: Any) -> None:
    rate = Fraction(30000, 1001)
    spec = kit.spec(rate=rate)
    spec = replace(spec, start_timecode=replace(spec.start_timecode, drop_frame=True))
    line = parse_track_line(frame_line(spec, kit.frame(0)))
    assert line.timecode == str(spec.start_timecode)
    assert line.sample["timing"]["timecode"]["dropFrame"] is True


@pytest.mark.parametrize(("age_s", "time_ns"), [(math.inf, 0), (math.nan, -5)])
def test_a_frame_without_a_pose_still_gives_a_valid_line(kit: Any, age_s: float, time_ns: int) -> None:
    frame = replace(kit.frame(0), age_s=age_s, state="none", lens=None, time_ns=time_ns)
    line = parse_track_line(frame_line(kit.spec(), frame))
    assert line.age_s is None
    assert validate(line.sample) == []


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"{}", b'{"frame": "1"}', b"\xff\xfe", b'{"frame": 1, "time_ns": 2}'],
)
def test_a_line_that_is_not_one_is_refused_by_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_track_line(text)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_value_error(text: bytes) -> None:
    try:
        parse_track_line(text)
    except ValueError:
        return


def test_a_raw_line_keeps_the_report_as_it_came() -> None:
    sample = {"custom": [1, None, "Ñ"]}
    assert orjson.loads(raw_line(5, 3, sample)) == {"arrival_ns": 5, "time_ns": 3, "sample": sample}


def test_totals_count_states_and_remember_the_oldest_pose_used() -> None:
    totals = TrackTotals()
    for state, age_s in [
        ("tracked", 0.01),
        ("held", 0.3),
        ("none", 9.0),
        ("held", math.inf),
        ("none", None),
    ]:
        totals = totals_with(totals, state, age_s)
    assert totals == TrackTotals(tracked=1, held=2, none=2, longest_age_s=0.3)
