"""A lens over focus and zoom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.lens.table import LensSetting, LensTable, at, fields, table_from_reports
from openset.stage.tracking.samples import MODEL_UD, LensReport


def _optics(focal_mm: float, k1: float = 0.0) -> LensReport:
    return LensReport(
        focal_length_mm=focal_mm, sensor_width_mm=36.0, sensor_height_mm=24.0,
        distortion_model=MODEL_UD, radial=(k1, 0.0, 0.0),
    )  # fmt: skip


ZOOM = LensTable(
    "zoom",
    (
        LensSetting(0.0, 0.0, _optics(24.0, -1e-4)),
        LensSetting(1.0, 0.0, _optics(26.0, -1e-4)),
        LensSetting(0.0, 1.0, _optics(70.0, 1e-5)),
        LensSetting(1.0, 1.0, _optics(74.0, 1e-5)),
    ),
)


def test_between_settings_the_numbers_are_blended_along_both_rings() -> None:
    """Half way on both: (24 + 26) / 2 = 25 and (70 + 74) / 2 = 72, half way between is 48.5."""
    middle = at(ZOOM, 0.5, 0.5)
    assert middle.focal_length_mm == pytest.approx(48.5)
    assert middle.radial[0] == pytest.approx((-1e-4 + 1e-5) / 2)


@pytest.mark.parametrize(
    ("focus", "zoom", "focal"), [(-1, -1, 24.0), (2, 0, 26.0), (0, 9, 70.0), (9, 9, 74.0)]
)
def test_outside_what_was_measured_the_nearest_setting_stands(
    focus: float, zoom: float, focal: float
) -> None:
    assert at(ZOOM, focus, zoom).focal_length_mm == focal


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_lens_between_is_never_beyond_its_neighbours(focus: float, zoom: float) -> None:
    focal = at(ZOOM, focus, zoom).focal_length_mm
    assert focal is not None
    assert 24.0 <= focal <= 74.0


def test_a_prime_is_the_same_everywhere() -> None:
    prime = LensTable("prime", (LensSetting(0.0, 0.0, _optics(50.0)),))
    assert at(prime, 0.7, 0.2) == _optics(50.0)


def test_settings_of_a_move_are_told_once_and_put_in_order() -> None:
    pulled = [
        LensReport(focal_length_mm=50.0, focus_distance_m=3.0, f_stop=2.8),
        None,
        LensReport(focal_length_mm=50.0, focus_distance_m=1.5, f_stop=4.0),
        LensReport(focal_length_mm=50.0, focus_distance_m=3.0, f_stop=5.6),
        LensReport(focus_distance_m=2.0),
    ]
    table = table_from_reports("prime", pulled)
    assert [(each.focus, each.optics.focus_distance_m) for each in table.settings] == [
        (0.0, 1.5),
        (1.0, 3.0),
    ]
    assert table.focus_marks == ((0.0, 1.5), (1.0, 3.0))
    assert table.settings[0].optics.f_stop is None  # the iris is no part of where focus and zoom stand


def test_a_move_that_says_nothing_of_its_lens_makes_no_table() -> None:
    with pytest.raises(BadInput, match="what lens"):
        table_from_reports("none", [None, LensReport(focus_distance_m=2.0)])


def test_what_a_table_says_leaves_out_what_nobody_knows() -> None:
    said = fields(ZOOM)
    assert said["focal_length_mm"] == (24.0, 26.0, 70.0, 74.0)
    assert "focus_distance_m" not in said
    assert "serial" not in said
    assert ZOOM.sensor_mm == (36.0, 24.0)
