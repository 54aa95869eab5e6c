"""A camera file is judged by USD itself: opened again and looked through."""

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pxr import Gf, Usd, UsdGeom

from openset.primitives.ids import TakeId
from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.primitives.time import Timecode
from openset.stage.deliver.camera import (
    CAMERA_PATH,
    SetLink,
    camera_layer,
    camera_states,
    floor_of,
    poses_apart,
)
from openset.stage.deliver.model import CameraFrame, HandedTake
from openset.stage.lens.model import Lens, pinhole, project
from openset.stage.lens.stmap import overscan, st_map, straight_size
from openset.stage.record.model import Marks, TakeRecord, TakeSpec

WIDTH, HEIGHT = 1920, 1080
PLAIN = replace(pinhole(WIDTH, HEIGHT, 35.0, 36.0), cx_px=1001.5, cy_px=521.25, fy_px=1880.0)
FLOOR = Pose((3.0, -2.0, 0.5), (math.cos(0.3), 0.0, 0.0, math.sin(0.3)))


def a_take(
    poses: list[Pose],
    lenses: list[Lens | None],
    *,
    rate: Fraction = Fraction(25),
    floor: Pose | None = FLOOR,
    roll_lens: Lens | None = None,
) -> HandedTake:
    start = Timecode(90000, rate)
    spec = TakeSpec(
        TakeId("1", "A", 1),
        rate,
        WIDTH,
        HEIGHT,
        start,
        0.08,
        "lane",
        "gpu",
        "plate",
        "track",
        roll_lens,
    )
    record = TakeRecord(spec, "lane-1", "closed", None, frames=len(poses))  # type: ignore[arg-type]
    frames = tuple(
        CameraFrame(index, str(start.plus(index)), index, 0.0, "tracked", pose, lens)
        for index, (pose, lens) in enumerate(zip(poses, lenses, strict=True))
    )
    return HandedTake(record, Marks(), frames, floor)


def walking(count: int) -> list[Pose]:
    return [
        pose_from_pan_tilt_roll((0.1 * n, -3.0 + 0.02 * n, 1.6), 0.02 * n, -0.05, 0.01 * n)
        for n in range(count)
    ]


def opened(take: HandedTake, link: SetLink | None = None) -> Any:
    return Usd.Stage.Open(camera_layer(take, link))


def seen_by_usd(stage: Any, time: float, world_point_m: np.ndarray) -> tuple[float, float]:
    """Where USD's own frustum puts a point of the world: pixels from the top-left corner."""
    camera = UsdGeom.Camera(stage.GetPrimAtPath(CAMERA_PATH)).GetCamera(time)
    frustum = camera.frustum
    matrix = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
    x, y, _ = matrix.Transform(Gf.Vec3d(*(world_point_m * 100.0).tolist()))
    return (x + 1) / 2 * WIDTH, (1 - y) / 2 * HEIGHT


@given(st.floats(-0.6, 0.6), st.floats(-0.3, 0.3), st.floats(1.0, 50.0))
@settings(max_examples=60, deadline=None)
def test_usd_sees_a_point_where_the_lens_does(right: float, up: float, away: float) -> None:
    take = a_take(walking(6), [PLAIN] * 6)
    stage = opened(take)
    point = np.array([right * away, up * away, -away])
    for frame in (take.frames[0], take.frames[5]):
        world_from_camera = FLOOR.after(frame.stage_from_camera)
        world = (world_from_camera.matrix @ np.array([*point, 1.0]))[:3]
        x, y = project(PLAIN, point)
        assert seen_by_usd(stage, frame.index, world) == pytest.approx((x, y), abs=2e-3)


@given(st.floats(-0.45, 0.45), st.floats(-0.25, 0.25))
@settings(max_examples=40, deadline=None)
def test_a_straight_render_looked_up_through_the_map_lands_where_the_lens_sees(
    right: float, up: float
) -> None:
    lens = replace(PLAIN, k1=-0.09, k2=0.02, p1=0.001, p2=-0.0005).scaled_to(480, 270)
    factor = overscan(lens)
    wide, high = straight_size(lens, factor)
    stage = opened(a_take(walking(1), [lens]))
    camera = UsdGeom.Camera(stage.GetPrimAtPath(CAMERA_PATH)).GetCamera(0)
    camera.horizontalAperture *= wide / 480
    camera.verticalAperture *= high / 270
    camera.transform = Gf.Matrix4d(1.0)
    x, y, _ = camera.frustum.ComputeProjectionMatrix().Transform(Gf.Vec3d(right, up, -1.0))
    rendered = (x + 1) / 2 * wide, (1 - y) / 2 * high
    seen = project(lens, np.array([right, up, -1.0]))
    assume(bool((seen > 1).all() and (seen < [479, 269]).all()))
    column, row = (seen - 0.5).astype(int)
    part_x, part_y = seen - 0.5 - (column, row)
    (a, b), (c, d) = st_map(lens, "distort", factor)[row : row + 2, column : column + 2]
    between = (1 - part_y) * ((1 - part_x) * a + part_x * b) + part_y * ((1 - part_x) * c + part_x * d)
    assert between * (wide, high) == pytest.approx(rendered, abs=0.02)


def test_the_frustum_is_the_lens_in_millimetres_and_centimetres() -> None:
    lens = replace(PLAIN, focus_distance_m=2.5, f_stop=2.8)
    stage = opened(a_take(walking(2), [lens] * 2))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 0.01
    assert UsdGeom.GetStageUpAxis(stage) == "Z"
    camera = UsdGeom.Camera(stage.GetPrimAtPath(CAMERA_PATH)).GetCamera(0)
    assert camera.focalLength == pytest.approx(35.0)
    assert camera.horizontalAperture == pytest.approx(36.0)
    assert camera.focusDistance == pytest.approx(250.0)
    assert camera.fStop == pytest.approx(2.8)
    assert camera.horizontalApertureOffset == pytest.approx((960 - 1001.5) * 36 / 1920)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001)])
def test_there_is_one_sample_per_frame_at_the_rate(rate: Fraction) -> None:
    take = a_take(walking(5), [PLAIN] * 5, rate=rate)
    stage = opened(take)
    assert stage.GetTimeCodesPerSecond() == float(rate)
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, 4)
    camera = UsdGeom.Xformable(stage.GetPrimAtPath(CAMERA_PATH))
    assert camera.GetOrderedXformOps()[0].GetTimeSamples() == [0, 1, 2, 3, 4]
    assert stage.GetPrimAtPath(CAMERA_PATH).GetAttribute("openset:take").Get() == "1-A-t01"
    assert stage.GetPrimAtPath(CAMERA_PATH).GetAttribute("openset:delaySeconds").Get() == 0.08


def test_what_is_written_is_read_again() -> None:
    lens = replace(PLAIN, k1=-0.1, k2=0.02, p1=0.001, p2=-0.002, k3=0.003)
    zoomed = replace(lens, fx_px=2000.0, fy_px=2010.0)
    take = a_take(walking(3), [lens, lens, zoomed])
    states = camera_states(opened(take), WIDTH, HEIGHT)
    assert len(states) == 3
    for frame, state in zip(take.frames, states, strict=True):
        assert max(poses_apart(frame.stage_from_camera, state.stage_from_camera)) < 1e-9
        assert state.lens is not None
        assert frame.lens is not None
        for name in ("fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "p1", "p2", "k3"):
            wanted = getattr(frame.lens, name)
            assert getattr(state.lens, name) == pytest.approx(wanted, rel=1e-6, abs=1e-5), name


def test_a_frame_without_a_lens_uses_the_one_known_at_the_roll() -> None:
    take = a_take(walking(2), [None, None], roll_lens=PLAIN)
    states = camera_states(opened(take), WIDTH, HEIGHT)
    assert states[1].lens is not None
    assert states[1].lens.fx_px == pytest.approx(PLAIN.fx_px)


def test_a_take_without_a_lens_has_a_camera_without_a_focal_length() -> None:
    stage = opened(a_take(walking(2), [None, None]))
    assert not UsdGeom.Camera.Get(stage, CAMERA_PATH).GetFocalLengthAttr().HasAuthoredValue()
    assert [state.lens for state in camera_states(stage, WIDTH, HEIGHT)] == [None, None]


def test_the_floor_stands_where_the_set_says() -> None:
    found = floor_of(opened(a_take(walking(1), [PLAIN])))
    assert found is not None
    assert max(poses_apart(found, FLOOR)) < 1e-9
    assert floor_of(Usd.Stage.CreateInMemory()) is None


def test_poses_apart_are_exact_for_small_turns() -> None:
    turned = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 1e-7, 0.0, 0.0)
    still = pose_from_pan_tilt_roll((0.0, 3e-5, 4e-5), 0.0, 0.0, 0.0)
    assert poses_apart(still, turned) == pytest.approx((5e-5, 1e-7), rel=1e-3)


@pytest.mark.parametrize(("unit_m", "y_up"), [(1.0, True), (0.01, False), (0.0254, True)])
def test_a_set_of_any_unit_and_axis_stands_upright_in_centimetres(
    tmp_path: Path, unit_m: float, y_up: bool
) -> None:
    model = Usd.Stage.CreateNew(str(tmp_path / "set.usda"))
    UsdGeom.SetStageMetersPerUnit(model, unit_m)
    UsdGeom.SetStageUpAxis(model, UsdGeom.Tokens.y if y_up else UsdGeom.Tokens.z)
    top = UsdGeom.Xform.Define(model, "/Pole/Top")
    height = 2.0 / unit_m
    top.AddTranslateOp().Set(Gf.Vec3d(0, height, 0) if y_up else Gf.Vec3d(0, 0, height))
    model.Save()
    link = SetLink("./set.usda", ("Pole",), unit_m, y_up)
    (tmp_path / "camera.usda").write_text(
        camera_layer(a_take(walking(1), [PLAIN]), link).ExportToString()
    )
    stage = Usd.Stage.Open(str(tmp_path / "camera.usda"))
    assert stage.GetCompositionErrors() == []
    placed = UsdGeom.Xformable(stage.GetPrimAtPath("/Take/Set/Pole/Top"))
    world = placed.ComputeLocalToWorldTransform(0).ExtractTranslation()
    assert tuple(world) == pytest.approx((0.0, 0.0, 200.0), abs=1e-9)
