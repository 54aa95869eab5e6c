from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.tracking.samples import (
    MODEL_DU,
    MODEL_UD,
    LensReport,
    between,
    completed,
    credible,
    implausible,
)

PRIME = LensReport(
    focal_length_mm=35.0,
    focus_distance_m=2.0,
    sensor_width_mm=36.0,
    distortion_model=MODEL_UD,
    radial=(1e-4, 0.0, 1e-7),
    tangential=(1e-5, 0.0),
)


def test_what_a_report_leaves_out_still_holds() -> None:
    later = LensReport(focal_length_mm=35.0, focus_distance_m=3.0)
    whole = completed(later, PRIME)
    assert whole is not None
    assert (whole.focus_distance_m, whole.sensor_width_mm, whole.radial) == (3.0, 36.0, PRIME.radial)


def test_a_new_distortion_replaces_the_old_one_whole() -> None:
    whole = completed(LensReport(distortion_model=MODEL_DU, radial=(2e-4,)), PRIME)
    assert whole is not None
    assert (whole.distortion_model, whole.radial, whole.tangential) == (MODEL_DU, (2e-4,), ())


def test_silence_completes_to_what_was_known() -> None:
    assert completed(None, PRIME) is PRIME
    assert completed(PRIME, None) is PRIME
    assert completed(None, None) is None


@given(st.floats(0, 1))
def test_a_focus_pull_is_followed_evenly(fraction: float) -> None:
    found = between(PRIME, LensReport(focal_length_mm=37.0, focus_distance_m=4.0), fraction)
    assert found is not None
    assert found.focus_distance_m == pytest.approx(2 + 2 * fraction)
    assert found.focal_length_mm == pytest.approx(35 + 2 * fraction)
    assert found.sensor_width_mm == 36.0


def test_a_zoom_is_followed_evenly_by_its_encoder_and_a_silent_encoder_still_stands() -> None:
    start, end = LensReport(zoom_ring=0.2, focus_ring=0.5), LensReport(zoom_ring=0.4)
    found = between(start, completed(end, start), 0.25)
    assert found is not None
    assert (found.zoom_ring, found.focus_ring) == (pytest.approx(0.25), 0.5)


def test_coefficients_of_two_models_are_never_mixed() -> None:
    other = LensReport(distortion_model=MODEL_DU, radial=(9e-4, 0.0, 0.0))
    near, far = between(PRIME, other, 0.4), between(PRIME, other, 0.6)
    assert near is not None
    assert far is not None
    assert (near.distortion_model, near.radial) == (MODEL_UD, PRIME.radial)
    assert (far.distortion_model, far.radial) == (MODEL_DU, other.radial)


def test_coefficients_of_one_model_are_blended() -> None:
    other = LensReport(distortion_model=MODEL_UD, radial=(3e-4, 0.0, 1e-7))
    found = between(PRIME, other, 0.5)
    assert found is not None
    assert found.radial == pytest.approx((2e-4, 0.0, 1e-7))


def test_focus_at_infinity_does_not_become_nonsense() -> None:
    found = between(LensReport(focus_distance_m=2.0), LensReport(focus_distance_m=math.inf), 0.25)
    assert found is not None
    assert found.focus_distance_m == 2.0


@pytest.mark.parametrize(
    "report",
    [
        LensReport(focal_length_mm=1e-300),
        LensReport(focal_length_mm=math.nan),
        LensReport(sensor_width_mm=1e9),
        LensReport(entrance_pupil_offset_m=140.0),
        LensReport(projection_offset_mm=(math.inf, 0.0)),
        LensReport(focal_length_mm=35.0, radial=(1e300,)),
        LensReport(focal_length_mm=35.0, tangential=(0.0, math.nan)),
        LensReport(distortion_model="fisheye of the house"),
    ],
)
def test_what_no_lens_can_be_is_named(report: LensReport) -> None:
    assert implausible(report)


def test_a_broken_distortion_costs_only_itself() -> None:
    report = LensReport(focal_length_mm=35.0, distortion_model=MODEL_DU, radial=(1.0, 2.0, 3.0))
    assert credible(report) == LensReport(focal_length_mm=35.0)
    assert credible(LensReport(focal_length_mm=-1.0)) is None
    assert credible(PRIME) == PRIME
