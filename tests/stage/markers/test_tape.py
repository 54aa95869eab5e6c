"""The map's scale from taped distances."""

from __future__ import annotations

import numpy as np
import pytest

from openset.stage.markers.tape import Taped, scale_of

MIDDLES = {
    1: np.array([0.0, 0.0, 0.0]),
    2: np.array([2.0, 0.0, 0.0]),
    3: np.array([0.0, 4.0, 0.0]),
    4: np.array([0.0, 0.0, 1.0]),
}


def test_one_tape_gives_the_scale_and_how_sure_it_is() -> None:
    """The map says 2 m, the tape 1.96: 98 %; a millimetre of 2 m is 0.05 %."""
    found = scale_of([Taped(1, 2, 1.96)], MIDDLES)
    assert found.factor == pytest.approx(0.98)
    assert found.sd == pytest.approx(0.0005)
    assert found.left_m == (pytest.approx(0.0),)
    assert found.taped
    assert not found.findings


def test_longer_and_surer_tapes_count_more() -> None:
    """2.002 m +- 1 mm on 2 m and 4.000 m +- 2 mm on 4 m both weigh 4e6: (1.001 + 1) / 2."""
    found = scale_of([Taped(1, 2, 2.002, 0.001), Taped(1, 3, 4.0, 0.002)], MIDDLES)
    assert found.factor == pytest.approx(1.0005)


def test_two_tapes_that_disagree_are_named_and_make_the_scale_unsure() -> None:
    found = scale_of([Taped(1, 2, 2.0), Taped(1, 4, 1.05)], MIDDLES)
    (said,) = found.findings
    assert said.grave
    assert "1-2 by" in said.text
    assert "1-4 by" in said.text
    assert found.sd > 0.005


def test_of_three_the_one_that_contradicts_is_left_out_and_told_what_it_should_be() -> None:
    found = scale_of([Taped(1, 2, 2.0), Taped(1, 3, 4.0), Taped(1, 4, 1.1)], MIDDLES)
    assert found.factor == pytest.approx(1.0)
    (said,) = found.findings
    assert said.tags == (1, 4)
    assert "contradicts the other tapes by 100 mm" in said.text
    assert "the map says 1.000 m" in said.todo
    assert not said.grave


def test_a_tape_to_a_tag_that_was_not_seen_is_named_and_the_print_gives_the_scale() -> None:
    found = scale_of([Taped(1, 99, 2.0)], MIDDLES)
    assert found.factor == 1.0
    assert not found.taped
    assert found.left_m == (None,)
    assert "1-99 was not used" in found.findings[0].text
