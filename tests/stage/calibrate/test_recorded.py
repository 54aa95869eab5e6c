"""A take's own lens tells which lens of a series it was."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from openset.stage.calibrate.recorded import recorded_setting
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.calibrate.series import focus_of_distance, zoom_of_focal
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens


def setting(focal_mm: float, distance_m: float) -> MeasuredLens:
    """A lens that breathes: nearer it is longer."""
    f_px = focal_mm * (1.0 + 0.02 / distance_m) * 50
    lens = Lens(1800, 1200, f_px, f_px, 900.0, 600.0, -2.4 / focal_mm, focus_distance_m=distance_m)
    place = focus_of_distance(distance_m), zoom_of_focal(focal_mm)
    return MeasuredLens(lens, *place, np.eye(9) * focal_mm, focal_mm=focal_mm)


SERIES = LensFile("zoom", tuple(setting(*each) for each in product((24.0, 35.0, 50.0), (1.0, 4.0))))


@pytest.mark.parametrize(("focal_mm", "focus_m"), [(24.0, 1.0), (30.0, 2.0), (42.0, 3.5), (50.0, 4.0)])
def test_the_lens_a_take_was_shot_with_is_found_again(focal_mm: float, focus_m: float) -> None:
    shot = LensSeries(SERIES, Rings(focal_mm=focal_mm, focus_m=focus_m)).named_setting()
    found = recorded_setting(SERIES, shot.lens)
    assert found.lens.fx_px == pytest.approx(shot.lens.fx_px, rel=1e-5)
    assert (found.focus, found.zoom) == pytest.approx((shot.focus, shot.zoom), abs=1e-4)
    assert found.covariance is not None
    assert shot.covariance is not None
    assert np.allclose(found.covariance, shot.covariance, rtol=1e-3)


def test_a_focal_length_beyond_what_was_measured_is_its_end() -> None:
    far = replace(SERIES.settings[-1].lens, fx_px=9000.0, fy_px=9000.0)
    assert recorded_setting(SERIES, far).lens.fx_px == pytest.approx(SERIES.settings[-1].lens.fx_px)


def test_a_file_of_one_setting_is_that_one() -> None:
    one = replace(SERIES, settings=SERIES.settings[:1])
    assert recorded_setting(one, SERIES.settings[-1].lens) is SERIES.settings[0]
