"""The watch on the marks during a take."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.space import Pose, look_at
from openset.stage.accuracy.said import say_spread
from openset.stage.accuracy.watch import KNOWN, NOISE, MarkWatch
from openset.stage.lens.model import pinhole
from openset.stage.tracking.samples import TrackSample

LENS = pinhole(1280, 720, 35.0, 36.0)
CAMERA = look_at((0.0, -4.0, 1.2), (0.0, 0.0, 1.0))
SAID = "tracked, 4 tags, no tags left, " + say_spread(np.diag([1e-6] * 3 + [9e-6] * 3))


def _report(status: str, time_ns: int = 0) -> TrackSample:
    return TrackSample(time_ns, CAMERA, status=status)


def test_the_worst_mark_is_told_with_what_to_do() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0), "B": (0.0, 6.0, 0.0)})
    verdict = watch.look(0, LENS, CAMERA, [_report(SAID)])
    assert verdict is not None
    assert "at B, 10.0 m away" in verdict.text
    assert "add a tag on the left" in verdict.text
    assert verdict.slide_cm == pytest.approx(6.4, rel=0.1)  # 3 mrad x 10 m x 2.146


def test_a_moving_camera_suffers_from_its_delay() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)}, delay_sd_s=0.01)
    still = watch.look(0, LENS, CAMERA, [_report(SAID)])
    moved = Pose((0.1, -4.0, 1.2), CAMERA.rotation_wxyz)  # 10 cm in 0.1 s: 1 cm in 10 ms
    moving = watch.look(100_000_000, LENS, moved, [_report(SAID)])
    assert still is not None
    assert moving is not None
    assert moving.slide_cm > still.slide_cm + 0.2


def test_a_tracker_that_says_nothing_is_judged_by_its_noise() -> None:
    random = np.random.default_rng(1)
    reports = [
        TrackSample(i * 10_000_000, Pose(tuple(random.normal(0, 1e-3, 3)), CAMERA.rotation_wxyz))
        for i in range(60)
    ]
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    assert watch.look(0, LENS, CAMERA, reports) is not None
    (summary,) = watch.summary()
    assert summary.basis == NOISE


def test_a_tracker_that_stopped_and_repeats_itself_is_not_called_exact() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    assert watch.look(0, LENS, CAMERA, [_report("", i * 10_000_000) for i in range(60)]) is None
    assert watch.summary() == ()


def test_a_take_whose_reports_end_early_still_says_on_what_its_figure_stands() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    watch.look(0, LENS, CAMERA, [_report(SAID)])
    watch.look(200_000_000, LENS, CAMERA, [])
    assert [summary.basis for summary in watch.summary()] == [KNOWN]


def test_a_camera_on_an_arm_swings_with_the_trackers_turn() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    arm = Pose((0.0, 0.0, 2.0), (1.0, 0.0, 0.0, 0.0))
    near = watch.look(0, LENS, CAMERA, [_report(SAID)])
    far = watch.look(0, LENS, CAMERA, [_report(SAID)], arm)
    assert near is not None
    assert far is not None
    # The tracker sits 2 m ahead of the camera, half way to the mark: the turn is felt half as far off.
    assert far.slide_cm == pytest.approx(near.slide_cm / 2, rel=0.1)


def test_a_take_is_summed_up_and_the_next_begins_afresh() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    for index in range(10):
        watch.look(index * 200_000_000, LENS, CAMERA, [_report(SAID)])
    (summary,) = watch.summary()
    assert (summary.mark, summary.looks, summary.basis) == ("A", 10, KNOWN)
    assert summary.median_cm == pytest.approx(summary.worst_cm)
    assert watch.summary() == ()


def test_the_lens_counts_in_the_pixels_of_this_picture() -> None:
    lens = np.zeros((9, 9))
    lens[2, 2] = 100.0
    whole = MarkWatch({"A": (0.0, 0.0, 0.0)}, lens_covariance=lens, lens_width_px=1280)
    double = MarkWatch({"A": (0.0, 0.0, 0.0)}, lens_covariance=lens, lens_width_px=2560)
    sure = "sd 0.001 0.001 0.001 mm 0.001 0.001 0.001 mdeg"
    one, other = (each.look(0, LENS, CAMERA, [_report(sure)]) for each in (whole, double))
    assert one is not None
    assert other is not None
    assert one.slide_cm == pytest.approx(2 * other.slide_cm, rel=0.01)


def test_nothing_is_said_of_nothing() -> None:
    assert MarkWatch({}).look(0, LENS, CAMERA, [_report(SAID)]) is None
    assert MarkWatch({"A": (0.0, 0.0, 0.0)}).look(0, LENS, CAMERA, []) is None
