"""A measured lens says nothing that was not measured."""

from __future__ import annotations

from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import pinhole


def test_what_was_not_measured_is_none_and_not_nought() -> None:
    setting = MeasuredLens(pinhole(1920, 1080, 35.0, 36.0))
    assert (setting.covariance, setting.map_uncertainty_px) == (None, None)
    file = LensFile("prime", (setting,))
    assert (file.readout_s, file.tracker_from_camera) == (None, None)
    assert dict(file.notes) == {}
