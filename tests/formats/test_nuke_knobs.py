"""A node's knobs over the frames."""

from __future__ import annotations

import numpy as np
import pytest

from openset.formats.nuke_knobs import channels, key_places, values_at
from openset.formats.nuke_text import Node, NukeError


def node(value: str) -> Node:
    return Node("Camera3", {"knob": value}, None, 7)


def test_a_knob_is_straight_between_its_keys_and_level_beyond_them() -> None:
    frames = np.array([0, 1, 3, 5, 9])
    values = values_at(node("{{curve x1 10 x5 30} 4}"), "knob", frames, (0.0, 0.0))
    assert values[:, 0].tolist() == [10.0, 10.0, 20.0, 30.0, 30.0]
    assert values[:, 1].tolist() == [4.0] * 5


def test_a_knob_the_node_has_not_got_has_its_usual_value() -> None:
    values = values_at(Node("Camera3", {}, None, 1), "knob", np.array([1, 2]), (50.0,))
    assert values.tolist() == [[50.0], [50.0]]


def test_only_what_changes_has_places() -> None:
    assert key_places(channels(node("{{curve x1 2 x4 3} {curve x9 1} 5}"), "knob", 3)) == {1.0, 4.0}
    assert key_places(None) == set()


@pytest.mark.parametrize(
    "value", ["{1 2}", "{{frame*2} 0 0}", "{{curve x1e9 1 2} 0 0}", "{{curve} 0 0}"]
)
def test_a_knob_that_is_no_number_is_refused_with_its_line(value: str) -> None:
    with pytest.raises(NukeError, match="line 7"):
        channels(node(value), "knob", 3)
