"""Gyroflow's lens profiles as lens tables."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.formats.gyroflow import FISHEYE, STANDARD, GyroflowLens
from openset.primitives.errors import BadInput
from openset.stage.exchange.gyroflow import read, table_of
from openset.stage.exchange.model import Options
from openset.stage.lens.model import project
from openset.stage.lens.report import lens_from_report

PROFILE = GyroflowLens(
    name="Maker_Body_35mm",
    model=FISHEYE,
    size_px=(3840, 2160),
    fx_px=4500.0,
    fy_px=4500.0,
    cx_px=1925.0,
    cy_px=1070.0,
    coefficients=(0.24, -0.005, 1.1, -3.5),
    camera="Maker Body",
    lens="Prime 35mm",
    notes=(("calibrated_by", "A Person"),),
)
POINTS = np.array([[0.3, 0.15, 1.0], [-0.35, 0.18, 1.0], [0.1, -0.2, 1.0], [0.0, 0.0, 1.0]])


def replaced(**changes: object) -> GyroflowLens:
    return GyroflowLens(**{**PROFILE.__dict__, **changes})  # type: ignore[arg-type]


def matrix(profile: GyroflowLens) -> np.ndarray:
    return np.array([[profile.fx_px, 0, profile.cx_px], [0, profile.fy_px, profile.cy_px], [0, 0, 1.0]])


def test_a_fisheye_profile_draws_what_opencv_draws_within_its_stated_residual() -> None:
    table, faults = table_of(PROFILE)
    stated = float(dict(table.notes)["fit"].split()[0])
    assert stated < 0.5
    assert any("off by up to" in fault for fault in faults)
    drawn, _ = cv2.fisheye.projectPoints(
        POINTS[None], np.zeros(3), np.zeros(3), matrix(PROFILE), np.array(PROFILE.coefficients)
    )
    lens = lens_from_report(table.settings[0].optics, 3840, 2160)
    off = project(lens, POINTS * [1.0, -1.0, -1.0]) - (drawn[0] + 0.5)
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) < stated + 0.02


def test_the_usual_model_draws_what_opencv_draws() -> None:
    eight = (-0.1, 0.05, 0.001, -0.0007, 0.02, 0.12, 0.01, -0.003)
    table, _ = table_of(replaced(model=STANDARD, coefficients=eight))
    assert len(table.settings[0].optics.radial) == 6
    drawn, _ = cv2.projectPoints(POINTS, np.zeros(3), np.zeros(3), matrix(PROFILE), np.array(eight))
    lens = lens_from_report(table.settings[0].optics, 3840, 2160)
    off = project(lens, POINTS * [1.0, -1.0, -1.0]) - (drawn[:, 0] + 0.5)
    assert float(np.hypot(off[:, 0], off[:, 1]).max()) < 0.1


def test_the_sensor_is_told_or_assumed_aloud() -> None:
    """35 mm at 4500 px over 3840 px are 29.867 mm of sensor."""
    table, faults = table_of(PROFILE)
    assert table.settings[0].optics.sensor_width_mm == 36.0
    assert any("36 mm are taken" in fault for fault in faults)
    named, faults = table_of(replaced(focal_length_mm=35.0))
    assert named.settings[0].optics.sensor_width_mm == pytest.approx(29.8667, abs=1e-4)
    assert not any("taken" in fault for fault in faults)
    told, _ = table_of(PROFILE, 25.0)
    assert told.settings[0].optics.focal_length_mm == pytest.approx(4500 / 3840 * 25)


def test_names_size_and_notes_are_kept() -> None:
    table, _ = table_of(PROFILE)
    assert (table.name, table.model, table.size_px) == ("Maker_Body_35mm", "Prime 35mm", (3840, 2160))
    assert dict(table.notes)["camera"] == "Maker Body"
    assert dict(table.notes)["calibrated_by"] == "A Person"


def test_lenses_that_cannot_be_told_are_refused() -> None:
    with pytest.raises(BadInput, match="degrees"):
        table_of(replaced(fx_px=1500.0, fy_px=1500.0))
    with pytest.raises(BadInput, match="thin-prism"):
        table_of(replaced(model=STANDARD, coefficients=(*(0.0,) * 8, 0.1)))
    with pytest.raises(BadInput, match="no lens"):
        table_of(replaced(model=STANDARD, coefficients=(1e6, 0.0, 0.0, 0.0)))


def test_a_file_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    root = {
        "calib_dimension": {"w": 1920, "h": 1080},
        "fisheye_params": {
            "camera_matrix": [[2400, 0, 959.5], [0, 2400, 539.5], [0, 0, 1]],
            "distortion_coeffs": [0.1, 0.0, 0.0, 0.0],
        },
        "gyro_lpf": 50,
    }
    path.write_text(json.dumps(root), encoding="utf-8")
    found = read(path, Options())
    assert (found.value.name, found.unheld) == ("mine", ("gyro_lpf",))
    assert found.value.settings[0].optics.projection_offset_mm == pytest.approx((0.0, 0.0))
