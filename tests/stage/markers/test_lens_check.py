"""Whether the lens file fits the walk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openset.stage.lens.model import pinhole
from openset.stage.markers.lens_check import LensCheck

LENS = pinhole(1920, 1080, 22.0, 36.0)
FITS = LensCheck(LENS, 1e-4, 1e-4, 0.999)


def test_a_lens_that_fits_is_not_spoken_of() -> None:
    assert FITS.finding() is None


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (replace(FITS, focal_off=0.01, misfit_part=0.5), True),
        (replace(FITS, focal_off=0.01, misfit_part=0.99), False),  # it hardly fits better
        (replace(FITS, focal_off=0.01, focal_sd=0.005, misfit_part=0.8), False),  # not sure enough
        (replace(FITS, focal_off=0.001, misfit_part=0.4), True),  # the distortion is another one
    ],
)
def test_a_lens_is_doubted_where_another_fits_much_better(check: LensCheck, wrong: bool) -> None:
    assert check.wrong is wrong


def test_what_is_said_of_a_wrong_lens_names_the_focal_length() -> None:
    """22 mm on 36 mm and 1920 px is 1173.3 px."""
    said = replace(FITS, focal_off=-0.01, misfit_part=0.25).finding()
    assert said is not None
    assert said.grave
    assert "4.0 times better with a focal length of 1173.3 px (-1.00 %)" in said.text
