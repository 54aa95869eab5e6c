"""How sure a lens between two settings is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openset.stage.calibrate.series import at_setting, zoom_of_focal
from openset.stage.calibrate.series_doubt import doubt_at, missed_between
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

MARKS_MM = (18.0, 24.0, 35.0, 50.0, 70.0, 100.0)


def series(random: np.random.Generator, cut: float) -> tuple[LensFile, float]:
    """A zoom whose marks are cut `cut` off, one standard deviation; what it truly does at its marks is
    what the file says, and between them the ring is cut as at the marks around: the true focal length
    at 42 mm, in pixels, goes with it."""
    offs = random.normal(0.0, cut, len(MARKS_MM))
    settings = tuple(
        MeasuredLens(
            Lens(1920, 1080, f * 50 * (1 + off), f * 50 * (1 + off), 960.0, 540.0, -3.0 / f),
            zoom=zoom_of_focal(f),
            covariance=np.diag([0.01] * 4 + [1e-8] * 5),
        )
        for f, off in zip(MARKS_MM, offs, strict=True)
    )
    return LensFile("", settings), 42.0 * 50 * (1 + random.normal(0.0, cut))


def test_the_stated_doubt_holds_what_lies_between_the_marks() -> None:
    random = np.random.default_rng(5)
    inside = []
    for _ in range(200):
        file, true_px = series(random, 0.005)
        place = zoom_of_focal(42.0)
        lens = at_setting(file, 0.0, place)
        near = replace(file.settings[2], lens=lens, zoom=place)
        covariance = doubt_at(file, missed_between(file), near)
        assert covariance is not None
        inside.append(abs(lens.fx_px - true_px) < 1.645 * math.sqrt(covariance[0, 0]))
    assert 0.84 < np.mean(inside) < 0.96


def test_at_a_measured_setting_its_own_doubt_stands() -> None:
    file, _ = series(np.random.default_rng(1), 0.01)
    found = doubt_at(file, missed_between(file), file.settings[2])
    assert found is not None
    np.testing.assert_allclose(found, file.settings[2].covariance)


def test_a_lens_that_follows_its_marks_is_hardly_doubted() -> None:
    file, _ = series(np.random.default_rng(1), 0.0)
    missed = missed_between(file)
    assert missed is not None
    assert math.sqrt(missed[0, 0]) < 1e-9
    assert 0.0 < math.sqrt(missed[4, 4]) < 0.02


def test_two_settings_tell_nothing_of_what_lies_between() -> None:
    file, _ = series(np.random.default_rng(1), 0.01)
    two = replace(file, settings=file.settings[:2])
    assert missed_between(two) is None
    assert doubt_at(two, None, two.settings[0]) is two.settings[0].covariance
    blind = replace(file.settings[0], covariance=None)
    assert doubt_at(file, missed_between(file), blind) is None


@pytest.mark.parametrize(("zoom", "share"), [(0.0, 0.0), (0.5, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_the_doubt_grows_towards_the_middle(zoom: float, share: float) -> None:
    settings = tuple(
        MeasuredLens(Lens(100, 50, 100.0, 100.0, 50.0, 25.0), zoom=z, covariance=np.zeros((9, 9)))
        for z in (0.0, 1.0)
    )
    found = doubt_at(LensFile("", settings), np.eye(9), replace(settings[0], zoom=zoom))
    assert found is not None
    assert found[4, 4] == pytest.approx(share)
    assert found[0, 0] == pytest.approx(share * 1e4)
