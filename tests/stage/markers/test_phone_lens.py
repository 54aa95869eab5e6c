"""A phone's lens for the picture it sends: turned with the page, scaled, or guessed."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import IDENTITY
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens, project
from openset.stage.markers.model import PoseEstimate, TagMap
from openset.stage.markers.phone_lens import (
    GUESS_DOUBT,
    PhoneLens,
    fitted_lens,
    guessed_lens,
    turned_upright,
)

LENS = Lens(1280, 720, 980.0, 984.0, 646.0, 352.0, -0.05, 0.01, 2e-3, -1e-3, 0.002)


def test_a_lens_turned_upright_sees_the_turned_picture() -> None:
    # A phone on its side, top to the left, then upright: camera x, y become y, -x ... and the picture's
    # offsets from its middle (right, down) become (-down, right).
    points = np.array([[0.3, 0.2, -1.5], [-0.4, 0.1, -2.0], [0.2, -0.3, -1.0]])
    upright = points @ np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    lying = project(LENS, points) - [640.0, 360.0]
    standing = project(turned_upright(LENS), upright) - [360.0, 640.0]
    assert np.allclose(standing, np.stack([-lying[:, 1], lying[:, 0]], axis=-1))


def test_turning_four_times_is_nothing() -> None:
    lens = LENS
    for _ in range(4):
        lens = turned_upright(lens)
    assert lens == LENS


@pytest.mark.parametrize(
    ("size", "focal"),
    [((1280, 720), 980.0), ((640, 360), 490.0), ((720, 1280), 984.0), ((1920, 1080), 1470.0)],
)
def test_a_measured_lens_fits_any_picture_of_its_shape(size: tuple[int, int], focal: float) -> None:
    fitted = fitted_lens(LENS, *size)
    assert fitted is not None
    assert (fitted.width_px, fitted.height_px) == size
    assert fitted.fx_px == pytest.approx(focal)


def test_a_picture_of_another_shape_is_another_crop() -> None:
    assert fitted_lens(LENS, 640, 480) is None


def test_an_upright_lens_is_laid_down_for_a_lying_picture() -> None:
    assert fitted_lens(turned_upright(LENS), 1280, 720) == LENS


def test_the_guess_is_what_most_phones_have() -> None:
    # 66 degrees over 1280 pixels: 640 / tan(33 degrees) = 985.5
    assert guessed_lens(1280, 720).fx_px == pytest.approx(985.5, abs=0.1)
    assert guessed_lens(720, 1280).fx_px == pytest.approx(985.5, abs=0.1)


def test_with_a_file_the_lens_is_its_own_and_nothing_is_learnt() -> None:
    lens = PhoneLens(
        LensFile("mine", (MeasuredLens(LENS, covariance=np.eye(9) * 0.25),), readout_s=0.02)
    )
    lens.choose(1280, 720)
    assert (lens.source, lens.lens, lens.readout_s) == ("file", LENS, 0.02)
    assert lens.doubt == pytest.approx(0.5 / 980)
    assert len(lens.trials()) == 1
    assert not lens.learn((), PoseEstimate(IDENTITY, np.eye(6), 0.1, 5), TagMap({}))


def test_a_file_of_another_shape_is_told_and_the_lens_guessed() -> None:
    lens = PhoneLens(LensFile("mine", (MeasuredLens(LENS),)))
    lens.choose(640, 480)
    assert (lens.source, lens.misfits, lens.doubt) == ("guess", True, GUESS_DOUBT)
    assert len(lens.trials()) > 3
    lens.choose(1280, 720)
    assert (lens.source, lens.misfits) == ("file", False)


def test_an_upright_picture_is_not_read_out_along_its_rows() -> None:
    """The sensor's rows are the columns of a picture that is turned upright."""
    lens = PhoneLens(LensFile("mine", (MeasuredLens(LENS),), readout_s=0.02))
    lens.choose(1280, 720)
    assert lens.readout_s == 0.02
    lens.choose(720, 1280)
    assert lens.readout_s == 0.0
    assert lens.source == "file"


def test_a_guessed_lens_doubts_focal_length_and_middle_and_a_measured_one_what_its_file_says() -> None:
    guess = PhoneLens(None)
    assert not guess.covariance.any()
    guess.choose(1280, 720)
    sd = np.sqrt(np.diag(guess.covariance))
    assert sd[:2] == pytest.approx([985.5 * GUESS_DOUBT] * 2, rel=1e-3)
    assert sd[2:4] == pytest.approx([1280 * 0.006] * 2)
    # One doubt for both: pixels are square.
    assert guess.covariance[0, 1] == pytest.approx(sd[0] * sd[1])
    measured = PhoneLens(LensFile("mine", (MeasuredLens(LENS, covariance=np.eye(9) * 0.25),)))
    measured.choose(1280, 720)
    assert np.sqrt(np.diag(measured.covariance))[:5] == pytest.approx([0.5, 0.502, 0, 0, 0], abs=1e-3)
