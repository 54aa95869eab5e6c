"""One camera of any stage: the same place and the same millimetres whatever its units."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pxr import Gf, Usd, UsdGeom

from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.stage.exchange.model import Options, Read
from openset.stage.exchange.move import lens_reports, pupil_poses
from openset.stage.exchange.usd_camera import read

# Y up to Z up: x, y, z becomes x, -z, y.
STAND_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def stage_file(path: Path, unit_m: float, up: str, pose: Pose, rate: float = 25.0) -> Path:
    """A stage with a 35 mm camera on a 36 x 24 sensor at a pose, its axis 1 mm right, 0.5 mm down."""
    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageMetersPerUnit(stage, unit_m)
    UsdGeom.SetStageUpAxis(stage, up)
    stage.SetTimeCodesPerSecond(rate)
    dolly = UsdGeom.Xform.Define(stage, "/Dolly")
    dolly.AddTranslateOp().Set(Gf.Vec3d(1.0, 2.0, 3.0))
    dolly.AddRotateYOp().Set(30.0)
    dolly.AddScaleOp().Set(Gf.Vec3f(2.0, 2.0, 2.0))
    camera = UsdGeom.Camera.Define(stage, "/Dolly/Camera")
    world = pose.matrix if up == "Z" else STAND_UP.T @ pose.matrix
    world[:3, 3] /= unit_m
    parent = np.array(UsdGeom.Xformable(dolly).GetLocalTransformation()).T
    local = np.linalg.inv(parent) @ world
    camera.AddTransformOp().Set(Gf.Matrix4d(*local.T.ravel().tolist()))
    tenth_mm = unit_m * 100.0
    camera.CreateFocalLengthAttr(35.0 / tenth_mm)
    camera.CreateHorizontalApertureAttr(36.0 / tenth_mm)
    camera.CreateVerticalApertureAttr(24.0 / tenth_mm)
    camera.CreateHorizontalApertureOffsetAttr(-1.0 / tenth_mm)
    camera.CreateVerticalApertureOffsetAttr(0.5 / tenth_mm)
    camera.CreateFocusDistanceAttr(2.5 / unit_m)
    camera.CreateFStopAttr(2.8)
    stage.Save()
    return path


@given(
    st.sampled_from([1.0, 0.01, 0.001, 0.0254, 0.3048, 10.0]) | st.floats(1e-4, 100.0),
    st.sampled_from(["Y", "Z"]),
    st.tuples(*[st.floats(-50.0, 50.0)] * 3),
    st.floats(-3.0, 3.0),
    st.floats(-1.5, 1.5),
)
@settings(max_examples=60, deadline=None)
def test_any_unit_and_up_axis_give_the_same_place_and_millimetres(
    unit_m: float, up: str, place: tuple[float, float, float], pan: float, tilt: float
) -> None:
    pose = pose_from_pan_tilt_roll(place, pan, tilt, 0.1)
    with tempfile.TemporaryDirectory() as folder:
        found = read(stage_file(Path(folder) / "a.usda", unit_m, up, pose), Options())
    (got,), (lens,) = pupil_poses(found.value), lens_reports(found.value)
    assert got is not None
    assert lens is not None
    assert np.abs(got.matrix - pose.matrix).max() < 1e-5
    assert (lens.focal_length_mm, lens.sensor_width_mm) == pytest.approx((35.0, 36.0), rel=1e-5)
    assert lens.projection_offset_mm == pytest.approx((1.0, 0.5), rel=1e-5)
    assert (lens.focus_distance_m, lens.f_stop) == pytest.approx((2.5, 2.8), rel=1e-5)
    assert found.faults == ()


def text(tmp_path: Path, body: str, head: str = "") -> Read:
    path = tmp_path / "a.usda"
    path.write_text(f'#usda 1.0\n({head})\ndef Camera "C" {{\n{body}\n}}\n')
    return read(path, Options())


MOVES = """double3 xformOp:translate.timeSamples = {{ {keys} }}
uniform token[] xformOpOrder = ["xformOp:translate"]"""


def test_between_keys_set_apart_every_frame_is_read(tmp_path: Path) -> None:
    body = MOVES.format(keys="0: (0, 0, 0), 48: (48, 0, 0)")
    found = text(tmp_path, body, "framesPerSecond = 24\ntimeCodesPerSecond = 24\nmetersPerUnit = 1")
    poses = pupil_poses(found.value)
    assert len(poses) == 49
    assert [pose.position_m[0] for pose in poses[:3] if pose] == pytest.approx([0.0, 1.0, 2.0])
    assert found.value.times_ns[-1] == 2_000_000_000


def test_time_codes_need_not_be_frames(tmp_path: Path) -> None:
    body = MOVES.format(keys="1000: (0, 0, 0), 1040: (1, 0, 0), 1080: (2, 0, 0)")
    found = text(tmp_path, body, "framesPerSecond = 25\ntimeCodesPerSecond = 1000")
    assert found.value.rate == Fraction(25)
    assert found.value.times_ns == (0, 40_000_000, 80_000_000)
    assert [sample["openset"]["frame"] for sample in found.value.samples] == [25, 26, 27]


def test_what_is_not_said_of_the_lens_is_usds_default_only_beside_what_is(tmp_path: Path) -> None:
    assert lens_reports(text(tmp_path, "").value) == [None]
    (lens,) = lens_reports(text(tmp_path, "float focalLength = 35").value)
    assert lens is not None
    # No unit said is centimetres: 20.955 tenths are 20.955 mm.
    assert (lens.focal_length_mm, lens.sensor_width_mm) == pytest.approx((35.0, 20.955))


def test_millimetres_in_a_stage_of_metres_are_understood_and_told(tmp_path: Path) -> None:
    body = "float focalLength = 35\nfloat horizontalAperture = 36\nfloat verticalAperture = 24"
    found = text(tmp_path, body, "metersPerUnit = 1")
    (lens,) = lens_reports(found.value)
    assert lens is not None
    assert lens.focal_length_mm == pytest.approx(35.0)
    assert found.faults == ("the camera says a sensor 3.6 m wide; its lens is read as millimetres",)


def test_attributes_without_a_place_are_named(tmp_path: Path) -> None:
    found = text(tmp_path, "custom double openset:lens:k1 = 0.1")
    assert found.unheld == ("openset:lens:k1",)


def test_an_attribute_in_the_place_of_a_group_is_no_lens(tmp_path: Path) -> None:
    found = text(tmp_path, "custom double openTrackIO:lens = 0.1\nfloat focalLength = 35")
    (report,) = lens_reports(found.value)
    assert report is not None
    assert report.focal_length_mm == pytest.approx(35.0)


@pytest.mark.parametrize("rate", ["1e308", "inf", "1e-9"])
def test_an_absurd_rate_is_usds_own(rate: str, tmp_path: Path) -> None:
    body = MOVES.format(keys="0: (0, 0, 0), 1: (1, 0, 0)")
    head = f"timeCodesPerSecond = 24\nframesPerSecond = {rate}"
    assert text(tmp_path, body, head).value.rate == Fraction(24)
