"""Unreal's lens files as lens tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import ulens
from openset.formats.ulens import UlensFile
from openset.primitives.errors import BadInput
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import Options
from openset.stage.exchange.ulens import file_of, read, table_of, write
from openset.stage.lens.model import Lens, project
from openset.stage.lens.report import lens_from_report, report_from_lens
from openset.stage.lens.table import LensSetting, LensTable, fields
from openset.stage.tracking.samples import MODEL_DU, MODEL_UD, LensReport

FILE = UlensFile(
    name="StageLens",
    focal=((0.0, 0.0, 0.75, 4 / 3), (1.0, 0.0, 0.8, 0.8 * 16 / 9)),
    centre=((0.0, 0.0, 0.51, 0.49),),
    nodal=((0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 12.0),),
    distortion=((0.0, 0.0, -0.1, 0.02, 0.003, 0.0004, 0.0005),),
    focus_marks=((0.0, 45.0), (1.0, 1000.0)),
    iris_marks=((0.0, 2.8), (1.0, 22.0)),
    model="Prime",
    serial="0042",
    sensor_mm=(36.0, 24.0),
    size_px=(1920, 1080),
    user_metadata=(("hall", "B"), ("make", "Maker")),
)


def test_fractions_become_millimetres() -> None:
    """F = 0.75 * 36 = 27; height = 27 / (4 / 3) = 20.25, whatever the file says of the sensor's height;
    offsets 0.01 * 36 and -0.01 * 20.25; K1 / 27^2, P1 / 27; 12 cm ahead are 0.12 m."""
    table, faults, unheld = table_of(FILE)
    near = table.settings[0].optics
    assert near == LensReport(
        focal_length_mm=27.0,
        focus_distance_m=0.45,
        entrance_pupil_offset_m=0.12,
        sensor_width_mm=36.0,
        sensor_height_mm=pytest.approx(20.25),
        projection_offset_mm=pytest.approx((0.36, -0.2025)),
        distortion_model=MODEL_UD,
        radial=pytest.approx((-0.1 / 27**2, 0.0, 0.02 / 27**4, 0.0, 0.003 / 27**6)),
        tangential=pytest.approx((0.0004 / 27, 0.0005 / 27)),
    )
    assert (table.make, table.model, table.serial) == ("Maker", "Prime", "0042")
    assert table.notes == (("hall", "B"),)
    assert table.focus_marks == ((0.0, 0.45), (1.0, 10.0))
    assert (faults, unheld) == ([], [])


def test_a_table_measured_at_fewer_places_is_blended_as_unreal_does() -> None:
    """Focus 0.5: Fx half way, 0.775 of 36 mm; K1 and the marks the same way: half of 45 and 1000 cm."""
    file = replace(
        FILE,
        distortion=((0.0, 0.0, -0.1, 0, 0, 0, 0), (0.5, 0.0, -0.2, 0, 0, 0, 0)),
    )
    table, _, _ = table_of(file)
    assert [setting.focus for setting in table.settings] == [0.0, 0.5, 1.0]
    middle = table.settings[1].optics
    assert middle.focal_length_mm == pytest.approx(27.9)
    assert middle.focus_distance_m == pytest.approx(5.225)
    assert middle.radial[0] == pytest.approx(-0.2 / 27.9**2)
    last = table.settings[2].optics
    assert last.radial[0] == pytest.approx(-0.2 / 28.8**2)


def test_a_nodal_offset_to_the_side_is_the_tracker_not_the_lens() -> None:
    aside = replace(FILE, nodal=((0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 0.0, 12.0),))
    table, _, unheld = table_of(aside)
    assert table.settings[0].optics.entrance_pupil_offset_m is None
    assert unheld == ["NodalOffsetTable"]


def test_a_setting_that_is_no_lens_costs_itself() -> None:
    wild = replace(FILE, focal=(*FILE.focal, (0.0, 1.0, 900.0, 900.0)))
    table, faults, _ = table_of(wild)
    assert len(table.settings) == 2
    assert faults == ["the setting at focus 0, zoom 1 is no lens: focal_length_mm is 32400"]
    with pytest.raises(BadInput, match="no setting"):
        table_of(replace(FILE, focal=((0.0, 1.0, 900.0, 900.0),), distortion=()))


def test_a_file_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "lens.ulens"
    table, _, _ = table_of(FILE)
    write(table, path, Options())
    found = read(path, Options())
    assert lost(fields(table), fields(found.value)) == []
    assert (found.skipped, found.faults, found.unheld) == (0, (), ())


LENSES = st.builds(
    lambda f, square, **optics: Lens(
        1920, 1080, f, f * square, sensor_width_mm=25.0, entrance_pupil_offset_m=0.1, **optics
    ),
    f=st.floats(1200, 4000),
    square=st.floats(0.985, 1.015),
    cx_px=st.floats(900, 1020),
    cy_px=st.floats(500, 580),
    k1=st.floats(-0.2, 0.2),
    k2=st.floats(-0.1, 0.1),
    p1=st.floats(-0.003, 0.003),
    p2=st.floats(-0.003, 0.003),
    k3=st.floats(-0.05, 0.05),
)


@settings(max_examples=60, deadline=None)
@given(LENSES)
def test_a_lens_draws_the_same_picture_after_the_way_there_and_back(lens: Lens) -> None:
    table = LensTable("x", (LensSetting(0.0, 0.0, report_from_lens(lens)),), size_px=(1920, 1080))
    again, _, _ = table_of(ulens.read(ulens.write(file_of(table, Options()))).file)
    after = lens_from_report(again.settings[0].optics, 1920, 1080)
    points = np.array([[0.2, 0.1, -1.0], [-0.3, -0.15, -1.0], [0.0, 0.0, -2.0]])
    assert np.abs(project(after, points) - project(lens, points)).max() < 1e-4


def test_a_lens_told_the_other_way_round_is_fitted(tmp_path: Path) -> None:
    undistorting = LensReport(
        focal_length_mm=35.0, sensor_width_mm=25.0, sensor_height_mm=14.0625,
        distortion_model=MODEL_DU, radial=(2e-4,),
    )  # fmt: skip
    path = tmp_path / "lens.ulens"
    write(LensTable("x", (LensSetting(0.0, 0.0, undistorting),)), path, Options())
    found = read(path, Options()).value
    before, after = (
        lens_from_report(each, 1920, 1080) for each in (undistorting, found.settings[0].optics)
    )
    points = np.array([[0.3, 0.15, -1.0]])
    assert np.abs(project(after, points) - project(before, points)).max() < 1e-3
    assert found.size_px == (1920, 1080)


def test_what_is_not_known_of_the_sensor_the_user_says() -> None:
    bare = LensTable("x", (LensSetting(0.0, 0.0, LensReport(focal_length_mm=25.0)),))
    told = file_of(bare, Options(sensor_width_mm=25.0, size_px=(1600, 900)))
    assert told.focal[0][2:] == pytest.approx((1.0, 16 / 9))
    assert told.sensor_mm == pytest.approx((25.0, 14.0625))
    assert file_of(bare, Options()).sensor_mm == pytest.approx((36.0, 20.25))
    assert file_of(bare, Options()).nodal == ()


def test_a_setting_without_a_focal_length_is_one_clear_line() -> None:
    with pytest.raises(BadInput, match="focal length"):
        file_of(LensTable("x", (LensSetting(0.0, 0.0, LensReport()),)), Options())
