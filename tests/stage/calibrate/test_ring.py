"""One ring of a lens: places and marks."""

from __future__ import annotations

import math

import pytest

from openset.stage.calibrate.ring import (
    beyond,
    focal_of_mark,
    focus_mark,
    ring_of,
    said_metres,
    zoom_mark,
)


def test_a_ring_without_an_encoder_stands_where_its_scale_says() -> None:
    marks = [zoom_mark(each) for each in (24.0, 35.0, 70.0)]
    ring = ring_of(marks, marks)
    assert (ring.turned, ring.encoded) == (True, False)
    assert ring.of_mark(zoom_mark(50.0)) == pytest.approx(zoom_mark(50.0))


def test_an_encoder_that_runs_backwards_is_read_both_ways() -> None:
    ring = ring_of([0.9, 0.5, 0.1], [zoom_mark(each) for each in (24.0, 35.0, 70.0)])
    assert ring.encoded
    assert ring.places == (0.1, 0.5, 0.9)
    assert ring.of_mark(zoom_mark(35.0)) == pytest.approx(0.5)
    between = ring.of_mark(zoom_mark(50.0))
    assert between is not None
    assert 0.1 < between < 0.5


def test_a_scale_that_turns_back_or_was_not_read_tells_no_place() -> None:
    assert ring_of([0.0, 0.5, 1.0], [0.1, 0.3, 0.2]).of_mark(0.2) is None
    assert ring_of([0.0, 1.0], []).of_mark(0.2) is None


def test_beyond_an_end_of_the_scale_the_end_stands_and_is_told_from_within() -> None:
    ring = ring_of([0.2, 0.8], [0.3, 0.5])
    assert ring.of_mark(0.1) == 0.2
    assert beyond(0.1, ring.marks, 0.05)
    assert not beyond(0.27, ring.marks, 0.05)


def test_marks_say_millimetres_and_metres() -> None:
    assert focal_of_mark(zoom_mark(35.0)) == pytest.approx(35.0)
    assert focus_mark(None) == focus_mark(math.inf) == 1.0
    assert said_metres(focus_mark(3.0)) == "3 m"
    assert said_metres(1.0) == "infinity"
