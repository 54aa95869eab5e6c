"""What is said of an error, and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.accuracy.spread import MarkError
from openset.stage.accuracy.words import Advice, advise, centimetres, say_advice, say_error


def _error(slide_m: float, **shares: float) -> MarkError:
    return MarkError(4.0, np.eye(2), 5.0, slide_m, shares or {"pose": 1.0})


def test_the_sentence_is_the_floors() -> None:
    assert say_error("A", 0.014, 4.0) == "feet slide 1.4 cm at A, 4.0 m away"


@pytest.mark.parametrize(("metres", "text"), [(0.0004, "0.04 cm"), (0.014, "1.4 cm"), (0.234, "23 cm")])
def test_lengths_are_as_exact_as_they_are_useful(metres: float, text: str) -> None:
    assert centimetres(metres) == text


def test_small_errors_need_no_advice() -> None:
    assert advise(_error(0.009), 35.0) is None
    assert say_advice(None) == ""


def test_the_largest_share_is_what_to_mend() -> None:
    assert advise(_error(0.02, pose=0.2, delay=0.8), 35.0) == Advice("delay")
    assert advise(_error(0.02, pose=0.2, lens=0.8), 35.0) == Advice("lens")
    assert "openset calibrate delay" in say_advice(Advice("delay"))
    assert "board" in say_advice(Advice("lens"))


def test_a_camera_among_tags_is_told_the_focal_length_that_holds() -> None:
    # 25 mm slides 1.4 cm: at 35 mm the same part of a pixel is 1 cm.
    told = advise(_error(0.014), 25.0, weak="left", by_own_tags=True)
    assert say_advice(told) == "stay above 35 mm or add a tag on the left"


def test_a_tracker_apart_is_told_the_distance_that_holds() -> None:
    # 2 cm at 4 m is an angle that is 1 cm at 2 m.
    assert say_advice(advise(_error(0.02), 25.0)).startswith("bring the mark within 2.0 m")
