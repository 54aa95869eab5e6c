"""lensfun's database files as lens tables."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from openset.formats.lensfun_xml import Distortion, LensfunLens
from openset.primitives.errors import BadInput
from openset.stage.exchange.lensfun import choose, read, table_of
from openset.stage.exchange.model import Options
from openset.stage.lens.report import lens_from_report
from openset.stage.lens.table import at
from openset.stage.tracking.samples import MODEL_UD


def lens(**changes: object) -> LensfunLens:
    known = {
        "maker": "Maker",
        "model": "Maker Zoom 24-70",
        "distortions": (
            Distortion("poly3", 50.0, (-0.004,), 1.0, 1.5),
            Distortion("poly3", 24.0, (-0.02,), 1.0, 1.5),
            Distortion("ptlens", 70.0, (0.0, 0.004, 0.001), 1.0, 1.5),
        ),
    }
    return LensfunLens(**{**known, **changes})  # type: ignore[arg-type]


def test_each_focal_length_is_a_setting_from_wide_to_long() -> None:
    """24 mm at k1 = -0.02: F = 24.48, and the coefficient of r^2 in mm is k1 s^2 / 1.02 / F^2 with s
    = 2: -0.0784314 / 599.27 = -1.30878e-4."""
    table, _ = table_of(lens())
    assert [setting.zoom for setting in table.settings] == [0.0, 0.5, 1.0]
    wide = table.settings[0].optics
    assert wide.focal_length_mm == pytest.approx(24.48)
    assert wide.distortion_model == MODEL_UD
    assert wide.radial[0] == pytest.approx(-1.30878e-4, rel=1e-5)
    assert (wide.sensor_width_mm, wide.sensor_height_mm) == pytest.approx((36.0, 24.0))
    assert wide.entrance_pupil_offset_m is None
    assert dict(table.notes)["calibrated sensor"] == "36.00 x 24.00 mm"
    between = at(table, 0.0, 0.25).focal_length_mm
    assert between is not None
    assert between == pytest.approx((24.48 + 50 * 1.004) / 2)


def test_another_sensor_behind_the_lens_crops_it() -> None:
    """Half the sensor sees half the field, and the coefficients in millimetres stay."""
    full, _ = table_of(lens())
    half, faults = table_of(lens(), 18.0)
    before, after = full.settings[0].optics, half.settings[0].optics
    assert after.radial == before.radial
    assert (after.sensor_width_mm, after.sensor_height_mm) == pytest.approx((18.0, 12.0))
    assert lens_from_report(after, 960, 640).fx_px == pytest.approx(
        lens_from_report(before, 1920, 1280).fx_px
    )
    assert not [fault for fault in faults if "covers" in fault]
    _, faults = table_of(lens(), 40.0)
    assert "the calibration covers 36.0 mm of 40.0" in faults


def test_what_a_fit_leaves_is_told() -> None:
    bent = lens(distortions=(Distortion("ptlens", 24.0, (0.0172, -0.0492, 0.002), 1.0, 1.5),))
    table, faults = table_of(bent)
    assert "at 24 mm the fit to ptlens is off by up to" in faults[0]
    words = dict(table.notes)["fit at 24 mm"]
    assert 0.1 < float(words.split()[0]) < 0.5


def test_a_shifted_middle_is_kept_in_millimetres() -> None:
    """0.01 and -0.02 of half the short side, 12 mm."""
    table, _ = table_of(lens(centre=(0.01, -0.02)))
    assert table.settings[0].optics.projection_offset_mm == pytest.approx((0.12, -0.24))


def test_a_calibration_that_folds_costs_itself() -> None:
    wild = Distortion("poly3", 24.0, (-0.5,), 1.0, 1.5)
    table, faults = table_of(lens(distortions=(wild, Distortion("poly3", 50.0, (0.0,), 1.0, 1.5))))
    assert len(table.settings) == 1
    assert faults[0] == "at 24 mm: this calibration folds the picture over"


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [({"projection": "fisheye"}, "fisheye"), ({"distortions": ()}, "no distortion was calibrated")],
)
def test_lenses_that_cannot_be_told_are_refused(changes: dict[str, object], trouble: str) -> None:
    with pytest.raises(BadInput, match=trouble):
        table_of(lens(**changes))


def test_a_lens_is_chosen_by_words_of_its_name() -> None:
    lenses = (lens(), lens(model="Prime 50mm f/1.4"), lens(model="Prime 50mm f/1.4 II"))
    assert choose(lenses, "zoom").model == "Maker Zoom 24-70"
    assert choose(lenses, "maker 50mm II").model == "Prime 50mm f/1.4 II"
    assert choose(lenses, "Prime 50mm f/1.4").model == "Prime 50mm f/1.4"
    assert choose(lenses[:1], "") is lenses[0]
    small = lens(distortions=(Distortion("poly3", 24.0, (-0.02,), 1.6, 1.5),))
    assert choose((small, lenses[0], lens(distortions=())), "zoom") is lenses[0]
    with pytest.raises(BadInput, match="2 lenses fit: Maker Prime"):
        choose(lenses, "50mm")
    with pytest.raises(BadInput, match="3 lenses fit"):
        choose(lenses, "")
    with pytest.raises(BadInput, match="no lens here is called 'anamorphic'"):
        choose(lenses, "anamorphic")


def test_a_file_is_read_and_names_what_it_leaves(tmp_path: Path) -> None:
    path = tmp_path / "mine.xml"
    path.write_text(
        "<lensdatabase version='1'><lens><maker>A</maker><model>B</model><cropfactor>1.5</cropfactor>"
        "<calibration><distortion model='poly5' focal='20' k1='-0.01' k2='0.001'/>"
        "<distortion model='odd' focal='30'/><tca/></calibration></lens></lensdatabase>",
        encoding="utf-8",
    )
    found = read(path, Options())
    assert (found.value.name, found.skipped, found.unheld) == ("A B", 1, ("tca",))
    assert "'odd' is not known" in found.faults[0]
    width = found.value.settings[0].optics.sensor_width_mm
    assert width is not None
    assert math.isclose(width, 24.0)
